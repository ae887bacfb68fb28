/* From run folders to the metrics of a checkpoint of each: of one run, of several as one, and how
 * they differ from other systems and other runs. */
#include "tandem/evaluate.h"

#include "base/log.h"
#include "base/memory.h"
#include "eval/certainty.h"
#include "eval/popularity_hint.h"
#include "eval/several_runs.h"
#include "run/trained_retrieval.h"
#include "serve/evaluated_run.h"
#include "serve/user_values.h"

#include <string.h>

/* The runs of one side of a comparison. The first one's evaluation becomes that of all. */
typedef struct {
    size_t runs;
    td_evaluated_run *run;   /* (runs) */
    td_metric_value **value; /* (runs): the run's own values */
} side;

typedef struct {
    td_comm *comm;
    const td_evaluate_options *options;
    side ours, theirs;
    size_t differences;
    td_metric_difference *difference;
} comparison;

static const td_evaluation *evaluation_of(const side *of)
{
    return &of->run[0].evaluation;
}

static size_t count_texts(const char *const *text)
{
    size_t n = 0;
    while (text && text[n])
        n++;
    return n;
}

static side side_create(size_t runs)
{
    return (side){runs, TD_NEW(td_evaluated_run, runs), TD_NEW(td_metric_value *, runs)};
}

static void side_free(side *of)
{
    for (size_t i = 0; i < of->runs; i++) {
        td_evaluated_run_close(&of->run[i]);
        td_free(of->value[i]);
    }
    td_free(of->run);
    td_free(of->value);
}

/* All runs of a side have been evaluated. */
static void join(side *of, int number)
{
    td_evaluation **evaluation = TD_NEW(td_evaluation *, of->runs);
    for (size_t i = 0; i < of->runs; i++) {
        evaluation[i] = &of->run[i].evaluation;
        const size_t count = evaluation[i]->count;
        of->value[i] = TD_NEW(td_metric_value, count);
        memcpy(of->value[i], evaluation[i]->value, count * sizeof **of->value);
    }
    td_several_runs_join(of->runs, evaluation, number);
    td_free(evaluation);
}

/* C: the runs that --run names. */
static td_status evaluate_ours(comparison *c)
{
    const td_evaluate_options *options = c->options;
    const int more = TD_MEASURES_GROUPS | (options->users ? TD_KEEPS_USERS : 0) |
                     (options->intervals || options->against ? TD_RESAMPLES_USERS : 0);
    c->ours = side_create(1 + count_texts(options->more));
    td_evaluated_run *run = c->ours.run;
    if (options->users && c->ours.runs > 1)
        return td_fail(TD_ERR_USAGE, "--per-user: expected one --run; the values of several go "
                                     "into files of their own");
    TD_TRY(td_evaluated_run_first(c->comm, options, more, &run[0]));
    for (size_t i = 1; i < c->ours.runs; i++)
        TD_TRY(td_evaluated_run_other(c->comm, &run[0], "--run", options->more[i - 1], more, i, run,
                                      &run[i]));
    join(&c->ours, 0);
    return TD_OK;
}

/* C: the runs that --against names, if it does. */
static td_status evaluate_theirs(comparison *c)
{
    const char *const *against = c->options->against;
    c->theirs = side_create(count_texts(against));
    td_evaluated_run *run = c->theirs.run;
    for (size_t i = 0; i < c->theirs.runs; i++)
        TD_TRY(td_evaluated_run_other(c->comm, &c->ours.run[0], "--against", against[i],
                                      TD_RESAMPLES_USERS, i, run, &run[i]));
    if (c->theirs.runs > 0)
        join(&c->theirs, 1);
    return TD_OK;
}

