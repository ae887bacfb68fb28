/* The runs of a report: what their folders say, and what was measured of them. Sections are made of
 * these values alone.
 */
#ifndef TD_REPORT_RUNS_H
#define TD_REPORT_RUNS_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "eval/metrics.h"
#include "report/measured.h"
#include "run/checkpoints.h"
#include "run/run_folder.h"
#include "run/run_record.h"
#include "tandem/report.h"

/* The data file of a run. */
typedef struct {
    char *problem;     /* why it could not be read, and the rest is 0; NULL */
    td_data_info info; /* its schema is this one's own */
    td_data_origin origin;
} td_report_data;

typedef enum { TD_RUN_ENDED, TD_RUN_TRAINS, TD_RUN_BROKE } td_run_state;

typedef struct {
    const char *path;
    char *name;  /* the end of the path, as much of it as tells the runs apart */
    char *shown; /* the same within a sentence (td_isolated) */
    td_config config;
    td_path data_path;
    uint64_t data_checksum;
    td_run_origin origin;
    bool has_retrieval; /* td_run_has_trained_retrieval: there are lists to look at */
    td_run_state state; /* broke: a job that trained it ended without giving it back */
    td_metrics metrics;
    char *metrics_problem; /* why metrics.h5 could not be read; NULL */
    size_t checkpoints;
    int64_t *checkpoint; /* (checkpoints) steps, ascending */
    int64_t best;        /* the best by checkpoint.keep_best, as far as metrics tell; -1 */
    td_chosen_by best_by;
    td_run_record record; /* on rank 0; elsewhere empty */
    td_report_data data;
    td_measured_run measured;
} td_report_run;

typedef struct {
    const td_report_options *options;
    size_t count;
    td_report_run *run; /* (count) */
} td_report_runs;

/* Collective. Reads the folders; measured stays empty. td_report_runs_free frees what it gives,
 * also after a failure. TD_ERR_FILE for a folder without a run, TD_ERR_FORMAT. */
td_status td_report_runs_read(td_comm *comm, const td_report_options *options,
                              td_report_runs *runs);
void td_report_runs_free(td_report_runs *runs);

/* Local. Returns the steps of the run's training that are done, as far as its files tell. */
int64_t td_report_run_steps(const td_report_run *run);

/* Local. Returns the steps of one epoch; 0 where the log tells of no whole one. */
int64_t td_report_run_steps_of_epoch(const td_report_run *run);

/* Local. Returns the step that training ends after, by train.epochs and train.steps; 0 where it
 * depends on how many an epoch has, and that is not known. */
int64_t td_report_run_last_step(const td_report_run *run);

#endif
