/* What is known at an epoch's end: plain values, for the log (run_log.h) and for what is worth a
 * warning (warnings.h). A report makes some of them of a run's files. */
#ifndef TD_RUN_EPOCH_FACTS_H
#define TD_RUN_EPOCH_FACTS_H

#include "base/stopwatch.h"
#include "eval/evaluation.h"
#include "run/checkpoints.h"

#include <stddef.h>
#include <stdint.h>

/* Norms of a group of parameters, a table or all layers of a tower or head, over its layers and
 * over those of the table's rows that the epoch's last step touched. */
typedef struct {
    const char *name; /* "user_table", "query_dense" */
    double gradient;
    double update;     /* how far the step moved them */
    double parameters; /* after it */
} td_group_norms;

/* Where the time of an epoch's steps went, by the first thread of each rank. */
typedef struct {
    double seconds;          /* of the steps */
    int64_t examples;        /* of all ranks */
    double phase[TD_PHASES]; /* mean over the ranks; of TD_PHASE_WAITING: what is left */
    int slowest;             /* the rank that worked longest, exchange and waiting left out */
    char host[64];           /* of that */
    double work;             /* seconds that it worked, */
    double usual_work;       /* and the median of the others; 0: there are none */
    double kept_waiting;     /* the share of the time in which a rank wanted a core and had none: of
                                the rank where it is largest, */
    double slowest_waiting;  /* and of the slowest */
} td_epoch_times;

/* A table of embeddings. */
typedef struct {
    const char *name;
    int64_t rows;
    int64_t untrained; /* that no training row named */
} td_table_facts;

/* Texts are somebody else's; what is not known is NULL, 0 or NaN. */
typedef struct {
    const td_config *config;
    int64_t epoch; /* from 1 */
    int64_t steps; /* of an epoch */
    bool is_over;  /* training ends with it */
    size_t losses;
    const double *loss; /* (losses): of the epochs so far */
    double first_loss;  /* of the run's first step */
    size_t tasks;
    const double *share; /* (tasks of the configuration): of the gradient; NaN of one that is not
                            trained */
    size_t groups;
    const td_group_norms *group; /* (groups) */
    double spread; /* of the embeddings of the last step's items: 1 - |mean|^2 / mean |v|^2 */
    size_t tables;
    const td_table_facts *table;     /* (tables) */
    const td_evaluation *evaluation; /* of this epoch */
    const td_best_so_far *so_far;    /* with it */
    int ranks;
    double seconds; /* of this start's steps */
    const td_epoch_times *times;
} td_epoch_facts;

#endif
