/* What a trained model predicts of pairs of a user and an item. */
#ifndef TANDEM_PREDICT_H
#define TANDEM_PREDICT_H

#include "tandem/comm.h"
#include "tandem/output.h"
#include "tandem/status.h"
#include "tandem/trained_model.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    td_trained_options model;
    bool score_only;  /* no ratings: the model need not have a rating head */
    const char *task; /* whose head predicts; NULL: rating */
    int64_t at;       /* the time of pairs that bring none, or TD_TIME_LATEST */
    td_unknown unknown;
    const char *features;     /* what is told of the row that td_predict's pair would be, by fields:
                                 "device=phone"; NULL: nothing */
    const td_output *records; /* how td_predict_table prints: NULL: the lines as they came, with
                                 columns added; else records, as td_prediction_write does */
} td_predict_options;

typedef struct {
    char *user;  /* as asked */
    char *item;  /* what the data name it by; as asked, if it is unknown */
    char *title; /* its title, or its name where the data have no titles; "" if it is unknown */
    bool rated;
    const char *name; /* "rating", or "prediction" of another task than that */
    float rating;     /* that prediction, with classes a probability; if rated */
    float score;      /* of retrieval: the product of the two embeddings */
    char *note;       /* an unknown user or item; NULL for nothing */
} td_prediction;

/* Local. Frees what a call filled it with; {0} may be freed. */
void td_prediction_free(td_prediction *prediction);

/* Local. Writes it as a record with the columns user, item, title, score, its name if it is
 * rated, and note. TD_ERR_FILE. */
td_status td_prediction_write(const td_prediction *prediction, const td_output *output);

/* Collective. Predicts one pair, on every rank, the same on any number of them; the caller frees it
 * with td_prediction_free. TD_ERR_INPUT: an
 * unknown user or item, if the options say so; TD_ERR_MISMATCH: a prediction is wanted of a model
 * without that head, or the failures of opening a run (besides TD_ERR_FILE, TD_ERR_FORMAT,
 * TD_ERR_USAGE). */
td_status td_predict(td_comm *comm, const td_predict_options *options, const char *user,
                     const char *item, td_prediction *prediction);

/* Collective. Predicts the pairs of a table (docs/formats.md: pairs), which rank 0 reads from path
 * ("-": standard input) and prints to out with columns rating (prediction of a task; not with
 * score_only), score and note added, or writes as options->records says, block by block, in the
 * input's order. TD_ERR_INPUT for a bad line: what came before it is printed, but to no file.
 * *pairs is set to how many were. */
td_status td_predict_table(td_comm *comm, const td_predict_options *options, const char *path,
                           FILE *out, int64_t *pairs);

#ifdef __cplusplus
}
#endif

#endif
