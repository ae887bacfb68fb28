/* A run from its start, or its newest checkpoint, to its last epoch. */
#include "tandem/train.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/timer.h"
#include "train/checkpoint.h"
#include "train/execution.h"
#include "train/model_data.h"
#include "train/progress.h"
#include "train/run_folder.h"
#include "train/run_log.h"
#include "train/step.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>

/* All that a run in training is made of. */
typedef struct {
    td_comm *comm;
    const td_config *config;
    const td_train_options *options;
    td_dataset *data;
    td_model_data model_data;
    td_model *model;
    td_batches *batches;
    td_trainer *trainer;
    td_position position;
    td_metrics metrics; /* of training itself, up to position */
    td_run_log *log;    /* rank 0's */
    td_progress progress;
    int64_t first_step;
    int64_t examples; /* of this start */
    double seconds;   /* of their steps */
    td_losses losses; /* of the last whole epoch */
} session;

static uint64_t data_checksum(const session *s)
{
    return td_dataset_info(s->data)->checksum;
}

static td_status create_model(session *s)
{
    td_kernels kernels;
    TD_TRY(td_model_data_load(s->data, s->options->data, s->config, &s->model_data));
    const td_titles titles = td_model_data_titles(&s->model_data);
    TD_TRY(td_execution_start(s->comm, s->options->threads, s->options->isa,
                              s->config->math_kernels == TD_KERNELS_OPENBLAS, &kernels));
    return td_model_create(s->config, &s->model_data.sizes, &titles, &kernels, &s->model);
}

static td_status create_trainer(session *s)
{
    const int64_t rows = td_dataset_info(s->data)->rows[TD_TRAIN];
    const int64_t batch = s->config->train_batch_size, shards = s->config->train_shards;
    const td_time_scale *times = td_model_data_times(&s->model_data);
    TD_TRY(td_batches_create(s->comm, s->data, s->config, &s->batches));
    if (times)
        td_rows_set_times(td_batches_rows(s->batches), times);
    const td_batch_limits limits = {
        .rows = (batch < rows ? batch : rows) + shards, /* steps are equal up to a row a shard */
        .my_rows = td_batches_most_rows(s->batches),
        .tiles = shards + batch / TD_TILE_ROWS + 1,
        .tile_rows = td_batches_most_tile_rows(s->batches),
    };
    s->trainer = td_trainer_create(s->comm, s->model, s->model_data.item_bias, &limits);
    return TD_OK;
}

/* The run must be of this data and this configuration. */
static td_status check_checkpoint(const session *s, const char *path,
                                  const td_checkpoint_info *info)
{
    if (info->data_checksum != data_checksum(s))
        return td_fail(TD_ERR_MISMATCH,
                       "%s was trained on other data (checksum %016" PRIx64
                       ", but %s has %016" PRIx64
                       "); go on with the same data file, or start another run",
                       path, info->data_checksum, s->options->data, data_checksum(s));
    if (td_config_match(s->config, &info->config) == TD_OK)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH, "%s cannot go on with this configuration: %s", path,
                   td_message());
}

static td_status load_checkpoint(session *s, int64_t step)
{
    td_checkpoint_info info;
    const td_path file = td_run_checkpoint(s->options->run, step);
    TD_TRY(td_checkpoint_read_info(s->comm, file.path, &info));
    TD_TRY(check_checkpoint(s, file.path, &info));
    TD_TRY(td_checkpoint_load(s->comm, file.path, s->model, &s->metrics));
    s->position = info.position;
    td_log("going on from %s", file.path);
    return TD_OK;
}

/* Brings the metrics file to the position: what it holds of later steps comes again; one that was
 * lost is made of what the checkpoint knows. */
static td_status restore_metrics_file(session *s)
{
    td_metrics metrics;
    const td_path file = td_run_file(s->options->run, "metrics.h5");
    TD_TRY(td_metrics_load(s->comm, file.path, &metrics));
    td_metrics_cut(&metrics, s->position.step);
    const bool lost = td_metrics_are_empty(&metrics);
    td_status status = td_metrics_save(s->comm, file.path, lost ? &s->metrics : &metrics);
    td_metrics_free(&metrics);
    return status;
}

