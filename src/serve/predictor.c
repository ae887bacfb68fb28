/* Predictions of a run. Ranks share the pairs by whole tiles. */
#include "serve/predictor.h"

#include "base/memory.h"
#include "eval/embedding.h"
#include "eval/predictions.h"
#include "serve/given.h"
#include "serve/known_features.h"
#include "text/excerpt.h"

#include <string.h>

/* Each takes some ms among ten thousand names. */
enum { SEARCHES_MOST = 100 };

/* C */
static td_status read_own_fields(td_predictor *predictor)
{
    const td_trained_model *trained = &predictor->trained;
    const char **names =
        td_spec_fields(trained->model_data.spec, trained->model_data.schema, TD_OF_USER);
    const td_status status =
        names[0] ? td_own_fields_read(trained->data, names, &predictor->own) : TD_OK;
    td_free(names);
    return status;
}

/* Writes the names of the heads that a model has, with commas; "none". */
static char *name_heads(const td_model *model)
{
    char *names;
    size_t size, count = 0;
    FILE *to = td_text_writer(&names, &size);
    for (size_t k = 0; k < model->tasks; k++)
        if (model->task[k].is.loss)
            fprintf(to, "%s%s", count++ > 0 ? ", " : "", model->task[k].is.name);
    if (count == 0)
        fputs("none", to);
    td_text_writer_close(to);
    return names;
}

/* Finds whose head predicts, unless scores alone are asked for. */
static td_status find_task(td_predictor *predictor)
{
    const td_predict_options *options = predictor->options;
    const td_model *model = predictor->trained.model;
    if (options->score_only)
        return TD_OK;
    predictor->task = td_model_head(model, options->task ? options->task : TD_TASK_RATING);
    if (predictor->task)
        return TD_OK;
    char *heads = name_heads(model);
    const td_status status =
        options->task
            ? td_fail(TD_ERR_MISMATCH, "%s has no head of a task '%s'; its heads: %s",
                      predictor->trained.checkpoint.path, options->task, heads)
            : td_fail(TD_ERR_MISMATCH,
                      "%s has no rating head (rating.enabled: false), so no rating can be "
                      "predicted: train with rating.enabled: true, or ask for --score-only, or by "
                      "--task for another head's prediction (its heads: %s)",
                      predictor->trained.checkpoint.path, heads);
    td_free(heads);
    return status;
}

td_status td_predictor_open(td_comm *comm, const td_predict_options *options,
                            td_predictor *predictor)
{
    *predictor = (td_predictor){.comm = comm, .options = options};
    TD_TRY(td_trained_model_open(comm, &options->model, &predictor->trained));
    TD_TRY(find_task(predictor));
    const td_trained_model *trained = &predictor->trained;
    const td_range users = {1, td_dataset_info(trained->data)->users};
    TD_TRY(td_histories_read(trained->data, &trained->model_data.spec->histories, users,
                             &predictor->histories));
    TD_TRY(read_own_fields(predictor));
    return td_known_names_read(trained->data, &predictor->known);
}

void td_predictor_close(td_predictor *predictor)
{
    td_known_names_free(predictor->known);
    td_histories_free(&predictor->histories);
    td_frame_free(&predictor->own.fields);
    td_trained_model_close(&predictor->trained);
}

/* scores, predictions (n) of embedded pairs, whose rows have this context */
static void rate(const td_predictor *predictor, const td_frame *context, td_head_rows *pairs,
                 float *scores, float *predictions)
{
    const td_model_task *task = predictor->task;
    td_field_view *views = TD_NEW(td_field_view, task ? task->head.reads.count : 0);
    const td_queries asked = {.count = pairs->count, .context = context};
    if (task)
        pairs->inputs = td_head_inputs(&task->head, &asked, views);
    td_predict_rows(predictor->trained.model, task, pairs, scores, task ? predictions : NULL);
    td_free(views);
}

/* Sets fields to what the query tower reads of the pairs' users, if some have no id but fields of
 * their own. */
