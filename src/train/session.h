/* All that a run in training is made of, and the parts of td_train that work on it; for them only:
 * session.c makes it, start.c finds out where it begins, train.c trains, epoch_end.c looks at what
 * came of it, saving.c keeps it. */
#ifndef TD_TRAIN_SESSION_H
#define TD_TRAIN_SESSION_H

#include "eval/systems.h"
#include "run/checkpoint.h"
#include "run/checkpoints.h"
#include "run/company.h"
#include "run/execution.h"
#include "run/model_data.h"
#include "run/progress.h"
#include "run/run_folder.h"
#include "run/run_log.h"
#include "run/run_owner.h"
#include "run/watchdog.h"
#include "tandem/signals.h"
#include "tandem/train.h"
#include "train/step.h"

#include <stdbool.h>

/* The bits of td_requests: a checkpoint whose time has come; then signals, in the order of
 * td_signal; then that something waits to be heard (td_session_hear). */
enum {
    TD_REQUEST_TIMED = 1 << 0,
    TD_REQUEST_SIGNAL_BIT = 1,
    TD_REQUEST_SAVE = TD_SIGNAL_SAVE << TD_REQUEST_SIGNAL_BIT,
    TD_REQUEST_HEAR = 1 << 7,
};

/* When a checkpoint by time is due: the clock is rank 0's, whose wish travels with a step. */
typedef struct {
    double begin;   /* of the last checkpoint, or of training, by a clock that only goes forward */
    double seconds; /* that the last checkpoint took */
} td_schedule;

/* What evaluations took in this start. */
typedef struct {
    int64_t count;
    double seconds;
    double last; /* seconds of the last one */
} td_evaluations;

/* What had passed when an epoch began, on this rank. */
typedef struct {
    double seconds;          /* td_session.seconds */
    int64_t examples;        /* td_session.examples */
    double phase[TD_PHASES]; /* of the first thread, as the next */
    td_run_time had;
} td_epoch_begin;

/* What is in a folder before a run begins. */
typedef struct {
    bool exists;
    size_t count; /* of checkpoints */
    int64_t *steps;
} td_run_contents;

typedef struct {
    td_comm *comm;
    td_config settled; /* the caller's, with what follows from the data and the run: */
    const td_config *config;
    const td_train_options *options;
    const char *data_path; /* of the options, or own_data, which has what is kept besides */
    bool has_own_data;
    td_path own_data;
    td_dataset *data;
    td_model_data model_data;
    td_model *model;
    td_systems systems; /* that evaluations measure, once there was one */
    td_evaluations evaluations;
    td_evaluation evaluation; /* of this epoch, from its end until it is reported; else zeros */
    bool is_out_of_patience;  /* train.patience evaluations in a row were no better */
    float *item_bias;         /* (items + 1); NULL without retrieval.log_q */
    td_batches *batches;
    td_trainer *trainer;
    td_position position;
    td_task_loss *losses; /* (tasks of the model): of this epoch so far */
    double *norms;        /* (tasks + 1): td_trainer_norms of the epoch's last step, */
    bool has_norms;       /* once it is done */
    td_requests requests; /* of all ranks, at the last step */
    int stopped;          /* the signal that ends it; 0: none */
    td_metrics metrics;   /* of training itself, up to position */
    td_run_log *log;      /* rank 0's */
    td_run_owner *owner;  /* rank 0's */
    td_file_guard guard;  /* of what the owner publishes */
    td_progress progress;
    td_threads threads;
    td_company company;
    td_schedule schedule;
    int64_t saved_step;    /* of the newest checkpoint that is known to be whole; -1: none */
    td_status unheard;     /* what became of rank 0's line of the last step, not yet heard, */
    char *unheard_message; /* and where it failed the message */
    bool has_tolerated;    /* a failure was borne and said (td_session_tolerate) */
    td_watchdog *watchdog; /* NULL: none is wanted */
    td_run_origin origin;  /* of a warm start */
    bool begins_warm;      /* with this start */
    bool is_taken;         /* the folder is this job's, and what is in it was looked at: */
    td_run_contents contents;
    char *memory; /* of a dry run: its table, for the report */
    int64_t first_step;
    int64_t examples;        /* of this start */
    double seconds;          /* of their steps */
    td_epoch_begin begin;    /* of this epoch, or of this start's part of it */
    double first_loss;       /* of the run's first step; NaN if that was of another start */
    uint64_t warned;         /* of which rules (warnings.h) this start has warned, a bit each */
    bool has_counted;        /* the rows that training has moved, once an epoch was whole */
    td_comm_traffic traffic; /* likewise, of this rank */
} td_session;

