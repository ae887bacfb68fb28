/* What a model says of pairs of a query and an item, given as embeddings. */
#ifndef TD_EVAL_PREDICTIONS_H
#define TD_EVAL_PREDICTIONS_H

#include "model/model.h"

#include <stddef.h>

/* Local. Sets predictions (count) to the mean labels that a head of the model stands for, with a
 * loss of classes probabilities, of the rows' embeddings, whose v_row is NULL. */
void td_predict_by_head(const td_model *model, const td_head_net *head, const td_loss *loss,
                        const td_head_rows *rows, float *predictions);

/* Local. Sets scores (count), the products u_i . v_i of the rows' embeddings, whose v_row is NULL,
 * and predictions (count) of a task's head; NULL for no scores or no predictions. The scores are
 * the same bits as those of candidates (columns.h). */
void td_predict_rows(const td_model *model, const td_model_task *task, const td_head_rows *rows,
                     float *scores, float *predictions);

#endif
