/* What the commands that train share: how a run begins, and how it ended. */
#ifndef TANDEM_JOBS_TRAINING_H
#define TANDEM_JOBS_TRAINING_H

#include "options.h"
#include "tandem/train.h"

#include <stdbool.h>

/* A row for a td_memory_check_choice. */
#define MEMORY_CHECK_OPTION(member)                                                                \
    CHOICE(                                                                                        \
        member, "memory-check", "refuse|warn",                                                     \
        "what to do where the memory that training needs is not there: refuse, with a table of "   \
        "what needs how much (default), or warn and try")

/* Of --resume and --fresh at most one: else TD_ERR_USAGE. */
td_status check_beginning(bool resume, bool fresh);

/* The exit status after training that this signal stopped; 0: none did. */
int exit_status_of(int stopped);

/* Says how a run's training ended. */
void report_training(const char *run, const td_train_report *report);

#endif
