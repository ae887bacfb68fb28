/* Embeddings of many rows, wherever the rows of tables are; the work may be shared by the ranks. */
#ifndef TD_EVAL_EMBEDDING_H
#define TD_EVAL_EMBEDDING_H

#include "comm/comm.h"
#include "model/model.h"

/* Local. This rank's share of rows in whole tiles of TD_TILE_ROWS, so that a row is in the same
 * place of the same tile on every layout. */
void td_share_tiles(const td_comm *comm, size_t rows, size_t *first, size_t *count);

/* Collective, each rank its own inputs. Sets embeddings (inputs->count, width) as td_model_embed
 * does; of the user or item table, if it is owned, the rows from the lowest id to the highest are
 * brought here for it. */
void td_embed(td_comm *comm, const td_model *model, const td_tower *tower, const td_inputs *inputs,
              float *embeddings);

/* Collective; the inputs are the same on every rank. Returns their embeddings by a tower
 * (inputs->count, width) on every rank; the caller frees them with td_free. */
float *td_embed_all(td_comm *comm, const td_model *model, const td_tower *tower,
                    const td_inputs *inputs);

#endif
