/* The rules in their order (docs/formats.md), and what is left of rows, users and names then. */
#include "prepare/row_rules.h"

#include "base/memory.h"
#include "base/range.h"
#include "data/rows.h"
#include "prepare/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *td_left_out_name(td_left_out reason)
{
    static const char *const names[] = {
        [TD_LEFT_WITHOUT_USER] = "without_user",
        [TD_LEFT_BY_WHERE] = "where",
        [TD_LEFT_AS_REPEATED] = "repeats",
        [TD_LEFT_BY_CAP] = "max_user_rows",
        [TD_LEFT_BY_CORE] = "core",
    };
    return names[reason];
}

static uint64_t key_by_time(const void *context, int64_t place)
{
    const td_row_choice *rows = context;
    return (uint64_t)(rows->time ? rows->time[place] : place) ^ UINT64_C(1) << 63;
}

static int compare_places(const void *context, int64_t left, int64_t right)
{
    (void)context;
    return (left > right) - (left < right);
}

td_row_order td_by_time(const td_row_choice *rows)
{
    return (td_row_order){key_by_time, compare_places, rows};
}

int td_row_compare(const td_row_order *order, int64_t left, int64_t right)
{
    const uint64_t a = order->key(order->context, left), b = order->key(order->context, right);
    return a != b ? (a < b ? -1 : 1) : order->compare(order->context, left, right);
}

/* A row while it is sorted. */
typedef struct {
    uint64_t key;
    int64_t row;
} sorted_row;

static int compare_rows(const void *left, const void *right, void *by)
{
    const sorted_row *a = left, *b = right;
    const td_row_order *order = by;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return order->compare(order->context, a->row, b->row);
}

/* Sorts by insertion: most users have few rows, for which qsort_r takes three times as long. */
static void insert_in_order(int64_t count, sorted_row *rows, td_row_order *order)
{
    for (int64_t i = 1; i < count; i++) {
        const sorted_row row = rows[i];
        int64_t place = i;
        for (; place > 0 && compare_rows(&rows[place - 1], &row, order) > 0; place--)
            rows[place] = rows[place - 1];
        rows[place] = row;
    }
}

int64_t td_sort_left(td_row_choice *rows, int64_t n, int64_t *row, const td_row_order *order)
{
    enum { FEW = 32 };
    sorted_row *sorted = td_buffer_fit(&rows->work, (size_t)n, sizeof *sorted);
    td_row_order by = *order;
    int64_t left = 0, others = 0;
    for (int64_t i = 0; i < n; i++) {
        if (rows->keep[row[i]])
            sorted[left++] = (sorted_row){order->key(order->context, row[i]), row[i]};
        else
            row[others++] = row[i];
    }
    memmove(row + left, row, (size_t)others * sizeof *row);
    if (left <= FEW)
        insert_in_order(left, sorted, &by);
    else
        qsort_r(sorted, (size_t)left, sizeof *sorted, compare_rows, &by);
    for (int64_t i = 0; i < left; i++)
        row[i] = sorted[i].row;
    return left;
}

void td_keep_newest(td_row_choice *rows, int64_t max_user_rows)
{
    const td_row_order order = td_by_time(rows);
    for (int64_t u = 0; u < rows->p->owners.count; u++) {
        int64_t *row = rows->row + rows->offsets[u];
        const int64_t n = rows->offsets[u + 1] - rows->offsets[u];
        if (n <= max_user_rows)
            continue;
        const int64_t left = td_sort_left(rows, n, row, &order);
        for (int64_t i = 0; i < left - max_user_rows; i++)
            rows->keep[row[i]] = false;
    }
}

