/* The steps of `tandem evaluate` (serve/evaluate_run.c), but nothing is kept in the run, and the
 * lists of all users are measured, too. */
#include "report/measured.h"

#include "base/intern.h"
#include "base/memory.h"
#include "run/trained_model.h"
#include "tandem/evaluate.h"
#include "tandem/inspect.h"
#include "tandem/memory.h"

#include <string.h>

/* Metrics of the lists of all users, which a report shows whatever the run's configuration asks
 * for. */
static const char *const of_lists[] = {"coverage_at_k", "gini_at_k", "popularity_at_k"};

/* Returns "eval.metrics=[...]" with those of lists besides the configuration's; to be freed. */
static char *metrics_with_lists(const td_config *config)
{
    char *text;
    size_t size;
    const char *before = "";
    FILE *stream = td_text_writer(&text, &size);
    fputs("eval.metrics=[", stream);
    for (size_t i = 0; i < config->eval_metrics.count; i++) {
        bool is_of_lists = false;
        for (size_t l = 0; l < sizeof of_lists / sizeof *of_lists; l++)
            is_of_lists = is_of_lists || strcmp(of_lists[l], config->eval_metrics.name[i]) == 0;
        if (!is_of_lists) {
            fprintf(stream, "%s%s", before, config->eval_metrics.name[i]);
            before = ", ";
        }
    }
    for (size_t l = 0; l < sizeof of_lists / sizeof *of_lists; l++, before = ", ")
        fprintf(stream, "%s%s", before, of_lists[l]);
    fputs("]", stream);
    td_text_writer_close(stream);
    return text;
}

static td_status choose_split(const char *name, const td_data_info *info, td_split *split)
{
    if (name && !td_split_find(name, split))
        return td_fail(TD_ERR_USAGE, "--split %s: expected train, validation, test or given", name);
    if (!name)
        *split = info->rows[TD_TEST] > 0 ? TD_TEST : TD_VALIDATION;
    if (info->rows[*split] > 0)
        return TD_OK;
    return td_fail(TD_ERR_INPUT, "the data have no %s rows", name ? name : "test or validation");
}

/* C: the rows, and the configuration to ask them by. */
static td_status prepare(const td_report_options *options, td_trained_model *trained,
                         td_measured_run *measured)
{
    const td_data_info *info = td_dataset_info(trained->data);
    TD_TRY(choose_split(options->split, info, &measured->split));
    TD_TRY(td_trained_model_set(options->set, trained));
    measured->split_rows = info->rows[measured->split];
    measured->step = trained->info.position.step;
    return td_evaluation_check(trained->data, &trained->config);
}

/* C: the bounds of a grouping by counts of training rows: those of the run that comes first, where
 * they are of the same data, since a refit's training rows are more. */
static td_status find_bounds(td_comm *comm, const td_trained_model *trained, const char *by,
                             const td_measured_run *first, td_grouping_of *grouping,
                             const td_groups **bounds)
{
    *bounds = NULL;
    if (strcmp(by, "activity") != 0 && strcmp(by, "popularity") != 0)
        return TD_OK;
    for (size_t g = 0; first && g < first->groupings && !*bounds; g++)
        if (strcmp(first->grouping[g].by, by) == 0)
            *bounds = &first->grouping[g].groups;
    if (*bounds)
        return TD_OK;
    *bounds = &grouping->groups;
    return td_groups_find(comm, trained->data, by, &grouping->groups);
}

/* C: the metrics by the groups of eval.by. What is fitted holds the configuration, which is one for
 * all evaluations and changes between them. */
static td_status measure_groups(td_comm *comm, const td_trained_model *trained, td_config *config,
                                const char *by, const td_measured_run *first, td_systems *systems,
                                td_measured_run *measured)
{
    td_grouping_of *grouping = &measured->grouping[measured->groupings];
    config->eval_by = by;
    TD_TRY(find_bounds(comm, trained, by, first, grouping, &systems->groups));
    TD_TRY(td_evaluate_split(comm, trained->model, trained->data, measured->split, config,
                             TD_MEASURES_GROUPS | TD_LEAVES_TIES, systems, &grouping->evaluation));
    grouping->by = by;
    measured->groupings++;
    return TD_OK;
}

/* C: by activity, by popularity, and as the configuration says. */
static td_status measure_all_groups(td_comm *comm, const td_trained_model *trained,
                                    td_config *config, const td_measured_run *first,
                                    td_systems *systems, td_measured_run *measured)
{
    const char *own = td_intern_text(trained->config.eval_by);
    config->eval_metrics = trained->config.eval_metrics;
    TD_TRY(measure_groups(comm, trained, config, "activity", first, systems, measured));
    TD_TRY(measure_groups(comm, trained, config, "popularity", first, systems, measured));
    if (strcmp(own, "none") == 0 || strcmp(own, "activity") == 0 || strcmp(own, "popularity") == 0)
        return TD_OK;
    return measure_groups(comm, trained, config, own, first, systems, measured);
}

