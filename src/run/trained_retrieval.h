/* Whether anything was trained to rank items: what lists of a run's model are worth. */
#ifndef TD_RUN_TRAINED_RETRIEVAL_H
#define TD_RUN_TRAINED_RETRIEVAL_H

#include "comm/comm.h"
#include "run/run_folder.h"
#include "tandem/config.h"

#include <stdbool.h>

/* Collective. Tells whether the retrieval of a run with this configuration and origin was trained:
 * retrieval.weight is above 0, there or in a run that its warm start goes back to. Where one of
 * those cannot be read any more, it counts as trained. */
bool td_run_has_trained_retrieval(td_comm *comm, const td_config *config,
                                  const td_run_origin *origin);

#endif
