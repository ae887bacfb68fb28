/* What a model says of pairs of a query and an item, given as embeddings. */
#ifndef TD_EVAL_PREDICTIONS_H
#define TD_EVAL_PREDICTIONS_H

#include "model/model.h"

#include <stddef.h>

/* Local. Sets scores (rows), the products u_i . v_i of rows embeddings u and v (rows, width), and
 * ratings (rows), the predictions of the model's rating head; NULL for no scores or no ratings. The
 * scores are the same bits as those of candidates (columns.h). */
void td_predict_rows(const td_model *model, size_t rows, const float *u, const float *v,
                     float *scores, float *ratings);

#endif