/* Collective. Opens the data, makes model and trainer, brings them to where training begins
 * (td_session_start), and opens the log. Whatever the status, close it with td_session_close. */
td_status td_session_open(td_comm *comm, const td_config *config, const td_train_options *options,
                          td_session *session);
void td_session_close(td_session *session);

/* Local. The checksum of the session's data file. */
uint64_t td_session_data_checksum(const td_session *session);

/* Collective. TD_ERR_MISMATCH if the run is another job's by now: as the record says; as rank 0
 * already knows, which costs no look at it. Nothing is written in a run that is another's. */
td_status td_session_check_owner(const td_session *session);
td_status td_session_recall_owner(const td_session *session);

/* Collective. Counts, for each rule of histories, the users or items that have none of its rows;
 * the caller frees the counts. */
int64_t *td_session_count_empty(const td_session *session);

/* Local, on rank 0. Logs what each feature reads, once, however many read it; empty are those
 * counts. */
td_status td_session_log_features(const td_session *session, const int64_t *empty);

/* Collective. Puts the run's own data file in the place of the options' where it has one of these
 * data, or, a new run with keep_absent, makes it. */
td_status td_session_keep_absent(td_session *session);

/* Collective. Takes the folder, and looks what is in it: TD_ERR_MISMATCH where the options cannot
 * be followed. For td_session_keep_absent and td_session_start, whichever comes first. */
td_status td_session_take_folder(td_session *session);

/* Collective. Starts a run, or goes on with the one in the folder, as the options say. */
td_status td_session_start(td_session *session);

/* Local. What a person sees of the present position. */
td_progress_state td_session_progress(const td_session *session);

/* Collective. Tells the log of a step or an epoch, by its name and losses. */
td_status td_session_report(td_session *session, const char *event, const td_losses *losses);

/* Collective. Metrics, log lines and checkpoint of a whole epoch; the checkpoint last, so that it
 * never knows of an epoch that they do not. */
td_status td_session_end_epoch(td_session *session);

/* Local. What has passed by now is of no epoch, or of those before. */
void td_session_begin_epoch(td_session *session);

/* Collective. Tells the log of the epoch whose steps are done: where its time went, how large the
 * groups of parameters, their gradients and their updates are; and warns of what is odd, once. */
td_status td_session_report_epoch(td_session *session);

/* Local. Whether an evaluation comes at the end of an epoch, counted from 0. */
bool td_session_evaluates(const td_session *session, int64_t epoch);

/* Local. What the run's evaluations say so far, the same on every rank. */
td_best_so_far td_session_best_so_far(const td_session *session);

/* Local. The requests that this rank has at this moment; signals are taken, and not asked for
 * again. */
td_requests td_session_take_requests(const td_session *session);

/* Local. Whether one is due at this moment: checkpoint.every_seconds have passed since the last one
 * began, and so long that its seconds are at most checkpoint.max_overhead of the time. */
bool td_schedule_is_due(const td_schedule *schedule, const td_config *config, double now);

/* Collective. Writes a checkpoint of the present position, reads it back, and removes those that
 * are not to be kept. Where that fails: an error, or without checkpoint.required a warning. */
td_status td_session_save(td_session *session);

/* Local. Whether a run at this position is at its end, by train.epochs or train.steps. */
bool td_session_is_over(const td_config *config, const td_position *position);

/* Local. The same of the session's present position, by train.patience too. */
bool td_session_has_ended(const td_session *session);

/* Local. Finds out whether train.patience is over, from the metrics of training alone, so that a
 * run that was stopped and goes on ends where one would that was not. */
void td_session_judge_patience(td_session *session);

/* Local. Whether a checkpoint is to be written after the step that was just done; after the
 * epoch that was just done. */
bool td_session_is_save_due(const td_session *session);
bool td_session_is_save_due_at_epoch(const td_session *session);

/* Local. Remembers what became of the line of a step: its message travels with the next step's
 * sums, so that steps wait for no agreement. */
void td_session_remember(td_session *session, td_status mine);

/* Collective. Every rank gets what was remembered, as td_session_tolerate bears it. */
td_status td_session_hear(td_session *session);

/* Collective. What becomes of a log line or metrics that could not be written (mine: this rank's
 * status): an error, or without checkpoint.required one warning. */
td_status td_session_tolerate(td_session *session, td_status mine);

#endif
