/* Pairs by user, as the data have them, and turned round. */
#include "eval/user_items.h"

#include "base/memory.h"
#include "base/range.h"

#include <string.h>

/* Users by item, each item's ascending. */
static void transpose(td_user_items *p)
{
    const int64_t pairs = p->had.offsets[p->users];
    p->user_offsets = TD_NEW(int64_t, (size_t)p->items + 2);
    p->user = TD_NEW(int32_t, (size_t)pairs);
    for (int64_t i = 0; i < pairs; i++)
        p->user_offsets[p->had.items[i] + 1]++;
    for (int64_t i = 0; i <= p->items; i++)
        p->user_offsets[i + 1] += p->user_offsets[i];
    int64_t *next = TD_NEW(int64_t, (size_t)p->items + 1);
    memcpy(next, p->user_offsets, ((size_t)p->items + 1) * sizeof *next);
    for (int64_t u = 0; u < p->users; u++)
        for (int64_t i = p->had.offsets[u]; i < p->had.offsets[u + 1]; i++)
            p->user[next[p->had.items[i]]++] = (int32_t)u;
    td_free(next);
}

td_status td_user_items_read(td_dataset *data, td_user_items *pairs)
{
    const td_data_info *info = td_dataset_info(data);
    *pairs = (td_user_items){.users = info->users, .items = info->items};
    TD_TRY(td_dataset_read_seen(data, 0, info->users, &pairs->had.offsets, &pairs->had.items));
    transpose(pairs);
    return TD_OK;
}

void td_user_items_free(td_user_items *pairs)
{
    td_seen_free(&pairs->had);
    td_free(pairs->user_offsets);
    td_free(pairs->user);
    *pairs = (td_user_items){0};
}

/* Those of one query, and how many. */
static const int32_t *items_of(const td_user_items *p, int32_t user, const td_seen *told, size_t q,
                               int64_t *count)
{
    *count = told ? told->offsets[q + 1] - told->offsets[q] : 0;
    if (*count > 0)
        return told->items + told->offsets[q];
    const int64_t place = (int64_t)user - 1;
    *count = user > 0 ? p->had.offsets[place + 1] - p->had.offsets[place] : 0;
    return user > 0 ? p->had.items + p->had.offsets[place] : NULL;
}

td_seen td_user_items_of(const td_user_items *pairs, size_t queries, const int32_t *users,
                         const td_seen *told)
{
    int64_t count;
    td_seen of = {.offsets = TD_NEW(int64_t, queries + 1)};
    for (size_t q = 0; q < queries; q++) {
        items_of(pairs, users[q], told, q, &count);
        of.offsets[q + 1] = of.offsets[q] + count;
    }
    of.items = TD_NEW(int32_t, (size_t)of.offsets[queries]);
    for (size_t q = 0; q < queries; q++) {
        const int32_t *items = items_of(pairs, users[q], told, q, &count);
        if (count > 0)
            memcpy(of.items + of.offsets[q], items, (size_t)count * sizeof *items);
    }
    return of;
}