/* C: column i of ours, less column j of theirs, or of ours. */
static void compare(comparison *c, size_t i, const side *with, size_t j)
{
    const td_evaluation *ours = evaluation_of(&c->ours), *theirs = evaluation_of(with);
    const td_metric_value *value = &ours->value[i];
    td_metric_difference found = {.system = with == &c->ours ? theirs->value[j].system : NULL,
                                  .metric = value->metric,
                                  .task = value->task,
                                  .label = value->label,
                                  .k = value->k,
                                  .other = theirs->value[j].value};
    found.difference = value->value - found.other;
    td_difference_find(&ours->resamples, i, &theirs->resamples, j, &found);
    td_difference_count(c->comm, &ours->users, i, &theirs->users, j, &found);
    c->difference = td_grow(c->difference, c->differences, sizeof found);
    c->difference[c->differences++] = found;
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
static void compare_systems(comparison *c)
{
    const td_evaluation *ours = evaluation_of(&c->ours);
    for (size_t i = 0; i < ours->count && ours->value[i].is_of_model; i++)
        for (size_t j = i + 1; j < ours->count; j++)
            if (!ours->value[j].is_of_model && td_metric_is_same(&ours->value[i], &ours->value[j]))
                compare(c, i, &c->ours, j);
    sort_by_system(c->differences, c->difference);
}

/* C: the models of both sides, where both have a metric. */
static void compare_sides(comparison *c)
{
    const td_evaluation *ours = evaluation_of(&c->ours), *theirs = evaluation_of(&c->theirs);
    for (size_t i = 0; i < ours->count && ours->value[i].is_of_model; i++)
        for (size_t j = 0; j < theirs->count && theirs->value[j].is_of_model; j++)
            if (td_metric_is_same(&ours->value[i], &theirs->value[j]))
                compare(c, i, &c->theirs, j);
}

static bool is_of_same_metric(const td_metric_difference *a, const td_metric_difference *b)
{
    return td_metric_is_same(&(td_metric_value){.metric = a->metric, .task = a->task, .k = a->k},
                             &(td_metric_value){.metric = b->metric, .task = b->task, .k = b->k});
}

/* Holm's correction of each metric over all that the model is compared with. */
static void correct(comparison *c)
{
    td_metric_difference *family = TD_NEW(td_metric_difference, c->differences);
    for (size_t i = 0; i < c->differences; i++) {
        size_t n = 0;
        bool is_first = true;
        for (size_t j = 0; j < i; j++)
            is_first = is_first && !is_of_same_metric(&c->difference[i], &c->difference[j]);
        for (size_t j = i; is_first && j < c->differences; j++)
            if (is_of_same_metric(&c->difference[i], &c->difference[j]))
                family[n++] = c->difference[j];
        td_differences_correct(n, family);
        for (size_t j = i, k = 0; is_first && j < c->differences; j++)
            if (is_of_same_metric(&c->difference[i], &c->difference[j]))
                c->difference[j].p = family[k++].p;
    }
    td_free(family);
}

/* C: what was asked for besides the values. */
static td_status add_certainty(comparison *c)
{
    const td_evaluate_options *options = c->options;
    if (options->intervals)
        compare_systems(c);
    if (c->theirs.runs > 0)
        compare_sides(c);
    correct(c);
    if (options->users)
        TD_TRY(td_user_values_write(c->comm, c->ours.run[0].trained.data, evaluation_of(&c->ours),
                                    options->users));
    return TD_OK;
}

/* C: each of our runs keeps its own values. */
static td_status keep(const comparison *c)
{
    for (size_t i = 0; i < c->ours.runs && !c->options->no_keep; i++)
        TD_TRY(td_evaluated_run_keep(c->comm, &c->ours.run[i], c->ours.value[i]));
    return TD_OK;
}

/* What each of several runs has by itself. */
static void fill_runs(const side *ours, td_evaluate_report *report)
{
    while (report->model_count < report->count && report->value[report->model_count].is_of_model)
        report->model_count++;
    report->run = TD_NEW(td_run_values, ours->runs);
    for (; report->runs < ours->runs; report->runs++) {
        td_run_values *run = &report->run[report->runs];
        run->run = td_copy_text(ours->run[report->runs].model.run);
        run->step = ours->run[report->runs].trained.info.position.step;
        run->value = TD_NEW(double, report->model_count);
        for (size_t i = 0; i < report->model_count; i++)
            run->value[i] = ours->value[report->runs][i].value;
    }
}

/* The report takes the evaluation's values. */
static void fill_report(comparison *c, td_evaluate_report *report)
{
    td_evaluated_run *first = &c->ours.run[0];
    td_evaluation *evaluation = &first->evaluation;
    *report = (td_evaluate_report){
        .step = first->trained.info.position.step,
        .split_rows = td_dataset_info(first->trained.data)->rows[first->split],
        .counts = evaluation->counts,
        .scope = evaluation->scope,
        .settings = evaluation->settings,
        .count = evaluation->count,
        .value = evaluation->value,
        .differences = c->differences,
        .difference = c->difference,
        .groups = evaluation->groups,
        .group = evaluation->group,
        .by = td_copy_text(first->trained.config.eval_by),
    };
    for (size_t i = 0; i < c->ours.runs; i++)
        report->seconds += c->ours.run[i].seconds;
    fill_runs(&c->ours, report);
    evaluation->groups = 0;
    evaluation->group = NULL;
    evaluation->value = NULL;
    evaluation->settings = NULL;
    evaluation->scope = NULL;
}

td_status td_evaluate(td_comm *comm, const td_evaluate_options *options, td_evaluate_report *report)
{
    TD_MEMORY_FOR("an evaluation", "eval.systems, eval.metrics");
    comparison c = {.comm = comm, .options = options};
    td_status status = evaluate_ours(&c);
    if (status == TD_OK)
        status = evaluate_theirs(&c);
    if (status == TD_OK)
        status = add_certainty(&c);
    *report = (td_evaluate_report){.count = 0};
    if (status == TD_OK) {
        const td_evaluation *found = evaluation_of(&c.ours);
        const td_evaluated_run *ours = &c.ours.run[0];
        const td_config *config = &ours->trained.config;
        td_warn_below_baselines(config, td_run_has_trained_retrieval(comm, config, &ours->origin),
                                found->count, found->value, &found->counts);
        status = keep(&c);
        fill_report(&c, report);
    } else {
        td_free(c.difference);
    }
    side_free(&c.ours);
    side_free(&c.theirs);
    return status;
}

void td_evaluate_report_free(td_evaluate_report *report)
{
    td_free(report->value);
    for (size_t i = 0; i < report->runs; i++) {
        td_free(report->run[i].run);
        td_free(report->run[i].value);
    }
    td_free(report->run);
    td_metric_groups_free(report->groups, report->group);
    td_free(report->by);
    td_free(report->difference);
    td_free(report->settings);
    td_free(report->scope);
    *report = (td_evaluate_report){.count = 0};
}
