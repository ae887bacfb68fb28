/* A user's items are few: sorted, equal ones stand together. */
#include "data/pairs.h"

#include "base/memory.h"
#include "data/dataset.h"

#include <stdlib.h>

static int by_item(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* Copies the items of a user's rows of one split; returns how many. */
static int64_t copy_items(const td_ratings *ratings, const td_grouping *g, td_split split,
                          int64_t user, int32_t *items)
{
    int64_t first = g->offsets[split][user], count = g->offsets[split][user + 1] - first;
    for (int64_t i = 0; i < count; i++)
        items[i] = ratings->item[g->rows[split][first + i]];
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

td_seen td_seen_make(const td_ratings *ratings, const td_grouping *grouping)
{
    int64_t users = grouping->file_users;
    td_seen seen = {
        .offsets = TD_NEW(int64_t, (size_t)users + 1),
        .items = TD_NEW(int32_t, (size_t)grouping->offsets[TD_TRAIN][users]),
    };
    for (int64_t u = 0; u < users; u++) {
        int32_t *items = seen.items + seen.offsets[u];
        int64_t count = copy_items(ratings, grouping, TD_TRAIN, u, items);
        seen.offsets[u + 1] = seen.offsets[u] + make_distinct(count, items);
    }
    return seen;
}

void td_seen_free(td_seen *seen)
{
    td_free(seen->offsets);
    td_free(seen->items);
    *seen = (td_seen){NULL, NULL};
}

static int64_t most_rows(const td_grouping *g)
{
    int64_t most = 0;
    for (int64_t u = 0; u < g->file_users; u++) {
        int64_t rows = 0;
        for (int s = 0; s < 2; s++)
            rows += g->offsets[s][u + 1] - g->offsets[s][u];
        most = rows > most ? rows : most;
    }
    return most;
}

int64_t td_pairs_count_duplicates(const td_ratings *ratings, const td_grouping *grouping)
{
    int32_t *items = TD_NEW(int32_t, (size_t)most_rows(grouping));
    int64_t duplicates = 0;
    for (int64_t u = 0; u < grouping->file_users; u++) {
        int64_t count = copy_items(ratings, grouping, TD_TRAIN, u, items);
        count += copy_items(ratings, grouping, TD_TEST, u, items + count);
        duplicates += count - make_distinct(count, items);
    }
    td_free(items);
    return duplicates;
}

int64_t *td_pairs_count_items(const td_ratings *ratings, const td_grouping *grouping, int64_t items)
{
    int64_t *counts = TD_NEW(int64_t, (size_t)items + 1);
    for (int64_t row = 0; row < ratings->count; row++)
        counts[ratings->item[row]] += !grouping->is_test[row];
    return counts;
}
