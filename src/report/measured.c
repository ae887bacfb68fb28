/* The steps of `tandem evaluate` (serve/evaluate_run.c), but nothing is kept in the run, and the
 * lists of all users are measured, too. */
#include "report/measured.h"

#include "base/memory.h"
#include "run/trained_model.h"
#include "tandem/evaluate.h"
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
    char *metrics = metrics_with_lists(&trained->config);
    const char *const set[] = {metrics, NULL};
    const td_status status = td_trained_model_set(set, trained);
    td_free(metrics);
    TD_TRY(status);
    measured->split_rows = info->rows[measured->split];
    measured->step = trained->info.position.step;
    return td_evaluation_check(trained->data, &trained->config);
}

/* C */
static td_status measure(td_comm *comm, td_trained_model *trained, td_measured_run *measured)
{
    TD_TRY(td_evaluate_split(comm, trained->model, trained->data, measured->split, &trained->config,
                             TD_KEEPS_USERS, NULL, &measured->evaluation));
    if (measured->evaluation.counts.rows == 0)
        return td_fail(TD_ERR_INPUT,
                       "no %s row is left to ask: the users have all of their items "
                       "in training rows, too",
                       td_split_name(measured->split));
    measured->resamples =
        td_resample(comm, &measured->evaluation.users, measured->evaluation.value, 0, TD_RESAMPLES);
    td_intervals_find(&measured->resamples, measured->evaluation.value);
    return TD_OK;
}

/* Whether a failure is the caller's, who asked for it. */
static bool is_of_options(const td_report_options *options, td_status status)
{
    return status == TD_ERR_USAGE || (status == TD_ERR_CONFIG && options->set && *options->set);
}

td_status td_measure_run(td_comm *comm, const td_report_options *options, const char *run,
                         const char *checkpoint, td_measured_run *measured)
{
    const td_trained_options model = {.run = run,
                                      .data = options->data,
                                      .checkpoint = checkpoint,
                                      .threads = options->threads,
                                      .isa = options->isa};
    td_trained_model trained;
    *measured = (td_measured_run){.step = -1};
    td_status status = td_trained_model_find(comm, &model, "--data", &trained);
    if (status == TD_OK)
        status = prepare(options, &trained, measured);
    if (status == TD_OK)
        status = td_trained_model_load(comm, &model, &trained);
    if (status == TD_OK)
        status = measure(comm, &trained, measured);
    td_trained_model_close(&trained);
    status = td_comm_agree(comm, status);
    if (status == TD_OK)
        return TD_OK;
    td_measured_run_free(measured);
    if (is_of_options(options, status))
        return status;
    measured->problem = td_copy_text(td_message());
    return TD_OK;
}

void td_measured_run_free(td_measured_run *measured)
{
    td_free(measured->problem);
    td_resamples_free(&measured->resamples);
    td_evaluation_free(&measured->evaluation);
    *measured = (td_measured_run){.step = -1};
}
