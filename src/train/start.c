/* Where training begins: at step 0, or at a checkpoint of the run in the folder. */
#include "train/session.h"

#include "base/log.h"
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

static td_status load_checkpoint(td_session *s, int64_t step)
{
    td_checkpoint_info info;
    const td_path file = td_run_checkpoint(s->options->run, step);
    TD_TRY(td_checkpoint_read_info(s->comm, file.path, &info));
    TD_TRY(check_checkpoint(s, file.path, &info));
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
    td_status status = td_metrics_save(s->comm, file.path, &metrics);
    td_metrics_free(&metrics);
    return status;
}

/* Starts a run, or goes on with the one in the folder. */
td_status td_session_start(td_session *s)
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
        TD_TRY(td_checkpoints_find_newest(s->comm, options->run, &step));
    if (options->resume && step < 0)
        td_log("%s has no checkpoint yet: starting at step 0", options->run);
    if (step >= 0)
        TD_TRY(load_checkpoint(s, step));
    else
        td_model_initialize(s->model);
    TD_TRY(td_run_create(s->comm, options->run, s->config, options->data,
                         td_session_data_checksum(s)));
    TD_TRY(td_checkpoints_remove_leftovers(s->comm, options->run));
    return restore_metrics_file(s);
}
