/* What is measured of a run for its report: one of its checkpoints, evaluated on one split as
 * `tandem evaluate` does, with intervals. */
#ifndef TD_REPORT_MEASURED_H
#define TD_REPORT_MEASURED_H

#include "comm/comm.h"
#include "eval/evaluation.h"
#include "eval/groups.h"
#include "report/examples.h"
#include "report/norms.h"
#include "tandem/report.h"

#include <stdbool.h>

/* The same metrics by groups. */
typedef struct {
    const char *by;           /* eval.by; lasts as long as the program */
    td_evaluation evaluation; /* its groups */
    td_groups groups; /* the bounds, of activity and popularity of a run that is the first */
} td_grouping_of;

enum { TD_GROUPINGS = 3 }; /* activity, popularity, and what the configuration has */

/* Begins as {0}; td_measured_run_free frees what it holds. */
typedef struct td_measured_run {
    char *problem; /* why nothing was measured; NULL */
    int64_t step;
    uint64_t state_checksum; /* of the checkpoint, as tandem inspect --checksum */
    td_split split;
    int64_t split_rows;
    td_evaluation evaluation; /* with users, intervals and calibrations; values of lists, too */
    size_t groupings;
    td_grouping_of grouping[TD_GROUPINGS];
    size_t differences;
    td_metric_difference *difference; /* (differences): of this model, less that of the first run */
    size_t tensors;
    td_norms *norms; /* (tensors) */
    td_examples examples;
} td_measured_run;

/* What of a run is measured. */
typedef struct {
    const char *run;
    const char *checkpoint; /* "best", "newest" or a step */
    int64_t seed;           /* draws eval.sample's rows, so that runs are asked the same ones */
    bool with_lists;    /* lists of items, too, which a model without a trained retrieval has none
                           of */
    bool with_examples; /* what it makes of some users and items, too */
    const td_measured_run *first; /* of the same data: its bounds of groups are taken; NULL */
} td_to_measure;

/* Collective. Measures it. What cannot be measured is a problem, the same on every rank, and no
 * failure, but for options that are wrong: TD_ERR_USAGE, TD_ERR_CONFIG. */
td_status td_measure_run(td_comm *comm, const td_report_options *options,
                         const td_to_measure *asked, td_measured_run *measured);
void td_measured_run_free(td_measured_run *measured);

/* Local. Tells whether two runs of the same data were asked the same. */
bool td_measured_are_alike(const td_measured_run *a, const td_measured_run *b);

/* Collective. Finds how a run's model differs from that of the first run, which was asked the same;
 * p is not corrected yet. */
void td_measured_compare(td_comm *comm, const td_measured_run *first, td_measured_run *measured);

/* Local. Frees what each user adds and the resamples, which only a comparison needs. */
void td_measured_forget_users(td_measured_run *measured);

#endif
