/* Random rows or items, newest rows, or a cut in time: what is held out, but by files, is the last
 * of an order, by random keys or by time and then by such keys, of all rows or of each user's, or
 * of items. */
#include "prepare/split_rule.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/range.h"
#include "prepare/last_rows.h"
#include "text/time_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int64_t td_split_share(int64_t rows, double fraction)
{
    return llround((double)rows * fraction);
}

enum { BY_TIME, BY_KEY, BY_NUMBER, WORDS };

/* A word of the order by time, key and number. */
static uint64_t word_by_time(const void *context, int word, int64_t place)
{
    const td_splitting *s = context;
    if (word == BY_TIME)
        return (uint64_t)s->rows->time[place] ^ UINT64_C(1) << 63;
    const uint64_t number = (uint64_t)s->number[place];
    return word == BY_KEY ? td_philox_key(s->options->seed, TD_STREAM_SPLIT, number, 0) : number;
}

static uint64_t word_by_key(const void *context, int word, int64_t place)
{
    return word_by_time(context, word + 1, place);
}

/* What a td_row_order needs. */
static uint64_t time_of(const void *context, int64_t place)
{
    return word_by_time(context, BY_TIME, place);
}

static uint64_t key_of(const void *context, int64_t place)
{
    return word_by_time(context, BY_KEY, place);
}

