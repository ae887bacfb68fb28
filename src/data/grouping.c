/* A sort of the users by their keys, then one counting sort of the rows by their user's place. */
#include "data/grouping.h"

#include "base/memory.h"
#include "base/random.h"
#include "data/dataset.h"
#include "data/split.h"

#include <stdlib.h>

typedef struct {
    bool is_last; /* has no id */
    uint64_t key;
    int32_t number;
} user_place;

static int by_key(const void *left, const void *right)
{
    const user_place *a = left, *b = right;
    if (a->is_last != b->is_last)
        return a->is_last ? 1 : -1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* Returns whether each user number has a training row. */
static bool *find_trained(const td_ratings *ratings, const bool *is_test)
{
    bool *trained = TD_NEW(bool, (size_t)td_vocabulary_count(ratings->users) + 1);
    for (int64_t row = 0; row < ratings->count; row++)
        if (!is_test[row])
            trained[ratings->user[row]] = true;
    return trained;
}

static void order_users(td_grouping *g, uint64_t seed, const bool *trained,
                        td_statistics statistics)
{
    user_place *users = TD_NEW(user_place, (size_t)g->file_users);
    for (int64_t u = 0; u < g->file_users; u++) {
        bool is_last = statistics == TD_STATISTICS_TRAIN && !trained[u + 1];
        uint64_t key = td_philox_key(seed, TD_STREAM_USER_ORDER, (uint64_t)u, 0);
        users[u] = (user_place){is_last, key, (int32_t)u + 1};
        g->users += !is_last;
        g->test_only_users += !trained[u + 1];
    }
    qsort(users, (size_t)g->file_users, sizeof *users, by_key);
    g->number = TD_NEW(int32_t, (size_t)g->file_users);
    for (int64_t place = 0; place < g->file_users; place++)
        g->number[place] = users[place].number;
    td_free(users);
}

/* Returns the place of each user number. */
static int32_t *find_places(const td_grouping *g)
{
    int32_t *place = TD_NEW(int32_t, (size_t)g->file_users + 1);
    for (int64_t p = 0; p < g->file_users; p++)
        place[g->number[p]] = (int32_t)p;
    return place;
}

/* Counts each user's rows, makes offsets of the counts, and deals the rows out: in ascending order
 * of the row, which therefore orders each user's. */
static void group_rows(td_grouping *g, const td_ratings *ratings, const int32_t *place)
{
    int64_t *next[2];
    size_t users = (size_t)g->file_users;
    for (int s = 0; s < 2; s++)
        g->offsets[s] = TD_NEW(int64_t, users + 1);
    for (int64_t row = 0; row < ratings->count; row++)
        g->offsets[g->is_test[row]][place[ratings->user[row]] + 1]++;
    for (int s = 0; s < 2; s++) {
        for (size_t p = 0; p < users; p++)
            g->offsets[s][p + 1] += g->offsets[s][p];
        g->rows[s] = TD_NEW(int64_t, (size_t)g->offsets[s][users]);
        next[s] = td_reallocate(NULL, 0, users + 1, sizeof(int64_t));
        for (size_t p = 0; p < users; p++)
            next[s][p] = g->offsets[s][p];
    }
    for (int64_t row = 0; row < ratings->count; row++) {
        int s = g->is_test[row];
        g->rows[s][next[s][place[ratings->user[row]]]++] = row;
    }
    td_free(next[TD_TRAIN]);
    td_free(next[TD_TEST]);
}

td_grouping td_grouping_make(const td_ratings *ratings, uint64_t seed, int64_t test_rows,
                             td_statistics statistics)
{
    td_grouping g = {.file_users = td_vocabulary_count(ratings->users)};
    g.is_test = TD_NEW(bool, (size_t)ratings->count);
    td_split_choose(seed, ratings->count, test_rows, g.is_test);
    bool *trained = find_trained(ratings, g.is_test);
    order_users(&g, seed, trained, statistics);
    int32_t *place = find_places(&g);
    group_rows(&g, ratings, place);
    td_free(trained);
    td_free(place);
    return g;
}

void td_grouping_free(td_grouping *grouping)
{
    td_free(grouping->number);
    td_free(grouping->is_test);
    for (int s = 0; s < 2; s++) {
        td_free(grouping->offsets[s]);
        td_free(grouping->rows[s]);
    }
    *grouping = (td_grouping){.users = 0};
}