/* Starts a run, or goes on with the one in the folder. */
static td_status start_or_resume(session *s)
{
    const td_train_options *options = s->options;
    bool exists;
    int64_t step = -1;
    TD_TRY(td_run_exists(s->comm, options->run, &exists));
    if (exists && !options->resume)
        return td_fail(TD_ERR_MISMATCH,
                       "%s already holds a run; --resume goes on with it, another --run starts "
                       "a new one",
                       options->run);
    if (exists)
        TD_TRY(td_run_newest_checkpoint(s->comm, options->run, &step));
    if (options->resume && step < 0)
        td_log("%s has no checkpoint yet: starting at step 0", options->run);
    if (step >= 0)
        TD_TRY(load_checkpoint(s, step));
    else
        td_model_initialize(s->model);
    TD_TRY(td_run_create(s->comm, options->run, s->config, options->data, data_checksum(s)));
    return restore_metrics_file(s);
}

static td_status open_log(session *s)
{
    td_status status = TD_OK;
    s->first_step = s->position.step;
    s->progress = td_progress_start(td_comm_rank(s->comm) == 0);
    if (td_comm_rank(s->comm) == 0) {
        const td_path file = td_run_file(s->options->run, "log.jsonl");
        status = td_run_log_open(file.path, s->position.step, &s->log);
        if (status == TD_OK)
            status = td_run_log_start(s->log, s->position.step, td_comm_size(s->comm),
                                      omp_get_max_threads(), s->model->kernels.name);
    }
    return td_comm_agree(s->comm, status);
}

static td_status open_session(session *s)
{
    TD_TRY(td_dataset_open(s->comm, s->options->data, &s->data));
    TD_TRY(create_model(s));
    TD_TRY(create_trainer(s));
    TD_TRY(start_or_resume(s));
    return open_log(s);
}

static void close_session(session *s)
{
    td_run_log_close(s->log);
    td_metrics_free(&s->metrics);
    td_trainer_free(s->trainer);
    td_batches_free(s->batches);
    td_model_free(s->model);
    td_model_data_free(&s->model_data);
    td_dataset_close(s->data);
}

static td_status save_checkpoint(session *s)
{
    const td_path file = td_run_checkpoint(s->options->run, s->position.step);
    return td_checkpoint_save(s->comm, file.path, s->model, &s->position, &s->metrics,
                              data_checksum(s));
}

static double examples_per_s(const session *s)
{
    return s->seconds > 0 ? (double)s->examples / s->seconds : 0;
}

static td_progress_state progress_state(const session *s)
{
    const int64_t steps = td_batches_steps(s->batches);
    const int64_t left = steps * s->config->train_epochs - s->position.step;
    const int64_t done = s->position.step - s->first_step;
    return (td_progress_state){
        .epoch = s->position.epoch + 1,
        .epochs = s->config->train_epochs,
        .step = s->position.step_in_epoch,
        .steps = steps,
        .losses = td_losses_of(s->config, s->position.retrieval_loss, s->position.rating_loss,
                               s->position.rows),
        .examples_per_s = examples_per_s(s),
        .seconds_left = done > 0 ? s->seconds / (double)done * (double)left : 0,
    };
}

/* Tells the log and the person at the terminal of a step or an epoch. */
static td_status report_event(session *s, const char *name, const td_losses *losses)
{
    const td_run_event event = {.event = name,
                                .epoch = s->position.epoch + 1,
                                .step = s->position.step,
                                .losses = *losses,
                                .examples_per_s = examples_per_s(s),
                                .seconds = s->seconds};
    return td_comm_agree(s->comm, td_run_log_event(s->log, &event));
}

static td_status train_step(session *s)
{
    td_step_report report;
    const td_batch *batch = td_batches_get(s->batches, s->position.step_in_epoch);
    const double begin = td_seconds();
    TD_TRY(td_trainer_step(s->trainer, batch, s->position.step + 1, &report));
    s->seconds += td_seconds() - begin;
    s->examples += report.rows;
    s->position.step++;
    s->position.step_in_epoch++;
    s->position.retrieval_loss += report.retrieval_loss;
    s->position.rating_loss += report.rating_loss;
    s->position.rows += report.rows;
    const td_losses losses =
        td_losses_of(s->config, report.retrieval_loss, report.rating_loss, report.rows);
    TD_TRY(report_event(s, "step", &losses));
    const td_progress_state state = progress_state(s);
    td_progress_step(&s->progress, &state);
    return TD_OK;
}

