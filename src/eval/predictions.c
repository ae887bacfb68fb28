/* Scores and ratings in tiles, always by the kernels of fixed order. */
#include "eval/predictions.h"

#include "base/memory.h"
#include "base/tile.h"

#include <string.h>

static void score_row(const td_kernels *kernels, size_t width, const float *u, const float *v,
                      float *score)
{
    kernels->gemm(1, 1, width, (td_view){u, width, false}, v, 1, NULL, score, 1);
}

static void rate_all(const td_model *model, size_t rows, const float *u, const float *v,
                     float *ratings)
{
    const size_t width = model->query.width;
    td_kernels fixed = model->kernels;
    fixed.dense_gemm = fixed.gemm;
#pragma omp parallel
    {
        td_layers_scratch scratch = td_layers_scratch_create(td_model_head(model));
#pragma omp for
        for (size_t i = 0; i < rows; i += TD_TILE_ROWS) {
            const size_t n = rows - i < TD_TILE_ROWS ? rows - i : TD_TILE_ROWS;
            const float *tile = td_head_predict(td_model_head(model), &fixed, &model->parameters, n,
                                                u + i * width, v + i * width, NULL, &scratch);
            memcpy(ratings + i, tile, n * sizeof *tile);
        }
        td_layers_scratch_free(&scratch);
    }
}

void td_predict_rows(const td_model *model, size_t rows, const float *u, const float *v,
                     float *scores, float *ratings)
{
    const size_t width = model->query.width;
    for (size_t i = 0; i < rows && scores; i++)
        score_row(&model->kernels, width, u + i * width, v + i * width, &scores[i]);
    if (ratings)
        rate_all(model, rows, u, v, ratings);
}
