/* What memory training takes, before it takes any. */
#ifndef TD_TRAIN_MEMORY_NEEDS_H
#define TD_TRAIN_MEMORY_NEEDS_H

#include "data/dataset.h"
#include "math/kernels.h"
#include "run/memory_check.h"
#include "tandem/config.h"

/* Collective. Finds what this rank needs to train on data with these kernels and OpenMP's threads;
 * free it with td_memory_needs_free. Certain are the rows but for what is in lists, the fields of
 * users and items likewise, and all that td_model_create and td_trainer_create take. path names the
 * data in messages; the statuses are those of td_spec_create and of reading.
 */
td_status td_training_needs(td_comm *comm, td_dataset *data, const char *path,
                            const td_config *config, const td_kernels *kernels,
                            td_memory_needs *needs);

#endif
