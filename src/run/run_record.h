/* What a run's log.jsonl (run_log.h) says, for who looks back. Numbers of events are curves over
 * steps, by their names, so that what a log learns to say is there without more. All functions are
 * Local. */
#ifndef TD_RUN_RUN_RECORD_H
#define TD_RUN_RUN_RECORD_H

#include "tandem/status.h"

#include <stddef.h>
#include <stdint.h>

/* A number of all events of one kind: "epoch/loss", "checkpoint/seconds". */
typedef struct {
    char *name;
    size_t count;
    double *step; /* (count), in the order of the log, as the next */
    double *value;
} td_record_curve;

/* One start of training, as far as the log tells: texts are "" and numbers 0 where it does not. */
typedef struct {
    int64_t step; /* that were done before */
    int64_t ranks, threads, parameter_bytes;
    char *time, *hosts, *job, *version, *command, *isa, *user_table, *item_table;
    double seconds; /* of its steps */
    double bytes;   /* that ranks got from one another in them, up to the last epoch's end */
    char *failure;  /* why it ended; NULL: not by a failure that could still be said */
} td_record_start;

/* What training warned of. */
typedef struct {
    int64_t epoch;
    char *rule; /* its name, as in run/warnings.h */
    char *text;
} td_record_warning;

/* Begins as {0}; td_run_record_free frees what it holds. */
typedef struct {
    size_t curves;
    td_record_curve *curve; /* (curves) */
    size_t starts;
    td_record_start *start; /* (starts) */
    size_t warnings;
    td_record_warning *warning; /* (warnings), in the order of the log */
    size_t bad_lines; /* that are no whole events: at the end, what is just being written */
} td_run_record;

/* Reads the log at path; one that is not there gives an empty record. TD_ERR_FILE. */
td_status td_run_record_read(const char *path, td_run_record *record);
void td_run_record_free(td_run_record *record);

/* Returns the curve of a name, one without values if there is none. */
td_record_curve td_run_record_curve(const td_run_record *record, const char *name);

#endif
