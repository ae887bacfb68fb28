/* A run, a checkpoint, a data file, in this order: each says what the next must be. */
#include "run/trained_model.h"

#include "base/log.h"
#include "base/memory.h"
#include "run/checkpoints.h"
#include "run/execution.h"
#include "run/placement.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By checkpoint.keep_best, on validation rows where there are evaluations of them. */
static td_status find_best_step(td_comm *comm, const char *run, const td_config *config,
                                int64_t *step)
{
    td_metrics metrics;
    size_t count;
    int64_t *steps;
    td_chosen_by by = {TD_TEST, 0, 0};
    const int keep_best = config->checkpoint_keep_best;
    const td_path file = td_run_file(run, "metrics.h5");
    TD_TRY(td_checkpoints_list(comm, run, &count, &steps));
    td_status status = td_metrics_load(comm, file.path, &metrics);
    if (status == TD_OK)
        *step = td_checkpoints_best(keep_best == TD_KEEP_BEST_NONE ? TD_KEEP_BEST_AUTO : keep_best,
                                    config, &metrics, count, steps, &by);
    td_free(steps);
    TD_TRY(status);
    td_metrics_free(&metrics);
    if (*step >= 0 && by.sample > 0)
        td_log("--checkpoint best: a sample of %" PRId64
               " %s rows chose it; evaluations of all rows "
               "(evaluate --set eval.sample=0) choose before one of a sample",
               by.sample, td_split_name(by.split));
    if (*step >= 0 && by.split == TD_TEST && by.among > 1)
        td_log("--checkpoint best: the test rows chose it, so its numbers on them flatter; "
               "evaluations of validation rows (evaluate --split validation) choose before them");
    if (*step >= 0)
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "--checkpoint best: %s has no evaluation on validation or test rows yet of a "
                   "checkpoint that is there; set "
                   "eval.every_epochs in training, or evaluate some checkpoints",
                   run);
}

static td_status find_newest_step(td_comm *comm, const char *run, int64_t *step)
{
    TD_TRY(td_checkpoints_find_newest(comm, run, false, step));
    if (*step >= 0)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "%s has no checkpoint yet", run);
}

/* "5, 10, 15", or of many the first and last ones: as text that the caller frees. */
static char *name_steps(size_t count, const int64_t *steps)
{
    enum { SHOWN = 6 }; /* at either end */
    char *text;
    size_t bytes;
    FILE *to = td_text_writer(&text, &bytes);
    for (size_t i = 0; i < count; i++) {
        if (count > 2 * SHOWN && i == SHOWN) {
            fputs(", ...", to);
            i = count - SHOWN;
        }
        fprintf(to, "%s%" PRId64, i > 0 ? ", " : "", steps[i]);
    }
    td_text_writer_close(to);
    return text;
}

static td_status find_step(td_comm *comm, const char *run, int64_t step)
{
    size_t count;
    int64_t *steps;
    TD_TRY(td_checkpoints_list(comm, run, &count, &steps));
    bool is_there = false;
    for (size_t i = 0; i < count; i++)
        is_there = is_there || steps[i] == step;
    char *known = name_steps(count, steps);
    td_free(steps);
    const td_status status =
        is_there ? TD_OK
        : count > 0
            ? td_fail(TD_ERR_FILE, "%s has no checkpoint of step %" PRId64 "; it has those of %s",
                      run, step, known)
            : td_fail(TD_ERR_FILE, "%s has no checkpoint yet", run);
    td_free(known);
    return status;
}

static td_status choose_step(td_comm *comm, const td_trained_options *options,
                             const td_config *config, int64_t *step)
{
    const char *choice = options->checkpoint ? options->checkpoint : "newest";
    *step = -1;
    if (strcmp(choice, "best") == 0)
        return find_best_step(comm, options->run, config, step);
    if (strcmp(choice, "newest") == 0)
        return find_newest_step(comm, options->run, step);
    char *end;
    errno = 0;
    *step = strtoll(choice, &end, 10);
    if (errno == 0 && *step >= 0 && end != choice && *end == '\0')
        return find_step(comm, options->run, *step);
    return td_fail(TD_ERR_USAGE, "--checkpoint %s: expected newest, best or a step", choice);
}

static td_status open_run(td_comm *comm, const td_trained_options *options,
                          td_trained_model *trained)
{
    int64_t step;
    uint64_t data_checksum; /* the checkpoint's own counts */
    TD_TRY(td_run_read(comm, options->run, &trained->config, &trained->data_path, &data_checksum));
    if (options->data)
        snprintf(trained->data_path.path, sizeof trained->data_path.path, "%s", options->data);
    TD_TRY(choose_step(comm, options, &trained->config, &step));
    trained->checkpoint = td_run_checkpoint(options->run, step);
    return td_checkpoint_read_info(comm, trained->checkpoint.path, &trained->info);
}

