/* Embeddings of many rows, wherever the rows of tables are; the work may be shared by the ranks. */
#ifndef TD_EVAL_EMBEDDING_H
#define TD_EVAL_EMBEDDING_H

#include "comm/comm.h"
#include "model/model.h"

/* Local. This rank's share of rows in whole tiles of TD_TILE_ROWS, so that a row is in the same
 * place of the same tile on every layout. */
void td_share_tiles(const td_comm *comm, size_t rows, size_t *first, size_t *count);

/* Collective, each rank its own queries. Sets u (queries->count, width) to their embeddings. Of a
 * table that is owned, the rows from the lowest id to the highest, or those that histories name,
 * are brought here for it. */
void td_embed_queries(td_comm *comm, const td_model *model, const td_queries *queries, float *u);

/* The same of items. */
void td_embed_candidates(td_comm *comm, const td_model *model, size_t count, const int32_t *items,
                         float *v);

/* Collective; the queries are the same on every rank. Returns their embeddings (queries->count,
 * width) on every rank; the caller frees them with td_free. */
float *td_embed_all_queries(td_comm *comm, const td_model *model, const td_queries *queries);

/* The same of items. */
float *td_embed_all_candidates(td_comm *comm, const td_model *model, size_t count,
                               const int32_t *items);

#endif
