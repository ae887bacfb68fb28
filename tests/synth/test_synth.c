/* What generated data promise: the same bytes for the same numbers, exact sizes, no pair twice,
 * and the properties of real ratings (bands around those of MovieLens 100K). */
#include "tandem/synth.h"

#include "base/memory.h"
#include "synth/csv.h"
#include "synth/title.h"
#include "synth/users.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <xxhash.h>

static td_synth_options sizes(int64_t users, int64_t items, int64_t ratings, uint64_t seed)
{
    return (td_synth_options){.users = users, .items = items, .ratings = ratings, .seed = seed};
}

static FILE *opened(const char *path)
{
    FILE *stream = fopen(path, "w");
    cr_assert(stream, "%s cannot be opened", path);
    return stream;
}

static uint64_t checksum_of(const td_synth_options *options, bool of_ratings)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    td_synth_items items = td_synth_items_create(options->items, options->seed);
    cr_assert(of_ratings ? td_synth_write_ratings(options, &items, stream)
                         : td_synth_write_movies(&items, stream));
    fclose(stream);
    uint64_t checksum = XXH3_64bits(text, size);
    td_synth_items_free(&items);
    free(text);
    return checksum;
}

/* These numbers are the promise that every machine and compiler writes the same bytes; they change
 * only when the generator does, and then with a line in the CHANGELOG. */
Test(synth, default_data_are_these_bytes)
{
    td_synth_options options;
    td_synth_defaults(&options);
    uint64_t movies = checksum_of(&options, false), ratings = checksum_of(&options, true);
    cr_expect_eq(movies, UINT64_C(0x2f8aa2d215f4debf), "movies.csv: %016" PRIx64, movies);
    cr_expect_eq(ratings, UINT64_C(0xa3513bdcb2e43f3b), "ratings.csv: %016" PRIx64, ratings);
}

/* Whoever rates half of very many items meets long runs of places that are taken already. Looked
 * through one by one, they would take so long that ctest gives up. */
Test(synth, one_user_may_rate_half_of_very_many_items)
{
    const td_synth_options options = sizes(1, 700000, 350000, 1);
    const uint64_t ratings = checksum_of(&options, true), movies = checksum_of(&options, false);
    cr_expect_eq(movies, UINT64_C(0x1819fe266b0db850), "movies.csv: %016" PRIx64, movies);
    cr_expect_eq(ratings, UINT64_C(0x7fa85b5272cad6bb), "ratings.csv: %016" PRIx64, ratings);
}

Test(synth, a_seed_gives_the_same_bytes_and_another_one_others)
{
    const td_synth_options one = sizes(50, 80, 700, 1), two = sizes(50, 80, 700, 2);
    for (int of_ratings = 0; of_ratings < 2; of_ratings++) {
        cr_assert_eq(checksum_of(&one, of_ratings), checksum_of(&one, of_ratings));
        cr_assert_neq(checksum_of(&one, of_ratings), checksum_of(&two, of_ratings));
    }
}

/* What is counted over a whole data set. */
typedef struct {
    int64_t rows;
    int64_t *of_user;
    int64_t *of_item;
    double rating_sum;
    double rating_squares;
    int64_t longest_stay; /* seconds between a user's first and last row */
} counts;

static void count_user(const td_synth_options *options, const td_synth_users *users, int64_t user,
                       int64_t rows, counts *sum)
{
    bool *seen = TD_NEW(bool, (size_t)options->items + 1);
    for (int64_t i = 0; i < rows; i++) {
        td_synth_row row = users->rows[i];
        cr_assert(row.item >= 1 && row.item <= options->items, "item %d", row.item);
        cr_assert_not(seen[row.item], "user %" PRId64 " rated item %d twice", user, row.item);
        seen[row.item] = true;
        cr_assert(row.rating >= 1 && row.rating <= 5, "rating %d", row.rating);
        cr_assert(row.timestamp >= TD_SYNTH_TIME_FIRST);
        cr_assert(i == 0 || row.timestamp >= users->rows[i - 1].timestamp, "time runs back");
        sum->of_item[row.item]++;
        sum->rating_sum += row.rating;
        sum->rating_squares += row.rating * row.rating;
    }
    td_free(seen);
    int64_t stay = users->rows[rows - 1].timestamp - users->rows[0].timestamp;
    sum->longest_stay = stay > sum->longest_stay ? stay : sum->longest_stay;
    sum->of_user[user] = rows;
    sum->rows += rows;
}

