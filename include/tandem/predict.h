/* What a trained model predicts of pairs of a user and an item. */
#ifndef TANDEM_PREDICT_H
#define TANDEM_PREDICT_H

#include "tandem/comm.h"
#include "tandem/status.h"
#include "tandem/trained_model.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
    td_trained_options model;
    bool score_only; /* no ratings: the model need not have a rating head */
    int64_t at;      /* the time of pairs that bring none, or TD_TIME_LATEST */
    td_unknown unknown;
} td_predict_options;

typedef struct {
    bool rated;
    float rating; /* predicted; if rated */
    float score;  /* of retrieval: the product of the two embeddings */
    char *note;   /* an unknown user or item; NULL for nothing. Freed with td_free */
} td_prediction;

/* Collective. Predicts one pair, on every rank, the same on any number of them. TD_ERR_INPUT: an
 * unknown user or item, if the options say so; TD_ERR_MISMATCH: ratings are wanted of a model
 * without rating head, or the failures of opening a run (besides TD_ERR_FILE, TD_ERR_FORMAT,
 * TD_ERR_USAGE). */
td_status td_predict(td_comm *comm, const td_predict_options *options, const char *user,
                     const char *item, td_prediction *prediction);

/* Collective. Predicts the pairs of a table (docs/formats.md: pairs), which rank 0 reads from path
 * ("-": standard input) and prints to out with columns rating (unless score_only), score and note
 * added, block by block, in the input's order. TD_ERR_INPUT for a bad line: what came before it is
 * printed. *pairs is set to how many were. */
td_status td_predict_table(td_comm *comm, const td_predict_options *options, const char *path,
                           FILE *out, int64_t *pairs);

#endif
