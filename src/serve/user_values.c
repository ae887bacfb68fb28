#include "serve/user_values.h"

#include "base/memory.h"
#include "eval/metric.h"
#include "serve/record_writer.h"

#include <stdlib.h>

/* A user, and where the user's sums are. */
typedef struct {
    int64_t place;
    size_t user;
} placed;

static int by_place(const void *left, const void *right)
{
    const placed *a = left, *b = right;
    return (a->place > b->place) - (a->place < b->place);
}

static placed *sort_users(const td_user_sums *sums)
{
    placed *order = TD_NEW(placed, sums->users);
    for (size_t u = 0; u < sums->users; u++)
        order[u] = (placed){sums->place[u], u};
    qsort(order, sums->users, sizeof *order, by_place);
    return order;
}

/* "user", and "model/recall_at_20" for each value that is a mean; their number is set. */
static char **name_columns(const td_evaluation *evaluation, size_t *columns)
{
    char **name = TD_NEW(char *, evaluation->count + 1);
    *columns = 0;
    name[(*columns)++] = td_copy_text("user");
    for (size_t i = 0; i < evaluation->count; i++) {
        const td_metric_value *value = &evaluation->value[i];
        if (!value->is_mean)
            continue;
        char *metric = td_metric_name(value->task, value->metric, value->k);
        name[(*columns)++] = td_print_text("%s/%s", value->system, metric);
        td_free(metric);
    }
    return name;
}

static void put_users(td_record_writer *writer, const td_strings *names,
                      const td_evaluation *evaluation, const td_user_sums *sums)
{
    placed *order = sort_users(sums);
    const td_metric **metric = TD_NEW(const td_metric *, sums->columns);
    for (size_t c = 0; c < sums->columns; c++)
        metric[c] = td_metric_find(evaluation->value[c].metric);
    for (size_t i = 0; i < sums->users; i++) {
        td_record_put_text(writer, td_string_at(names, order[i].place));
        for (size_t c = 0; c < sums->columns; c++) {
            const td_user_sum *sum = &sums->sum[order[i].user * sums->columns + c];
            if (evaluation->value[c].is_mean)
                td_record_put_float(writer,
                                    (float)td_metric_of_sums(metric[c], sum->value, sum->weight));
        }
    }
    td_free(metric);
    td_free(order);
}

static td_status write_all(const td_strings *names, const td_evaluation *evaluation,
                           const td_user_sums *sums, const td_output *output)
{
    td_record_writer *writer = NULL;
    size_t columns;
    char **column = name_columns(evaluation, &columns);
    td_status status =
        td_record_writer_begin(output, columns, (const char *const *)column, &writer);
    if (status == TD_OK) {
        put_users(writer, names, evaluation, sums);
        status = td_record_writer_end(writer, TD_OK);
    }
    for (size_t i = 0; i < columns; i++)
        td_free(column[i]);
    td_free(column);
    return status;
}

td_status td_user_values_write(td_comm *comm, td_dataset *data, const td_evaluation *evaluation,
                               const td_output *output)
{
    td_strings names;
    TD_TRY(td_dataset_read_user_names(data, &names));
    td_user_sums all = td_user_sums_gather(comm, &evaluation->users);
    td_status status = TD_OK;
    if (td_comm_rank(comm) == 0)
        status = write_all(&names, evaluation, &all, output);
    td_user_sums_free(&all);
    td_strings_free(&names);
    return td_comm_agree(comm, status);
}
