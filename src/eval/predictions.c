/* Scores and ratings in tiles, always by the kernels of fixed order. */
#include "eval/predictions.h"

#include "base/memory.h"
#include "base/range.h"

/* predictions (rows) = mean(head(u, v)), by tiles */
void td_predict_by_head(const td_model *model, const td_head_net *head, const td_loss *loss,
                        const td_head_rows *rows, float *predictions)
{
    const size_t width = model->query.width;
    td_kernels fixed = model->kernels;
    fixed.dense_gemm = fixed.gemm;
#pragma omp parallel
    {
        td_layers_scratch scratch = td_layers_scratch_create(&head->layers);
#pragma omp for
        for (size_t i = 0; i < rows->count; i += TD_TILE_ROWS) {
            const size_t left = rows->count - i, n = left < TD_TILE_ROWS ? left : TD_TILE_ROWS;
            const td_head_rows tile = {.count = n,
                                       .u = rows->u + i * width,
                                       .v = rows->v + i * width,
                                       .users = rows->users + i,
                                       .items = rows->items + i,
                                       .inputs = td_inputs_part(&rows->inputs, i, n)};
            const float *p = td_head_predict(head, &fixed, &model->parameters, &tile, &scratch);
            for (size_t k = 0; k < n; k++)
                predictions[i + k] = loss->mean(p[k]);
        }
        td_layers_scratch_free(&scratch);
    }
}

/* scores_i = u_i . v_i, a chain over ascending k as in a candidate's score */
void td_predict_rows(const td_model *model, const td_model_task *task, const td_head_rows *rows,
                     float *scores, float *predictions)
{
    const size_t width = model->query.width;
    for (size_t i = 0; i < rows->count && scores; i++)
        model->kernels.gemm(1, 1, width, (td_view){rows->u + i * width, width, false},
                            rows->v + i * width, 1, NULL, &scores[i], 1);
    if (predictions)
        td_predict_by_head(model, &task->head, task->is.loss, rows, predictions);
}