static bool checkpoint_is_due(const session *s)
{
    const int64_t every = s->config->checkpoint_every_steps;
    return every > 0 && s->position.step % every == 0;
}

static bool evaluation_is_due(const session *s)
{
    const int64_t every = s->config->eval_every_epochs;
    return every > 0 && (s->position.epoch + 1) % every == 0 &&
           td_dataset_info(s->data)->rows[TD_TEST] > 0;
}

/* Adds to the metrics of training, and to the file, which may hold more than them. */
static td_status record_metrics(session *s)
{
    td_evaluation evaluation;
    td_metrics in_file;
    const bool evaluate = evaluation_is_due(s);
    const td_path file = td_run_file(s->options->run, "metrics.h5");
    if (evaluate)
        TD_TRY(td_evaluate_split(s->comm, s->model, td_model_data_times(&s->model_data), s->data,
                                 TD_TEST, s->config, &evaluation));
    TD_TRY(td_metrics_load(s->comm, file.path, &in_file));
    td_metrics *both[] = {&s->metrics, &in_file};
    for (int i = 0; i < 2; i++) {
        td_metrics_add_losses(both[i], s->position.step, s->losses.retrieval, s->losses.rating);
        if (evaluate)
            td_metrics_add(both[i], TD_TEST, s->position.step, &evaluation);
    }
    td_status status = td_metrics_save(s->comm, file.path, &in_file);
    td_metrics_free(&in_file);
    return status;
}

/* Metrics, log line and checkpoint of a whole epoch; the checkpoint last, so that it never knows
 * of an epoch that they do not. */
static td_status end_epoch(session *s)
{
    const td_progress_state state = progress_state(s);
    s->losses = state.losses;
    TD_TRY(record_metrics(s));
    TD_TRY(report_event(s, "epoch", &s->losses));
    td_progress_epoch(&s->progress, &state);
    s->position = (td_position){.epoch = s->position.epoch + 1, .step = s->position.step};
    return save_checkpoint(s);
}

static td_status train_epoch(session *s)
{
    const int64_t steps = td_batches_steps(s->batches);
    td_batches_start_epoch(s->batches, s->position.epoch);
    while (s->position.step_in_epoch < steps) {
        TD_TRY(train_step(s));
        if (checkpoint_is_due(s) && s->position.step_in_epoch < steps)
            TD_TRY(save_checkpoint(s));
    }
    return end_epoch(s);
}

static td_status train(session *s)
{
    if (s->position.epoch >= s->config->train_epochs)
        td_log("%s has its %" PRId64 " epochs: nothing is left to do (train.epochs may be raised)",
               s->options->run, s->position.epoch);
    while (s->position.epoch < s->config->train_epochs)
        TD_TRY(train_epoch(s));
    return TD_OK;
}

/* The total loss of the last epoch of which there are metrics. */
static double last_loss(const session *s)
{
    const td_config *config = s->config;
    const td_loss_metrics *training = &s->metrics.training;
    if (training->count == 0)
        return 0;
    const double retrieval = training->retrieval[training->count - 1];
    const double rating = training->rating[training->count - 1];
    return (isnan(retrieval) ? 0 : config->retrieval_weight * retrieval) +
           (isnan(rating) ? 0 : config->rating_weight * rating);
}

td_status td_train(td_comm *comm, const td_config *config, const td_train_options *options,
                   td_train_report *report)
{
    session s = {.comm = comm, .config = config, .options = options};
    td_status status = open_session(&s);
    if (status == TD_OK)
        status = train(&s);
    *report = (td_train_report){
        .epochs = s.position.epoch,
        .steps = s.position.step,
        .first_step = s.first_step,
        .loss = last_loss(&s),
        .seconds = s.seconds,
        .examples_per_s = examples_per_s(&s),
    };
    close_session(&s);
    return status;
}
