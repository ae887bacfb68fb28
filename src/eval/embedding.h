/* Embeddings of many rows, wherever the rows of tables are, and so the candidates of a data file.
 */
#ifndef TD_EVAL_EMBEDDING_H
#define TD_EVAL_EMBEDDING_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "eval/item_ranks.h"
#include "model/model.h"

#include <stdbool.h>
#include <stdint.h>

/* Local. This rank's share of rows in whole tiles of TD_TILE_ROWS, so that a row is in the same
 * place of the same tile on every layout. */
void td_share_tiles(const td_comm *comm, size_t rows, size_t *first, size_t *count);

/* Collective. Sets u (queries->count, width) to the embeddings of queries, each rank its own; or,
 * where all have the same, of all on every rank, who share the work. Of a table that is owned, the
 * rows from the lowest id to the highest, or those that histories name, are brought here for it. */
void td_embed_queries(td_comm *comm, const td_model *model, const td_queries *queries,
                      bool are_same, float *u);

/* The same of items: v (count, width). */
void td_embed_items(td_comm *comm, const td_model *model, size_t count, const int32_t *items,
                    bool are_same, float *v);

/* Collective; items are the same on every rank. Returns their embeddings (count, width) on every
 * rank, to be freed with td_free, with fields (count), by item, in the place of the data's. */
float *td_embed_described_items(td_comm *comm, const td_model *model, size_t count,
                                const int32_t *items, const td_frame *fields);

/* Collective. Sets *weight (items + 1) to how often each item is a candidate: for each of its rows
 * in the item list (TD_CANDIDATES_ROWS), or once (TD_CANDIDATES_UNIQUE, and TD_CANDIDATES_ALIVE
 * while it is alive), or once if it has training rows (TD_CANDIDATES_TRAINED), or if it has none
 * (TD_CANDIDATES_COLD), and else TD_SCORED_ONLY. The caller frees it. */
td_status td_candidates_count(td_dataset *data, int choice, int32_t **weight);

/* Collective, each rank its own partition. Embeds items by the model's candidate tower; free the
 * candidates with td_candidates_free. */
void td_candidates_embed(td_candidates *candidates, td_comm *comm, const td_model *model,
                         const int32_t *weight);

#endif
