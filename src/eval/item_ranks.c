/* Counting candidates that score higher, column tile by column tile. */
#include "eval/item_ranks.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"

#include <math.h>
#include <string.h>

enum { QUERY_TILE = 128 };

/* Lists the items that have scores and returns how many. */
static size_t list_candidates(int64_t table_rows, const int32_t *weight, int32_t *items)
{
    size_t n = 0;
    for (int64_t i = 0; i < table_rows; i++)
        if (weight[i] != 0)
            items[n++] = (int32_t)i;
    return n;
}

/* The counts of a tile are sums in float, exact below 2^24. */
static void check_weights(const td_columns *columns)
{
    for (size_t t = 0; t < td_columns_tiles(columns); t++) {
        double sum = 0;
        for (size_t j = 0; j < td_columns_in_tile(columns, t); j++)
            sum += (double)columns->weights[t * TD_COLUMN_TILE + j];
        TD_ASSERT(sum < 0x1p24);
    }
}

/* This rank's columns are a run of whole tiles of all candidates, sorted by item. */
void td_candidates_create(td_candidates *candidates, const td_comm *comm, int64_t table_rows,
                          const int32_t *weight, size_t width, td_embed_partition *embed,
                          const void *context)
{
    int32_t *items = TD_NEW(int32_t, (size_t)table_rows);
    int64_t n = (int64_t)list_candidates(table_rows, weight, items), tile, tiles;
    td_comm_share(comm, (n + TD_COLUMN_TILE - 1) / TD_COLUMN_TILE, &tile, &tiles);
    int64_t first = td_smaller(tile * TD_COLUMN_TILE, n);
    size_t mine = (size_t)(td_smaller((tile + tiles) * TD_COLUMN_TILE, n) - first);

    *candidates = (td_candidates){.table_rows = table_rows};
    candidates->column_of_item = TD_NEW(int32_t, (size_t)table_rows);
    memset(candidates->column_of_item, -1, (size_t)table_rows * sizeof(int32_t));
    candidates->item_of_column = TD_NEW(int32_t, mine);
    td_columns *columns = &candidates->columns;
    td_columns_create(columns, width, mine, false, NULL);
    td_columns_resize(columns, mine);
    for (size_t j = 0; j < mine; j++) {
        int32_t item = items[(size_t)first + j];
        candidates->column_of_item[item] = (int32_t)j;
        candidates->item_of_column[j] = item;
        columns->weights[j] = (float)(weight[item] > 0 ? weight[item] : 0);
    }
    check_weights(columns);
    embed(context, mine, items + first, columns->v);
    td_columns_transpose(columns);
    td_free(items);
}

static void embed_counts(const void *context, size_t n, const int32_t *items, float *v)
{
    const int64_t *counts = context;
    for (size_t i = 0; i < n; i++)
        v[i] = (float)counts[items[i]];
}

void td_candidates_of_counts(td_candidates *candidates, const td_comm *comm, int64_t table_rows,
                             const int32_t *weight, const int64_t *counts)
{
    td_candidates_create(candidates, comm, table_rows, weight, 1, embed_counts, counts);
}

void td_candidates_free(td_candidates *candidates)
{
    td_columns_free(&candidates->columns);
    td_free(candidates->column_of_item);
    td_free(candidates->item_of_column);
}

/* scores (n, columns of the tile) = u (n, width) V' (width, columns) */
static void score_products(const td_scorer *scorer, size_t tile, size_t first, size_t n,
                           float *scores)
{
    const td_columns *columns = &scorer->candidates->columns;
    td_columns_score(columns, scorer->kernels, tile, n,
                     (td_view){scorer->u + first * columns->width, columns->width, false}, scores);
}

/* bias_column + u_query . v_column, the same chain of operations. */
static float score_one_product(const td_scorer *scorer, size_t query, size_t column)
{
    const td_columns *columns = &scorer->candidates->columns;
    const size_t width = columns->width;
    const float *u = scorer->u + query * width, *v = columns->v + column * width;
    float score;
    scorer->kernels->gemm(1, 1, width, (td_view){u, width, false}, v, 1, columns->bias + column,
                          &score, 1);
    return score;
}

td_scorer td_product_scorer(const td_candidates *candidates, const td_kernels *kernels,
                            const float *u)
{
    return (td_scorer){.candidates = candidates,
                       .kernels = kernels,
                       .u = u,
                       .score = score_products,
                       .score_one = score_one_product};
}

void td_scorer_free(td_scorer *scorer)
{
    td_seen_free(&scorer->had);
    td_free(scorer->memory);
    *scorer = (td_scorer){.score = NULL};
}

/* 2^32 + the value's bits: so a sum over the ranks tells the bits, and that exactly one knew. */
int64_t td_known_value(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (INT64_C(1) << 32) + bits;
}

/* A word whose upper half is not 1 was known by no rank: the item is no candidate. */
td_status td_share_known(td_comm *comm, const td_ranking *ranking, int64_t *known, float *value)
{
    td_status status = TD_OK;
    td_comm_sum(comm, ranking->rows, known);
    for (size_t i = 0; i < ranking->rows && status == TD_OK; i++) {
        uint32_t bits = (uint32_t)known[i];
        memcpy(&value[i], &bits, sizeof bits);
        if (known[i] >> 32 != 1)
            status = td_fail(TD_ERR_FORMAT,
                             "the data file has a row with item %d, which is not "
                             "in its item list",
                             (int)ranking->item[i]);
    }
    return status;
}

