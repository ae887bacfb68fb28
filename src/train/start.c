/* Where training begins: at step 0, or at a checkpoint of the run in the folder. */
#include "train/session.h"

#include "base/log.h"
#include "base/memory.h"
#include "train/checkpoints.h"
#include "train/run_folder.h"

#include <inttypes.h>

/* The run must be of this data and this configuration. */
static td_status check_checkpoint(const td_session *s, const char *path,
                                  const td_checkpoint_info *info)
{
    if (info->data_checksum != td_session_data_checksum(s))
        return td_fail(TD_ERR_MISMATCH,
                       "%s was trained on other data (checksum %016" PRIx64
                       ", but %s has %016" PRIx64
                       "); go on with the same data file, or start another run",
                       path, info->data_checksum, s->options->data, td_session_data_checksum(s));
    if (td_config_match(s->config, &info->config) == TD_OK)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH, "%s cannot go on with this configuration: %s", path,
                   td_message());
}

/* The epochs that a run has begun, which it cannot have less of. */
static int64_t epochs_of(const td_position *position)
{
    return position->epoch + (position->step_in_epoch > 0);
}

static td_status check_epochs(const td_session *s, const char *path, const td_position *position)
{
    if (s->config->train_epochs >= epochs_of(position))
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "train.epochs is %" PRId64 " here, but %s is of epoch %" PRId64
                   " already; set it to that or more",
                   s->config->train_epochs, path, epochs_of(position));
}

static td_status load_checkpoint(td_session *s, int64_t step)
{
    td_checkpoint_info info;
    const td_path file = td_run_checkpoint(s->options->run, step);
    TD_TRY(td_checkpoint_read_info(s->comm, file.path, &info));
    TD_TRY(check_checkpoint(s, file.path, &info));
    TD_TRY(check_epochs(s, file.path, &info.position));
    TD_TRY(td_checkpoint_load(s->comm, file.path, s->model, &s->metrics));
    s->position = info.position;
    s->saved_step = step;
    td_log("going on from %s", file.path);
    return TD_OK;
}

/* Brings the metrics file to the position: what it holds of later steps comes again; one that was
 * lost is made of what the checkpoint knows. */
static td_status restore_metrics_file(td_session *s)
{
    td_metrics metrics;
    const td_path file = td_run_file(s->options->run, "metrics.h5");
    TD_TRY(td_metrics_restore(s->comm, file.path, &metrics));
    td_metrics_cut(&metrics, s->position.step);
    td_metrics_merge(&metrics, &s->metrics);
    td_status status = td_metrics_save(s->comm, file.path, &metrics, &s->guard);
    td_metrics_free(&metrics);
    return status;
}

/* The owner of the folder before anything in it is looked at. */
static td_status take_run(td_session *s)
{
    td_status status = TD_OK;
    TD_TRY(td_run_make_folder(s->comm, s->options->run));
    if (td_comm_rank(s->comm) == 0)
        status = td_run_owner_take(s->options->run, TD_OWNER_WATCH_SECONDS, &s->owner);
    s->guard = (td_file_guard){td_run_owner_check, s->owner};
    return td_comm_agree(s->comm, status);
}

/* Says what can be done with a run that is there, the newest of whose checkpoints is of step; -1:
 * there is none. */
static td_status refuse_existing(const td_session *s, int64_t step)
{
    td_checkpoint_info info;
    const char *run = s->options->run;
    if (step >= 0 &&
        td_checkpoint_read_info(s->comm, td_run_checkpoint(run, step).path, &info) == TD_OK &&
        info.position.step_in_epoch == 0 && info.position.epoch >= s->config->train_epochs)
        return td_fail(TD_ERR_MISMATCH,
                       "%s holds a finished run: its %" PRId64 " epochs are done; --resume with a "
                       "greater train.epochs trains on, --fresh removes it and starts again",
                       run, info.position.epoch);
    return td_fail(TD_ERR_MISMATCH,
                   "%s already holds a run; --resume goes on with it, --fresh removes it and "
                   "starts again, another --run starts a new one",
                   run);
}

/* Looks at what is in the folder, and removes it if that is wanted. */
static td_status clear_the_way(td_session *s)
{
    const td_train_options *options = s->options;
    size_t count;
    int64_t *steps;
    bool exists;
    td_status status = TD_OK;
    TD_TRY(td_run_exists(s->comm, options->run, &exists));
    TD_TRY(td_checkpoints_list(s->comm, options->run, &count, &steps));
    if (options->fresh) {
        if (exists || count > 0)
            td_log("--fresh: removing the run in %s, with %zu checkpoints", options->run, count);
        status = td_run_remove(s->comm, options->run, count, steps);
    } else if (!options->resume && (exists || count > 0)) {
        status = refuse_existing(s, count > 0 ? steps[count - 1] : -1);
    }
    td_free(steps);
    return status;
}

/* Starts a run, or goes on with the one in the folder. */
td_status td_session_start(td_session *s)
{
    const td_train_options *options = s->options;
    int64_t step = -1;
    TD_TRY(take_run(s));
    TD_TRY(clear_the_way(s));
    TD_TRY(td_checkpoints_find_newest(s->comm, options->run, &step));
    if (options->resume && step < 0)
        td_log("%s has no checkpoint yet: starting at step 0", options->run);
    if (step >= 0)
        TD_TRY(load_checkpoint(s, step));
    else
        td_model_initialize(s->model);
    TD_TRY(td_session_check_owner(s));
    TD_TRY(td_run_create(s->comm, options->run, s->config, options->data,
                         td_session_data_checksum(s)));
    TD_TRY(td_checkpoints_remove_leftovers(s->comm, options->run));
    return restore_metrics_file(s);
}