static counts count_all(const td_synth_options *options)
{
    counts sum = {.of_user = TD_NEW(int64_t, (size_t)options->users),
                  .of_item = TD_NEW(int64_t, (size_t)options->items + 1)};
    td_synth_items items = td_synth_items_create(options->items, options->seed);
    td_synth_users users = td_synth_users_create(options, &items);
    for (int64_t user = 0; user < options->users; user++)
        count_user(options, &users, user, td_synth_users_make(&users, user), &sum);
    td_synth_users_free(&users);
    td_synth_items_free(&items);
    cr_assert_eq(sum.rows, options->ratings, "%" PRId64 " rows instead of %" PRId64, sum.rows,
                 options->ratings);
    return sum;
}

static void free_counts(counts *sum)
{
    td_free(sum->of_user);
    td_free(sum->of_item);
}

static int falling(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a < b) - (a > b);
}

static void assert_between(const char *what, double value, double low, double high)
{
    cr_assert(value >= low && value <= high, "%s: %g is not in [%g, %g]", what, value, low, high);
}

/* MovieLens 100K: users 20 / 65 / 737 ratings (lowest, median, highest), the 100 first items 0.29
 * of all, the median item 27; ratings 3.53 +- 1.13. */
Test(synth, looks_like_real_ratings)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        td_synth_options options;
        td_synth_defaults(&options);
        options.seed = seed;
        counts sum = count_all(&options);
        qsort(sum.of_user, 943, sizeof(int64_t), falling);
        qsort(sum.of_item, 1683, sizeof(int64_t), falling); /* item 0 has none: it comes last */
        int64_t top = 0;
        for (int i = 0; i < 100; i++)
            top += sum.of_item[i];
        double mean = sum.rating_sum / 1e5;
        assert_between("lowest activity", (double)sum.of_user[942], 15, 25);
        assert_between("median activity", (double)sum.of_user[471], 60, 80);
        assert_between("highest activity", (double)sum.of_user[0], 500, 800);
        assert_between("share of the first 100 items", (double)top / 1e5, 0.24, 0.32);
        assert_between("median item", (double)sum.of_item[841], 20, 40);
        assert_between("mean rating", mean, 3.4, 3.7);
        assert_between("deviation", sqrt(sum.rating_squares / 1e5 - mean * mean), 1, 1.2);
        assert_between("days of the longest stay", (double)sum.longest_stay / 86400, 1, 60);
        free_counts(&sum);
    }
}

/* A user leans to few tastes: the commonest holds a third of the rows, where each of twenty would
 * have one in twenty (heavy users run out of it); and what is of that taste is rated higher. */
Test(synth, users_have_tastes)
{
    td_synth_options options;
    td_synth_defaults(&options);
    td_synth_items items = td_synth_items_create(options.items, options.seed);
    td_synth_users users = td_synth_users_create(&options, &items);
    double in_first = 0, rated_in = 0, rated_out = 0;
    for (int64_t user = 0; user < options.users; user++) {
        int64_t rows = td_synth_users_make(&users, user), of_taste[256] = {0}, first = 0;
        for (int64_t i = 0; i < rows; i++)
            of_taste[items.at[items.place_of[users.rows[i].item - 1]].taste]++;
        for (int64_t taste = 0; taste < items.tastes; taste++)
            first = of_taste[taste] > of_taste[first] ? taste : first;
        for (int64_t i = 0; i < rows; i++)
            if (items.at[items.place_of[users.rows[i].item - 1]].taste == first)
                rated_in += users.rows[i].rating, in_first++;
            else
                rated_out += users.rows[i].rating;
    }
    assert_between("rows of the first taste", in_first / 1e5, 0.3, 0.6);
    assert_between("stars more for it", rated_in / in_first - rated_out / (1e5 - in_first), 0.2, 2);
    td_synth_users_free(&users);
    td_synth_items_free(&items);
}

