/* From a run folder to the metrics of one of its checkpoints. */
#include "tandem/evaluate.h"

#include "base/memory.h"
#include "base/timer.h"
#include "train/checkpoint.h"
#include "train/execution.h"
#include "train/model_data.h"
#include "train/run_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    td_comm *comm;
    const td_evaluate_options *options;
    td_config config; /* the run's, with what --set changed */
    td_path data_path;
    uint64_t data_checksum;
    td_split split;
    td_path checkpoint;
    td_checkpoint_info info;
    td_dataset *data;
    td_model_data model_data;
    td_model *model;
    td_evaluation evaluation;
    double seconds;
} evaluation_of_run;

static td_status choose_split(const char *name, td_split *split)
{
    *split = TD_TEST;
    if (!name || strcmp(name, td_split_name(TD_TEST)) == 0)
        return TD_OK;
    *split = TD_TRAIN;
    if (strcmp(name, td_split_name(TD_TRAIN)) == 0)
        return TD_OK;
    return td_fail(TD_ERR_USAGE, "--split %s: expected test or train", name);
}

/* Only what does not shape the model may be set here. */
static td_status apply_settings(evaluation_of_run *e)
{
    td_config changed = e->config;
    for (const char *const *set = e->options->set; set && *set; set++)
        TD_TRY(td_config_set(&changed, *set));
    TD_TRY(td_config_check(&changed));
    if (td_config_match(&e->config, &changed) != TD_OK)
        return td_fail(TD_ERR_CONFIG, "--set may change eval.* here, not the model: %s",
                       td_message());
    e->config = changed;
    return TD_OK;
}

static td_status read_run(evaluation_of_run *e)
{
    TD_TRY(choose_split(e->options->split, &e->split));
    TD_TRY(td_run_read(e->comm, e->options->run, &e->config, &e->data_path, &e->data_checksum));
    return apply_settings(e);
}

/* The evaluated step of the greatest test accuracy at the largest k, the earliest of equals. */
static td_status find_best_step(evaluation_of_run *e, int64_t *step)
{
    td_metrics metrics;
    const td_path file = td_run_file(e->options->run, "metrics.h5");
    TD_TRY(td_metrics_load(e->comm, file.path, &metrics));
    const td_split_metrics *test = &metrics.split[TD_TEST];
    double best = -1;
    for (size_t i = 0; i < test->count; i++) {
        double accuracy = test->model[(i + 1) * test->columns - 1];
        if (accuracy > best) {
            best = accuracy;
            *step = test->steps[i];
        }
    }
    td_metrics_free(&metrics);
    if (best >= 0)
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "--checkpoint best: %s has no evaluation on the test rows yet; set "
                   "eval.every_epochs in training, or evaluate some checkpoints",
                   e->options->run);
}

static td_status choose_step(evaluation_of_run *e, int64_t *step)
{
    const char *choice = e->options->checkpoint ? e->options->checkpoint : "newest";
    *step = -1;
    if (strcmp(choice, "best") == 0)
        return find_best_step(e, step);
    if (strcmp(choice, "newest") == 0) {
        TD_TRY(td_run_newest_checkpoint(e->comm, e->options->run, step));
        if (*step >= 0)
            return TD_OK;
        return td_fail(TD_ERR_FILE, "%s has no checkpoint yet", e->options->run);
    }
    char *end;
    errno = 0;
    *step = strtoll(choice, &end, 10);
    if (errno == 0 && *step >= 0 && end != choice && *end == '\0')
        return TD_OK;
    return td_fail(TD_ERR_USAGE, "--checkpoint %s: expected newest, best or a step", choice);
}

static td_status open_data(evaluation_of_run *e)
{
    const char *path = e->options->data ? e->options->data : e->data_path.path;
    TD_TRY(td_dataset_open(e->comm, path, &e->data));
    const td_data_info *info = td_dataset_info(e->data);
    if (info->checksum != e->info.data_checksum)
        return td_fail(TD_ERR_MISMATCH,
                       "%s was trained on other data (checksum %016" PRIx64
                       ", but %s has %016" PRIx64 "); --data names the right file",
                       e->options->run, e->info.data_checksum, path, info->checksum);
    if (info->rows[e->split] == 0)
        return td_fail(TD_ERR_INPUT, "%s has no %s rows to evaluate", path,
                       td_split_name(e->split));
    return TD_OK;
}

static td_status load_model(evaluation_of_run *e)
{
    td_kernels kernels;
    td_metrics metrics;
    TD_TRY(td_model_data_load(e->data, e->data_path.path, &e->info.config, &e->model_data));
    const td_titles titles = td_model_data_titles(&e->model_data);
    TD_TRY(td_execution_start(e->comm, e->options->threads, e->options->isa,
                              e->info.config.math_kernels == TD_KERNELS_OPENBLAS, &kernels));
    TD_TRY(td_model_create(&e->info.config, &e->model_data.sizes, &titles, &kernels, &e->model));
    TD_TRY(td_checkpoint_load(e->comm, e->checkpoint.path, e->model, &metrics));
    td_metrics_free(&metrics);
    return TD_OK;
}

static td_status record(evaluation_of_run *e)
{
    td_metrics metrics;
    const td_path file = td_run_file(e->options->run, "metrics.h5");
    TD_TRY(td_metrics_load(e->comm, file.path, &metrics));
    td_metrics_add(&metrics, e->split, e->info.position.step, &e->evaluation);
    td_status status = td_metrics_save(e->comm, file.path, &metrics);
    td_metrics_free(&metrics);
    return status;
}

static td_status evaluate(evaluation_of_run *e)
{
    int64_t step;
    TD_TRY(read_run(e));
    TD_TRY(choose_step(e, &step));
    e->checkpoint = td_run_checkpoint(e->options->run, step);
    TD_TRY(td_checkpoint_read_info(e->comm, e->checkpoint.path, &e->info));
    TD_TRY(open_data(e));
    TD_TRY(load_model(e));
    const double begin = td_seconds();
    TD_TRY(td_evaluate_split(e->comm, e->model, td_model_data_times(&e->model_data), e->data,
                             e->split, &e->config, &e->evaluation));
    e->seconds = td_seconds() - begin;
    return record(e);
}

static void fill_report(const evaluation_of_run *e, td_evaluate_report *report)
{
    const td_evaluation *evaluation = &e->evaluation;
    const td_data_info *info = td_dataset_info(e->data);
    const double rows = (double)evaluation->rows;
    *report = (td_evaluate_report){
        .step = e->info.position.step,
        .rows = evaluation->rows,
        .unknown_user_rows = evaluation->unknown_user_rows,
        .candidates =
            e->config.eval_candidates == TD_CANDIDATES_ROWS ? info->catalogue : info->items,
        .ks = evaluation->ks,
        .rated = evaluation->rated,
        .rmse = evaluation->rmse,
        .mae = evaluation->mae,
        .seconds = e->seconds,
    };
    for (size_t k = 0; k < evaluation->ks.count; k++) {
        report->top_k[k] = (double)evaluation->hits[k] / rows;
        report->popularity_top_k[k] = (double)evaluation->popularity_hits[k] / rows;
    }
}

td_status td_evaluate(td_comm *comm, const td_evaluate_options *options, td_evaluate_report *report)
{
    evaluation_of_run e = {.comm = comm, .options = options};
    td_status status = evaluate(&e);
    if (status == TD_OK)
        fill_report(&e, report);
    td_model_free(e.model);
    td_model_data_free(&e.model_data);
    td_dataset_close(e.data);
    return status;
}
