/* The candidates of a data file, embedded by a model. */
#ifndef TD_EVAL_MODEL_CANDIDATES_H
#define TD_EVAL_MODEL_CANDIDATES_H

#include "data/dataset.h"
#include "eval/item_ranks.h"
#include "model/model.h"

#include <stdint.h>

/* Collective. Sets *weight (items + 1) to how often each item is a candidate: for each of its rows
 * in the item list (TD_CANDIDATES_ROWS), or once (TD_CANDIDATES_UNIQUE). The caller frees it. */
td_status td_candidates_count(td_dataset *data, int choice, int32_t **weight);

/* Collective, each rank its own partition. Embeds items by the model's candidate tower; free the
 * candidates with td_candidates_free. */
void td_candidates_embed(td_candidates *candidates, td_comm *comm, const td_model *model,
                         const int32_t *weight);

#endif
