/* Random rows, newest rows, or a cut in time: what is held out are always the last rows of an
 * order, by random keys or by time and then by such keys, of all rows or of each user. */
#include "prepare/split_rule.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/range.h"
#include "prepare/last_rows.h"
#include "prepare/weights.h"
#include "text/time_text.h"

#include <inttypes.h>
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

static int compare_from(const td_splitting *s, int word, int64_t a, int64_t b)
{
    for (; word < WORDS; word++) {
        const uint64_t left = word_by_time(s, word, a), right = word_by_time(s, word, b);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return 0;
}

/* As td_row_order. */
static int compare_by_time(const void *left, const void *right, void *context)
{
    return compare_from(context, BY_TIME, *(const int64_t *)left, *(const int64_t *)right);
}

static int compare_by_key(const void *left, const void *right, void *context)
{
    return compare_from(context, BY_KEY, *(const int64_t *)left, *(const int64_t *)right);
}

static int64_t count_of(const td_splitting *s)
{
    return s->rows->p->rows.frame.count;
}

/* Collective. Marks the last rows of an order, of those that may be held out. */
static void mark_last(td_splitting *s, const td_row_sort *sort, int64_t last, td_split what)
{
    const int64_t count = count_of(s);
    bool *is_in = TD_NEW(bool, (size_t)count);
    memcpy(is_in, s->rows->keep, (size_t)count * sizeof *is_in);
    td_last_rows(s->comm, sort, last, count, is_in);
    for (int64_t i = 0; i < count; i++)
        if (is_in[i])
            s->split[i] = (uint8_t)what;
    td_free(is_in);
}

/* Collective. Holds the last rows of an order out, the very last ones for testing. */
static void hold_out(td_splitting *s, const td_row_sort *sort)
{
    int64_t all = 0;
    for (int64_t i = 0; i < count_of(s); i++)
        all += s->rows->keep[i];
    td_comm_sum(s->comm, 1, &all);
    const int64_t tests = td_split_share(all, s->options->test_fraction);
    const int64_t others = td_split_share(all, s->options->validation_fraction);
    if (others > 0)
        mark_last(s, sort, td_smaller(tests + others, all), TD_VALIDATION);
    mark_last(s, sort, td_smaller(tests, all), TD_TEST);
}

static void choose_rows(td_splitting *s)
{
    hold_out(s, &(td_row_sort){WORDS - 1, word_by_key, s});
}

/* Local. Holds the last rows of a user out: of n that may be, in order, and as long as one of all
 * remains for training. */
static void hold_out_last(td_splitting *s, int64_t all, int64_t n, const int64_t *place,
                          int64_t tests, int64_t others)
{
    const int64_t most = td_smaller(all - 1, n);
    tests = td_smaller(tests, most);
    others = td_smaller(others, most - tests);
    for (int64_t i = n - tests - others; i < n; i++)
        s->split[place[i]] = i < n - tests ? TD_VALIDATION : TD_TEST;
}

/* A random share of each user's rows. */
static void choose_user_rows(td_splitting *s)
{
    td_row_choice *rows = s->rows;
    for (int64_t u = 0; u < rows->p->owners.count; u++) {
        int64_t *place = rows->row + rows->offsets[u],
                all = rows->offsets[u + 1] - rows->offsets[u];
        const int64_t n = td_sort_left(rows, all, place, compare_by_key, s);
        hold_out_last(s, all, n, place, td_split_share(n, s->options->test_fraction),
                      td_split_share(n, s->options->validation_fraction));
    }
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
    td_row_choice *rows = s->rows;
    for (int64_t u = 0; u < rows->p->owners.count; u++) {
        int64_t *place = rows->row + rows->offsets[u],
                all = rows->offsets[u + 1] - rows->offsets[u];
        const int64_t n = td_sort_left(rows, all, place, compare_by_time, s);
        hold_out_last(s, all, n, place, s->test_last, s->validation_last);
        int64_t first = n;
        while (first > 0 && s->split[place[first - 1]] != TD_TRAIN)
            first--;
        if (first == n)
            continue;
        s->tied += first > 0 && rows->time[place[first - 1]] == rows->time[place[first]];
        for (int64_t i = 0; i < all; i++)
            set_aside(s, place[i], rows->time[place[first]]);
    }
    td_comm_sum(s->comm, 1, &s->tied);
}

/* Collective. The smallest time of the rows that are held out; INT64_MAX for none. */
static int64_t oldest_held_out(td_splitting *s)
{
    int64_t oldest = INT64_MAX;
    size_t ranks;
    for (int64_t i = 0; i < count_of(s); i++)
        if (s->split[i] != TD_TRAIN)
            oldest = td_smaller(oldest, s->rows->time[i]);
    int64_t *all = td_comm_allgatherv(s->comm, &oldest, 1, sizeof oldest, &ranks);
    for (size_t r = 0; r < ranks; r++)
        oldest = td_smaller(oldest, all[r]);
    td_free(all);
    return oldest;
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

static const td_split_rule rules[] = {
    {"rows", .says_fraction = true, .choose = choose_rows},
    {"user_rows", .by_user = true, .says_fraction = true, .choose = choose_user_rows},
    {"leave_last", .by_user = true, .by_time = true, .says_last = true, .choose = choose_newest},
    {"leave_one_out", .by_user = true, .by_time = true, .validation_last = 1,
     .choose = choose_newest},
    {"time", .by_time = true, .says_fraction = true, .says_from = true, .choose = choose_time},
    {"files", .says_files = true, .choose = choose_files},
};

/* TD_ERR_USAGE if an option is told that the rule does not read. */
static td_status check_said(const td_split_rule *rule, const td_prepare_options *o)
{
    const struct {
        const char *option;
        bool told, read;
    } of[] = {
        {"validation-fraction", o->validation_fraction > 0, rule->says_fraction},
        {"test-last", o->test_last > 0, rule->says_last},
        {"validation-last", o->validation_last > 0, rule->says_last},
        {"test-from", o->test_from != NULL, rule->says_from},
        {"validation-from", o->validation_from != NULL, rule->says_from},
        {"test-input", o->test_inputs && *o->test_inputs, rule->says_files},
        {"validation-input", o->validation_inputs && *o->validation_inputs, rule->says_files},
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (of[i].told && !of[i].read)
            return td_fail(TD_ERR_USAGE, "--%s: the split %s does not read it", of[i].option,
                           rule->name);
    if (rule->says_files && !of[5].told && !of[6].told)
        return td_fail(TD_ERR_USAGE, "split files: expected --test-input, found none");
    return TD_OK;
}

td_status td_split_rule_find(const td_prepare_options *options, const td_split_rule **rule)
{
    char names[256] = "";
    const bool by_files = (options->test_inputs && *options->test_inputs) ||
                          (options->validation_inputs && *options->validation_inputs);
    const char *name = options->split ? options->split : by_files ? "files" : "rows";
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        *rule = &rules[i];
        if (strcmp(rules[i].name, name) == 0)
            return check_said(*rule, options);
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", rules[i].name);
    }
    return td_fail(TD_ERR_USAGE, "split: expected one of %s, found '%s'", names, name);
}

static td_status read_time(const char *option, const char *text, int64_t *time)
{
    *time = INT64_MIN;
    if (!text || td_time_read(text, strlen(text), time))
        return TD_OK;
    return td_fail(TD_ERR_USAGE, "--%s: expected %s, found '%s'", option, TD_TIME_EXPECTED, text);
}

static td_status read_options(td_splitting *s, const td_split_rule *rule)
{
    const td_prepare_options *o = s->options;
    s->test_last = o->test_last > 0 ? o->test_last : 1;
    s->validation_last = o->validation_last > 0 ? o->validation_last : rule->validation_last;
    TD_TRY(read_time("test-from", o->test_from, &s->test_from));
    TD_TRY(read_time("validation-from", o->validation_from, &s->validation_from));
    if (o->test_from && o->validation_from && s->validation_from >= s->test_from)
        return td_fail(TD_ERR_USAGE,
                       "--validation-from: expected a time before --test-from %s, found '%s'",
                       o->test_from, o->validation_from);
    if (o->test_where)
        return td_keep_where(s->rows, o->test_where, (td_place){.where = "--test-where"});
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