static bool describe_users(const td_predictor *predictor, size_t n, const td_pair_ids *pairs,
                           const int32_t *users, td_frame *fields)
{
    td_frame own = {.count = 0};
    int64_t *place = TD_NEW(int64_t, n);
    for (size_t i = 0; i < n; i++)
        place[i] = pairs[i].place;
    td_frame_add_like(&own, &predictor->own.fields);
    td_frame_extend(&own, (int64_t)n);
    const bool any = own.fields > 0 && td_own_fields_fill(&predictor->own, place, &own);
    if (any)
        *fields = td_model_data_describe(&predictor->trained.model_data, TD_OF_USER, (int64_t)n,
                                         users, &own);
    td_frame_free(&own);
    td_free(place);
    return any;
}

static void answer(const td_predictor *predictor, size_t n, const td_pair_ids *pairs,
                   const td_frame *told, td_answer *answers)
{
    const td_model *model = predictor->trained.model;
    const size_t width = model->query.width;
    int32_t *user = TD_NEW(int32_t, n), *item = TD_NEW(int32_t, n);
    int64_t *time = TD_NEW(int64_t, n);
    float *u = TD_NEW(float, n *width), *v = TD_NEW(float, n *width);
    float *scores = TD_NEW(float, n), *predictions = TD_NEW(float, n);
    for (size_t i = 0; i < n; i++) {
        user[i] = pairs[i].user;
        item[i] = pairs[i].item;
        time[i] = pairs[i].time;
    }
    td_frame context =
        td_model_data_describe_rows(&predictor->trained.model_data, (int64_t)n, time, told);
    td_frame lists = {0}, fields = {0};
    const bool described = describe_users(predictor, n, pairs, user, &fields);
    td_trained_model_histories(&predictor->trained, &predictor->histories, (int64_t)n, user, time,
                               &lists);
    td_embed_queries(predictor->comm, model,
                     &(td_queries){n, user, &context, NULL, &lists, described ? &fields : NULL},
                     false, u);
    td_embed_items(predictor->comm, model, n, item, false, v);
    td_head_rows rows = {.count = n, .u = u, .v = v, .users = user, .items = item};
    rate(predictor, &context, &rows, scores, predictions);
    for (size_t i = 0; i < n; i++)
        answers[i] = (td_answer){scores[i], predictions[i]};
    td_frame_free(&context);
    td_frame_free(&lists);
    td_frame_free(&fields);
    td_free(user);
    td_free(item);
    td_free(time);
    td_free(u);
    td_free(v);
    td_free(scores);
    td_free(predictions);
}

td_answer *td_predictor_answer(td_predictor *predictor, size_t count, const td_pair_ids *pairs,
                               const td_frame *told)
{
    size_t first, mine, total;
    td_frame my_told = {.count = 0};
    td_share_tiles(predictor->comm, count, &first, &mine);
    td_answer *part = TD_NEW(td_answer, mine);
    if (told->count > 0) {
        td_frame_add_like(&my_told, told);
        td_frame_append(&my_told, told, (td_range){(int64_t)first, (int64_t)mine});
    }
    answer(predictor, mine, pairs + first, &my_told, part);
    td_frame_free(&my_told);
    td_answer *all = td_comm_allgatherv(predictor->comm, part, mine, sizeof *part, &total);
    td_free(part);
    return all;
}

/* Completes what was found by what answers for it, and counts it. */
static void tell_answer(td_predictor *predictor, td_side side, td_found *found, td_str name)
{
    static const char *const words[TD_SIDES] = {"user", "item"};
    const bool lacks = found->id == 0 && found->place < 0;
    if (found->id > 0 && td_known_features_has_id(&predictor->trained, side, found->id))
        return;
    char *what = found->note ? found->note
                             : td_print_text("no training row of the %s '%s'", words[side],
                                             td_excerpt_of_str(name).text);
    found->note =
        td_print_text("%s; %s", what, td_known_features_answer(&predictor->trained, side));
    td_free(what);
    predictor->unknown[side] += lacks;
    predictor->untrained[side] += !lacks;
}

td_status td_predictor_find(td_predictor *predictor, td_str user, td_str item, bool is_single,
                            td_pair_ids *pair, char **note)
{
    const td_known_names *known = predictor->known;
    const td_unknown unknown = predictor->options->unknown;
    const bool searches = is_single || predictor->searches < SEARCHES_MOST;
    td_found users = td_known_names_user(known, user, searches);
    td_found items = td_known_names_item(known, item, searches);
    predictor->searches += items.id == 0 || users.place < 0;
    td_status status = users.place >= 0 ? TD_OK : td_found_check(&users, is_single, unknown);
    if (status == TD_OK)
        status = td_found_check(&items, is_single, unknown);
    pair->user = users.id;
    pair->item = items.id;
    pair->place = users.place;
    tell_answer(predictor, TD_QUERY, &users, user);
    tell_answer(predictor, TD_CANDIDATE, &items, item);
    *note = td_found_join_notes(&users, &items);
    return status;
}

