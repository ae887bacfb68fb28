/* A report of runs: one page for people, and its numbers for whoever computes with them. */
#ifndef TANDEM_REPORT_H
#define TANDEM_REPORT_H

#include "tandem/comm.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Text is not copied; it must last as long as the call that takes the options. */
typedef struct {
    size_t runs;
    const char *const *run; /* (runs) folders; with several the first is what others differ from */
    const char *out;        /* where the page goes, a file of HTML */
    const char *csv;        /* a folder for its tables and curves; NULL: nowhere */
    const char *checkpoint; /* of each run: "newest", "best" or a step; NULL: the best by the run's
                               metrics where they know one, else the newest */
    const char *data;       /* the runs' data file, where that moved; NULL: as run.json has it */
    const char *split;      /* whose rows are asked; NULL: test, or validation without test rows */
    const char *const *set; /* "key=value" over the runs' eval.* and baseline.* keys; ends with
                               NULL, or NULL */
    bool quick;             /* nothing is evaluated: what the runs' files say, and no more */
    int threads;            /* as td_train_options */
    const char *isa;
} td_report_options;

/* Collective over comm. Writes the report of runs, whatever of them is there: a run may be in
 * training, have failed, or have neither checkpoints nor evaluations nor data. What is missing says
 * so in its place. The runs stay as they are. TD_ERR_FILE: a folder that is no run, a place that
 * cannot be written or holds something else; TD_ERR_USAGE, TD_ERR_CONFIG for options; TD_ERR_FORMAT
 * for a run.json or config.yaml that cannot be read. */
td_status td_report(td_comm *comm, const td_report_options *options);

#ifdef __cplusplus
}
#endif

#endif
