/* Rows of X'X from all ranks to rank 0, its inverse there, and rows of B from there to all. */
#include "eval/ease.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/user_items.h"
#include "math/inverse.h"
#include "math/openblas.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Rows that ranks exchange at a time; what one core does of an inverse in a second, about. */
enum { ROWS_AT_ONCE = 256 };
#define OPERATIONS_A_SECOND 3e10

struct td_ease {
    td_user_items pairs;
    int64_t count;   /* of items with training rows: */
    int32_t *item;   /* (count), ascending */
    int32_t *row_of; /* (items + 1): their places there; -1: none */
    size_t columns;  /* of this rank's candidates */
    float *b;        /* (count, columns) */
};

static void list_items(td_ease *e)
{
    const int64_t *offsets = e->pairs.user_offsets;
    e->item = TD_NEW(int32_t, (size_t)e->pairs.items);
    e->row_of = TD_NEW(int32_t, (size_t)e->pairs.items + 1);
    for (int32_t i = 0; i <= (int32_t)e->pairs.items; i++) {
        const bool has_rows = offsets[i + 1] > offsets[i];
        e->row_of[i] = has_rows ? (int32_t)e->count : -1;
        if (has_rows)
            e->item[e->count++] = i;
    }
}

/* C: LAPACK is rank 0's alone. */
static td_status load_lapack(td_comm *comm)
{
    td_status status = TD_OK;
    if (td_comm_rank(comm) == 0 && td_openblas_load() != TD_OK)
        status = td_fail(TD_ERR_LAYOUT, "ease: %s", td_message());
    return td_comm_agree(comm, status);
}

/* C: the items with training rows. */
static td_status count_items(td_dataset *data, int64_t *count)
{
    int64_t *rows;
    TD_TRY(td_dataset_read_item_counts(data, &rows));
    *count = 0;
    for (int64_t i = 1; i <= td_dataset_info(data)->items; i++)
        *count += rows[i] > 0;
    td_free(rows);
    return TD_OK;
}

td_status td_ease_bytes(td_dataset *data, int64_t *matrix, int64_t *weights)
{
    int64_t count;
    TD_TRY(count_items(data, &count));
    *matrix = count * count * (int64_t)sizeof(double);
    *weights = count * count * (int64_t)sizeof(float);
    return TD_OK;
}

td_status td_ease_check(td_dataset *data, int64_t most_items)
{
    int64_t count;
    TD_TRY(count_items(data, &count));
    const double n = (double)count;
    if (count <= most_items)
        return load_lapack(td_file_comm(td_dataset_file(data)));
    return td_fail(TD_ERR_CONFIG,
                   "ease: %" PRId64 " items have training rows, and baseline.ease_items is %" PRId64
                   ": their matrix takes %.1f GB on rank 0, the weights half of that over all "
                   "ranks, and its inverse some %.0f minutes of one core; raise "
                   "baseline.ease_items to allow that, or leave ease out",
                   count, most_items, n * n * 8e-9, ceil(n * n * n / OPERATIONS_A_SECOND / 60));
}

/* row (count) = how many users have an item and each other one */
static void count_row(const td_ease *e, int64_t row, int32_t *counts)
{
    const td_user_items *p = &e->pairs;
    const int32_t item = e->item[row];
    for (int64_t u = p->user_offsets[item]; u < p->user_offsets[item + 1]; u++)
        for (int64_t i = p->had.offsets[p->user[u]]; i < p->had.offsets[p->user[u] + 1]; i++)
            counts[e->row_of[p->had.items[i]]]++;
}

/* C: gram (count, count) = X'X + l2 I, on rank 0; ranks share the rows of each block. */
static void find_gram(td_comm *comm, const td_ease *e, double l2, double *gram)
{
    const size_t n = (size_t)e->count;
    for (int64_t first = 0; first < e->count; first += ROWS_AT_ONCE) {
        const int64_t rows = td_smaller(e->count - first, ROWS_AT_ONCE);
        int64_t mine, count;
        size_t total;
        td_comm_share(comm, rows, &mine, &count);
        int32_t *counts = TD_NEW(int32_t, (size_t)count * n);
#pragma omp parallel for schedule(dynamic)
        for (int64_t i = 0; i < count; i++)
            count_row(e, first + mine + i, counts + (size_t)i * n);
        int32_t *all = td_comm_allgatherv(comm, counts, (size_t)count, n * sizeof *all, &total);
        for (size_t i = 0; gram && i < (size_t)rows * n; i++)
            gram[(size_t)first * n + i] = all[i];
        td_free(all);
        td_free(counts);
    }
    for (size_t i = 0; gram && i < n; i++)
        gram[i * n + i] += l2;
}

/* b (count) = a row of B, of one of P. */
static void make_row(size_t n, size_t row, const double *p, float *b)
{
    for (size_t i = 0; i < n; i++)
        b[i] = i == row ? 0 : (float)(-p[row * n + i] / p[i * n + i]);
}