td_prediction td_predictor_tell(const td_predictor *predictor, td_str user, td_str item,
                                const td_pair_ids *pair, const td_answer *answer, char *note)
{
    const td_known_names *known = predictor->known;
    const bool is_known = pair->item > 0;
    return (td_prediction){
        .user = td_str_copy(user),
        .item = td_str_copy(is_known ? td_known_names_of_item(known, pair->item) : item),
        .title = is_known ? td_str_copy(td_known_names_title(known, pair->item)) : td_copy_text(""),
        .rated = !predictor->options->score_only,
        .name = td_prediction_name(predictor->options),
        .rating = answer->prediction,
        .score = answer->score,
        .note = note,
    };
}

void td_prediction_free(td_prediction *prediction)
{
    td_free(prediction->user);
    td_free(prediction->item);
    td_free(prediction->title);
    td_free(prediction->note);
    *prediction = (td_prediction){.note = NULL};
}

const char *td_prediction_name(const td_predict_options *options)
{
    return options->task ? "prediction" : "rating";
}

td_prediction_columns td_prediction_columns_of(bool rated, const char *name)
{
    if (rated)
        return (td_prediction_columns){6, {"user", "item", "title", "score", name, "note"}};
    return (td_prediction_columns){5, {"user", "item", "title", "score", "note"}};
}

static void put_text(td_record_writer *writer, const char *text)
{
    td_record_put_text(writer, (td_str){text, strlen(text)});
}

void td_prediction_put(td_record_writer *writer, const td_prediction *prediction)
{
    put_text(writer, prediction->user);
    put_text(writer, prediction->item);
    put_text(writer, prediction->title);
    td_record_put_float(writer, prediction->score);
    if (prediction->rated)
        td_record_put_float(writer, prediction->rating);
    put_text(writer, prediction->note ? prediction->note : "");
}

td_status td_prediction_write(const td_prediction *prediction, const td_output *output)
{
    td_record_writer *writer;
    const td_prediction_columns columns =
        td_prediction_columns_of(prediction->rated, prediction->name);
    TD_TRY(td_record_writer_begin(output, columns.count, columns.names, &writer));
    td_prediction_put(writer, prediction);
    return td_record_writer_end(writer, TD_OK);
}

static td_str field_of(const char *text)
{
    return (td_str){text, strlen(text)};
}

static td_status predict(td_predictor *predictor, const char *user, const char *item,
                         td_prediction *prediction)
{
    const td_predict_options *options = predictor->options;
    td_pair_ids pair = {.time = td_trained_model_time(&predictor->trained, options->at)};
    td_given given = td_given_begin(predictor->trained.data, predictor->known, TD_OF_ROW,
                                    td_unknown_of(options->unknown, true));
    char *note = NULL;
    td_status status =
        td_predictor_find(predictor, field_of(user), field_of(item), true, &pair, &note);
    if (status == TD_OK && options->features)
        status = td_given_parse(options->features, "", &(td_strings){.count = 0}, &given);
    if (status == TD_OK) {
        td_answer *answer = td_predictor_answer(predictor, 1, &pair, &given.frame);
        *prediction =
            td_predictor_tell(predictor, field_of(user), field_of(item), &pair, answer, note);
        td_free(answer);
    } else {
        td_free(note);
    }
    td_given_free(&given);
    return status;
}

td_status td_predict(td_comm *comm, const td_predict_options *options, const char *user,
                     const char *item, td_prediction *prediction)
{
    TD_MEMORY_FOR("predictions", NULL);
    td_predictor predictor;
    *prediction = (td_prediction){.note = NULL};
    td_status status = td_predictor_open(comm, options, &predictor);
    if (status == TD_OK)
        status = predict(&predictor, user, item, prediction);
    td_predictor_close(&predictor);
    return status;
}
