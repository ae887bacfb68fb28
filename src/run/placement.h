/* Where the rows of tables are, as placement.* says: tables that users or items own (model/spec.h)
 * may be cut. A row is then held by the rank whose shard has the user, or whose item ranges have
 * the item; all that a step does to it happens there. Row 0 (what the vocabulary lacks), which no
 * training row names, is with rank 0. Other tables are whole on every rank.
 *
 * Nothing in a checkpoint, and no bit of the answer, depends on any of it.
 */
#ifndef TD_RUN_PLACEMENT_H
#define TD_RUN_PLACEMENT_H

#include "base/range.h"
#include "comm/comm.h"
#include "data/batches.h"
#include "model/model.h"

/* Local. The rows of the item table in a rank's item ranges, which are a contiguous run of ranges.
 */
td_range td_item_rows_of_rank(int64_t table_rows, int64_t ranges, int rank, int size);

/* Local. The placement for training on these batches. */
td_placement td_placement_for_training(const td_comm *comm, const td_config *config,
                                       const td_spec *spec, const td_batches *batches);

/* Local. The placement for a model that is not trained: owned rows in equal shares. The optimizer's
 * state has its place, too, for who takes it over. */
td_placement td_placement_for_reading(const td_comm *comm, const td_config *config,
                                      const td_spec *spec);

/* Local. The rows of a tensor that this rank answers for where each must come once, in files and
 * checks: those it owns, or its share of what every rank has. */
td_range td_rows_to_answer_for(const td_comm *comm, const td_tensor *tensor);

#endif
