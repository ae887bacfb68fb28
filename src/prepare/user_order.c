/* A sort of the users by their keys, then one counting sort of the rows by their user's place. */
#include "prepare/user_order.h"

#include "base/memory.h"

#include <stdlib.h>

typedef struct {
    bool is_last; /* has no id */
    uint64_t key;
    int32_t user; /* numbers at home rise as those among all do */
} user_place;

static int by_key(const void *left, const void *right)
{
    const user_place *a = left, *b = right;
    if (a->is_last != b->is_last)
        return a->is_last ? 1 : -1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->user > b->user) - (a->user < b->user);
}

/* Returns whether each user, numbered up to users, has a training row (users + 1). */
static bool *find_trained(int64_t users, int64_t rows, const int32_t *user, const uint8_t *split)
{
    bool *trained = TD_NEW(bool, (size_t)users + 1);
    for (int64_t i = 0; i < rows; i++)
        if (split[i] == TD_TRAIN)
            trained[user[i]] = true;
    return trained;
}

static void order_users(td_user_order *g, const int32_t *number, uint64_t seed, const bool *trained,
                        td_statistics statistics)
{
    user_place *users = TD_NEW(user_place, (size_t)g->users);
    for (int64_t u = 0; u < g->users; u++) {
        bool is_last = statistics == TD_STATISTICS_TRAIN && !trained[u + 1];
        users[u] = (user_place){is_last, td_user_key(seed, number[u]), (int32_t)u + 1};
        g->with_id += !is_last;
        g->untrained += !trained[u + 1];
    }
    qsort(users, (size_t)g->users, sizeof *users, by_key);
    g->user = TD_NEW(int64_t, (size_t)g->users);
    for (int64_t place = 0; place < g->users; place++)
        g->user[place] = users[place].user - 1;
    td_free(users);
}

/* Returns the place of each user number. */
static int32_t *find_places(const td_user_order *g)
{
    int32_t *place = TD_NEW(int32_t, (size_t)g->users + 1);
    for (int64_t p = 0; p < g->users; p++)
        place[g->user[p] + 1] = (int32_t)p;
    return place;
}

/* Counts each user's rows, makes offsets of the counts, and puts the rows into their places: in
 * ascending order of the row, which therefore orders each user's. */
static void group_rows(td_user_order *g, int64_t rows, const int32_t *user, const uint8_t *split,
                       const int32_t *place)
{
    int64_t *next[TD_SPLITS];
    size_t users = (size_t)g->users;
    for (int s = 0; s < TD_SPLITS; s++)
        g->offsets[s] = TD_NEW(int64_t, users + 1);
    for (int64_t row = 0; row < rows; row++)
        g->offsets[split[row]][place[user[row]] + 1]++;
    for (int s = 0; s < TD_SPLITS; s++) {
        for (size_t p = 0; p < users; p++)
            g->offsets[s][p + 1] += g->offsets[s][p];
        g->rows[s] = TD_NEW(int64_t, (size_t)g->offsets[s][users]);
        next[s] = td_reallocate(NULL, 0, users + 1, sizeof(int64_t));
        for (size_t p = 0; p < users; p++)
            next[s][p] = g->offsets[s][p];
    }
    for (int64_t row = 0; row < rows; row++)
        g->rows[split[row]][next[split[row]][place[user[row]]]++] = row;
    for (int s = 0; s < TD_SPLITS; s++)
        td_free(next[s]);
}

td_user_order td_user_order_make(const td_user_owners *owners, int64_t rows, const int32_t *user,
                                 const uint8_t *split, uint64_t seed, td_statistics statistics)
{
    td_user_order g = {.users = owners->count};
    bool *trained = find_trained(g.users, rows, user, split);
    order_users(&g, owners->number, seed, trained, statistics);
    int32_t *place = find_places(&g);
    group_rows(&g, rows, user, split, place);
    td_free(trained);
    td_free(place);
    return g;
}

void td_user_order_free(td_user_order *order)
{
    td_free(order->user);
    for (int s = 0; s < TD_SPLITS; s++) {
        td_free(order->offsets[s]);
        td_free(order->rows[s]);
    }
    *order = (td_user_order){.users = 0};
}
