/* A trained model made ready for pairs of ids. Internal to predict and its relatives. */
#ifndef TD_SERVE_PREDICTOR_H
#define TD_SERVE_PREDICTOR_H

#include "base/str.h"
#include "run/trained_model.h"
#include "serve/known_names.h"
#include "serve/own_fields.h"
#include "serve/record_writer.h"
#include "tandem/predict.h"

typedef struct {
    td_comm *comm;
    const td_predict_options *options;
    td_trained_model trained;
    td_known_names *known;
    td_histories histories;    /* of all users */
    const td_model_task *task; /* whose head predicts; NULL: none is asked for */
    td_own_fields own;         /* of users without id, as far as the model reads them */
    int64_t searches;          /* for what was perhaps meant by a name of a table, so far */
    /* Pairs so far whose user, or item, the data lack, and whose id has no trained row: */
    int64_t unknown[TD_SIDES];
    int64_t untrained[TD_SIDES];
} td_predictor;

/* Collective. Opens the model. Close it with td_predictor_close, also after a failure. */
td_status td_predictor_open(td_comm *comm, const td_predict_options *options,
                            td_predictor *predictor);
void td_predictor_close(td_predictor *predictor);

/* A pair by ids, and what is predicted of it; plain data. */
typedef struct {
    int32_t user;
    int32_t item;
    int64_t place; /* of the user in the data file; below 0: it has no such user */
    int64_t time;  /* in seconds */
} td_pair_ids;

typedef struct {
    float score;
    float prediction; /* 0 if the options want none */
} td_answer;

/* Collective; the pairs are the same on every rank, and what is told of their rows (count, or no
 * field), and so are the answers (count), which the caller frees with td_free. */
td_answer *td_predictor_answer(td_predictor *predictor, size_t count, const td_pair_ids *pairs,
                               const td_frame *told);

/* Local. Finds the ids of a pair, by itself or in a table. *note is set to what is unknown and what
 * answers for it, NULL for nothing, and freed with td_free; TD_ERR_INPUT for what is unknown, if
 * the options say so. */
td_status td_predictor_find(td_predictor *predictor, td_str user, td_str item, bool is_single,
                            td_pair_ids *pair, char **note);

/* Local. Returns a prediction as people read it; takes note over. Free it with td_prediction_free.
 */
td_prediction td_predictor_tell(const td_predictor *predictor, td_str user, td_str item,
                                const td_pair_ids *pair, const td_answer *answer, char *note);

/* What a prediction is called: by the rating head, or by another. */
const char *td_prediction_name(const td_predict_options *options);

/* What the records of predictions are: their columns. */
enum { TD_PREDICTION_COLUMNS = 6 };
typedef struct {
    size_t count;
    const char *names[TD_PREDICTION_COLUMNS];
} td_prediction_columns;
td_prediction_columns td_prediction_columns_of(bool rated, const char *name);

/* Local. Writes the record of a prediction. */
void td_prediction_put(td_record_writer *writer, const td_prediction *prediction);

#endif
