/* From a run folder to the metrics of one of its checkpoints. */
#include "tandem/evaluate.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/timer.h"
#include "eval/certainty.h"
#include "run/run_metrics.h"
#include "run/trained_model.h"
#include "serve/user_values.h"

#include <string.h>

typedef struct {
    td_comm *comm;
    const td_evaluate_options *options;
    td_split split;
    td_trained_model trained; /* its config with what --set changed */
    td_run_origin origin;     /* of the run that is evaluated */
    td_evaluation evaluation;
    double seconds;
    size_t differences;
    td_metric_difference *difference;
} evaluation_of_run;

/* What is asked of td_evaluate_split besides the values. */
static int more_of(const td_evaluate_options *options)
{
    return TD_MEASURES_GROUPS | (options->users ? TD_KEEPS_USERS : 0) |
           (options->intervals || options->against ? TD_RESAMPLES_USERS : 0);
}

static td_status choose_split(const char *name, td_split *split)
{
    *split = TD_TEST;
    if (!name || td_split_find(name, split))
        return TD_OK;
    return td_fail(TD_ERR_USAGE, "--split %s: expected train, validation, test or given", name);
}

static td_status check_rows(const evaluation_of_run *e)
{
    const td_data_info *info = td_dataset_info(e->trained.data);
    if (info->rows[e->split] > 0)
        return TD_OK;
    if (e->split == TD_VALIDATION && info->joined > 0)
        return td_fail(TD_ERR_INPUT,
                       "%s was trained on the validation rows, too (train.rows): they cannot "
                       "measure it; the run that it was refitted from can",
                       e->options->model.run);
    return td_fail(TD_ERR_INPUT, "%s has no %s rows to evaluate", e->trained.data_path.path,
                   td_split_name(e->split));
}

/* Collective. An evaluation takes time: the run may be another by now (train --fresh). One of the
 * same configuration, data and start has the same parameters, whoever trained it. */
static td_status check_same_run(const evaluation_of_run *e)
{
    td_config config;
    td_path data;
    uint64_t data_checksum;
    td_run_origin origin;
    const char *run = e->options->model.run;
    TD_TRY(td_run_read(e->comm, run, &config, &data, &data_checksum));
    TD_TRY(td_run_read_origin(e->comm, run, &origin));
    if (td_config_match(&e->trained.config, &config) == TD_OK &&
        data_checksum == e->trained.info.data_checksum && origin.step == e->origin.step &&
        strcmp(origin.run.path, e->origin.run.path) == 0)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s was begun anew while it was evaluated; the evaluation is not kept", run);
}

static td_status add_evaluation(void *context, td_metrics *metrics)
{
    const evaluation_of_run *e = context;
    TD_TRY(check_same_run(e));
    td_metrics_add(metrics, e->trained.info.position.step, &e->evaluation);
    return TD_OK;
}

static td_status evaluate(evaluation_of_run *e)
{
    td_trained_model *trained = &e->trained;
    TD_TRY(choose_split(e->options->split, &e->split));
    TD_TRY(td_run_read_origin(e->comm, e->options->model.run, &e->origin));
    TD_TRY(td_trained_model_find(e->comm, &e->options->model, "--data", trained));
    TD_TRY(td_trained_model_set(e->options->set, trained));
    TD_TRY(check_rows(e));
    TD_TRY(td_evaluation_check(trained->data, &trained->config));
    TD_TRY(td_trained_model_load(e->comm, &e->options->model, trained));
    const double begin = td_seconds();
    TD_TRY(td_evaluate_split(e->comm, trained->model, trained->data, e->split, &trained->config,
                             more_of(e->options), NULL, &e->evaluation));
    if (e->evaluation.counts.rows == 0)
        return td_fail(TD_ERR_INPUT, "there is nothing to evaluate; see the warning");
    e->seconds = td_seconds() - begin;
    return TD_OK;
}

/* Room for one more, of column i of the evaluation. */
static td_metric_difference *add_difference(evaluation_of_run *e, size_t i)
{
    const td_metric_value *value = &e->evaluation.value[i];
    e->difference = td_grow(e->difference, e->differences, sizeof *e->difference);
    td_metric_difference *added = &e->difference[e->differences++];
    *added = (td_metric_difference){
        .metric = value->metric, .task = value->task, .label = value->label, .k = value->k};
    return added;
}

/* Column i of the evaluation, less column j of another one, or of the same. */
static void compare(evaluation_of_run *e, size_t i, const evaluation_of_run *other, size_t j)
{
    td_metric_difference *found = add_difference(e, i);
    found->system = other == e ? e->evaluation.value[j].system : NULL;
    found->other = other->evaluation.value[j].value;
    found->difference = e->evaluation.value[i].value - found->other;
    td_difference_find(&e->evaluation.resamples, i, &other->evaluation.resamples, j, found);
    td_difference_count(e->comm, &e->evaluation.users, i, &other->evaluation.users, j, found);
}

/* By system in the order that they are first met, each in the order that it has. */
static void sort_by_system(size_t count, td_metric_difference *difference)
{
    td_metric_difference *sorted = TD_NEW(td_metric_difference, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_new = true;
        for (size_t j = 0; j < i; j++)
            is_new = is_new && difference[j].system != difference[i].system;
        for (size_t j = i; is_new && j < count; j++)
            if (difference[j].system == difference[i].system)
                sorted[n++] = difference[j];
    }
    if (count > 0)
        memcpy(difference, sorted, count * sizeof *difference);
    td_free(sorted);
}

