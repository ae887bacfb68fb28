/* What is measured of a run for its report: one of its checkpoints, evaluated on one split as
 * `tandem evaluate` does, with intervals. */
#ifndef TD_REPORT_MEASURED_H
#define TD_REPORT_MEASURED_H

#include "comm/comm.h"
#include "eval/certainty.h"
#include "eval/evaluation.h"
#include "tandem/report.h"

/* Begins as {0}; td_measured_run_free frees what it holds. */
typedef struct {
    char *problem; /* why nothing was measured; NULL */
    int64_t step;
    td_split split;
    int64_t split_rows;
    td_evaluation evaluation; /* with users and intervals; values of lists (coverage, ..), too */
    td_resamples resamples;
} td_measured_run;

/* Collective. Measures a run's checkpoint, "best", "newest" or a step. What cannot be measured is a
 * problem, the same on every rank, and no failure, but for options that are wrong: TD_ERR_USAGE,
 * TD_ERR_CONFIG. */
td_status td_measure_run(td_comm *comm, const td_report_options *options, const char *run,
                         const char *checkpoint, td_measured_run *measured);
void td_measured_run_free(td_measured_run *measured);

#endif