/* Early users take what is in fashion early, late ones what is late. */
Test(synth, popularity_drifts)
{
    td_synth_options options;
    td_synth_defaults(&options);
    td_synth_items items = td_synth_items_create(options.items, options.seed);
    td_synth_users users = td_synth_users_create(&options, &items);
    double peaks[2] = {0}, rows[2] = {0};
    for (int64_t user = 0; user < options.users; user++) {
        int64_t count = td_synth_users_make(&users, user);
        int late = users.rows[0].timestamp >= TD_SYNTH_TIME_FIRST + TD_SYNTH_TIME_SPAN / 2;
        for (int64_t i = 0; i < count; i++, rows[late]++)
            peaks[late] += items.at[items.place_of[users.rows[i].item - 1]].peak / 65536.0;
    }
    assert_between("drift", peaks[1] / rows[1] - peaks[0] / rows[0], 0.03, 0.3);
    td_synth_users_free(&users);
    td_synth_items_free(&items);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(left, right);
}

static int64_t count_repeated_titles(int64_t count)
{
    typedef char title[TD_SYNTH_TITLE_BYTES];
    td_synth_items items = td_synth_items_create(count, 1);
    title *titles = TD_NEW(title, (size_t)count);
    for (int64_t place = 0; place < count; place++) {
        td_synth_title(&items, place, titles[place]);
        size_t length = strlen(titles[place]);
        cr_assert(length > 8 && length < TD_SYNTH_TITLE_BYTES - 1);
        cr_assert_eq(titles[place][length - 6], '(', "a year ends '%s'", titles[place]);
    }
    qsort(titles, (size_t)count, sizeof(title), by_text);
    int64_t repeated = 0;
    for (int64_t i = 1; i < count; i++)
        repeated += strcmp(titles[i], titles[i - 1]) == 0;
    td_free(titles);
    td_synth_items_free(&items);
    return repeated;
}

Test(synth, few_titles_are_of_two_items)
{
    assert_between("of 1,682", (double)count_repeated_titles(1682), 8, 30);
    assert_between("of 100,000", (double)count_repeated_titles(100000), 900, 1200);
}

Test(synth, any_size_is_exact)
{
    static const int64_t cases[][3] = {
        {1, 2, 1},     {1, 1000, 1},     {1, 1000, 500},  {2, 2, 2},       {3, 3, 4},
        {7, 5, 17},    {1000, 2, 1000},  {100, 40, 2000}, {99, 41, 2029},  {50, 999, 51},
        {300, 7, 300}, {10, 3000, 9999}, {64, 64, 2048},  {500, 17, 4249},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        td_synth_options options = sizes(cases[i][0], cases[i][1], cases[i][2], i);
        cr_assert_eq(td_synth_check(&options), TD_OK, "%s", td_message());
        counts sum = count_all(&options);
        free_counts(&sum);
    }
}

Test(synth, impossible_sizes_are_refused)
{
    static const int64_t cases[][3] = {
        {0, 10, 10},
        {10, 1, 5},
        {10, 0, 10},
        {10, 10, 0},
        {10, 10, 9},
        {10, 10, 51},
        {-1, 10, 10},
        {INT64_C(1) << 31, 10, INT64_C(1) << 32},
        {10, INT64_C(1) << 27, 100},
        {1 << 30, 1 << 26, INT64_C(1) << 50},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        td_synth_options options = sizes(cases[i][0], cases[i][1], cases[i][2], 1);
        cr_assert_eq(td_synth_check(&options), TD_ERR_USAGE, "case %zu", i);
        cr_assert(strstr(td_message(), ", not "), "%s", td_message());
    }
}

static long resident_kilobytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Two million rows are 48 MB of text or 32 MB of rows; users and items need under one. */
Test(synth, memory_does_not_grow_with_the_ratings)
{
    FILE *nowhere = opened("/dev/null");
    const td_synth_options small = sizes(2000, 5000, 20000, 1),
                           large = sizes(20000, 5000, 2000000, 1);
    td_synth_items items = td_synth_items_create(5000, 1);
    cr_assert(td_synth_write_ratings(&small, &items, nowhere));
    long before = resident_kilobytes();
    cr_assert(td_synth_write_ratings(&large, &items, nowhere));
    cr_assert_lt(resident_kilobytes() - before, 8192);
    td_synth_items_free(&items);
    fclose(nowhere);
}

Test(synth, a_full_disk_is_noticed)
{
    FILE *full = opened("/dev/full");
    const td_synth_options options = sizes(2000, 5000, 200000, 1);
    td_synth_items items = td_synth_items_create(5000, 1);
    cr_assert_not(td_synth_write_ratings(&options, &items, full));
    fclose(full);
    td_synth_items_free(&items);
}
