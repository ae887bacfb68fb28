/* Evaluating a trained model: its metrics beside those of baselines. */
#ifndef TANDEM_EVALUATE_H
#define TANDEM_EVALUATE_H

#include "tandem/comm.h"
#include "tandem/metric.h"
#include "tandem/output.h"
#include "tandem/status.h"
#include "tandem/trained_model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Text is not copied; it must last as long as the call that takes the options. */
typedef struct {
    td_trained_options model;
    const char *const *more; /* runs of the same configuration with other seeds: the model's values
                                are means over the runs; ends with NULL, or NULL for none */
    const char *split;       /* as `tandem prepare` names them; NULL: "test" */
    const char *const *set;  /* "key=value" over the run's eval.* keys; ends with NULL, or NULL */
    bool intervals;          /* of values, and differences of the model and the other systems */
    const char *const *against; /* another run on the same data, or several with other seeds, whose
                                   models, of the same choice of checkpoint, are evaluated alike and
                                   compared; ends with NULL, or NULL for none */
    bool no_keep;               /* the run's metrics.h5 stays as it is */
    const td_output *users;     /* where each user's values go, a record a user; NULL: nowhere */
} td_evaluate_options;

/* How many resamples of the users, and of runs if there are several, make an interval. */
enum { TD_RESAMPLES = 1000 };

/* What one of several runs has by itself. */
typedef struct {
    char *run; /* the folder */
    int64_t step;
    double *value; /* (model_count) */
} td_run_values;

typedef struct {
    int64_t step;       /* of the checkpoint; of the first run's, as what follows */
    int64_t split_rows; /* that the split has */
    td_evaluation_counts counts;
    char *scope;    /* what vocabularies, statistics and the like are of, in words */
    char *settings; /* that values depend on: "candidates=rows,..." (docs/metrics.md) */
    size_t count;
    td_metric_value *value; /* (count): by system, the model first, then by metric and k; the
                               model's are means over the runs */
    size_t model_count;     /* values of the model */
    size_t runs;
    td_run_values *run; /* (runs) */
    char *by;           /* eval.by */
    size_t groups;
    td_metric_group *group; /* (groups): those that have rows */
    size_t differences;
    td_metric_difference *difference; /* (differences): by system, then by metric and k, of the
                                         other runs last */
    double seconds;                   /* of the evaluation, files left out */
} td_evaluate_report;

/* Collective over comm. Evaluates a checkpoint of a run on a split, or of several runs, and puts
 * what each has into its metrics.h5; where nothing can be written into the run, a warning says so,
 * and another one where the model is below popularity, with the keys that usually cure it.
 * The report is the same on every rank, and the same on any number of them; it is whole,
 * counts.rows > 0, also where only metrics.h5 could not be written (TD_ERR_FILE, TD_ERR_MISMATCH).
 * The caller frees it with td_evaluate_report_free. TD_ERR_FILE: no run, no checkpoint;
 * TD_ERR_MISMATCH: other data than the run's, or the run was begun anew meanwhile, or runs of one
 * side that differ in more than their seeds; TD_ERR_INPUT: a split without rows to ask;
 * TD_ERR_USAGE, TD_ERR_CONFIG, TD_ERR_FORMAT. */
td_status td_evaluate(td_comm *comm, const td_evaluate_options *options,
                      td_evaluate_report *report);
void td_evaluate_report_free(td_evaluate_report *report);

#ifdef __cplusplus
}
#endif

#endif
