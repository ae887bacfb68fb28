/* Which trained model to use: what every call that works with one is told. */
#ifndef TANDEM_TRAINED_MODEL_H
#define TANDEM_TRAINED_MODEL_H

#include <stdint.h>

/* Text is not copied; it must last as long as the call that takes the options. */
typedef struct {
    const char *run;        /* the run folder */
    const char *data;       /* its data file, where that moved; NULL: as run.json has it */
    const char *checkpoint; /* "newest" (NULL), "best" or a step: best by the run's metrics,
                               accuracy at the largest k on validation rows, else test rows */
    int threads;            /* as td_train_options */
    const char *isa;
} td_trained_options;

/* What becomes of a user or item that the model does not know. */
typedef enum {
    TD_UNKNOWN_ROW, /* answered from row 0 of the table, which stands for all unknown ones */
    TD_UNKNOWN_FAIL /* TD_ERR_INPUT */
} td_unknown;

/* The time of a query: seconds since 1970, or this: the latest of the data. Never the clock. */
#define TD_TIME_LATEST INT64_MIN

#endif
