/* What the commands that train share: how a run begins, and how it ended. */
#ifndef TANDEM_JOBS_TRAINING_H
#define TANDEM_JOBS_TRAINING_H

#include "tandem/train.h"

#include <stdbool.h>

/* Of --resume and --fresh at most one: else TD_ERR_USAGE. */
td_status check_beginning(bool resume, bool fresh);

/* The exit status after training that this signal stopped; 0: none did. */
int exit_status_of(int stopped);

/* Says how a run's training ended. */
void report_training(const char *run, const td_train_report *report);

#endif