/* C: values with intervals, and how large the parameters are. */
static td_status measure_values(td_comm *comm, const td_trained_model *trained,
                                const td_config *config, td_systems *systems,
                                td_measured_run *measured)
{
    td_evaluation *evaluation = &measured->evaluation;
    TD_TRY(td_evaluate_split(comm, trained->model, trained->data, measured->split, config,
                             TD_KEEPS_USERS | TD_RESAMPLES_USERS | TD_CALIBRATES | TD_LEAVES_TIES,
                             systems, evaluation));
    if (evaluation->counts.rows == 0)
        return td_fail(TD_ERR_INPUT,
                       "no %s row is left to ask: the users have all of their items in training "
                       "rows, too",
                       td_split_name(measured->split));
    td_norms_measure(comm, trained, &measured->tensors, &measured->norms);
    return TD_OK;
}

/* C */
static td_status measure(td_comm *comm, const td_trained_model *trained, const td_to_measure *asked,
                         td_measured_run *measured)
{
    td_systems systems = {.count = 0};
    td_config config = trained->config;
    char *metrics = metrics_with_lists(&trained->config);
    td_status status = asked->with_lists ? td_config_set(&config, metrics) : TD_OK;
    config.train_seed = asked->seed;
    td_free(metrics);
    if (status == TD_OK)
        status = measure_values(comm, trained, &config, &systems, measured);
    if (status == TD_OK)
        status = measure_all_groups(comm, trained, &config, asked->first, &systems, measured);
    td_systems_free(&systems);
    return status;
}

/* Whether a failure is the caller's, who asked for it. */
static bool is_of_options(const td_report_options *options, td_status status)
{
    return status == TD_ERR_USAGE || (status == TD_ERR_CONFIG && options->set && *options->set);
}

td_status td_measure_run(td_comm *comm, const td_report_options *options,
                         const td_to_measure *asked, td_measured_run *measured)
{
    const bool with_examples = asked->with_examples;
    const td_trained_options model = {.run = asked->run,
                                      .data = options->data,
                                      .checkpoint = asked->checkpoint,
                                      .threads = options->threads,
                                      .isa = options->isa};
    td_trained_model trained;
    *measured = (td_measured_run){.step = -1};
    td_status status = td_trained_model_find(comm, &model, "--data", &trained);
    if (status == TD_OK)
        status = prepare(options, &trained, measured);
    if (status == TD_OK)
        status = td_inspect_checksum(comm, trained.checkpoint.path, TD_INSPECT_STATE,
                                     &measured->state_checksum);
    if (status == TD_OK)
        status = td_trained_model_load(comm, &model, &trained);
    if (status == TD_OK)
        status = measure(comm, &trained, asked, measured);
    if (status == TD_OK && with_examples)
        status = td_examples_choose(comm, &trained, measured->split, &measured->examples);
    td_trained_model_close(&trained);
    if (td_comm_agree(comm, status) == TD_OK && with_examples)
        td_examples_list(comm, options, asked->run, measured->step, &measured->examples);
    status = td_comm_agree(comm, status);
    if (status == TD_OK)
        return TD_OK;
    td_measured_run_free(measured);
    if (is_of_options(options, status))
        return status;
    measured->problem = td_copy_text(td_message());
    return TD_OK;
}

bool td_measured_are_alike(const td_measured_run *a, const td_measured_run *b)
{
    return a->evaluation.count > 0 && b->evaluation.count > 0 && a->split == b->split &&
           a->evaluation.counts.rows == b->evaluation.counts.rows &&
           strcmp(a->evaluation.settings, b->evaluation.settings) == 0;
}

/* C: column i of a run, less column j of the first one. */
static td_metric_difference difference_of(td_comm *comm, const td_evaluation *e, size_t i,
                                          const td_evaluation *first, size_t j)
{
    const td_metric_value *value = &e->value[i];
    td_metric_difference found = {.metric = value->metric,
                                  .task = value->task,
                                  .label = value->label,
                                  .k = value->k,
                                  .other = first->value[j].value,
                                  .difference = value->value - first->value[j].value};
    td_difference_find(&e->resamples, i, &first->resamples, j, &found);
    td_difference_count(comm, &e->users, i, &first->users, j, &found);
    return found;
}

void td_measured_compare(td_comm *comm, const td_measured_run *first, td_measured_run *measured)
{
    const td_evaluation *e = &measured->evaluation, *other = &first->evaluation;
    measured->difference = TD_NEW(td_metric_difference, e->count);
    for (size_t i = 0; i < e->count && e->value[i].is_of_model; i++)
        for (size_t j = 0; j < other->count && other->value[j].is_of_model; j++)
            if (td_metric_is_same(&e->value[i], &other->value[j]))
                measured->difference[measured->differences++] = difference_of(comm, e, i, other, j);
}

void td_measured_forget_users(td_measured_run *measured)
{
    td_user_sums_free(&measured->evaluation.users);
    td_resamples_free(&measured->evaluation.resamples);
}

static void free_bounds(td_measured_run *measured)
{
    for (size_t g = 0; g < TD_GROUPINGS; g++)
        td_groups_free(&measured->grouping[g].groups);
}

void td_measured_run_free(td_measured_run *measured)
{
    td_free(measured->problem);
    td_evaluation_free(&measured->evaluation);
    for (size_t g = 0; g < TD_GROUPINGS; g++)
        td_evaluation_free(&measured->grouping[g].evaluation);
    free_bounds(measured);
    td_free(measured->difference);
    td_norms_free(measured->tensors, measured->norms);
    td_examples_free(&measured->examples);
    *measured = (td_measured_run){.step = -1};
}
