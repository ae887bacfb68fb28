/* Where training begins: at step 0, or at a checkpoint of the run in the folder. */
#include "train/session.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "base/rate_plan.h"
#include "run/checkpoints.h"
#include "run/owner_record.h"
#include "run/run_metrics.h"
#include "store/same_file.h"
#include "train/warm_start.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The run must be of this data and this configuration. */
static td_status check_checkpoint(const td_session *s, const char *path,
                                  const td_checkpoint_info *info)
{
    if (info->data_checksum != td_session_data_checksum(s))
        return td_fail(
            TD_ERR_MISMATCH,
            "%s was trained on other data (checksum %016" PRIx64 ", but %s has %016" PRIx64
            "); go on with the same data file, or begin a new run on this one with what "
            "was learned: --warm-start %s",
            path, info->data_checksum, s->data_path, td_session_data_checksum(s), s->options->run);
    if (td_rate_plan_match(s->config, &info->config, 0) == TD_OK)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH, "%s cannot go on with this configuration: %s", path,
                   td_message());
}

static td_status check_epochs(const td_session *s, const char *path, const td_position *position)
{
    if (s->config->train_steps > 0 && s->config->train_steps < position->step)
        return td_fail(TD_ERR_MISMATCH,
                       "train.steps is %" PRId64 " here, but %s is of step %" PRId64
                       " already; set it to that or more",
                       s->config->train_steps, path, position->step);
    if (s->config->train_epochs >= td_position_epochs(position))
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "train.epochs is %" PRId64 " here, but %s is of epoch %" PRId64
                   " already; set it to that or more",
                   s->config->train_epochs, path, td_position_epochs(position));
}

/* The steps of a schedule that the configuration leaves open are those that it gives the run when
 * it begins: a number, so that train.epochs may be raised later without a change of what was. */
static void settle_decay(td_session *s)
{
    const td_config *config = s->config;
    const int64_t epochs = td_batches_steps(s->batches) * config->train_epochs;
    const int64_t steps =
        config->train_steps > 0 ? td_smaller(epochs, config->train_steps) : epochs;
    if (config->optimizer_schedule != TD_SCHEDULE_CONSTANT && config->optimizer_decay_steps == 0)
        s->settled.optimizer_decay_steps = td_larger(steps - config->optimizer_warmup_steps, 1);
    s->model->config = s->settled;
}

/* A run that goes on keeps the rates of its steps so far, and takes this configuration's for those
 * that come. */
static void settle_rates(td_session *s, const td_checkpoint_info *info)
{
    td_rate_plan_go_on(&info->config, info->position.step, &s->settled);
    settle_decay(s);
}

static td_status load_checkpoint(td_session *s, int64_t step)
{
    td_checkpoint_info info;
    const td_path file = td_run_checkpoint(s->options->run, step);
    TD_TRY(td_checkpoint_read_info(s->comm, file.path, &info));
    TD_TRY(check_checkpoint(s, file.path, &info));
    TD_TRY(check_epochs(s, file.path, &info.position));
    settle_rates(s, &info);
    TD_TRY(td_checkpoint_load(s->comm, file.path, &info, s->model, s->losses, &s->metrics));
    s->position = info.position;
    s->saved_step = step;
    td_log("going on from %s", file.path);
    return TD_OK;
}

/* Metrics of steps beyond the checkpoint come again; where there is none, all are of a run that is
 * no more. Those that were lost are made of what the checkpoint knows. */
static td_status return_to_checkpoint(void *context, td_metrics *metrics)
{
    const td_session *s = context;
    td_metrics_cut(metrics, s->saved_step);
    td_metrics_merge(metrics, &s->metrics);
    return TD_OK;
}

/* Every rank reads what rank 0 writes into the folder: one that sees another folder would begin a
 * run that is there, or miss what is in it. */
