/* What a run's files and its measures tell of the facts that rules of warnings go by
 * (run/warnings.h). Local, on rank 0. */
#ifndef TD_REPORT_FACTS_H
#define TD_REPORT_FACTS_H

#include "report/runs.h"
#include "run/epoch_facts.h"

/* td_report_facts_free frees what it holds. */
typedef struct {
    td_epoch_facts known; /* as at the run's last epoch, so far; the run's own values */
    td_best_so_far so_far;
    double *share;
    td_group_norms *group;
    td_table_facts *table;
} td_report_facts;

/* Sets facts to what is known of a run; they point into themselves, and into the run. */
void td_report_facts_find(const td_report_run *run, td_report_facts *facts);
void td_report_facts_free(td_report_facts *facts);

#endif
