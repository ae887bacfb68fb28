/* A user's items are few: sorted, equal ones stand together. Repeats are counted without sorting:
 * users come one after the other. */
#include "prepare/pairs.h"

#include "base/memory.h"

#include <stdlib.h>

static int by_item(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* Copies the items of a user's training rows; returns how many. */
static int64_t copy_items(const td_user_order *g, const int32_t *item, int64_t user, int32_t *items)
{
    int64_t first = g->offsets[TD_TRAIN][user], count = g->offsets[TD_TRAIN][user + 1] - first;
    for (int64_t i = 0; i < count; i++)
        items[i] = item[g->rows[TD_TRAIN][first + i]];
    return count;
}

/* Sorts items and drops the repeated ones; returns how many are left. */
static int64_t make_distinct(int64_t count, int32_t *items)
{
    int64_t kept = 0;
    qsort(items, (size_t)count, sizeof *items, by_item);
    for (int64_t i = 0; i < count; i++)
        if (kept == 0 || items[kept - 1] != items[i])
            items[kept++] = items[i];
    return kept;
}

td_field td_pairs_seen(const td_user_order *order, const int32_t *item)
{
    const int64_t users = order->users;
    int32_t *items = TD_NEW(int32_t, (size_t)order->offsets[TD_TRAIN][users]);
    int64_t *offsets = TD_NEW(int64_t, (size_t)users + 1);
    for (int64_t u = 0; u < users; u++) {
        int64_t count = copy_items(order, item, u, items + offsets[u]);
        offsets[u + 1] = offsets[u] + make_distinct(count, items + offsets[u]);
    }
    return (td_field){
        .name = td_copy_text("seen"),
        .type = TD_INT32,
        .width = 1,
        .values = items,
        .offsets = offsets,
        .room = offsets[users],
    };
}

int64_t td_pairs_count_duplicates(const td_user_order *order, const int32_t *item, int64_t items)
{
    int64_t *last_user = TD_NEW(int64_t, (size_t)items + 1); /* of each item: its place + 1 */
    int64_t duplicates = 0;
    for (int64_t u = 0; u < order->users; u++) {
        for (int s = 0; s < TD_SPLITS; s++) {
            for (int64_t i = order->offsets[s][u]; i < order->offsets[s][u + 1]; i++) {
                int64_t *last = &last_user[item[order->rows[s][i]]];
                duplicates += *last == u + 1;
                *last = u + 1;
            }
        }
    }
    td_free(last_user);
    return duplicates;
}

int64_t *td_pairs_count_items(const td_user_order *order, const int32_t *item, int64_t items)
{
    int64_t *counts = TD_NEW(int64_t, (size_t)items + 1);
    for (int64_t i = 0; i < order->offsets[TD_TRAIN][order->users]; i++)
        counts[item[order->rows[TD_TRAIN][i]]]++;
    return counts;
}