static td_status check_shared(const td_session *s)
{
    char nonce[TD_OWNER_NONCE] = "";
    if (s->owner)
        snprintf(nonce, sizeof nonce, "%s", td_run_owner_nonce(s->owner));
    td_comm_broadcast(s->comm, 0, nonce, sizeof nonce);
    return td_same_file_agree(s->comm, s->owner ? TD_OK : td_run_owner_see(s->options->run, nonce));
}

/* The owner of the folder before anything in it is looked at. */
static td_status take_run(td_session *s)
{
    td_status status = TD_OK;
    TD_TRY(td_run_make_folder(s->comm, s->options->run));
    if (td_comm_rank(s->comm) == 0)
        status = td_run_owner_take(s->options->run, TD_OWNER_WATCH_SECONDS, &s->owner);
    s->guard = (td_file_guard){td_run_owner_check, s->owner};
    TD_TRY(td_comm_agree(s->comm, status));
    return check_shared(s);
}

/* Says what can be done with a run that is there, the newest of whose checkpoints is of step; -1:
 * there is none. */
static td_status refuse_existing(const td_session *s, int64_t step)
{
    td_checkpoint_info info;
    const char *run = s->options->run;
    const bool by_steps = s->config->train_steps > 0;
    if (step >= 0 &&
        td_checkpoint_read_info(s->comm, td_run_checkpoint(run, step).path, &info) == TD_OK &&
        td_session_is_over(s->config, &info.position))
        return td_fail(TD_ERR_MISMATCH,
                       "%s holds a finished run: its %" PRId64 " %s are done; --resume with a "
                       "greater train.%s trains on, --fresh removes it and starts again",
                       run, by_steps ? info.position.step : info.position.epoch,
                       by_steps ? "steps" : "epochs", by_steps ? "steps" : "epochs");
    return td_fail(TD_ERR_MISMATCH,
                   "%s already holds a run; --resume goes on with it, --fresh removes it and "
                   "starts again, another --run starts a new one",
                   run);
}

/* C: the mean of a task's labels over the rows that train it. */
static td_status mean_label(const td_session *s, const td_task *task, float *mean)
{
    const td_rows *rows = td_batches_rows(s->batches);
    const uint8_t *trains = task->trains ? td_frame_values(&rows->frame, task->trains) : NULL;
    const float *labels = strcmp(task->label, "rating") == 0
                              ? rows->rating
                              : td_frame_values(&rows->frame, task->label);
    td_magnitude largest = 0;
    int64_t sums[2] = {0}; /* of labels, exactly, and how many they are */
    for (int64_t i = 0; i < rows->count; i++) {
        if (trains && !trains[i])
            continue;
        const td_magnitude size = td_exact_add(TD_EXACT_TOTAL, 1, &labels[i], &sums[0]);
        largest = size > largest ? size : largest;
        sums[1]++;
    }
    td_comm_max(s->comm, 1, &largest);
    td_comm_sum(s->comm, 2, sums);
    if (!td_exact_in_range(TD_EXACT_TOTAL, (size_t)sums[1], largest))
        return td_fail(TD_ERR_NUMERIC,
                       "the labels of the task %s are too large for their mean, where its bias "
                       "starts; bring them to a smaller scale",
                       task->name);
    *mean = sums[1] > 0 ? (float)(ldexp((double)sums[0], -TD_EXACT_TOTAL) / (double)sums[1]) : 0;
    return TD_OK;
}

/* C: the biases that start where the training rows' labels are. */
static td_status start_biases(const td_session *s)
{
    for (size_t k = 0; k < s->model->tasks; k++) {
        float mean;
        if (!s->model->task[k].is.starts_at_mean)
            continue;
        TD_TRY(mean_label(s, &s->model->task[k].is, &mean));
        td_model_start_bias(s->model, k, mean);
    }
    td_model_refresh(s->model, NULL);
    return TD_OK;
}

