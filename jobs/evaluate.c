/* tandem evaluate: the metrics of a run, as a table or as JSON. */
#include "tandem/evaluate.h"

#include "arguments.h"
#include "jobs.h"
#include "model_choice.h"
#include "settings.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

enum { KEY_SPLIT = 0x100, KEY_SET, KEY_JSON };

typedef struct {
    settings settings;
    model_choice model;
    td_evaluate_options options;
    bool json;
} arguments;

static const struct argp_option options[] = {
    {.name = "split", .key = KEY_SPLIT, .arg = "test|train", .doc = "the rows; default: test"},
    {.name = "set",
     .key = KEY_SET,
     .arg = "KEY=VALUE",
     .doc = "set a key eval.* or placement.* of the run's configuration; may be repeated"},
    {.name = "json", .key = KEY_JSON, .doc = "one JSON object on standard output"},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->model;
        return 0;
    case KEY_SPLIT:
        a->options.split = text;
        return 0;
    case KEY_SET:
        settings_add(&a->settings, text);
        return 0;
    case KEY_JSON:
        a->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char *split_name(const td_evaluate_options *chosen)
{
    return chosen->split ? chosen->split : "test";
}

static void print_table(const arguments *a, const td_evaluate_report *report)
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

static void print_json(const arguments *a, const td_evaluate_report *report)
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

static td_status evaluate(td_comm *comm, arguments *a)
{
    td_evaluate_report report;
    a->options.set = a->settings.assignment;
    a->options.model = model_choice_options(&a->model);
    td_status status = td_evaluate(comm, &a->options, &report);
    if (td_comm_rank(comm) != 0 || report.rows == 0)
        return status;
    if (a->json)
        print_json(a, &report);
    else
        print_table(a, &report);
    return status;
}

int run_evaluate(int argc, char **argv)
{
    static const struct argp_child children[] = {{&model_choice_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Evaluates a checkpoint of a run: how often the item of a row is among the k best "
               "of all candidates, beside a ranking by popularity.",
        .children = children};
    arguments a = {0};
    parse_arguments(&argp, argc, argv, &a);
    td_comm *comm = td_comm_start();
    return finish(comm, evaluate(comm, &a));
}
