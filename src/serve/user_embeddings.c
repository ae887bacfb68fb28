#include "serve/user_embeddings.h"

#include "base/memory.h"
#include "eval/embedding.h"
#include "serve/known_features.h"

/* The ids from the lowest to the highest, the unknown user's left out. */
static td_range known_range(const td_user_queries *queries)
{
    int64_t low = INT64_MAX, high = 0;
    for (size_t i = 0; i < queries->count; i++) {
        low = queries->ids[i] > 0 ? td_smaller(low, queries->ids[i]) : low;
        high = td_larger(high, queries->ids[i]);
    }
    return td_range_to(high > 0 ? low : 1, high + 1);
}

/* The times of queries: those that are told, else the one of all. */
static int64_t *times_of(const td_trained_model *trained, const td_user_queries *queries)
{
    const td_schema_field *time = td_schema_with_role(trained->model_data.schema, TD_ROLE_TIME);
    const int64_t *told = time ? td_frame_values(queries->given, time->name) : NULL;
    int64_t *times = TD_NEW(int64_t, queries->count);
    for (size_t i = 0; i < queries->count; i++)
        times[i] = told && !td_missing_is(TD_INT64, &told[i]) ? told[i] : queries->time;
    return times;
}

/* The lists of histories that are told, by rule: those of query i are of a user i + 1. */
static td_frame list_told(const td_history_rules *rules, const td_field *told, int64_t count)
{
    td_histories histories = {.users = {1, count}, .history = TD_NEW(td_history, rules->count)};
    int32_t *users = TD_NEW(int32_t, (size_t)count);
    td_frame lists = {.count = 0};
    for (size_t i = 0; i < rules->count; i++)
        if (rules->rule[i].of == TD_OF_USER)
            histories.history[histories.count++] = (td_history){
                .rule = &rules->rule[i], .offsets = told->offsets, .items = told->values};
    for (int64_t i = 0; i < count; i++)
        users[i] = (int32_t)i + 1;
    td_histories_list(&histories, &(td_history_queries){count, users, NULL, NULL}, &lists);
    td_free(users);
    td_free(histories.history);
    return lists;
}

/* Puts the lists that are told in the place of those of the data. */
static void tell_histories(const td_history_rules *rules, const td_user_queries *queries,
                           td_frame *lists)
{
    const int64_t count = (int64_t)queries->count;
    const td_field *told = td_frame_find(queries->given, TD_GIVEN_HISTORY);
    if (!told || lists->fields == 0)
        return;
    td_frame of_told = list_told(rules, told, count), chosen = {.count = 0};
    td_frame_add_like(&chosen, lists);
    for (int64_t i = 0; i < count; i++)
        td_frame_append(&chosen, told->offsets[i + 1] > told->offsets[i] ? &of_told : lists,
                        (td_range){i, 1});
    td_frame_free(&of_told);
    td_frame_free(lists);
    *lists = chosen;
}

td_status td_embed_users(td_comm *comm, const td_trained_model *trained,
                         const td_user_queries *queries, float **u, td_frame *context,
                         bool *is_known)
{
    const td_model_data *model_data = &trained->model_data;
    const td_history_rules *rules = &model_data->spec->histories;
    const int64_t count = (int64_t)queries->count;
    td_histories histories;
    td_frame lists = {.count = 0}, fields = {.count = 0};
    TD_TRY(td_histories_read(trained->data, rules, known_range(queries), &histories));
    int64_t *times = times_of(trained, queries);
    td_trained_model_histories(trained, &histories, count, queries->ids, times, &lists);
    tell_histories(rules, queries, &lists);
    td_frame rows = td_model_data_describe_rows(model_data, count, times, queries->given);
    if (queries->given->fields > 0)
        fields =
            td_model_data_describe(model_data, TD_OF_USER, count, queries->ids, queries->given);
    *u = TD_NEW(float, queries->count * trained->model->query.width);
    td_embed_queries(comm, trained->model,
                     &(td_queries){queries->count, queries->ids, &rows, NULL, &lists, &fields},
                     true, *u);
    if (is_known)
        td_known_features_find(
            trained, &(td_told){TD_QUERY, count, queries->ids, &fields, &rows, &lists}, is_known);
    if (context)
        *context = rows;
    else
        td_frame_free(&rows);
    td_frame_free(&fields);
    td_frame_free(&lists);
    td_histories_free(&histories);
    td_free(times);
    return TD_OK;
}