/* C: sets score (rows) on every rank. */
static td_status find_own_scores(td_comm *comm, const td_scorer *scorer, const td_ranking *ranking,
                                 float *score)
{
    int64_t *known = TD_NEW(int64_t, ranking->rows);
#pragma omp parallel for
    for (size_t i = 0; i < ranking->rows; i++) {
        const int32_t column = scorer->candidates->column_of_item[ranking->item[i]];
        if (column >= 0)
            known[i] = td_known_value(
                scorer->score_one(scorer, (size_t)ranking->query[i], (size_t)column));
    }
    const td_status status = td_share_known(comm, ranking, known, score);
    td_free(known);
    return status;
}

/* Takes back what was counted of the items that a query has seen, in one tile of candidates. */
static void discount_seen(const td_candidates *candidates, const td_ranking *ranking, size_t row,
                          size_t tile, float own, const float *weights, const float *scores,
                          td_item_place *counted)
{
    const td_range range = ranking->seen_of_query[ranking->query[row]];
    for (int64_t i = range.first; i < td_range_end(range); i++) {
        const int32_t column = candidates->column_of_item[ranking->seen[i]];
        const size_t place = (size_t)column - tile * TD_COLUMN_TILE; /* huge in tiles before */
        if (column < 0 || place >= TD_COLUMN_TILE)
            continue;
        const int64_t weight = (int64_t)weights[place];
        counted->above -= scores[place] > own ? weight : 0;
        counted->tied -= scores[place] == own ? weight : 0;
    }
}

/* The weights of the candidates of one tile for a row: 0 of those that are not alive at its time.
 */
static const float *weights_of(const td_candidates *candidates, const td_ranking *ranking,
                               size_t row, size_t tile, float *alive)
{
    const size_t first = tile * TD_COLUMN_TILE;
    const size_t n = td_columns_in_tile(&candidates->columns, tile), lanes = td_lanes_up(n);
    const float *weights = candidates->columns.weights + first;
    if (!ranking->alive)
        return weights;
    const int64_t time = ranking->time[ranking->query[row]];
    const int32_t *items = candidates->item_of_column + first;
    for (size_t j = 0; j < lanes; j++)
        alive[j] = j < n && td_alive_at(ranking->alive, items[j], time) ? weights[j] : 0;
    return alive;
}

/* Counts the candidates of one tile beside a row's own item, which does not tie with itself. */
static void count_row(const td_scorer *scorer, const td_ranking *ranking, size_t row, size_t tile,
                      float own, const float *scores, td_item_place *counted)
{
    const td_columns *columns = &scorer->candidates->columns;
    const size_t lanes = td_lanes_up(td_columns_in_tile(columns, tile));
    float alive[TD_COLUMN_TILE];
    const float *weights = weights_of(scorer->candidates, ranking, row, tile, alive);
    const size_t itself =
        (size_t)scorer->candidates->column_of_item[ranking->item[row]] - tile * TD_COLUMN_TILE;
    float above, tied;
    scorer->kernels->row_weights_beside(lanes, own, weights, scores, &above, &tied);
    counted->above += (int64_t)above;
    counted->tied += (int64_t)tied;
    if (itself < TD_COLUMN_TILE && scores[itself] == own)
        counted->tied -= (int64_t)weights[itself];
    if (ranking->seen)
        discount_seen(scorer->candidates, ranking, row, tile, own, weights, scores, counted);
}

/* Counts, for the rows of one tile of queries, this rank's candidates beside their own score. */
static void count_tile(const td_scorer *scorer, const td_ranking *ranking, size_t first,
                       const float *own, float *scores, td_item_place *counted)
{
    const td_columns *columns = &scorer->candidates->columns;
    const size_t left = ranking->queries - first, n = left < QUERY_TILE ? left : QUERY_TILE;
    const size_t begin = td_first_from(ranking->rows, ranking->query, (int64_t)first),
                 end = td_first_from(ranking->rows, ranking->query, (int64_t)(first + n));
    for (size_t t = 0; t < td_columns_tiles(columns); t++) {
        scorer->score(scorer, t, first, n, scores);
        for (size_t i = begin; i < end; i++)
            count_row(scorer, ranking, i, t, own[i],
                      scores + ((size_t)ranking->query[i] - first) * TD_COLUMN_STRIDE, &counted[i]);
    }
}

/* counted (rows) += weights of the candidates; threads share tiles of queries. */
static void count_all(const td_scorer *scorer, const td_ranking *ranking, const float *own,
                      td_item_place *counted)
{
#pragma omp parallel
    {
        float *scores = TD_NEW(float, QUERY_TILE *TD_COLUMN_STRIDE);
#pragma omp for schedule(dynamic)
        for (size_t first = 0; first < ranking->queries; first += QUERY_TILE)
            count_tile(scorer, ranking, first, own, scores, counted);
        td_free(scores);
    }
}

/* above_i = sum_j weight_j [s_ij > s_i,own], tied_i = sum_j weight_j [s_ij = s_i,own, j not own],
 * over the candidates of all ranks; the places are pairs of the integers that are summed. */
td_status td_item_places(td_comm *comm, const td_scorer *scorer, const td_ranking *ranking,
                         td_item_place *place, float *own_score)
{
    float *own = TD_NEW(float, ranking->rows);
    td_status status = find_own_scores(comm, scorer, ranking, own); /* C */
    if (status == TD_OK) {
        memset(place, 0, ranking->rows * sizeof *place);
        count_all(scorer, ranking, own, place);
        td_comm_sum(comm, 2 * ranking->rows, &place->above); /* C */
        for (size_t i = 0; i < ranking->rows; i++)
            if (!isfinite(own[i]) || (ranking->is_out && ranking->is_out[i]))
                place[i] = (td_item_place){TD_NOT_RANKED, 0};
        if (own_score)
            memcpy(own_score, own, ranking->rows * sizeof *own);
    }
    td_free(own);
    return status;
}