/* Sets the parameters to where a run begins. A run that was to begin warm never begins cold. */
static td_status begin(td_session *s)
{
    const td_train_options *options = s->options;
    td_run_origin before = {.step = 0};
    settle_decay(s);
    td_model_initialize(s->model);
    TD_TRY(start_biases(s));
    if (options->warm_start) {
        const td_warm_target target = {s->data, s->model, options->keep_optimizer};
        s->begins_warm = true;
        return td_warm_start(s->comm, options->warm_start, options->warm_start_data, &target,
                             &s->origin);
    }
    if (options->resume)
        TD_TRY(td_run_read_origin(s->comm, options->run, &before));
    if (!*before.run.path)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s has no checkpoint yet and was to begin from %s; give --warm-start again, or "
                   "--fresh to begin without it",
                   options->run, before.run.path);
}

/* Goes on from a checkpoint. */
static td_status go_on(td_session *s, int64_t step)
{
    TD_TRY(td_run_read_origin(s->comm, s->options->run, &s->origin));
    if (s->options->warm_start)
        td_log("%s has begun already: --warm-start is not heeded", s->options->run);
    return load_checkpoint(s, step);
}

static td_status look(const td_session *s, td_run_contents *f)
{
    const td_train_options *options = s->options;
    bool has_json, is_itself = false;
    TD_TRY(td_run_exists(s->comm, options->run, &has_json));
    TD_TRY(td_checkpoints_list(s->comm, options->run, &f->count, &f->steps));
    f->exists = has_json || f->count > 0;
    if (options->warm_start)
        TD_TRY(td_run_is_same(s->comm, options->run, options->warm_start, &is_itself));
    if (is_itself)
        return td_fail(TD_ERR_USAGE,
                       "--warm-start is for a new run, but %s is --run itself; "
                       "--resume goes on with it",
                       options->warm_start);
    if (!f->exists)
        TD_TRY(td_run_check_free(s->comm, options->run));
    if (f->exists && !options->resume && !options->fresh)
        return refuse_existing(s, f->count > 0 ? f->steps[f->count - 1] : -1);
    return TD_OK;
}

/* Brings model and position to where training begins. A run that is to be removed goes last, when
 * nothing stands in the way of the new one any more. */
static td_status prepare(td_session *s, const td_run_contents *f)
{
    int64_t step = -1;
    const td_train_options *options = s->options;
    if (!options->fresh)
        TD_TRY(td_checkpoints_find_newest(s->comm, options->run, true, &step));
    if (options->resume && step < 0)
        td_log("%s has no checkpoint yet: starting at step 0", options->run);
    TD_TRY(step >= 0 ? go_on(s, step) : begin(s));
    TD_TRY(td_session_check_owner(s));
    if (!options->fresh)
        return TD_OK;
    if (f->exists)
        td_log("--fresh: removing the run in %s, with %zu checkpoints", options->run, f->count);
    return td_run_remove(s->comm, options->run, s->has_own_data, f->count, f->steps);
}

td_status td_session_take_folder(td_session *s)
{
    if (s->is_taken)
        return TD_OK;
    TD_TRY(td_checkpoints_check(s->config, td_dataset_info(s->data)));
    TD_TRY(td_evaluation_check(s->data, s->config));
    TD_TRY(take_run(s));
    s->is_taken = true;
    return look(s, &s->contents);
}

/* Starts a run, or goes on with the one in the folder. */
td_status td_session_start(td_session *s)
{
    const td_train_options *options = s->options;
    TD_TRY(td_session_take_folder(s));
    TD_TRY(prepare(s, &s->contents));
    TD_TRY(td_run_create(s->comm, options->run, s->config, s->has_own_data ? NULL : s->data_path,
                         td_session_data_checksum(s), &s->origin));
    TD_TRY(td_checkpoints_remove_leftovers(s->comm, options->run));
    return td_run_metrics_change(s->comm, options->run, td_metrics_restore, return_to_checkpoint, s,
                                 &s->guard);
}
