/* From a run folder to the metrics of one of its checkpoints. */
#include "tandem/evaluate.h"

#include "base/memory.h"
#include "base/timer.h"
#include "run/run_metrics.h"
#include "run/trained_model.h"

#include <string.h>

typedef struct {
    td_comm *comm;
    const td_evaluate_options *options;
    td_split split;
    td_trained_model trained; /* its config with what --set changed */
    td_run_origin origin;     /* of the run that is evaluated */
    td_evaluation evaluation;
    double seconds;
} evaluation_of_run;

static td_status choose_split(const char *name, td_split *split)
{
    *split = TD_TEST;
    if (!name || td_split_find(name, split))
        return TD_OK;
    return td_fail(TD_ERR_USAGE, "--split %s: expected train, validation, test or given", name);
}

/* Only what does not shape the model may be set here. */
static td_status apply_settings(evaluation_of_run *e)
{
    td_config changed = e->trained.config;
    for (const char *const *set = e->options->set; set && *set; set++)
        TD_TRY(td_config_set(&changed, *set));
    TD_TRY(td_config_check(&changed));
    if (td_config_match(&e->trained.config, &changed) != TD_OK)
        return td_fail(TD_ERR_CONFIG,
                       "--set may change eval.* and placement.* here, not the model: %s",
                       td_message());
    e->trained.config = changed;
    return TD_OK;
}

static td_status check_rows(const evaluation_of_run *e)
{
    if (td_dataset_info(e->trained.data)->rows[e->split] > 0)
        return TD_OK;
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
    TD_TRY(apply_settings(e));
    TD_TRY(check_rows(e));
    TD_TRY(td_evaluation_check(trained->data, &trained->config));
    TD_TRY(td_trained_model_load(e->comm, &e->options->model, trained));
    const double begin = td_seconds();
    TD_TRY(td_evaluate_split(e->comm, trained->model, trained->data, e->split, &trained->config,
                             &e->evaluation));
    e->seconds = td_seconds() - begin;
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
        .seconds = e->seconds,
    };
    e->evaluation.value = NULL;
    e->evaluation.settings = NULL;
    e->evaluation.scope = NULL;
}

td_status td_evaluate(td_comm *comm, const td_evaluate_options *options, td_evaluate_report *report)
{
    evaluation_of_run e = {.comm = comm, .options = options};
    td_status status = evaluate(&e);
    *report = (td_evaluate_report){.count = 0};
    if (status == TD_OK) {
        status = td_run_metrics_change(comm, options->model.run, td_metrics_load, add_evaluation,
                                       &e, NULL);
        fill_report(&e, report);
    }
    td_evaluation_free(&e.evaluation);
    td_trained_model_close(&e.trained);
    return status;
}

void td_evaluate_report_free(td_evaluate_report *report)
{
    td_free(report->value);
    td_free(report->settings);
    td_free(report->scope);
    *report = (td_evaluate_report){.count = 0};
}
