/* Repeats are counted without sorting: users come one after the other. */
#include "prepare/pairs.h"

#include "base/ids.h"
#include "base/memory.h"

/* Copies the items of a user's training rows; returns how many. */
static int64_t copy_items(const td_user_order *g, const int32_t *item, int64_t user, int32_t *items)
{
    int64_t first = g->offsets[TD_TRAIN][user], count = g->offsets[TD_TRAIN][user + 1] - first;
    for (int64_t i = 0; i < count; i++)
        items[i] = item[g->rows[TD_TRAIN][first + i]];
    return count;
}

td_field td_pairs_seen(const td_user_order *order, const int32_t *item)
{
    const int64_t users = order->users;
    td_buffer work = {0};
    int32_t *items = TD_NEW(int32_t, (size_t)order->offsets[TD_TRAIN][users]);
    int64_t *offsets = TD_NEW(int64_t, (size_t)users + 1);
    for (int64_t u = 0; u < users; u++) {
        int64_t count = copy_items(order, item, u, items + offsets[u]);
        offsets[u + 1] =
            offsets[u] + (int64_t)td_ids_distinct((size_t)count, items + offsets[u], &work);
    }
    td_buffer_free(&work);
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
