/* When a checkpoint is written, and what happens where it cannot be. */
#include "train/session.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "base/timer.h"
#include "run/checkpoints.h"
#include "run/placement.h"
#include "run/run_folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool td_schedule_is_due(const td_schedule *schedule, const td_config *config, double now)
{
    const double every = config->checkpoint_every_seconds, passed = now - schedule->begin;
    return every > 0 && passed >= every &&
           passed * config->checkpoint_max_overhead >= schedule->seconds;
}

td_requests td_session_take_requests(const td_session *s)
{
    const bool due =
        td_comm_rank(s->comm) == 0 && td_schedule_is_due(&s->schedule, s->config, td_seconds());
    return (td_requests)((due ? TD_REQUEST_TIMED : 0) |
                         (s->unheard != TD_OK ? TD_REQUEST_HEAR : 0) |
                         td_signals_take() << TD_REQUEST_SIGNAL_BIT);
}

/* Reads the new file back before any older one goes. A damaged one does not stay: it would only be
 * skipped, and be counted among those to keep. */
static td_status read_back(td_session *s, const char *path)
{
    td_status status = td_checkpoint_check(s->comm, path, s->position.step);
    if (status != TD_OK && td_comm_rank(s->comm) == 0)
        unlink(path);
    return status;
}

/* Looks at the rows of a tensor that this rank answers for. */
static bool is_finite(const td_session *s, const td_tensor *tensor)
{
    const td_range mine = td_rows_to_answer_for(s->comm, tensor);
    return !td_parameters_find_infinite(&s->model->parameters, td_tensor_place(tensor, mine.first),
                                        (size_t)mine.count * tensor->columns);
}

/* A checkpoint never holds a number that is none, also not one that the next step would find. */
static td_status check_finite(const td_session *s)
{
    const td_parameters *parameters = &s->model->parameters;
    size_t i = 0;
    while (i < parameters->count && is_finite(s, &parameters->tensor[i]))
        i++;
    if (i == parameters->count)
        return TD_OK;
    return td_fail(TD_ERR_NUMERIC,
                   "step %" PRId64 ": %s holds a value that is not finite after the update; the "
                   "last checkpoint is kept; begin another run with a lower "
                   "optimizer.learning_rate",
                   s->position.step, parameters->tensor[i].name);
}

static td_status write_checkpoint(td_session *s)
{
    const td_path file = td_run_checkpoint(s->options->run, s->position.step);
    TD_TRY(td_checkpoint_save(s->comm, file.path, s->model, &s->position, s->losses, &s->metrics,
                              td_session_data_checksum(s), &s->guard));
    TD_TRY(read_back(s, file.path));
    s->saved_step = s->position.step;
    TD_TRY(td_session_check_owner(s));
    return td_checkpoints_remove_old(s->comm, s->options->run, s->config, &s->metrics,
                                     s->position.step);
}

static td_status report(td_session *s)
{
    struct stat about = {0};
    const td_path file = td_run_checkpoint(s->options->run, s->position.step);
    if (td_comm_rank(s->comm) == 0)
        stat(file.path, &about);
    return td_session_tolerate(s,
                               td_run_log_checkpoint(s->log, s->position.step, s->schedule.seconds,
                                                     (int64_t)about.st_size));
}

/* The last checkpoint is the run's result, so it is required in any case. */
static td_status save_failed(const td_session *s, td_status status)
{
    char newest[sizeof(td_path) + 64] = "none";
    if (s->saved_step >= 0)
        snprintf(newest, sizeof newest, "%s",
                 td_run_checkpoint(s->options->run, s->saved_step).path);
    if (s->config->checkpoint_required || td_session_has_ended(s))
        return td_fail(status, "%s; the newest whole checkpoint: %s", td_message(), newest);
    td_warn("no checkpoint of step %" PRId64 ": %s; training goes on (checkpoint.required is "
            "false); the newest whole checkpoint: %s",
            s->position.step, td_message(), newest);
    return TD_OK;
}

td_status td_session_save(td_session *s)
{
    TD_TRY(td_comm_agree(s->comm, check_finite(s)));
    s->schedule.begin = td_seconds();
    td_status status = write_checkpoint(s);
    s->schedule.seconds = td_seconds() - s->schedule.begin;
    if (status == TD_OK)
        return report(s);
    TD_TRY(td_session_recall_owner(s));
    return save_failed(s, status);
}

bool td_session_is_over(const td_config *config, const td_position *position)
{
    return position->epoch >= config->train_epochs ||
           (config->train_steps > 0 && position->step >= config->train_steps);
}

bool td_session_has_ended(const td_session *s)
{
    return s->is_out_of_patience || td_session_is_over(s->config, &s->position);
}

bool td_session_is_save_due(const td_session *s)
{
    const int64_t every = s->config->checkpoint_every_steps;
    return (every > 0 && s->position.step % every == 0) ||
           (s->requests & (TD_REQUEST_TIMED | TD_REQUEST_SAVE)) != 0;
}

/* Whether the evaluation of this epoch's end is one that early stopping goes back to. */
static bool is_best_to_keep(const td_session *s)
{
    const td_best_so_far so_far = td_session_best_so_far(s);
    return s->config->train_patience > 0 && so_far.best_step == s->position.step;
}

bool td_session_is_save_due_at_epoch(const td_session *s)
{
    const int64_t every = s->config->checkpoint_every_epochs, done = s->position.epoch;
    return td_session_has_ended(s) || (every > 0 && done % every == 0) || is_best_to_keep(s) ||
           td_session_is_save_due(s);
}

td_status td_session_tolerate(td_session *s, td_status mine)
{
    td_status status = td_comm_agree(s->comm, mine);
    if (status == TD_OK || s->config->checkpoint_required)
        return status;
    TD_TRY(td_session_recall_owner(s));
    if (!s->has_tolerated)
        td_warn("%s; training goes on without it (checkpoint.required is false), and says this "
                "once: what the disk has no room for is missing in log.jsonl, and in metrics.h5 "
                "until it can be written again",
                td_message());
    s->has_tolerated = true;
    return TD_OK;
}

void td_session_remember(td_session *s, td_status mine)
{
    td_free(s->unheard_message);
    s->unheard = mine;
    s->unheard_message = mine == TD_OK ? NULL : td_copy_text(td_message());
}

td_status td_session_hear(td_session *s)
{
    const td_status mine =
        s->unheard == TD_OK ? TD_OK : td_fail(s->unheard, "%s", s->unheard_message);
    td_session_remember(s, TD_OK);
    return td_session_tolerate(s, mine);
}