/* Takes what a row of B has for this rank's candidates. */
static void take_row(const td_ease *e, const td_candidates *candidates, const float *row, float *b)
{
    for (size_t c = 0; c < e->columns; c++) {
        const int32_t place = e->row_of[candidates->item_of_column[c]];
        b[c] = place >= 0 ? row[place] : 0;
    }
}

/* C: of the inverse, which rank 0 has. */
static void share_weights(td_comm *comm, const td_candidates *candidates, const double *inverse,
                          td_ease *e)
{
    const size_t n = (size_t)e->count;
    float *block = TD_NEW(float, ROWS_AT_ONCE *n);
    e->columns = candidates->columns.count;
    e->b = TD_NEW(float, n * e->columns);
    for (size_t first = 0; first < n; first += ROWS_AT_ONCE) {
        const size_t rows = n - first < ROWS_AT_ONCE ? n - first : ROWS_AT_ONCE;
        for (size_t i = 0; inverse && i < rows; i++)
            make_row(n, first + i, inverse, block + i * n);
        td_comm_broadcast(comm, 0, block, rows * n * sizeof *block);
        for (size_t i = 0; i < rows; i++)
            take_row(e, candidates, block + i * n, e->b + (first + i) * e->columns);
    }
    td_free(block);
}

/* C */
static td_status find_weights(td_comm *comm, double l2, const td_candidates *candidates, td_ease *e)
{
    const size_t n = (size_t)e->count;
    double *matrix = td_comm_rank(comm) == 0 ? TD_NEW(double, n *n) : NULL;
    td_status status = TD_OK;
    find_gram(comm, e, l2, matrix);
    if (matrix && !td_inverse(n, matrix))
        status = td_fail(TD_ERR_NUMERIC,
                         "ease: the items' matrix has no inverse in double; raise baseline.l2");
    status = td_comm_agree(comm, status);
    if (status == TD_OK)
        share_weights(comm, candidates, matrix, e);
    td_free(matrix);
    return status;
}

td_status td_ease_create(td_comm *comm, td_dataset *data, double l2,
                         const td_candidates *candidates, td_ease **out)
{
    td_ease *e = TD_NEW(td_ease, 1);
    td_status status = td_user_items_read(data, &e->pairs);
    if (status == TD_OK) {
        list_items(e);
        status = find_weights(comm, l2, candidates, e);
    }
    if (status == TD_OK)
        *out = e;
    else
        td_ease_free(e);
    return status;
}

void td_ease_free(td_ease *ease)
{
    if (!ease)
        return;
    td_user_items_free(&ease->pairs);
    td_free(ease->item);
    td_free(ease->row_of);
    td_free(ease->b);
    td_free(ease);
}

/* The weights from an item to the candidates from a column on; NULL of one without any. */
static const float *weights_from(const td_ease *e, int32_t item, size_t column)
{
    const int32_t row = e->row_of[item];
    return row < 0 ? NULL : e->b + (size_t)row * e->columns + column;
}

/* scores (n, columns of the tile) = the sums of the rows of B of each query's items, in their order
 */
static void score_tile(const td_scorer *scorer, size_t tile, size_t first, size_t n, float *scores)
{
    const size_t columns = td_columns_in_tile(&scorer->candidates->columns, tile);
    for (size_t q = 0; q < n; q++) {
        float *row = scores + q * TD_COLUMN_STRIDE;
        memset(row, 0, columns * sizeof *row);
        for (size_t c = columns; c < td_lanes_up(columns); c++)
            row[c] = -INFINITY;
        for (int64_t i = scorer->had.offsets[first + q]; i < scorer->had.offsets[first + q + 1];
             i++) {
            const float *b = weights_from(scorer->of, scorer->had.items[i], tile * TD_COLUMN_TILE);
            for (size_t c = 0; b && c < columns; c++)
                row[c] += b[c];
        }
    }
}

/* The same chain of additions for one item. */
static float score_item(const td_scorer *scorer, size_t query, size_t column)
{
    float score = 0;
    for (int64_t i = scorer->had.offsets[query]; i < scorer->had.offsets[query + 1]; i++) {
        const float *b = weights_from(scorer->of, scorer->had.items[i], column);
        if (b)
            score += *b;
    }
    return score;
}

td_scorer td_ease_scorer(const td_ease *ease, const td_candidates *candidates,
                         const td_kernels *kernels, size_t queries, const int32_t *users,
                         const td_seen *told)
{
    return (td_scorer){.candidates = candidates,
                       .kernels = kernels,
                       .score = score_tile,
                       .score_one = score_item,
                       .of = ease,
                       .queries = queries,
                       .had = td_user_items_of(&ease->pairs, queries, users, told)};
}