void td_group_rows(td_row_choice *rows)
{
    const int64_t count = rows->p->rows.frame.count, users = rows->p->owners.count;
    int64_t *next = TD_NEW(int64_t, (size_t)users + 2);
    for (int64_t i = 0; i < count; i++)
        next[rows->user[i] + 1]++;
    for (int64_t u = 1; u <= users; u++)
        next[u + 1] += next[u];
    rows->offsets = TD_NEW(int64_t, (size_t)users + 1);
    memcpy(rows->offsets, next + 1, ((size_t)users + 1) * sizeof *next);
    rows->row = TD_NEW(int64_t, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        rows->row[next[rows->user[i]]++] = i;
    td_free(next);
}

td_row_choice td_row_choice_begin(td_preparing *p)
{
    const td_source_field *time = td_source_with_role(p->source, TD_ROLE_TIME);
    const td_frame *frame = &p->rows.frame;
    td_row_choice rows = {.p = p, .keep = TD_NEW(bool, (size_t)frame->count)};
    memset(rows.keep, true, (size_t)frame->count);
    rows.user = td_user_of(p, &p->rows);
    rows.item = td_frame_values(frame, td_source_with_role(p->source, TD_ROLE_ITEM)->name);
    rows.time = time ? td_frame_values(frame, time->name) : NULL;
    return rows;
}

void td_row_choice_end(td_row_choice *rows)
{
    td_free(rows->keep);
    td_free(rows->offsets);
    td_free(rows->row);
    td_buffer_free(&rows->work);
}

/* Collective. Counts what a rule left out. */
static void count_left(td_row_choice *rows, td_left_out reason)
{
    td_preparing *p = rows->p;
    int64_t left = 0;
    for (int64_t i = 0; i < p->rows.frame.count; i++)
        left += rows->keep[i];
    td_comm_sum(p->comm, 1, &left);
    p->report->left_out[reason] = p->total - left;
    p->total = left;
}

/* Collective. The rules that know one row at a time, and then those that know a user's. */
static td_status choose(td_row_choice *rows)
{
    td_preparing *p = rows->p;
    const td_row_rules *rules = &p->source->rules;
    if (rules->where)
        TD_TRY(td_keep_where(rows, rules->where, rules->where_place));
    if (p->options->where)
        TD_TRY(td_keep_where(rows, p->options->where, (td_place){.where = "--where"}));
    if (rules->where || p->options->where)
        count_left(rows, TD_LEFT_BY_WHERE);
    TD_TRY(td_weigh_rows(p, rows->keep));
    if (rules->repeats != TD_REPEATS_KEEP || rules->max_user_rows > 0 ||
        rules->min_user_items > 0 || rules->min_item_users > 0)
        td_group_rows(rows);
    if (rules->repeats != TD_REPEATS_KEEP) {
        TD_TRY(td_keep_distinct(rows));
        count_left(rows, TD_LEFT_AS_REPEATED);
    }
    if (rules->max_user_rows > 0) {
        td_keep_newest(rows, rules->max_user_rows);
        count_left(rows, TD_LEFT_BY_CAP);
    }
    if (rules->min_user_items > 0 || rules->min_item_users > 0) {
        td_keep_core(rows, rules->min_user_items, rules->min_item_users);
        count_left(rows, TD_LEFT_BY_CORE);
    }
    return TD_OK;
}

/* Collective. Users stay that have a row, or one in their own table. */
static void drop_users(td_preparing *p)
{
    td_user_owners *owners = &p->owners;
    int32_t *user = td_user_of(p, &p->rows), count = 0;
    int32_t *number = TD_NEW(int32_t, (size_t)owners->count + 1);
    int32_t *kept = TD_NEW(int32_t, (size_t)owners->count);
    int64_t *place = TD_NEW(int64_t, (size_t)owners->count);
    for (int64_t i = 0; i < p->rows.frame.count; i++)
        number[user[i]] = 1;
    for (int32_t u = 1; u <= owners->count; u++) {
        if (number[u] == 0 && !(p->is_told && p->is_told[u - 1]))
            continue;
        owners->number[count] = owners->number[u - 1];
        place[count] = u - 1;
        kept[count++] = u;
        number[u] = count;
    }
    for (int64_t i = 0; i < p->rows.frame.count; i++)
        user[i] = number[user[i]];
    const td_strings names = td_strings_pick(&owners->names, count, kept);
    const td_frame users = td_frame_gather(&p->users, count, place);
    td_strings_free(&owners->names);
    td_frame_free(&p->users);
    p->users = users;
    owners->names = names;
    owners->count = owners->file_users = count;
    td_comm_sum(p->comm, 1, &owners->file_users);
    td_free(number);
    td_free(kept);
    td_free(place);
}

enum { WORD = 64, BLOCK = 1 << 21 }; /* bits of a word; words of a block of row numbers */

/* Collective. Gives the rows that are left the numbers from 0 on, in the order of those they have
 * in the input. A bit for each of these: so many of them at a time as a block has. */
static void number_rows(td_preparing *p, int64_t *row)
{
    const int64_t read = p->rows.total, count = p->rows.frame.count;
    const size_t needed = (size_t)((read + WORD - 1) / WORD),
                 room = needed < BLOCK ? needed : BLOCK;
    const int64_t words = (int64_t)room;
    int64_t *bits = TD_NEW(int64_t, room), *ranks = TD_NEW(int64_t, room), before = 0;
    bool *is_done = TD_NEW(bool, (size_t)count);
    for (int64_t first = 0; first < read; first += words * WORD) {
        memset(bits, 0, room * sizeof *bits);
        for (int64_t i = 0; i < count; i++)
            if (!is_done[i] && row[i] >= first && row[i] - first < words * WORD)
                bits[(row[i] - first) / WORD] |= (int64_t)(UINT64_C(1) << (row[i] - first) % WORD);
        td_comm_sum(p->comm, room, bits); /* of bits that one rank has, is their union */
        for (int64_t w = 0; w < words; w++) {
            ranks[w] = before;
            before += __builtin_popcountll((uint64_t)bits[w]);
        }
        for (int64_t i = 0; i < count; i++)
            if (!is_done[i] && row[i] >= first && row[i] - first < words * WORD) {
                const uint64_t below = (UINT64_C(1) << (row[i] - first) % WORD) - 1;
                const int64_t w = (row[i] - first) / WORD;
                row[i] = ranks[w] + __builtin_popcountll((uint64_t)bits[w] & below);
                is_done[i] = true;
            }
    }
    td_free(bits);
    td_free(ranks);
    td_free(is_done);
}

/* Says how many rows each rule left out, where none is left. */
static td_status fail_without_rows(const td_preparing *p)
{
    char reasons[256] = "";
    size_t used = 0;
    for (int r = 0; r < TD_LEFT_OUTS; r++)
        if (p->report->left_out[r] > 0)
            used += (size_t)snprintf(reasons + used, sizeof reasons - used, "%s%" PRId64 " by %s",
                                     used > 0 ? ", " : "", p->report->left_out[r],
                                     td_left_out_name((td_left_out)r));
    return td_fail(TD_ERR_INPUT, "%s: expected rows, found that all %" PRId64 " are left out: %s",
                   p->source->table[TD_OF_ROW].form.path, p->rows.total, reasons);
}

td_status td_choose_rows(td_preparing *p)
{
    td_row_choice rows = td_row_choice_begin(p);
    td_status status = choose(&rows);
    p->left_some = p->total < p->rows.total || p->source->table[TD_OF_USER].is_of_rows ||
                   p->source->table[TD_OF_ITEM].is_of_rows;
    if (status == TD_OK && p->total == 0)
        status = fail_without_rows(p);
    if (status == TD_OK && p->left_some) {
        td_frame_keep(&p->rows.frame, rows.keep);
        drop_users(p);
        number_rows(p, td_frame_values(&p->rows.frame, TD_FIELD_ROW));
    }
    td_row_choice_end(&rows);
    if (status == TD_OK)
        td_drop_rare_names(p);
    td_field *numbers = td_frame_find(&p->rows.frame, TD_FIELD_ROW);
    p->row = numbers->values;
    numbers->values = NULL;
    td_frame_remove(&p->rows.frame, TD_FIELD_ROW);
    return status;
}
