/* log.jsonl: one JSON object a line, whole lines only, readable while training goes on.
 *
 *     {"event": "start", "step": 0, "time": "2026-11-27T09:30:00Z", "ranks": 2, "threads": 1, ...}
 *     {"event": "feature", "step": 0, "feature": "age", "field": "age", "of": "user", "values":
 * 943, "missing": 0}
 *     {"event": "step",  "epoch": 1, "step": 7, "loss": 8.9, "examples_per_s": 1e5, "seconds": 0.1}
 *     {"event": "epoch", "epoch": 1, "step": 10, "loss": 8.8, ...}
 *     {"event": "evaluation", "epoch": 1, "step": 10, "split": "validation", "best": 0.21, ...}
 *     {"event": "phases", "epoch": 1, "step": 10, "seconds": 0.1, "towers_seconds": 0.03, ...}
 *     {"event": "norms", "epoch": 1, "step": 10, "user_table_norm": 2.5, ...}
 *     {"event": "warning", "epoch": 1, "step": 10, "warning": "flat_loss", "text": "the loss .."}
 *     {"event": "traffic", "step": 10, "calls": 420, "bytes": 9000000}
 *     {"event": "checkpoint", "step": 10, "seconds": 0.02, "bytes": 70000}
 *     {"event": "failure", "epoch": 2, "step": 14, "time": "2026-11-27T09:31:00Z", "text": ".."}
 *
 * A run that began from another's checkpoint says so once: {"event": "warm_start", "step": 0,
 * "run": "/runs/old", "from_step": 30}. One that goes on with another learning rate says so at that
 * start: {"event": "learning_rate", "step": 120, "before": "learning_rate 0.1", "now":
 * "learning_rate 0.05"}.
 *
 * epoch and step count from 1; loss is the mean per example, with "<task>_loss" for
 * each task that is trained ("retrieval_loss", "rating_loss"); temperature is there where it is
 * learned; seconds are those since this start.
 * This is the place for what depends on time and layout. Local: rank 0 keeps the log, other ranks
 * hold NULL, which every function takes.
 */
#ifndef TD_RUN_RUN_LOG_H
#define TD_RUN_RUN_LOG_H

#include "comm/comm.h"
#include "eval/evaluation.h"
#include "run/checkpoints.h"
#include "run/epoch_facts.h"
#include "run/execution.h"
#include "run/losses.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct td_run_log td_run_log;

/* Opens the log of a run, cut back to the lines of steps up to step. TD_ERR_FILE. */
td_status td_run_log_open(const char *path, int64_t step, td_run_log **out);
void td_run_log_close(td_run_log *log);

typedef struct {
    const char *event; /* "step" or "epoch" */
    int64_t epoch;
    int64_t step;
    td_losses losses;
    double global_norm; /* of the step's whole gradient; 0: not known */
    double temperature; /* of retrieval, after it; 0: it is not learned */
    double examples_per_s;
    double seconds;
} td_run_event;

/* What an evaluation found, and what stands by it. */
typedef struct {
    int64_t epoch;
    int64_t step;
    int64_t steps; /* of an epoch */
    const td_evaluation *evaluation;
    const td_best_so_far *so_far; /* this one included */
    double seconds;               /* that it took */
} td_run_evaluation;

/* How a start of training is laid out. */
typedef struct {
    int ranks;
    td_threads threads; /* of rank 0 */
    const char *hosts;  /* of the ranks, each once, with blanks between them */
    const char *isa;
    bool owns_users; /* the user table's rows are with their owners, the item table's likewise */
    bool owns_items;
    int64_t
        parameter_bytes; /* parameters and optimizer state on the rank that holds most of them */
} td_run_layout;

/* What a feature reads. */
typedef struct {
    const char *name;
    const char *field;
    const char *of; /* row, user or item: as many as values */
    int64_t values;
    int64_t missing;
    int64_t unknown; /* users, or tokens of texts, that share the id of unknown ones; below 0: that
                        is not counted */
} td_run_feature;

/* Appends a whole line, or none: TD_ERR_FILE, with the path, when the disk is full. */
td_status td_run_log_start(td_run_log *log, int64_t step, const td_run_layout *layout);
td_status td_run_log_feature(td_run_log *log, int64_t step, const td_run_feature *feature);
td_status td_run_log_warm_start(td_run_log *log, const char *run, int64_t step);
td_status td_run_log_rates(td_run_log *log, int64_t step, const char *before, const char *now);
td_status td_run_log_checkpoint(td_run_log *log, int64_t step, double seconds, int64_t bytes);
td_status td_run_log_traffic(td_run_log *log, int64_t step, const td_comm_traffic *traffic);
td_status td_run_log_phases(td_run_log *log, int64_t epoch, int64_t step,
                            const td_epoch_times *times);
td_status td_run_log_norms(td_run_log *log, int64_t epoch, int64_t step, size_t groups,
                           const td_group_norms *group);
/* A warning, by the name of its rule (warnings.h). */
td_status td_run_log_warning(td_run_log *log, int64_t epoch, int64_t step, const char *rule,
                             const char *text);
/* Why training ended with a failure, after the steps that were done. */
td_status td_run_log_failure(td_run_log *log, int64_t epoch, int64_t step, const char *text);
td_status td_run_log_evaluation(td_run_log *log, const td_run_evaluation *evaluated);
td_status td_run_log_event(td_run_log *log, const td_run_event *event);

#endif