static int compare_by_key(const void *context, int64_t a, int64_t b)
{
    for (int word = BY_KEY; word < WORDS; word++) {
        const uint64_t left = word_by_time(context, word, a),
                       right = word_by_time(context, word, b);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return 0;
}

static int64_t count_of(const td_splitting *s)
{
    return s->rows->p->rows.frame.count;
}

/* Collective. Leaves those rows in that are the last of an order, and marks them. */
static void mark_last(td_splitting *s, const td_row_sort *sort, int64_t last, td_split what,
                      bool *is_in)
{
    td_last_rows(s->comm, sort, last, count_of(s), is_in);
    for (int64_t i = 0; i < count_of(s); i++)
        if (is_in[i])
            s->split[i] = (uint8_t)what;
}

/* Collective. Holds the last rows of an order out, the very last ones for testing. */
static void hold_out(td_splitting *s, const td_row_sort *sort)
{
    int64_t all = 0;
    bool *is_in = TD_NEW(bool, (size_t)count_of(s));
    for (int64_t i = 0; i < count_of(s); i++)
        all += is_in[i] = s->rows->keep[i];
    td_comm_sum(s->comm, 1, &all);
    const int64_t tests = td_split_share(all, s->options->test_fraction);
    const int64_t others = td_split_share(all, s->options->validation_fraction);
    if (others > 0)
        mark_last(s, sort, td_smaller(tests + others, all), TD_VALIDATION, is_in);
    mark_last(s, sort, td_smaller(tests, all), TD_TEST, is_in);
    td_free(is_in);
}

static void choose_rows(td_splitting *s)
{
    hold_out(s, &(td_row_sort){WORDS - 1, word_by_key, s});
}

/* The rows of a user: n in order that may be held out, then the others. */
typedef struct {
    int64_t n, all;
    const int64_t *place; /* (all) */
} user_rows;

static user_rows rows_of(td_splitting *s, int64_t u, const td_row_order *order)
{
    td_row_choice *rows = s->rows;
    int64_t *place = rows->row + rows->offsets[u];
    const int64_t all = rows->offsets[u + 1] - rows->offsets[u];
    return (user_rows){td_sort_left(rows, all, place, order), all, place};
}

/* Holds the last rows of a user out, as long as one of all remains for training; returns the
 * first's place in order. */
static int64_t hold_out_last(td_splitting *s, const user_rows *of, int64_t tests, int64_t others)
{
    const int64_t most = td_larger(0, td_smaller(of->all - 1, of->n));
    tests = td_smaller(tests, most);
    others = td_smaller(others, most - tests);
    const int64_t first = of->n - tests - others;
    for (int64_t i = first; i < of->n; i++)
        s->split[of->place[i]] = i < of->n - tests ? TD_VALIDATION : TD_TEST;
    return first;
}

/* A random share of each user's rows. */
static void choose_user_rows(td_splitting *s)
{
    const td_row_order order = {key_of, compare_by_key, s};
    for (int64_t u = 0; u < s->rows->p->owners.count; u++) {
        const user_rows of = rows_of(s, u, &order);
        hold_out_last(s, &of, td_split_share(of.n, s->options->test_fraction),
                      td_split_share(of.n, s->options->validation_fraction));
    }
}

/* A random share of each user's rows that are for training so far. */
static void choose_warm_rows(td_splitting *s)
{
    const td_row_order order = {key_of, compare_by_key, s};
    const double share = s->options->warm_fraction;
    for (int64_t i = 0; i < count_of(s); i++)
        s->rows->keep[i] = s->rows->keep[i] && s->split[i] == TD_TRAIN;
    for (int64_t u = 0; u < s->rows->p->owners.count; u++) {
        user_rows of = rows_of(s, u, &order);
        const int64_t all = of.all, tests = td_split_share(of.n, share);
        for (int64_t i = 0; i < all; i++)
            of.all -= s->split[of.place[i]] != TD_TRAIN;
        hold_out_last(s, &of, tests, s->options->validation_fraction > 0 ? tests : 0);
    }
}

/* All rows of a random share of the items; of the others, if that is told, a share of each user's.
 * A row of an item that is held out, which may not be held out itself, is set aside. */
static void choose_items(td_splitting *s)
{
    const int64_t items = td_vocabulary_count(s->rows->p->catalog.items);
    uint8_t *part = TD_NEW(uint8_t, (size_t)items + 1); /* TD_TRAIN is 0 */
    td_split_items(s, items, part);
    for (int64_t i = 0; i < count_of(s); i++) {
        const uint8_t of = part[s->rows->item[i]];
        s->split[i] = s->rows->keep[i] || of == TD_TRAIN ? of : TD_GIVEN;
    }
    if (s->options->warm_fraction > 0)
        choose_warm_rows(s);
    td_free(part);
}

/* Sets a row aside that may not be held out, and is not older than what is. */
static void set_aside(td_splitting *s, int64_t i, int64_t oldest)
{
    if (!s->rows->keep[i] && s->rows->time[i] >= oldest)
        s->split[i] = TD_GIVEN;
}

/* Each user's newest rows. */
static void choose_newest(td_splitting *s)
{
    const td_row_order order = {time_of, compare_by_key, s};
    const int64_t *time = s->rows->time;
    for (int64_t u = 0; u < s->rows->p->owners.count; u++) {
        const user_rows of = rows_of(s, u, &order);
        const int64_t first = hold_out_last(s, &of, s->test_last, s->validation_last);
        if (first == of.n)
            continue;
        s->tied += first > 0 && time[of.place[first - 1]] == time[of.place[first]];
        for (int64_t i = 0; i < of.all; i++)
            set_aside(s, of.place[i], time[of.place[first]]);
    }
    td_comm_sum(s->comm, 1, &s->tied);
}

/* Collective. The smallest time of the rows that are held out; INT64_MAX for none. */
static int64_t oldest_held_out(td_splitting *s)
{
    int64_t oldest = INT64_MAX;
    for (int64_t i = 0; i < count_of(s); i++)
        if (s->split[i] != TD_TRAIN)
            oldest = td_smaller(oldest, s->rows->time[i]);
    return ~td_comm_max_count(s->comm, ~oldest); /* ~ turns the order round */
}

static void hold_out_from(td_splitting *s, int64_t from, td_split what)
{
    for (int64_t i = 0; from != INT64_MIN && i < count_of(s); i++)
        if (s->rows->keep[i] && s->rows->time[i] >= from)
            s->split[i] = (uint8_t)what;
}

/* One cut in time for all: at the times that are told, else so that a share of the rows is held
 * out. */
static void choose_time(td_splitting *s)
{
    const td_row_choice *rows = s->rows;
    int64_t at_cut[2] = {
        0}; /* rows of the oldest time that is held out: all, and those for training */
    if (s->test_from == INT64_MIN && s->validation_from == INT64_MIN)
        hold_out(s, &(td_row_sort){WORDS, word_by_time, s});
    hold_out_from(s, s->validation_from, TD_VALIDATION);
    hold_out_from(s, s->test_from, TD_TEST);
    const int64_t oldest = oldest_held_out(s);
    for (int64_t i = 0; i < count_of(s); i++) {
        const bool is_at_cut = rows->keep[i] && rows->time[i] == oldest;
        at_cut[0] += is_at_cut;
        at_cut[1] += is_at_cut && s->split[i] == TD_TRAIN;
        set_aside(s, i, oldest);
    }
    td_comm_sum(s->comm, 2, at_cut);
    s->tied = at_cut[1] > 0 ? at_cut[0] : 0;
}

/* As the files say that the rows are from. */
static void choose_files(td_splitting *s)
{
    const uint8_t *of = td_frame_values(&s->rows->p->rows.frame, TD_FIELD_FILES);
    for (int64_t i = 0; i < count_of(s); i++)
        s->split[i] = s->rows->keep[i] || of[i] == TD_TRAIN ? of[i] : TD_GIVEN;
}

static const td_split_rule rules[TD_SPLIT_RULES] = {
    {"rows", .says_fraction = true, .choose = choose_rows},
    {"user_rows", .by_user = true, .says_fraction = true, .choose = choose_user_rows},
    {"items", .by_user = true, .says_fraction = true, .says_warm = true, .choose = choose_items},
    {"leave_last", .by_user = true, .by_time = true, .says_last = true, .choose = choose_newest},
    {"leave_one_out", .by_user = true, .by_time = true, .validation_last = 1,
     .choose = choose_newest},
    {"time", .by_time = true, .says_fraction = true, .says_from = true, .choose = choose_time},
    {"files", .says_files = true, .choose = choose_files},
};

static td_status read_time(const char *option, const char *text, int64_t *time)
{
    *time = INT64_MIN;
    if (!text || td_time_read(text, strlen(text), time))
        return TD_OK;
    return td_fail(TD_ERR_USAGE, "--%s: expected %s, found '%s'", option, TD_TIME_EXPECTED, text);
}

/* Sets the times of a cut, INT64_MIN for one that is not told. */
static td_status read_times(const td_prepare_options *o, int64_t *test, int64_t *validation)
{
    TD_TRY(read_time("test-from", o->test_from, test));
    TD_TRY(read_time("validation-from", o->validation_from, validation));
    if (!o->test_from || !o->validation_from || *validation < *test)
        return TD_OK;
    return td_fail(TD_ERR_USAGE,
                   "--validation-from: expected a time before --test-from %s, found '%s'",
                   o->test_from, o->validation_from);
}

static bool has_any(const char *const *inputs)
{
    return inputs && *inputs;
}

/* TD_ERR_USAGE for shares beside times. */
static td_status check_cut(const td_prepare_options *told)
{
    const char *from = told->test_from ? "test-from" : "validation-from";
    const char *share = told->test_fraction > 0 ? "test-fraction" : "validation-fraction";
    if (!(told->test_from || told->validation_from) ||
        (told->test_fraction <= 0 && told->validation_fraction <= 0))
        return TD_OK;
    return td_fail(TD_ERR_USAGE, "--%s: expected a share of the rows or a time, found --%s, too",
                   share, from);
}

/* TD_ERR_USAGE if an option is told that the rule does not read, or cannot be read; TD_ERR_CONFIG
 * where the schema told it. */
static td_status check_said(const td_split_rule *rule, const td_prepare_options *told,
                            const td_split_words *schema)
{
    const double none = TD_FRACTION_AS_TOLD;
    const struct {
        const char *option, *key;
        bool told, in_schema, read;
    } of[] = {
        {"test-fraction", "test_fraction", told->test_fraction != none,
         schema->test_fraction != none, rule->says_fraction},
        {"validation-fraction", "validation_fraction", told->validation_fraction != none,
         schema->validation_fraction != none, rule->says_fraction},
        {"warm-fraction", "warm_fraction", told->warm_fraction != none,
         schema->warm_fraction != none, rule->says_warm},
        {"test-last", "test_last", told->test_last > 0, schema->test_last > 0, rule->says_last},
        {"validation-last", "validation_last", told->validation_last > 0,
         schema->validation_last > 0, rule->says_last},
        {"test-from", "test_from", told->test_from != NULL, schema->test_from != NULL,
         rule->says_from},
        {"validation-from", "validation_from", told->validation_from != NULL,
         schema->validation_from != NULL, rule->says_from},
        {"test-input", NULL, has_any(told->test_inputs), false, rule->says_files},
        {"validation-input", NULL, has_any(told->validation_inputs), false, rule->says_files},
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        if (of[i].told && !of[i].read)
            return td_fail(TD_ERR_USAGE, "--%s: the split %s does not read it", of[i].option,
                           rule->name);
        if (of[i].in_schema && !of[i].read)
            return td_place_fail(schema->place,
                                 "interactions.split.%s: the split %s does not read it", of[i].key,
                                 rule->name);
    }
    if (rule->says_files && !has_any(told->test_inputs) && !has_any(told->validation_inputs))
        return td_fail(told->split ? TD_ERR_USAGE : TD_ERR_CONFIG,
                       "split files: expected --test-input, found none");
    return check_cut(told);
}

static td_status find_rule(const char *name, const td_split_rule **rule)
{
    char names[256] = "";
    for (size_t i = 0; i < TD_SPLIT_RULES; i++) {
        *rule = &rules[i];
        if (strcmp(rules[i].name, name) == 0)
            return TD_OK;
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", rules[i].name);
    }
    return td_fail(TD_ERR_USAGE, "split: expected one of %s, found '%s'", names, name);
}

td_status td_split_rule_find(const td_prepare_options *told, const td_split_words *schema,
                             const td_prepare_options *whole, const td_split_rule **rule)
{
    const td_split_words words = td_split_words_beside(told, schema);
    int64_t times[2];
    TD_TRY(find_rule(whole->split, rule));
    TD_TRY(check_said(*rule, told, &words));
    return read_times(whole, &times[0], &times[1]); /* before the input is read */
}

void td_split_rule_names(const char *names[TD_SPLIT_RULES])
{
    for (size_t i = 0; i < TD_SPLIT_RULES; i++)
        names[i] = rules[i].name;
}

static td_status read_options(td_splitting *s, const td_split_rule *rule)
{
    const td_prepare_options *o = s->options;
    s->test_last = o->test_last > 0 ? o->test_last : 1;
    s->validation_last = o->validation_last > 0 ? o->validation_last : rule->validation_last;
    TD_TRY(read_times(o, &s->test_from, &s->validation_from));
    const td_split_words *schema = &s->rows->p->source->split;
    if (o->test_where)
        return td_keep_where(s->rows, o->test_where,
                             o->test_where == schema->test_where
                                 ? schema->place
                                 : (td_place){.where = "--test-where"});
    return TD_OK;
}

td_status td_split_rows(td_preparing *p)
{
    td_row_choice rows = td_row_choice_begin(p);
    const int64_t count = p->rows.frame.count;
    p->split = TD_NEW(uint8_t, (size_t)count);
    td_splitting s = {
        .comm = p->comm, .options = p->options, .rows = &rows, .number = p->row, .split = p->split};
    if (p->rule->by_user)
        td_group_rows(&rows);
    const td_status status = read_options(&s, p->rule);
    if (status == TD_OK)
        p->rule->choose(&s);
    for (int64_t i = 0; i < count; i++)
        p->split_rows[p->split[i]]++;
    td_comm_sum(p->comm, TD_SPLITS, p->split_rows);
    p->report->split = p->rule->name;
    p->report->tied = s.tied;
    td_frame_remove(&p->rows.frame, TD_FIELD_FILES);
    td_row_choice_end(&rows);
    return status;
}
