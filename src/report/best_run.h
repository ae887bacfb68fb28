/* Which of several runs is the best, by what chose the best checkpoint of each while it trained:
 * its metric on validation rows (checkpoint.keep_best). Local. */
#ifndef TD_REPORT_BEST_RUN_H
#define TD_REPORT_BEST_RUN_H

#include "report/runs.h"

/* td_run_order_free frees what it holds. */
typedef struct {
    bool is_known;        /* some run has a value, and all that have one were measured alike */
    char *metric;         /* "validation top-100"; NULL where it is not known */
    td_best_so_far *best; /* (runs): best_step is -1 for one without a value */
    size_t *run;          /* (runs): by their values, the best first; those without last, and all as
                             they were given where nothing is known */
} td_run_order;

void td_run_order_find(const td_report_runs *runs, td_run_order *order);
void td_run_order_free(td_run_order *order);

#endif
