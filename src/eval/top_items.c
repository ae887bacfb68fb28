/* Local lists by column tiles, then all ranks' lists side by side. */
#include "eval/top_items.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_TILE = 128 };

/* What one rank lists from. */
typedef struct {
    const td_scorer *scorer;
    const td_top_request *request;
} source;

/* A thread's memory, for a tile of queries. */
typedef struct {
    float *scores; /* (QUERY_TILE, TD_COLUMN_STRIDE) */
    size_t count[QUERY_TILE];
    /* Query i leaves out columns[next[i]] to columns[end[i]], ascending, of those to come. */
    int32_t *columns;
    size_t room;
    size_t next[QUERY_TILE], end[QUERY_TILE];
} scratch;

static int compare_columns(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void sort_if_needed(size_t count, int32_t *columns)
{
    for (size_t i = 1; i < count; i++)
        if (columns[i - 1] > columns[i]) {
            qsort(columns, count, sizeof *columns, compare_columns);
            return;
        }
}

/* Sets what n queries from first on leave out of this rank's columns. */
static void find_left_out(const source *from, size_t first, size_t n, scratch *s)
{
    const int32_t *column_of_item = from->scorer->candidates->column_of_item;
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        const td_range seen =
            from->request->seen ? from->request->seen_of_query[first + i] : (td_range){0, 0};
        if (used + (size_t)seen.count > s->room) {
            const size_t room = 2 * (used + (size_t)seen.count);
            s->columns = td_reallocate(s->columns, used, room, sizeof *s->columns);
            s->room = room;
        }
        s->next[i] = used;
        for (int64_t e = seen.first; e < td_range_end(seen); e++) {
            const int32_t column = column_of_item[from->request->seen[e]];
            if (column >= 0)
                s->columns[used++] = column;
        }
        s->end[i] = used;
        sort_if_needed(used - s->next[i], s->columns + s->next[i]);
    }
}

/* Whether a query leaves out a column, which must not lie before one that was asked for. */
static bool leaves_out(scratch *s, size_t i, int32_t column)
{
    while (s->next[i] < s->end[i] && s->columns[s->next[i]] < column)
        s->next[i]++;
    return s->next[i] < s->end[i] && s->columns[s->next[i]] == column;
}

/* What an item must score to be listed: the score of the last one of a full list. A score that is
 * less, and no NaN, is not; what is offered all the same is judged there. */
static float limit_of(size_t k, size_t count, const td_listed *best)
{
    return count < k || isnan(best[0].score) ? -INFINITY : best[0].score;
}

/* Whether an item is alive for a query. */
static bool is_alive(const td_top_request *request, size_t query, int32_t item)
{
    return !request->alive || td_alive_at(request->alive, item, request->time[query]);
}

/* Offers the columns of one tile that query i, from first on, of the tile at hand does not leave
 * out, and that may be listed: mostly none of TD_LANES. */
static void offer_tile(const source *from, size_t first, size_t i, size_t tile, scratch *s,
                       td_listed *best)
{
    const td_kernels *kernels = from->scorer->kernels;
    const size_t k = from->request->k, begin = tile * TD_COLUMN_TILE;
    const size_t n = td_columns_in_tile(&from->scorer->candidates->columns, tile);
    const size_t filled = td_lanes_up(n);
    const td_candidates *candidates = from->scorer->candidates;
    const int32_t *items = candidates->item_of_column + begin;
    const float *weights = candidates->columns.weights + begin;
    const float *scores = s->scores + i * TD_COLUMN_STRIDE;
    for (size_t j = 0; j < filled; j += TD_LANES) {
        j = kernels->row_reach(j, filled, limit_of(k, s->count[i], best), scores);
        const size_t end = j + TD_LANES < n ? j + TD_LANES : n;
        for (size_t c = j; c < end; c++)
            if (!(scores[c] < limit_of(k, s->count[i], best)) && weights[c] > 0 &&
                is_alive(from->request, first + i, items[c]) &&
                !leaves_out(s, i, (int32_t)(begin + c)))
                td_top_k_offer(k, best, &s->count[i], (td_listed){scores[c], items[c]});
    }
}

/* Lists the best of this rank's candidates for the queries from first on, at most QUERY_TILE. */
static void list_tile(const source *from, size_t first, scratch *s, td_listed *best)
{
    const td_columns *columns = &from->scorer->candidates->columns;
    const td_top_request *request = from->request;
    const size_t left = request->queries - first, n = left < QUERY_TILE ? left : QUERY_TILE;
    const size_t tiles = request->k > 0 ? td_columns_tiles(columns) : 0;
    memset(s->count, 0, sizeof s->count);
    find_left_out(from, first, n, s);
    for (size_t t = 0; t < tiles; t++) {
        from->scorer->score(from->scorer, t, first, n, s->scores);
        for (size_t i = 0; i < n; i++)
            offer_tile(from, first, i, t, s, best + (first + i) * request->k);
    }
    for (size_t i = 0; i < n; i++)
        td_top_k_finish(request->k, best + (first + i) * request->k, s->count[i]);
}

/* Returns this rank's lists (queries, k). */
static td_listed *list_mine(const source *from)
{
    const size_t queries = from->request->queries;
    td_listed *best = TD_NEW(td_listed, queries * from->request->k);
#pragma omp parallel
    {
        scratch s = {.scores = TD_NEW(float, QUERY_TILE *TD_COLUMN_STRIDE)};
#pragma omp for schedule(dynamic)
        for (size_t first = 0; first < queries; first += QUERY_TILE)
            list_tile(from, first, &s, best);
        td_free(s.scores);
        td_free(s.columns);
    }
    return best;
}

void td_top_items(td_comm *comm, const td_scorer *scorer, const td_top_request *request,
                  size_t first, size_t count, td_listed *best)
{
    const source from = {scorer, request};
    const size_t k = request->k, size = request->queries * k;
    td_listed *mine = list_mine(&from);
    size_t total;
    td_listed *all = td_comm_allgatherv(comm, mine, size, sizeof *mine, &total); /* C */
#pragma omp parallel for
    for (size_t i = 0; i < count; i++) {
        size_t listed = 0;
        for (const td_listed *part = all; part < all + total; part += size)
            for (size_t j = 0; j < k; j++)
                td_top_k_offer(k, best + i * k, &listed, part[(first + i) * k + j]);
        td_top_k_finish(k, best + i * k, listed);
    }
    td_free(all);
    td_free(mine);
}
