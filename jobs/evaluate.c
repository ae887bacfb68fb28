/* tandem evaluate: the metrics of a run, as a table or as JSON. */
#include "tandem/evaluate.h"

#include "base/memory.h"
#include "command.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    text_list set;
    td_evaluate_options options;
    const char *users;
    bool json;
} request;

static const option options[] = {
    MODEL_OPTIONS(options.model),
    TEXT(options.split, "split", "SPLIT", "the rows: test (the default), train, ..."),
    TEXTS(
        set, "set", "KEY=VALUE",
        "set a key eval.*, baseline.* or placement.* of the run's configuration; may be repeated"),
    FLAG(options.intervals, "intervals",
         "where 95 % of 1,000 resamples of the users lie, of each value and of the model's "
         "difference to every other system"),
    TEXT(options.against, "against", "DIR",
         "another run on the same data: how its model, of the same choice of checkpoint, differs"),
    TEXT(users, "per-user", "FILE",
         "each user's values, a record a user: with tabs, or as FILE's .csv or .jsonl says"),
    FLAG(options.no_keep, "no-keep",
         "leave the run's metrics.h5 alone, which otherwise keeps the values"),
    FLAG(json, "json", "one JSON object on standard output"),
    {0}};

static const char *split_name(const td_evaluate_options *chosen)
{
    return chosen->split ? chosen->split : "test";
}

/* What stands between a number of some kind and what is said of them; nothing of none. */
static void print_count(int64_t count, const char *what)
{
    if (count > 0)
        printf("%" PRId64 " %s\n", count, what);
}

/* What was asked, of whom, and what was not. */
static void print_heading(const request *a, const td_evaluate_report *report)
{
    const td_evaluation_counts *counts = &report->counts;
    const bool keeps = strstr(report->settings, "repeats=keep") != NULL;
    printf("%s, step %" PRId64 ", %" PRId64, a->options.model.run, report->step, counts->rows);
    if (counts->rows < report->split_rows)
        printf(" of %" PRId64, report->split_rows);
    printf(" %s rows of %" PRId64 " users, %" PRId64 " candidates\n", split_name(&a->options),
           counts->users, counts->candidates);
    print_count(counts->repeats, keeps ? "rows repeat training rows, and are asked"
                                       : "rows repeat training rows, and are not asked");
    print_count(counts->outside, "rows ask for items that are no candidates: misses");
    print_count(counts->unknown_user_rows, "rows are of unknown users");
    print_count(counts->new_users, "users have no training row");
    print_count(counts->idle_users, "users have nothing left to ask");
    if (counts->older_rows > 0)
        printf("%.1f %% of the rows are older than the newest training row\n",
               100 * (double)counts->older_rows / (double)counts->rows);
    printf("%s\n%s\n", report->scope, report->settings);
}

static bool is_of_model(const td_metric_value *value)
{
    return strcmp(value->system, "model") == 0;
}

/* "top-5"; "like log loss" of the task like. The caller frees it. */
static char *label_of(const char *task, const char *label, int64_t k)
{
    char *text = td_metric_text(label, k);
    if (!task)
        return text;
    char *with_task = td_print_text("%s %s", task, text);
    td_free(text);
    return with_task;
}

/* That of the first column. */
static int label_width(const td_evaluate_report *report)
{
    size_t width = 8;
    for (size_t i = 0; i < report->count; i++) {
        char *label = td_metric_text(report->value[i].label, report->value[i].k);
        width = strlen(label) > width ? strlen(label) : width;
        td_free(label);
    }
    return (int)width;
}

/* That of the column of a value's system. */
static int column_width(const td_evaluate_report *report, size_t i)
{
    const int name = (int)strlen(report->value[i].system) + 2;
    if (is_of_model(&report->value[i]))
        return 10;
    return name > 12 ? name : 12;
}

/* Prints a line for each metric of lists and k, a column for each system. */
static void print_ranking(const td_evaluate_report *report)
{
    const td_metric_value *value = report->value;
    const int width = label_width(report);
    const char *last = "";
    printf("\n%-*s", width, "");
    for (size_t i = 0; i < report->count; i++)
        if (value[i].is_ranked && value[i].system != last)
            printf("%*s", column_width(report, i), last = value[i].system);
    printf("\n");
    for (size_t i = 0; i < report->count && is_of_model(&value[i]); i++) {
        if (!value[i].is_ranked)
            continue;
        char *label = td_metric_text(value[i].label, value[i].k);
        printf("%-*s", width, label);
        td_free(label);
        for (size_t j = i; j < report->count; j++)
            if (value[j].metric == value[i].metric && value[j].k == value[i].k)
                printf("%*.4f", column_width(report, j), value[j].value);
        printf("\n");
    }
}

/* Whether two values of predictions are of one system and task, and so on one line. */
static bool share_line(const td_metric_value *a, const td_metric_value *b)
{
    return !a->is_ranked && !b->is_ranked && a->system == b->system && a->task == b->task;
}

/* Prints whose predictions a line is of. */
static void print_whose(const td_metric_value *value)
{
    if (is_of_model(value))
        printf(" of %s\n", value->task ? value->task : "predicted ratings");
    else if (value->task)
        printf(" of %s by %s\n", value->task, value->system);
    else
        printf(" of %s\n", value->system);
}

/* Prints the metrics of predictions, a line for each system and task. */
static void print_predictions(const td_evaluate_report *report)
{
    const td_metric_value *value = report->value, *end = value + report->count;
    bool any = false;
    for (; value < end; value++) {
        if (value->is_ranked)
            continue;
        const bool continues = any && share_line(value - 1, value);
        printf("%s%s %.4f", continues ? ", " : any ? "" : "\n", value->label, value->value);
        any = true;
        if (value + 1 == end || !share_line(value, value + 1))
            print_whose(value);
    }
}

