/* Local lists by column tiles, then all ranks' lists side by side. */
#include "eval/top_items.h"

#include "base/memory.h"

#include <string.h>

enum { QUERY_TILE = 128 };

/* What one rank lists from. */
typedef struct {
    const td_scorer *scorer;
    const td_top_request *request;
} source;

/* Marks (or with mark false, unmarks) the columns of a tile that a query leaves out. */
static void mark_seen(const source *from, size_t query, size_t tile, bool mark, bool *left_out)
{
    if (!from->request->seen)
        return;
    const td_range range = from->request->seen_of_query[query];
    for (int64_t i = range.first; i < td_range_end(range); i++) {
        const int32_t column = from->scorer->candidates->column_of_item[from->request->seen[i]];
        const size_t place = (size_t)column - tile * TD_COLUMN_TILE; /* huge in tiles before */
        if (column >= 0 && place < TD_COLUMN_TILE)
            left_out[place] = mark;
    }
}

/* A thread's memory. */
typedef struct {
    float *scores;
    bool left_out[TD_COLUMN_TILE]; /* all false between queries */
    size_t count[QUERY_TILE];
} scratch;

/* Offers the columns of one tile that a query does not leave out. */
static void offer_tile(const source *from, size_t query, size_t tile, const float *scores,
                       bool *left_out, size_t *count, td_listed *best)
{
    const size_t n = td_columns_in_tile(&from->scorer->candidates->columns, tile);
    const int32_t *items = from->scorer->candidates->item_of_column + tile * TD_COLUMN_TILE;
    const float *weights = from->scorer->candidates->columns.weights + tile * TD_COLUMN_TILE;
    mark_seen(from, query, tile, true, left_out);
    for (size_t j = 0; j < n; j++)
        if (!left_out[j] && weights[j] > 0)
            td_top_k_offer(from->request->k, best, count, (td_listed){scores[j], items[j]});
    mark_seen(from, query, tile, false, left_out);
}

/* Lists the best of this rank's candidates for the queries from first on, at most QUERY_TILE. */
static void list_tile(const source *from, size_t first, scratch *s, td_listed *best)
{
    const td_columns *columns = &from->scorer->candidates->columns;
    const td_top_request *request = from->request;
    const size_t left = request->queries - first, n = left < QUERY_TILE ? left : QUERY_TILE;
    memset(s->count, 0, sizeof s->count);
    for (size_t t = 0; t < td_columns_tiles(columns); t++) {
        from->scorer->score(from->scorer, t, first, n, s->scores);
        for (size_t i = 0; i < n; i++)
            offer_tile(from, first + i, t, s->scores + i * TD_COLUMN_STRIDE, s->left_out,
                       &s->count[i], best + (first + i) * request->k);
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
