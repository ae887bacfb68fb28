/* tandem evaluate: the metrics of a run, as a table or as JSON. */
#include "tandem/evaluate.h"

#include "command.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

typedef struct {
    text_list set;
    td_evaluate_options options;
    bool json;
} request;

static const option options[] = {
    MODEL_OPTIONS(offsetof(request, options.model)),
    {.name = "split",
     .kind = OPTION_TEXT,
     .place = offsetof(request, options.split),
     .value = "test|train",
     .help = "the rows; default: test"},
    {.name = "set",
     .kind = OPTION_TEXTS,
     .place = offsetof(request, set),
     .value = "KEY=VALUE",
     .help = "set a key eval.* or placement.* of the run's configuration; may be repeated"},
    {.name = "json",
     .kind = OPTION_FLAG,
     .place = offsetof(request, json),
     .help = "one JSON object on standard output"},
    {0}};

static const char *split_name(const td_evaluate_options *chosen)
{
    return chosen->split ? chosen->split : "test";
}

static void print_table(const request *a, const td_evaluate_report *report)
{
    printf("%s, step %" PRId64 ", %" PRId64, a->options.model.run, report->step, report->rows);
    if (report->rows < report->split_rows)
        printf(" of %" PRId64, report->split_rows);
    printf(" %s rows, %" PRId64 " candidates", split_name(&a->options), report->candidates);
    if (report->unknown_user_rows > 0)
        printf(", %" PRId64 " rows of unknown users", report->unknown_user_rows);
    printf("\n\n%-8s%10s%12s\n", "", "model", "popularity");
    for (size_t k = 0; k < report->ks.count; k++)
        printf("top-%-4" PRId64 "%10.4f%12.4f\n", report->ks.value[k], report->top_k[k],
               report->popularity_top_k[k]);
    if (report->rated)
        printf("\nRMSE %.4f, MAE %.4f of predicted ratings\n", report->rmse, report->mae);
    printf("\n(top-k categorical accuracy; %.3f s)\n", report->seconds);
}

static void set_accuracy(json_t *object, int64_t k, double accuracy)
{
    char key[64];
    snprintf(key, sizeof key, "top_%" PRId64 "_categorical_accuracy", k);
    json_object_set_new(object, key, json_real(accuracy));
}

static void print_json(const request *a, const td_evaluate_report *report)
{
    json_t *object =
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "split", split_name(&a->options), "step",
                  (json_int_t)report->step, "rows", (json_int_t)report->rows, "split_rows",
                  (json_int_t)report->split_rows, "candidates", (json_int_t)report->candidates,
                  "unknown_user_rows", (json_int_t)report->unknown_user_rows);
    json_t *popularity = json_object();
    for (size_t k = 0; k < report->ks.count; k++) {
        set_accuracy(object, report->ks.value[k], report->top_k[k]);
        set_accuracy(popularity, report->ks.value[k], report->popularity_top_k[k]);
    }
    json_object_set_new(object, "popularity", popularity);
    if (report->rated) {
        json_object_set_new(object, "root_mean_squared_error", json_real(report->rmse));
        json_object_set_new(object, "mean_absolute_error", json_real(report->mae));
    }
    char *text = json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    puts(text);
    free(text);
    json_decref(object);
}

static td_status evaluate(td_comm *comm, void *context)
{
    request *a = context;
    td_evaluate_report report;
    a->options.set = a->set.text;
    td_status status = td_evaluate(comm, &a->options, &report);
    if (td_comm_rank(comm) != 0 || report.rows == 0)
        return status;
    if (a->json)
        print_json(a, &report);
    else
        print_table(a, &report);
    return status;
}

const command evaluate_command = {
    .name = "evaluate",
    .does = "measure a trained model",
    .table = {NULL,
              "Evaluates a checkpoint of a run: how often the item of a row is among the k best of "
              "all candidates, beside a ranking by popularity.",
              options},
    .size = sizeof(request),
    .run = evaluate};
