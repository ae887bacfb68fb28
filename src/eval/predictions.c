/* Scores and ratings in tiles, always by the kernels of fixed order. */
#include "eval/predictions.h"

#include "base/memory.h"
#include "base/range.h"

#include <string.h>

/* ratings (rows) = head([u | v]), by tiles */
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

/* scores_i = u_i . v_i, a chain over ascending k as in a candidate's score */
void td_predict_rows(const td_model *model, size_t rows, const float *u, const float *v,
                     float *scores, float *ratings)
{
    const size_t width = model->query.width;
    for (size_t i = 0; i < rows && scores; i++)
        model->kernels.gemm(1, 1, width, (td_view){u + i * width, width, false}, v + i * width, 1,
                            NULL, &scores[i], 1);
    if (ratings)
        rate_all(model, rows, u, v, ratings);
}
