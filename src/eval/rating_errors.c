/* Predictions of a block of rows, in tiles. */
#include "eval/rating_errors.h"

#include "base/memory.h"
#include "base/tile.h"

#include <math.h>
#include <string.h>

/* The rows of a ranking whose items are here. */
static size_t list_mine(const td_candidates *candidates, const td_ranking *ranking, size_t *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < ranking->rows; i++)
        if (candidates->column_of_item[ranking->item[i]] >= 0)
            rows[n++] = i;
    return n;
}

/* One thread's way through a tile: the inputs of the head, its predictions, their errors. */
static void add_tile(td_rating_errors *errors, const td_model *model, const td_kernels *fixed,
                     const td_candidates *candidates, const td_ranking *ranking,
                     const float *ratings, const size_t *rows, size_t n)
{
    const size_t width = model->query.width;
    float error[TD_TILE_ROWS], square[TD_TILE_ROWS];
    int32_t column[TD_TILE_ROWS] = {0};
    float *u = TD_NEW(float, TD_TILE_ROWS *width);
    td_layers_scratch scratch = td_layers_scratch_create(td_model_head(model));
    for (size_t i = 0; i < n; i++) {
        column[i] = candidates->column_of_item[ranking->item[rows[i]]];
        memcpy(u + i * width, ranking->u + (size_t)ranking->query[rows[i]] * width,
               width * sizeof *u);
    }
    const float *prediction = td_head_predict(td_model_head(model), fixed, &model->parameters, n, u,
                                              candidates->columns.v, column, &scratch);
    for (size_t i = 0; i < n; i++) {
        error[i] = fabsf(prediction[i] - ratings[rows[i]]);
        square[i] = error[i] * error[i];
    }
    for (size_t i = 0; i < n; i++) {
        td_magnitude size = fixed->exact_add(TD_EXACT_TOTAL, 1, &square[i], &errors->squares);
        fixed->exact_add(TD_EXACT_TOTAL, 1, &error[i], &errors->absolutes);
        errors->largest = size > errors->largest ? size : errors->largest;
    }
    td_layers_scratch_free(&scratch);
    td_free(u);
}

static void merge(td_rating_errors *errors, const td_rating_errors *part)
{
    td_exact_merge(1, &part->squares, &errors->squares);
    td_exact_merge(1, &part->absolutes, &errors->absolutes);
    errors->largest = part->largest > errors->largest ? part->largest : errors->largest;
}

void td_rating_errors_add(td_rating_errors *errors, const td_model *model,
                          const td_candidates *candidates, const td_ranking *ranking,
                          const float *ratings)
{
    size_t *rows = TD_NEW(size_t, ranking->rows);
    const size_t n = list_mine(candidates, ranking, rows);
    td_kernels fixed = model->kernels;
    fixed.dense_gemm = fixed.gemm;
    errors->rows += (int64_t)ranking->rows;
#pragma omp parallel
    {
        td_rating_errors part = {0};
#pragma omp for
        for (size_t i = 0; i < n; i += TD_TILE_ROWS)
            add_tile(&part, model, &fixed, candidates, ranking, ratings, rows + i,
                     n - i < TD_TILE_ROWS ? n - i : TD_TILE_ROWS);
#pragma omp critical
        merge(errors, &part);
    }
    td_free(rows);
}

static double mean(td_exact sum, int64_t rows)
{
    return ldexp((double)sum, -TD_EXACT_TOTAL) / (double)rows;
}

void td_rating_errors_finish(td_rating_errors *errors, td_comm *comm, double *rmse, double *mae)
{
    int64_t sums[2] = {errors->squares, errors->absolutes};
    td_comm_sum(comm, 2, sums);
    td_comm_max(comm, 1, &errors->largest);
    const bool sound = td_exact_in_range(TD_EXACT_TOTAL, (size_t)errors->rows, errors->largest);
    *rmse = sound ? sqrt(mean(sums[0], errors->rows)) : NAN;
    *mae = sound ? mean(sums[1], errors->rows) : NAN;
}
