/* Training a run again, on its validation rows, too, once everything is chosen by them. */
#ifndef TANDEM_REFIT_H
#define TANDEM_REFIT_H

#include "tandem/comm.h"
#include "tandem/status.h"
#include "tandem/train.h"
#include "tandem/trained_model.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Text is not copied; it must last as long as the call that takes the options. */
typedef struct {
    td_trained_options model; /* the run; its checkpoint, "best" if NULL, says how many steps */
    const char *run;          /* the new run's folder: made where missing */
    bool resume, fresh;       /* as td_train_options, of the new run, as is: */
    td_memory_check_choice memory_check;
} td_refit_options;

/* Collective over comm. Trains a new run from the seed's start, as td_train does, with the
 * configuration of the old one but for train.rows, train+validation, and train.steps, as many as
 * the checkpoint has, with the epochs that they need, and a schedule of the learning rate that ends
 * with them if it would end later; nothing is evaluated meanwhile. Vocabularies and statistics stay
 * those of the data file. TD_ERR_INPUT: the data have no validation rows, or the checkpoint no
 * steps; TD_ERR_MISMATCH: the run was refitted already, or began with another run's parameters;
 * TD_ERR_USAGE: the new run is the old one; the failures of opening a run and of td_train. */
td_status td_refit(td_comm *comm, const td_refit_options *options, td_train_report *report);

#ifdef __cplusplus
}
#endif

#endif