/* Prints one line for each difference, and how to read it. */
static void print_differences(const request *a, const td_evaluate_report *report)
{
    const char *before = "";
    for (size_t i = 0; i < report->differences; i++) {
        const td_metric_difference *d = &report->difference[i];
        const char *system = d->system ? d->system : a->options.against;
        if (strcmp(system, before) != 0)
            printf("\nless %s\n%-20s%10s%11s%11s%9s%8s%8s\n", system, "", "difference", "from",
                   "to", "better", "worse", "p");
        before = system;
        char *label = label_of(d->task, d->label, d->k);
        printf("%-20s%+10.4f%+11.4f%+11.4f%7.1f %%%6.1f %%%8.3f\n", label, d->difference, d->low,
               d->high, 100 * d->better, 100 * d->worse, d->p);
        td_free(label);
    }
}

/* Prints the intervals of the values, system by system. */
static void print_intervals(const td_evaluate_report *report)
{
    printf("\n95 %% of 1,000 resamples of the users\n");
    for (size_t i = 0; i < report->count; i++) {
        const td_metric_value *value = &report->value[i];
        if (!value->is_mean)
            continue;
        char *label = label_of(value->task, value->label, value->k);
        printf("%-20s%-12s%10.4f%10.4f\n", label, value->system, value->low, value->high);
        td_free(label);
    }
}

static void print_table(const request *a, const td_evaluate_report *report)
{
    const td_metric_value *value = report->value;
    bool ranks = false;
    for (size_t i = 0; i < report->count; i++)
        ranks = ranks || value[i].is_ranked;
    print_heading(a, report);
    if (ranks)
        print_ranking(report);
    print_predictions(report);
    if (a->options.intervals)
        print_intervals(report);
    print_differences(a, report);
    printf("\n(");
    for (size_t i = 0; i < report->count && is_of_model(&value[i]); i++)
        if (value[i].is_ranked && (i == 0 || value[i].metric != value[i - 1].metric))
            printf("%s; ", value[i].text);
    printf("%.3f s)\n", report->seconds);
}

/* The model's values stand at the top, those of every other system in an object of its name. */
static void add_values(json_t *object, const td_evaluate_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const td_metric_value *value = &report->value[i];
        char *name = td_metric_name(value->task, value->metric, value->k);
        json_t *system = object;
        if (!is_of_model(value)) {
            if (!json_object_get(object, value->system))
                json_object_set_new(object, value->system, json_object());
            system = json_object_get(object, value->system);
        }
        json_object_set_new(system, name, json_real(value->value));
        if (!isnan(value->low)) {
            char *interval = td_print_text("%s_interval", name);
            json_object_set_new(system, interval, json_pack("[f, f]", value->low, value->high));
            td_free(interval);
        }
        td_free(name);
    }
}

/* An array of objects. */
static json_t *differences_of(const td_evaluate_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->differences; i++) {
        const td_metric_difference *d = &report->difference[i];
        char *name = td_metric_name(d->task, d->metric, d->k);
        json_t *one = json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "metric", name, "other",
                                d->other, "difference", d->difference, "low", d->low, "high",
                                d->high, "better", d->better, "worse", d->worse, "p", d->p);
        if (d->system)
            json_object_set_new(one, "system", json_string(d->system));
        json_array_append_new(list, one);
        td_free(name);
    }
    return list;
}

static void print_json(const request *a, const td_evaluate_report *report)
{
    const td_evaluation_counts *counts = &report->counts;
    const struct {
        const char *name;
        int64_t count;
    } number[] = {{"step", report->step},
                  {"rows", counts->rows},
                  {"split_rows", report->split_rows},
                  {"users", counts->users},
                  {"candidates", counts->candidates},
                  {"repeats", counts->repeats},
                  {"outside", counts->outside},
                  {"unknown_user_rows", counts->unknown_user_rows},
                  {"new_users", counts->new_users},
                  {"idle_users", counts->idle_users},
                  {"older_rows", counts->older_rows},
                  {"tied_rows", counts->tied_rows}};
    json_t *object = json_pack("{s:s, s:s, s:s}", "split", split_name(&a->options), "scope",
                               report->scope, "settings", report->settings);
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        json_object_set_new(object, number[i].name, json_integer((json_int_t)number[i].count));
    add_values(object, report);
    if (report->differences > 0)
        json_object_set_new(object, "differences", differences_of(report));
    char *text = json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    puts(text);
    free(text);
    json_decref(object);
}

static td_output_format format_of(const char *path)
{
    const char *end = path ? strrchr(path, '.') : NULL;
    if (end && strcmp(end, ".csv") == 0)
        return TD_OUTPUT_CSV;
    return end && strcmp(end, ".jsonl") == 0 ? TD_OUTPUT_JSONL : TD_OUTPUT_TSV;
}

static td_status evaluate(td_comm *comm, void *context)
{
    request *a = context;
    td_evaluate_report report;
    const td_output users = {a->users, format_of(a->users)};
    a->options.set = a->set.text;
    a->options.users = a->users ? &users : NULL;
    td_status status = td_evaluate(comm, &a->options, &report);
    if (td_comm_rank(comm) == 0 && report.counts.rows > 0) {
        if (a->json)
            print_json(a, &report);
        else
            print_table(a, &report);
    }
    td_evaluate_report_free(&report);
    return status;
}

const command evaluate_command = {
    .name = "evaluate",
    .does = "measure a trained model",
    .table =
        {NULL,
         "Evaluates a checkpoint of a run by the metrics of eval.metrics: how often the item of a "
         "row is among the k best of all candidates, ..., beside a ranking by popularity.",
         options},
    .size = sizeof(request),
    .run = evaluate};
