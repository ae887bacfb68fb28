/* The units of exact sums in a checkpoint (docs/formats.md): datasets of those that are not the
 * finest, so that the files of a run that never needed others have none. */
#ifndef TD_RUN_UNIT_SETS_H
#define TD_RUN_UNIT_SETS_H

#include "model/model.h"
#include "store/checksum.h"

/* Collective. Makes or fills the datasets of the model's units, and of those of the sums of losses
 * (tasks of the model). */
td_status td_unit_sets_each(td_file *file, const td_model *model, const td_task_loss *losses,
                            td_file_part *act);

/* Collective. Sets the model's units, and the losses' (NULL: nowhere), to those of the file.
 * TD_ERR_FORMAT if one is none that training can have. */
td_status td_unit_sets_read(td_file *file, td_model *model, td_task_loss *losses);

#endif
