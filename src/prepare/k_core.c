/* The core of the pairs of users and items. Each rank has the pairs of its users; what it knows of
 * an item are its own users of it, and all ranks' together are a sum. */
#include "base/ids.h"
#include "base/memory.h"
#include "prepare/row_rules.h"

#include <string.h>

/* The different items of each user that is in the core so far. */
typedef struct {
    int64_t users, items; /* items: ids, 0 included */
    int64_t *offsets;     /* (users + 1) */
    int32_t *item;
    bool *out_user, *out_item; /* (users), (items) */
} pairs;

static pairs collect(const td_row_choice *rows)
{
    const int64_t users = rows->p->owners.count;
    pairs c = {.users = users, .items = rows->p->items.count};
    int64_t used = 0;
    td_buffer work = {0};
    c.offsets = TD_NEW(int64_t, (size_t)users + 1);
    c.item = TD_NEW(int32_t, (size_t)rows->offsets[users]);
    c.out_user = TD_NEW(bool, (size_t)users);
    c.out_item = TD_NEW(bool, (size_t)c.items);
    for (int64_t u = 0; u < users; u++) {
        int64_t end = used;
        for (int64_t i = rows->offsets[u]; i < rows->offsets[u + 1]; i++)
            if (rows->keep[rows->row[i]])
                c.item[end++] = rows->item[rows->row[i]];
        used += (int64_t)td_ids_distinct((size_t)(end - used), c.item + used, &work);
        c.offsets[u + 1] = used;
    }
    td_buffer_free(&work);
    return c;
}

/* Takes users out that have too few of the items that are in, and counts each item's users that are
 * left. */
static void take_users(pairs *c, int64_t least, int64_t *counts)
{
    for (int64_t u = 0; u < c->users; u++) {
        int64_t in = 0;
        for (int64_t i = c->offsets[u]; !c->out_user[u] && i < c->offsets[u + 1]; i++)
            in += !c->out_item[c->item[i]];
        c->out_user[u] = c->out_user[u] || in < least;
        for (int64_t i = c->offsets[u]; !c->out_user[u] && i < c->offsets[u + 1]; i++)
            counts[c->item[i]] += !c->out_item[c->item[i]];
    }
}

/* Takes items out that have too few users in all; tells whether any of them had one, who may then
 * have too few items. */
static bool take_items(pairs *c, int64_t least, const int64_t *counts)
{
    bool any = false;
    for (int64_t i = 0; i < c->items; i++) {
        any = any || (counts[i] > 0 && counts[i] < least);
        c->out_item[i] = c->out_item[i] || counts[i] < least;
    }
    return any;
}

void td_keep_core(td_row_choice *rows, int64_t min_user_items, int64_t min_item_users)
{
    pairs c = collect(rows);
    int64_t *counts = TD_NEW(int64_t, (size_t)c.items);
    do {
        memset(counts, 0, (size_t)c.items * sizeof *counts);
        take_users(&c, min_user_items, counts);
        td_comm_sum(rows->p->comm, (size_t)c.items, counts);
    } while (take_items(&c, min_item_users, counts));
    for (int64_t i = 0; i < rows->p->rows.frame.count; i++)
        rows->keep[i] =
            rows->keep[i] && !c.out_user[rows->user[i] - 1] && !c.out_item[rows->item[i]];
    td_free(counts);
    td_free(c.offsets);
    td_free(c.item);
    td_free(c.out_user);
    td_free(c.out_item);
}