/* C: the model with every other system, where both have a metric. */
static void compare_systems(evaluation_of_run *e)
{
    const td_metric_value *value = e->evaluation.value;
    for (size_t i = 0; i < e->evaluation.count && value[i].is_of_model; i++) {
        const size_t first = e->differences;
        for (size_t j = i + 1; j < e->evaluation.count; j++)
            if (!value[j].is_of_model && td_metric_is_same(&value[i], &value[j]))
                compare(e, i, e, j);
        td_differences_correct(e->differences - first, e->difference + first);
    }
    sort_by_system(e->differences, e->difference);
}

/* C: the models of two runs, where both have a metric. */
static void compare_runs(evaluation_of_run *e, const evaluation_of_run *other)
{
    const td_metric_value *value = e->evaluation.value, *theirs = other->evaluation.value;
    for (size_t i = 0; i < e->evaluation.count && value[i].is_of_model; i++)
        for (size_t j = 0; j < other->evaluation.count && theirs[j].is_of_model; j++)
            if (td_metric_is_same(&value[i], &theirs[j]))
                compare(e, i, other, j);
}

/* C: the other run is of the same data, and is asked the same. */
static td_status compare_with(evaluation_of_run *e)
{
    td_evaluate_options options = *e->options;
    options.model.run = options.against;
    evaluation_of_run other = {.comm = e->comm, .options = &options, .split = e->split};
    td_trained_model *trained = &other.trained;
    td_config config = e->trained.config;
    config.eval_systems.count = 0; /* the model alone is compared */
    td_status status = td_trained_model_find(e->comm, &options.model, "--data", trained);
    if (status == TD_OK && trained->info.data_checksum != e->trained.info.data_checksum)
        status = td_fail(TD_ERR_MISMATCH, "--against %s: that run is of other data than %s",
                         options.against, e->options->model.run);
    if (status == TD_OK)
        status = check_rows(&other);
    if (status == TD_OK)
        status = td_trained_model_load(e->comm, &options.model, trained);
    if (status == TD_OK)
        status = td_evaluate_split(e->comm, trained->model, trained->data, e->split, &config,
                                   TD_RESAMPLES_USERS, NULL, &other.evaluation);
    if (status == TD_OK && other.evaluation.counts.rows == 0)
        status =
            td_fail(TD_ERR_INPUT, "--against %s: there is nothing to compare with; see the warning",
                    options.against);
    if (status == TD_OK)
        compare_runs(e, &other);
    td_evaluation_free(&other.evaluation);
    td_trained_model_close(trained);
    return status;
}

/* C: what was asked for besides the values. */
static td_status add_certainty(evaluation_of_run *e)
{
    const td_evaluate_options *options = e->options;
    if (options->intervals)
        compare_systems(e);
    if (options->against)
        TD_TRY(compare_with(e));
    if (options->users)
        TD_TRY(td_user_values_write(e->comm, e->trained.data, &e->evaluation, options->users));
    return TD_OK;
}

/* The report takes the evaluation's values. */
static void fill_report(evaluation_of_run *e, td_evaluate_report *report)
{
    const td_data_info *info = td_dataset_info(e->trained.data);
    *report = (td_evaluate_report){
        .step = e->trained.info.position.step,
        .split_rows = info->rows[e->split],
        .counts = e->evaluation.counts,
        .scope = e->evaluation.scope,
        .settings = e->evaluation.settings,
        .count = e->evaluation.count,
        .value = e->evaluation.value,
        .differences = e->differences,
        .difference = e->difference,
        .seconds = e->seconds,
    };
    report->groups = e->evaluation.groups;
    report->group = e->evaluation.group;
    report->by = td_copy_text(e->trained.config.eval_by);
    e->evaluation.groups = 0;
    e->evaluation.group = NULL;
    e->evaluation.value = NULL;
    e->evaluation.settings = NULL;
    e->evaluation.scope = NULL;
}

/* C: a run that may only be read is evaluated all the same. */
static td_status keep(evaluation_of_run *e)
{
    const char *run = e->options->model.run;
    if (e->options->no_keep)
        return TD_OK;
    if (td_run_is_writable(e->comm, run))
        return td_run_metrics_change(e->comm, run, td_metrics_load, add_evaluation, e, NULL);
    td_warn(
        "%s may only be read, so its metrics.h5 does not keep these values (--no-keep asks for no "
        "more)",
        run);
    return TD_OK;
}

td_status td_evaluate(td_comm *comm, const td_evaluate_options *options, td_evaluate_report *report)
{
    evaluation_of_run e = {.comm = comm, .options = options};
    td_status status = evaluate(&e);
    if (status == TD_OK)
        status = add_certainty(&e);
    *report = (td_evaluate_report){.count = 0};
    if (status == TD_OK) {
        status = keep(&e);
        fill_report(&e, report);
    } else {
        td_free(e.difference);
    }
    td_evaluation_free(&e.evaluation);
    td_trained_model_close(&e.trained);
    return status;
}

void td_evaluate_report_free(td_evaluate_report *report)
{
    td_free(report->value);
    td_metric_groups_free(report->groups, report->group);
    td_free(report->by);
    td_free(report->difference);
    td_free(report->settings);
    td_free(report->scope);
    *report = (td_evaluate_report){.count = 0};
}
