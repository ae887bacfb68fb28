/* What each rule holds out: by hand on small logs, and of many rows that of a plain sort. */
#include "../data/sample.h"
#include "base/random.h"
#include "job.h"
#include "prepare/last_rows.h"
#include "prepare/split_rule.h"

MPI_SUITE(split)

MPI_TEST(split, rounds_shares_half_away_from_zero)
{
    const struct {
        int64_t rows;
        double fraction;
        int64_t test_rows;
    } cases[] = {
        {100000, 0.2, 20000}, {100836, 0.2, 20167},
        {5, 0.1, 1},          {5, 0.5, 3},
        {5, 0.3, 2}, /* the product is 1.5, although 0.3 is a little less than that as a double */
        {4, 0.1, 0},          {7, 0, 0},
        {1, 0.4, 0},          {1, 0.5, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(td_split_share(cases[i].rows, cases[i].fraction), cases[i].test_rows,
                     "%g of %d", cases[i].fraction, (int)cases[i].rows);
}

typedef struct {
    uint64_t key;
    int64_t row;
} keyed;

static int by_key(const void *left, const void *right)
{
    const keyed *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Marks the last test_rows of the sorted rows. */
static void choose_by_sorting(uint64_t seed, int64_t rows, int64_t test_rows, bool *is_test)
{
    keyed *order = TD_NEW(keyed, (size_t)rows);
    for (int64_t row = 0; row < rows; row++)
        order[row] = (keyed){td_philox_key(seed, TD_STREAM_SPLIT, (uint64_t)row, 0), row};
    qsort(order, (size_t)rows, sizeof *order, by_key);
    for (int64_t i = 0; i < rows; i++)
        is_test[order[i].row] = i >= rows - test_rows;
    td_free(order);
}

typedef struct {
    uint64_t seed;
    int64_t first;
} numbering;

static uint64_t word_of(const void *context, int word, int64_t place)
{
    const numbering *n = context;
    const uint64_t row = (uint64_t)(n->first + place);
    return word == 0 ? td_philox_key(n->seed, TD_STREAM_SPLIT, row, 0) : row;
}

/* Gathers what all ranks chose. */
static void choose_together(td_comm *comm, uint64_t seed, int64_t rows, int64_t test_rows,
                            bool *is_test)
{
    numbering n = {.seed = seed};
    int64_t count;
    size_t total;
    td_comm_share(comm, rows, &n.first, &count);
    bool *mine = TD_NEW(bool, (size_t)count);
    memset(mine, true, (size_t)count);
    td_last_rows(comm, &(td_row_sort){2, word_of, &n}, test_rows, count, mine);
    bool *all = td_comm_allgatherv(comm, mine, (size_t)count, sizeof *mine, &total);
    memcpy(is_test, all, total * sizeof *all);
    td_free(mine);
    td_free(all);
}

MPI_TEST(split, is_that_of_a_sort)
{
    enum { MANY = 5000 };
    static bool expected[MANY], found[MANY];
    const struct {
        uint64_t seed;
        int64_t rows, test_rows;
    } cases[] = {{42, MANY, 1000}, {7, MANY, 1}, {7, MANY, MANY - 1}, {7, MANY, MANY},
                 {0, MANY, 0},     {1, 1, 1},    {1, 2, 1},           {UINT64_MAX, 777, 333}};
    td_comm *comm = job_comm();
    bool right = true;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        choose_by_sorting(cases[i].seed, cases[i].rows, cases[i].test_rows, expected);
        choose_together(comm, cases[i].seed, cases[i].rows, cases[i].test_rows, found);
        right = right && memcmp(expected, found, (size_t)cases[i].rows * sizeof *found) == 0;
    }
    assert_on_all(comm, right, "the rows of a sort");
}

/* Rows of one file, in pieces that come one after the other. */
static const char first_rows[] = "a,x,5,10\na,y,3,20\na,z,4,30\na,w,2,40\n",
                  next_row[] = "b,x,4,15\n", last_rows[] = "b,y,5,25\nc,x,1,35\n";

enum { ROWS = 7 };

typedef struct {
    td_comm *comm;
    char folder[PATH_BYTES];
    td_prepare_options options;
    td_prepare_report report;
    char found[ROWS + 1]; /* of each row: t for training, v validation, T testing, g given */
} fixture;

static const char *put_rows(fixture *f, const char *name, const char *rows)
{
    static char path[4][2 * PATH_BYTES];
    static int next;
    char *here = path[next++ % 4], text[256];
    snprintf(here, sizeof path[0], "%s", in_folder(f->folder, name));
    snprintf(text, sizeof text, "user,item,rating,time\n%s", rows);
    put_text(f->comm, here, text);
    return here;
}

static fixture *begin(void)
{
    fixture *f = TD_NEW(fixture, 1);
    f->comm = job_comm();
    make_folder(f->comm, f->folder);
    f->options = td_prepare_defaults();
    f->options.format = "csv";
    f->options.user_column = "user";
    f->options.item_column = "item";
    f->options.rating_column = "rating";
    f->options.timestamp_column = "time";
    f->options.timestamp_unit = "s";
    return f;
}

static void end(fixture *f)
{
    remove_folder(f->comm, f->folder);
    td_free(f);
}

static void read_splits(fixture *f)
{
    td_dataset *data = sample_open(f->comm, in_folder(f->folder, "_out.h5"));
    const int64_t users = td_dataset_info(data)->file_users;
    bool read = true;
    for (int s = 0; s < TD_SPLITS; s++) {
        td_rows rows;
        int64_t *offsets;
        read = td_dataset_read_users(data, (td_split)s, 0, users, NULL, &offsets, &rows) == TD_OK &&
               read;
        for (int64_t i = 0; read && i < offsets[users]; i++)
            f->found[rows.row[i]] = "tvTg"[s];
        td_rows_free(&rows);
        td_free(offsets);
    }
    td_dataset_close(data);
    assert_on_all(f->comm, read, "the rows");
}

static td_status prepare(fixture *f)
{
    char out[2 * PATH_BYTES];
    snprintf(out, sizeof out, "%s", in_folder(f->folder, "_out.h5"));
    return td_prepare(f->comm, &f->options, out, &f->report);
}

static void expect_refused(fixture *f, const char *expected)
{
    const td_status status = prepare(f);
    assert_on_all(f->comm, status == TD_ERR_USAGE && strstr(td_message(), expected), expected);
}

static void expect_split(fixture *f, const char *expected)
{
    const td_status status = prepare(f);
    assert_on_all(f->comm, status == TD_OK, status == TD_OK ? "" : td_message());
    read_splits(f);
    if (strcmp(f->found, expected) != 0)
        fprintf(stderr, "%s: expected %s, found %s\n", f->options.split, expected, f->found);
    assert_on_all(f->comm, strcmp(f->found, expected) == 0, expected);
}

static const char *put_all(fixture *f)
{
    char rows[256];
    snprintf(rows, sizeof rows, "%s%s%s", first_rows, next_row, last_rows);
    return put_rows(f, "all.csv", rows);
}

/* One alone is for training, and of two rows one. */
MPI_TEST(split, leaves_the_last_rows_of_users_out)
{
    fixture *f = begin();
    f->options.input = put_all(f);
    f->options.split = "leave_last";
    expect_split(f, "tttTtTt");
    f->options.test_last = 2;
    f->options.validation_last = 1;
    expect_split(f, "tvTTtTt");
    f->options.test_last = f->options.validation_last = 0;
    f->options.test_where =
        "rating >= 4"; /* the row after a's last such one is no row to train on */
    expect_split(f, "ttTgtTt");
    f->options.test_where = NULL;
    f->options.split = "leave_one_out";
    expect_split(f, "ttvTtTt");
    assert_on_all(f->comm, f->report.tied == 0, "no ties");
    end(f);
}

MPI_TEST(split, cuts_time_for_all)
{
    fixture *f = begin();
    f->options.input = put_all(f);
    f->options.split = "time";
    f->options.test_fraction = 0.29;
    expect_split(f, "tttTttT");
    f->options.validation_fraction = 0.29;
    expect_split(f, "ttvTtvT");
    f->options.validation_fraction = 0;
    f->options.test_fraction = 0.5;
    f->options.test_where = "rating >= 4";
    expect_split(f, "ttTgtTg");
    f->options.test_where = NULL;
    f->options.test_from = "30";
    f->options.validation_from = "20";
    expect_refused(f, "--test-fraction: expected a share of the rows or a time, found --test-from");
    f->options.test_fraction = 0;
    expect_split(f, "tvTTtvT");
    f->options.validation_from = "30";
    assert_on_all(f->comm, prepare(f) == TD_ERR_USAGE, "validation after the test");
    end(f);
}

MPI_TEST(split, reads_no_option_of_another_rule)
{
    static const char *const rules[] = {"leave_last", "leave_one_out", "files"};
    fixture *f = begin();
    f->options.input = put_all(f);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char expected[128];
        f->options.split = rules[i];
        f->options.test_fraction = 0.5;
        snprintf(expected, sizeof expected, "--test-fraction: the split %s does not", rules[i]);
        expect_refused(f, expected);
        f->options.test_fraction = TD_FRACTION_AS_TOLD;
        f->options.validation_fraction = 0;
        snprintf(expected, sizeof expected, "--validation-fraction: the split %s does", rules[i]);
        expect_refused(f, expected);
        f->options.validation_fraction = TD_FRACTION_AS_TOLD;
    }
    f->options.split = "time";
    f->options.validation_from = "20";
    f->options.validation_fraction = 0.2;
    expect_refused(f, "--validation-fraction: expected a share of the rows or a time");
    end(f);
}

/* Of a's rows the two with the largest keys, of b's one, and none of c's only one. */
MPI_TEST(split, takes_a_share_of_each_user)
{
    fixture *f = begin();
    keyed order[4];
    char expected[ROWS + 1] = "ttttttt";
    for (int64_t row = 0; row < 4; row++)
        order[row] = (keyed){td_philox_key(42, TD_STREAM_SPLIT, (uint64_t)row, 0), row};
    qsort(order, 4, sizeof *order, by_key);
    expected[order[2].row] = expected[order[3].row] = 'T';
    for (int64_t row = 4; row < 6; row++)
        order[row - 4] = (keyed){td_philox_key(42, TD_STREAM_SPLIT, (uint64_t)row, 0), row};
    qsort(order, 2, sizeof *order, by_key);
    expected[order[1].row] = 'T';
    f->options.input = put_all(f);
    f->options.split = "user_rows";
    f->options.test_fraction = 0.5;
    expect_split(f, expected);
    end(f);
}

/* The items w, x, y and z have the ids 1 to 4, and of the rows of put_all those of item_of_row. */
enum { ITEMS = 4 };
static const int item_of_row[ROWS] = {2, 3, 4, 1, 2, 3, 2};

/* Splits items by a plain sort: of n of them, ids, so many are for testing, and as many for
 * validation; sets expected (ROWS) to what then becomes of each row. */
static void hold_items(int n, const int *id, int each, char *expected)
{
    keyed order[ITEMS];
    char part[ITEMS + 1] = {'t', 't', 't', 't', 't'};
    for (int i = 0; i < n; i++)
        order[i] = (keyed){td_philox_key(42, TD_STREAM_ITEM_SPLIT, (uint64_t)id[i], 0), id[i]};
    qsort(order, (size_t)n, sizeof *order, by_key);
    for (int i = 0; i < each; i++) {
        part[order[n - 1 - i].row] = 'T';
        part[order[n - 1 - each - i].row] = 'v';
    }
    for (int row = 0; row < ROWS; row++)
        expected[row] = part[item_of_row[row]];
    expected[ROWS] = '\0';
}

/* All rows of an item fall alike, in whatever order the rows come. */
MPI_TEST(split, holds_items_out)
{
    fixture *f = begin();
    char expected[ROWS + 1], turned[ROWS + 1] = "";
    static const int all[] = {1, 2, 3, 4}, liked[] = {2, 3, 4};
    f->options.input = put_all(f);
    f->options.split = "items";
    f->options.test_fraction = f->options.validation_fraction = 0.25;
    hold_items(4, all, 1, expected);
    expect_split(f, expected);
    f->options.test_where = "rating >= 4"; /* w has no such row */
    hold_items(3, liked, 1, expected);
    for (int row = 0; row < ROWS; row++)
        if (expected[row] != 't' && (row == 1 || row == 6)) /* y's with 3, x's with 1 */
            expected[row] = 'g';
    expect_split(f, expected);
    f->options.test_where = NULL;
    f->options.input = put_rows(f, "turned.csv",
                                "c,x,1,35\nb,y,5,25\nb,x,4,15\na,w,2,40\na,z,4,30\na,y,3,20\n"
                                "a,x,5,10\n");
    hold_items(4, all, 1, expected);
    for (int row = 0; row < ROWS; row++)
        turned[row] = expected[ROWS - 1 - row];
    expect_split(f, turned);
    end(f);
}

/* The rows of a user, from `first` to `last`, that are for training, by their keys: the last of
 * them are for testing, those before them for validation. */
static void hold_warm(int first, int last, double share, char *expected)
{
    keyed order[ROWS];
    int n = 0;
    for (int row = first; row <= last; row++)
        if (expected[row] == 't')
            order[n++] = (keyed){td_philox_key(42, TD_STREAM_SPLIT, (uint64_t)row, 0), row};
    qsort(order, (size_t)n, sizeof *order, by_key);
    const int each = (int)td_split_share(n, share), tests = each < n - 1 ? each : n - 1;
    const int others = each < n - 1 - tests ? each : n - 1 - tests;
    for (int i = 0; i < tests; i++)
        expected[order[n - 1 - i].row] = 'T';
    for (int i = 0; i < others; i++)
        expected[order[n - 1 - tests - i].row] = 'v';
}

/* Of the items that stay a share of each user's rows is held out, too, but for one. */
MPI_TEST(split, holds_rows_of_warm_items_out)
{
    fixture *f = begin();
    char expected[ROWS + 1];
    static const int all[] = {1, 2, 3, 4};
    f->options.input = put_all(f);
    f->options.split = "items";
    f->options.test_fraction = f->options.validation_fraction = 0;
    f->options.warm_fraction = 0.4;
    strcpy(expected, "ttttttt");
    hold_warm(0, 3, 0.4, expected);
    hold_warm(4, 5, 0.4, expected);
    for (char *row = strchr(expected, 'v'); row; row = strchr(row, 'v'))
        *row = 't'; /* no share of validation was told */
    expect_split(f, expected);
    f->options.test_fraction = f->options.validation_fraction = 0.25;
    hold_items(4, all, 1, expected);
    hold_warm(0, 3, 0.4, expected);
    hold_warm(4, 5, 0.4, expected);
    expect_split(f, expected);
    f->options.warm_fraction = 0.5;
    expect_refused(f, "warm fraction: expected a number in [0, 0.5), found 0.5");
    f->options.warm_fraction = 0.1;
    f->options.split = "user_rows";
    expect_refused(f, "--warm-fraction: the split user_rows does not read it");
    end(f);
}

MPI_TEST(split, is_what_files_say)
{
    fixture *f = begin();
    const char *const tests[] = {put_rows(f, "z.csv", last_rows), NULL};
    const char *const others[] = {put_rows(f, "v.csv", next_row), NULL};
    put_rows(f, "a.csv", first_rows);
    f->options.input = f->folder; /* all three, but two are held out */
    f->options.test_inputs = tests;
    f->options.validation_inputs = others;
    expect_split(f, "ttttvTT");
    f->options.test_where = "rating >= 4";
    expect_split(f, "ttttvTg");
    f->options.split = "rows";
    assert_on_all(f->comm, prepare(f) == TD_ERR_USAGE, "files for rows");
    end(f);
}

static void expect_of_schema(fixture *f, const char *split, const char *expected)
{
    char schema[512], path[2 * PATH_BYTES];
    snprintf(
        schema, sizeof schema,
        "interactions:\n  split: %s\n  fields:\n"
        "    user: {kind: category, role: user}\n    item: {kind: category, role: item}\n"
        "    rating: {kind: number, role: label}\n    time: {kind: time, role: time, unit: s}\n",
        split);
    snprintf(path, sizeof path, "%s", in_folder(f->folder, "s.yaml"));
    put_text(f->comm, path, schema);
    f->options.schema = path;
    if (expected[0] == 't') {
        expect_split(f, expected);
    } else {
        const td_status status = prepare(f);
        assert_on_all(f->comm, status != TD_OK && strstr(td_message(), expected), expected);
    }
    f->options.schema = NULL;
}

/* An option takes the place of its key, another rule than the schema's that of all but the seed. */
MPI_TEST(split, is_said_by_a_schema_where_options_do_not)
{
    static const char newest[] = "{rule: leave_last, test_last: 2, validation_last: 1}";
    static const char from[] = "{rule: time, test_from: 30, validation_from: 20}";
    fixture *f = begin();
    f->options = td_prepare_defaults();
    f->options.input = put_all(f);
    expect_of_schema(f, newest, "tvTTtTt");
    expect_of_schema(f, from, "tvTTtvT");
    expect_of_schema(f, "{rule: leave_last, test_where: rating >= 4}", "ttTgtTt");
    f->options.test_last = 1;
    expect_of_schema(f, newest, "ttvTtTt");
    expect_of_schema(f, from, "--test-last: the split time does not read it");
    f->options = td_prepare_defaults();
    f->options.input = put_all(f);
    f->options.test_fraction = 0.29;
    expect_of_schema(f, from, "tttTttT");
    f->options.split = "leave_one_out";
    f->options.test_fraction = TD_FRACTION_AS_TOLD;
    expect_of_schema(f, from, "ttvTtTt");
    f->options.split = NULL;
    expect_of_schema(f, "{rule: time, test_last: 2}",
                     "s.yaml:2:10: interactions.split.test_last: the split time does not read it");
    expect_of_schema(f, "{rule: leave_one_out, test_fraction: 0.5}",
                     "s.yaml:2:10: interactions.split.test_fraction: the split leave_one_out does");
    expect_of_schema(f, "{rule: time, test_from: 30, validation_fraction: 0.1}",
                     "expected fractions or times, not both");
    expect_of_schema(f, "{rule: items, test_fraction: 0, warm_fraction: 0.5}",
                     "expected a share of the rows, from 0 to less than 0.5");
    expect_of_schema(f, "{rule: time, warm_fraction: 0.1}",
                     "s.yaml:2:10: interactions.split.warm_fraction: the split time does not");
    expect_of_schema(f, "{rule: files}", "split files: expected --test-input, found none");
    expect_of_schema(f, "{rule: time, test_where: 'rtng > 3'}", "s.yaml:2:10: column 1 of the");
    end(f);
}

/* An option of a time lets the schema's other time be, and no share. */
MPI_TEST(split, is_cut_by_a_time_over_a_schema)
{
    fixture *f = begin();
    f->options = td_prepare_defaults();
    f->options.input = put_all(f);
    f->options.test_from = "30";
    expect_of_schema(f, "{rule: time, test_fraction: 0.29, validation_fraction: 0.29}", "ttTTttT");
    expect_of_schema(f, "{rule: time, test_from: 40, validation_from: 20}", "tvTTtvT");
    end(f);
}

/* A schema's seed is that of the option. */
MPI_TEST(split, has_the_seed_of_a_schema)
{
    fixture *f = begin();
    char by_option[ROWS + 1];
    f->options.input = put_all(f);
    f->options.seed = 5;
    f->options.test_fraction = 0.5;
    td_status status = prepare(f);
    assert_on_all(f->comm, status == TD_OK, "by options");
    read_splits(f);
    memcpy(by_option, f->found, sizeof by_option);
    f->options = td_prepare_defaults();
    f->options.input = put_all(f);
    by_option[0] == 't' ? expect_of_schema(f, "{seed: 5, test_fraction: 0.5}", by_option) : (void)0;
    assert_on_all(f->comm, by_option[0] == 't', "another seed has the first row for training");
    end(f);
}

/* Of equal times the one of the larger key is the newer; it is counted. */
MPI_TEST(split, breaks_ties_by_keys)
{
    fixture *f = begin();
    const bool first =
        td_philox_key(42, TD_STREAM_SPLIT, 1, 0) > td_philox_key(42, TD_STREAM_SPLIT, 2, 0);
    f->options.input = put_rows(
        f, "all.csv", "a,x,5,10\na,y,3,20\na,z,4,20\nb,w,2,40\nb,x,4,15\nb,y,5,25\nc,x,1,3\n");
    f->options.split = "leave_last";
    expect_split(f, first ? "tTtTttt" : "ttTTttt");
    assert_on_all(f->comm, f->report.tied == 1, "a's");
    end(f);
}

MPI_TEST(split, depends_on_the_seed)
{
    enum { MANY = 1000 };
    static bool one[MANY], two[MANY];
    int same = 0;
    td_comm *comm = job_comm();
    choose_together(comm, 1, MANY, MANY / 2, one);
    choose_together(comm, 2, MANY, MANY / 2, two);
    for (int row = 0; row < MANY; row++)
        same += one[row] == two[row];
    assert_on_all(comm, same > 400 && same < 600, "about half of the rows fall alike");
}