static td_status open_data(td_comm *comm, const char *run, const char *option,
                           td_trained_model *trained)
{
    const char *path = trained->data_path.path;
    const td_status status = td_dataset_open(comm, path, &trained->data);
    if (status != TD_OK)
        return td_fail(status, "the data of %s: %s; if it moved, %s FILE names it", run,
                       td_message(), option);
    const uint64_t found = td_dataset_info(trained->data)->checksum;
    if (found == trained->info.data_checksum)
        return trained->info.config.train_rows == TD_ROWS_TRAIN_AND_VALIDATION
                   ? td_dataset_join_validation(trained->data)
                   : TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s was trained on other data (checksum %016" PRIx64 ", but %s has %016" PRIx64
                   "); %s names the right file",
                   run, trained->info.data_checksum, path, found, option);
}

td_status td_trained_model_find_data(td_comm *comm, const td_trained_options *options,
                                     const char *data, td_trained_model *trained)
{
    *trained = (td_trained_model){.data = NULL};
    TD_TRY(open_run(comm, options, trained));
    return open_data(comm, options->run, data, trained);
}

td_status td_trained_model_find(td_comm *comm, const td_trained_options *options, const char *data,
                                td_trained_model *trained)
{
    TD_TRY(td_trained_model_find_data(comm, options, data, trained));
    return td_model_data_load(trained->data, trained->data_path.path, &trained->info.config,
                              &trained->model_data);
}

td_status td_trained_model_set(const char *const *set, td_trained_model *trained)
{
    td_config changed = trained->config;
    for (; set && *set; set++)
        TD_TRY(td_config_set(&changed, *set));
    TD_TRY(td_config_check(&changed));
    if (td_config_match(&trained->config, &changed) != TD_OK)
        return td_fail(
            TD_ERR_CONFIG,
            "--set may change eval.*, baseline.* and placement.* here, not the model: %s",
            td_message());
    trained->config = changed;
    return TD_OK;
}

td_status td_trained_model_place(td_comm *comm, const td_kernels *kernels,
                                 const td_placement *placement, td_trained_model *trained)
{
    td_metrics metrics;
    TD_TRY(td_model_create(&trained->info.config, trained->model_data.spec, kernels, placement,
                           &trained->model));
    TD_TRY(td_checkpoint_load(comm, trained->checkpoint.path, &trained->info, trained->model, NULL,
                              &metrics));
    td_metrics_free(&metrics);
    return TD_OK;
}

static td_status load(td_comm *comm, const td_trained_options *options,
                      const td_placement *placement, td_trained_model *trained)
{
    td_kernels kernels;
    td_threads threads;
    TD_TRY(td_execution_start(comm, options->threads, options->isa,
                              trained->info.config.math_kernels == TD_KERNELS_OPENBLAS, &kernels,
                              &threads));
    return td_trained_model_place(comm, &kernels, placement, trained);
}

td_status td_trained_model_load(td_comm *comm, const td_trained_options *options,
                                td_trained_model *trained)
{
    td_placement placement =
        td_placement_for_reading(comm, &trained->config, trained->model_data.spec);
    placement.is_read_only = true;
    TD_TRY(load(comm, options, &placement, trained));
    return td_untrained_rows_answer(comm, trained->model, &trained->untrained);
}

td_status td_trained_model_open(td_comm *comm, const td_trained_options *options,
                                td_trained_model *trained)
{
    const td_placement whole = {.is_read_only = true};
    TD_TRY(td_trained_model_find(comm, options, "--data", trained));
    TD_TRY(load(comm, options, &whole, trained));
    trained->untrained =
        td_untrained_rows_find(trained->model); /* lists ask for them in any case */
    return td_untrained_rows_set(comm, trained->model, &trained->untrained);
}

void td_trained_model_close(td_trained_model *trained)
{
    td_untrained_rows_free(&trained->untrained);
    td_model_free(trained->model);
    td_model_data_free(&trained->model_data);
    td_dataset_close(trained->data);
}

int64_t td_trained_model_time(const td_trained_model *trained, int64_t seconds)
{
    return seconds == TD_TIME_LATEST ? td_dataset_info(trained->data)->latest : seconds;
}

void td_trained_model_histories(const td_trained_model *trained, const td_histories *histories,
                                int64_t count, const int32_t *users, const int64_t *times,
                                td_frame *lists)
{
    const int64_t last = td_trained_model_time(trained, TD_TIME_LATEST);
    int64_t *after = TD_NEW(int64_t, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        after[i] = times[i] == last ? last + 1 : times[i];
    td_histories_list(histories, &(td_history_queries){count, users, NULL, after}, lists);
    td_free(after);
}

td_status td_trained_model_alive(const td_trained_model *trained, int64_t seconds, td_alive *alive)
{
    TD_TRY(td_alive_read(trained->data, alive));
    if (!td_alive_is_told(alive) || seconds != TD_TIME_LATEST ||
        td_schema_with_role(trained->model_data.schema, TD_ROLE_TIME))
        return TD_OK;
    td_log("the data have no times of rows, so no item is left out as not alive; --at says when");
    td_alive_free(alive);
    return TD_OK;
}
