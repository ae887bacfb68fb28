/* Which trained model to use: what every call that works with one is told. */
#ifndef TANDEM_TRAINED_MODEL_H
#define TANDEM_TRAINED_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Text is not copied; it must last as long as the call that takes the options. */
typedef struct {
    const char *run;        /* the run folder */
    const char *data;       /* its data file, where that moved; NULL: as run.json has it */
    const char *checkpoint; /* "newest" (NULL), "best" or a step: best by the run's metrics,
                               accuracy at the largest k on validation rows, else test rows */
    int threads;            /* as td_train_options */
    const char *isa;
} td_trained_options;

/* What becomes of a user or item that the data lack. */
typedef enum {
    TD_UNKNOWN_AUTO,  /* one that is named by itself is refused, those of a table are answered */
    TD_UNKNOWN_ALLOW, /* answered, with a note that says from what */
    TD_UNKNOWN_REFUSE /* TD_ERR_INPUT */
} td_unknown;

/* The time of a query: seconds since 1970, or this: the latest of the data. Never the clock. */
#define TD_TIME_LATEST INT64_MIN

#ifdef __cplusplus
}
#endif

#endif
