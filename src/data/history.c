/* Which rows a query gets, and their lists. */
#include "data/history.h"

#include "base/log.h"
#include "base/memory.h"

#include <string.h>

void td_history_rules_free(td_history_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        td_free(rules->rule[i].name);
        td_free(rules->rule[i].values);
    }
    td_free(rules->rule);
    *rules = (td_history_rules){0};
}

const td_history_rule *td_history_rules_find(const td_history_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->count; i++)
        if (strcmp(rules->rule[i].name, name) == 0)
            return &rules->rule[i];
    return NULL;
}

void td_histories_free(td_histories *histories)
{
    for (size_t h = 0; h < histories->count; h++) {
        td_free(histories->history[h].offsets);
        td_free(histories->history[h].items);
        td_free(histories->history[h].times);
    }
    td_free(histories->history);
    *histories = (td_histories){.count = 0};
}

TD_DEFINE_FIRST_FROM(first_time_from, int64_t, int64_t, )

/* The place of the first of the ascending times in a range that is not below bound. */
static int64_t first_from(const int64_t *times, td_range range, int64_t bound)
{
    return range.first + (int64_t)first_time_from((size_t)range.count, times + range.first, bound);
}

/* The item whose rows a query does not get; -1: none. */
static int32_t own_of(const td_history *h, const td_history_queries *q, int64_t i)
{
    return h->rule->drops_own && q->items ? q->items[i] : -1;
}

/* A user's rows before a time, none so old that the rule leaves it out. A time that is missing,
 * INT64_MIN, has none before it. */
static td_range rows_before(const td_history *h, td_range rows, int64_t time)
{
    const int64_t seconds = h->rule->seconds;
    rows = td_range_to(rows.first, first_from(h->times, rows, time));
    if (seconds == 0 || time < INT64_MIN + seconds)
        return rows;
    return td_range_to(first_from(h->times, rows, time - seconds + 1), td_range_end(rows));
}

/* The rows of a query: of these, those of its own item are left out. */
static td_range rows_of(const td_histories *all, const td_history *h, const td_history_queries *q,
                        int64_t i)
{
    const int64_t user = q->users[i] - all->users.first;
    if (q->users[i] == 0)
        return (td_range){0, 0};
    TD_ASSERT(user >= 0 && user < all->users.count && (!h->times || q->times));
    td_range rows = td_range_to(h->offsets[user], h->offsets[user + 1]);
    if (h->times)
        rows = rows_before(h, rows, q->times[i]);
    const int32_t own = own_of(h, q, i);
    const int64_t end = td_range_end(rows);
    int64_t first = end, left = h->rule->last;
    if (left == 0)
        return rows;
    for (; first > rows.first && left > 0; first--)
        left -= h->items[first - 1] != own;
    return td_range_to(first, end);
}

/* What is listed for an item. */
static const int32_t *values_of(const td_history *h, const int32_t *item, int64_t *count)
{
    *count = 1;
    if (!h->rule->field)
        return item;
    const int32_t *values = h->rule->field->values;
    if (!h->rule->field->offsets)
        return values + *item;
    const int64_t *at = h->rule->field->offsets + *item;
    *count = at[1] - at[0];
    return values + at[0];
}

/* Returns the length of a query's list; sets list, unless it is NULL, to it. */
static int64_t list_one(const td_histories *all, const td_history *h, const td_history_queries *q,
                        int64_t i, int32_t *list)
{
    const td_range rows = rows_of(all, h, q, i);
    const int32_t own = own_of(h, q, i);
    int64_t length = 0;
    for (int64_t r = rows.first; r < td_range_end(rows); r++) {
        int64_t count;
        if (h->items[r] == own)
            continue;
        const int32_t *values = values_of(h, &h->items[r], &count);
        if (list && count > 0)
            memcpy(list + length, values, (size_t)count * sizeof *list);
        length += count;
    }
    return length;
}

/* The field of a frame that has a rule's lists, with room for so many. */
static td_field *field_of(const td_history *h, td_frame *lists, int64_t elements)
{
    td_field *field = td_frame_find(lists, h->rule->name);
    if (!field)
        field = td_frame_add_list(lists, h->rule->name, TD_INT32, 1);
    if (elements > field->room) {
        td_free(field->values);
        field->room = elements + elements / 8;
        field->values = TD_NEW(int32_t, (size_t)field->room);
    }
    return field;
}

static void list_all(const td_histories *all, const td_history *h, const td_history_queries *q,
                     td_frame *lists)
{
    td_field *field = field_of(h, lists, 0);
    int64_t *offsets = field->offsets;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < q->count; i++)
        offsets[i + 1] = list_one(all, h, q, i, NULL);
    for (int64_t i = 0; i < q->count; i++)
        offsets[i + 1] += offsets[i];
    field = field_of(h, lists, offsets[q->count]);
    int32_t *values = field->values;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < q->count; i++)
        list_one(all, h, q, i, values + offsets[i]);
}

void td_histories_list(const td_histories *histories, const td_history_queries *queries,
                       td_frame *lists)
{
    lists->count = 0; /* nothing of them is kept */
    td_frame_reserve(lists, queries->count);
    for (size_t h = 0; h < histories->count; h++)
        list_all(histories, &histories->history[h], queries, lists);
    lists->count = queries->count;
}

/* The longest list of what one item has. */
static int64_t most_values(const td_history *h, int64_t items)
{
    int64_t most = 0;
    for (int64_t i = 0; i < items; i++) {
        int64_t count;
        const int32_t item = (int32_t)i;
        values_of(h, &item, &count);
        most = td_larger(most, count);
    }
    return most;
}

void td_histories_reserve(const td_histories *histories, int64_t count, td_frame *lists)
{
    td_frame_reserve(lists, count);
    for (size_t k = 0; k < histories->count; k++) {
        const td_history *h = &histories->history[k];
        int64_t longest = 0, items = 0;
        for (int64_t u = 0; u < histories->users.count; u++)
            longest = td_larger(longest, h->offsets[u + 1] - h->offsets[u]);
        for (int64_t r = 0; r < h->offsets[histories->users.count]; r++)
            items = td_larger(items, h->items[r] + 1);
        if (h->rule->last > 0)
            longest = td_smaller(longest, h->rule->last);
        field_of(h, lists, count * longest * (h->rule->field ? most_values(h, items) : 1));
    }
}
