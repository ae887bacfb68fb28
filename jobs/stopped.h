/* How training ended, in words and as an exit status. */
#ifndef TANDEM_JOBS_STOPPED_H
#define TANDEM_JOBS_STOPPED_H

#include "tandem/train.h"

/* The exit status after training that this signal stopped; 0: none did. */
int exit_status_of(int stopped);

/* Says how a run's training ended. */
void report_training(const char *run, const td_train_report *report);

#endif
