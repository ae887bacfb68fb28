#include "evaluation_table.h"

#include "base/memory.h"
#include "tandem/memory.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The object that a value of a system goes into: the model's stand at the top, those of every other
 * system in an object of its name. */
static json_t *object_of(json_t *object, const td_metric_value *value)
{
    if (value->is_of_model)
        return object;
    if (!json_object_get(object, value->system))
        json_object_set_new(object, value->system, json_object());
    return json_object_get(object, value->system);
}

/* JSON has no NaN: what is no number is null. */
static json_t *number_of(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void add_values(json_t *object, const td_evaluate_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const td_metric_value *value = &report->value[i];
        char *name = td_metric_name(value->task, value->metric, value->k);
        json_t *system = object_of(object, value);
        json_object_set_new(system, name, number_of(value->value));
        if (!isnan(value->low)) {
            char *interval = td_print_text("%s_interval", name);
            json_object_set_new(system, interval,
                                json_pack("[o, o]", number_of(value->low), number_of(value->high)));
            td_free(interval);
        }
        td_free(name);
    }
}

/* An array of objects, with what is measured by group. */
static json_t *groups_of(const td_evaluate_report *report)
{
    json_t *list = json_array();
    for (size_t g = 0; g < report->groups; g++) {
        const td_metric_group *group = &report->group[g];
        json_t *one = json_pack("{s:s, s:I, s:I}", "group", group->name, "users",
                                (json_int_t)group->users, "rows", (json_int_t)group->rows);
        for (size_t i = 0; i < report->count; i++) {
            const td_metric_value *value = &report->value[i];
            char *name = td_metric_name(value->task, value->metric, value->k);
            if (is_grouped(report, i))
                json_object_set_new(object_of(one, value), name, number_of(group->value[i]));
            td_free(name);
        }
        json_array_append_new(list, one);
    }
    return list;
}

/* An array of objects: what each of several runs has. */
static json_t *runs_of(const td_evaluate_report *report)
{
    json_t *list = json_array();
    for (size_t r = 0; r < report->runs; r++) {
        const td_run_values *run = &report->run[r];
        json_t *one = json_pack("{s:s, s:I}", "run", run->run, "step", (json_int_t)run->step);
        for (size_t i = 0; i < report->model_count; i++) {
            const td_metric_value *value = &report->value[i];
            char *name = td_metric_name(value->task, value->metric, value->k);
            json_object_set_new(one, name, number_of(run->value[i]));
            td_free(name);
        }
        json_array_append_new(list, one);
    }
    return list;
}

/* An array of objects. */
static json_t *differences_of(const td_evaluate_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->differences; i++) {
        const td_metric_difference *d = &report->difference[i];
        char *name = td_metric_name(d->task, d->metric, d->k);
        json_t *one =
            json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "metric", name, "other",
                      number_of(d->other), "difference", number_of(d->difference), "low",
                      number_of(d->low), "high", number_of(d->high), "better", number_of(d->better),
                      "worse", number_of(d->worse), "p", number_of(d->p));
        if (d->system)
            json_object_set_new(one, "system", json_string(d->system));
        json_array_append_new(list, one);
        td_free(name);
    }
    return list;
}

void print_evaluation_json(const td_evaluate_options *asked, const td_evaluate_report *report)
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
    json_t *object = json_pack("{s:s, s:s, s:s}", "split", evaluated_split(asked), "scope",
                               report->scope, "settings", report->settings);
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        json_object_set_new(object, number[i].name, json_integer((json_int_t)number[i].count));
    add_values(object, report);
    if (report->runs > 1)
        json_object_set_new(object, "runs", runs_of(report));
    if (report->groups > 0) {
        json_object_set_new(object, "by", json_string(report->by));
        json_object_set_new(object, "groups", groups_of(report));
    }
    if (report->differences > 0)
        json_object_set_new(object, "differences", differences_of(report));
    char *text = td_made(json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15)),
                         "an evaluation's JSON");
    puts(text);
    free(text);
    json_decref(object);
}
