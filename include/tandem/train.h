/* Training a model on a data file, into a run folder. */
#ifndef TANDEM_TRAIN_H
#define TANDEM_TRAIN_H

#include "tandem/comm.h"
#include "tandem/config.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the memory that training is certain to take is not there. */
typedef enum { TD_MEMORY_REFUSE, TD_MEMORY_WARN } td_memory_check_choice;

/* Text is not copied; it must last as long as the call that takes the options. */
typedef struct {
    const char *data;       /* the data file, of `tandem prepare` */
    const char *run;        /* the run folder: made where missing */
    bool resume;            /* go on from the newest checkpoint, or start where there is none */
    bool fresh;             /* remove the run that is there, and start; not with resume */
    const char *warm_start; /* a run to begin with the parameters of; NULL: the seed's */
    const char *warm_start_data; /* its data file; NULL: the one that it names */
    bool keep_optimizer;         /* of warm_start: its optimizer's state goes with what is taken */
    bool keep_absent; /* of warm_start: its users and items that the data lack stay; the run gets a
                         data file of its own, which has them without rows */
    bool dry_run;     /* neither train nor write: report what memory that would take */
    td_memory_check_choice memory_check;
    int threads;     /* of each rank; 0: the cores of its affinity mask over those that share it */
    const char *isa; /* "amx", "avx512bf16", "avx512", "avx2", "neon", "portable"; NULL: the best
                        that this CPU has */
} td_train_options;

typedef struct {
    int stopped; /* the signal (SIGUSR1 ...) that ended it early, with a checkpoint, on every rank;
                    0: none */
    int64_t epochs;        /* done, those of earlier starts included */
    int64_t steps;         /* likewise */
    int64_t first_step;    /* where this start began: 0, or the checkpoint's */
    double loss;           /* mean per example over the last epoch, or the part of one that
                              train.steps or a signal ended with, weighted over the tasks */
    double seconds;        /* of this start's steps, reading and writing left out */
    double examples_per_s; /* over them */
    char *memory;          /* of a dry run, on every rank: lines of what memory is for, by rank; the
                              caller frees it with td_free. NULL: it got nowhere, or was none */
} td_train_report;

/* Collective over comm. Trains until config->train_epochs epochs, or train_steps steps, are done;
 * config must have passed td_config_check. It ends early, after the step at hand and a checkpoint,
 * at a signal that reached any rank and that td_signals_start caught; one that comes after the last
 * step changes nothing. What was stopped goes on with resume. The result depends on the data file
 * and the keys marked SHAPES alone: not on ranks, threads, isa, or how often training was stopped
 * and went on.
 *
 * TD_ERR_MISMATCH: the folder holds a run and neither resume nor fresh is set, another job trains
 * it, or the run to go on with was of other data or another configuration. TD_ERR_NUMERIC: a loss
 * or gradient is not finite or out of the range of exact sums; the last checkpoint stays.
 * TD_ERR_LAYOUT, also where tables, layers, rows and the like need more memory than there is
 * (docs/reliability.md): nothing is begun then. TD_ERR_FILE, TD_ERR_FORMAT. */
td_status td_train(td_comm *comm, const td_config *config, const td_train_options *options,
                   td_train_report *report);

#ifdef __cplusplus
}
#endif

#endif
