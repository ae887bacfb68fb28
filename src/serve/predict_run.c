/* Predictions of a run: one pair. */
#include "base/memory.h"
#include "serve/predictor.h"

#include <string.h>

static td_str field_of(const char *text)
{
    return (td_str){text, strlen(text)};
}

static td_status predict(td_predictor *predictor, const char *user, const char *item,
                         td_prediction *prediction)
{
    td_pair_ids pair = {.time = td_trained_model_time(&predictor->trained, predictor->options->at)};
    TD_TRY(td_predictor_find(predictor, field_of(user), field_of(item), &pair, &prediction->note));
    td_answer *answer = td_predictor_answer(predictor, 1, &pair);
    prediction->score = answer->score;
    prediction->rating = answer->rating;
    prediction->rated = !predictor->options->score_only;
    td_free(answer);
    return TD_OK;
}

td_status td_predict(td_comm *comm, const td_predict_options *options, const char *user,
                     const char *item, td_prediction *prediction)
{
    td_predictor predictor;
    *prediction = (td_prediction){.note = NULL};
    td_status status = td_predictor_open(comm, options, &predictor);
    if (status == TD_OK)
        status = predict(&predictor, user, item, prediction);
    if (status != TD_OK) {
        td_free(prediction->note);
        prediction->note = NULL;
    }
    td_predictor_close(&predictor);
    return status;
}
