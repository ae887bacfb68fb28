/* What a model says of pairs of a query and an item, given as embeddings. */
#ifndef TD_EVAL_PREDICTIONS_H
#define TD_EVAL_PREDICTIONS_H

#include "model/model.h"

#include <stddef.h>

/* Local. Sets predictions (count) to those of a head of the model for the rows' embeddings, whose
 * v_row is NULL. */
void td_predict_by_head(const td_model *model, const td_head_net *head, const td_head_rows *rows,
                        float *predictions);

/* Local. Sets scores (count), the products u_i . v_i of the rows' embeddings, whose v_row is NULL,
 * and ratings (count), the predictions of the model's rating head; NULL for no scores or no
 * ratings. The scores are the same bits as those of candidates (columns.h). */
void td_predict_rows(const td_model *model, const td_head_rows *rows, float *scores,
                     float *ratings);

#endif
