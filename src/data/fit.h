/* Fitting the scales of derived fields to the training values of a data file. */
#ifndef TD_DATA_FIT_H
#define TD_DATA_FIT_H

#include "data/dataset.h"
#include "data/derive.h"
#include "data/frame.h"

/* Collective. Fits what the schema's summaries do not tell, the same on every layout: of fields of
 * rows to the training rows, of users and items to those that have such rows. users and items are
 * by id, id 0 first, whole on every rank. */
td_status td_derivations_fit(td_dataset *data, const td_frame *users, const td_frame *items,
                             td_derivations *derivations);

#endif
