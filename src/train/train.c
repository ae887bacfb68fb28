/* A run from its start, or its newest checkpoint, to its last epoch. */
#include "train/session.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "base/timer.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static double examples_per_s(const td_session *s)
{
    return s->seconds > 0 ? (double)s->examples / s->seconds : 0;
}

/* The time that the evaluations to come take, if they take as long as those of this start. */
static double seconds_of_evaluations_left(const td_session *s, int64_t last_step)
{
    const int64_t every = s->config->eval_every_epochs, steps = td_batches_steps(s->batches);
    if (every == 0 || s->evaluations.count == 0)
        return 0;
    const int64_t left = last_step / steps / every - s->position.epoch / every;
    return s->evaluations.seconds / (double)s->evaluations.count * (double)left;
}

td_progress_state td_session_progress(const td_session *s)
{
    const int64_t steps = td_batches_steps(s->batches);
    const int64_t end = s->config->train_steps > 0 ? s->config->train_steps : INT64_MAX;
    const int64_t last = td_smaller(steps * s->config->train_epochs, end);
    const int64_t left = last - s->position.step, done = s->position.step - s->first_step;
    return (td_progress_state){
        .epoch = s->position.epoch + 1,
        .epochs = s->config->train_epochs,
        .step = s->position.step_in_epoch,
        .steps = steps,
        .losses = {s->config, s->losses, s->has_norms ? s->norms : NULL},
        .examples_per_s = examples_per_s(s),
        .seconds_left = done > 0 ? s->seconds / (double)done * (double)left +
                                       seconds_of_evaluations_left(s, last)
                                 : NAN,
    };
}

/* Local. A line of the log, of a step or an epoch. */
static td_status write_event(td_session *s, const char *name, const td_losses *losses,
                             double global_norm)
{
    const bool learns = s->model->log_inverse != TD_NO_TENSOR;
    const td_run_event event = {.event = name,
                                .epoch = s->position.epoch + 1,
                                .step = s->position.step,
                                .losses = *losses,
                                .global_norm = global_norm,
                                .temperature =
                                    learns ? 1 / (double)td_model_inverse_temperature(s->model) : 0,
                                .examples_per_s = examples_per_s(s),
                                .seconds = s->seconds};
    const td_status owns = td_run_owner_recall(s->owner);
    return owns == TD_OK ? td_run_log_event(s->log, &event) : owns;
}

td_status td_session_report(td_session *s, const char *name, const td_losses *losses)
{
    return td_session_tolerate(s, write_event(s, name, losses, 0));
}

static td_status train_step(td_session *s)
{
    td_step_report report;
    const double begin = td_seconds();
    const int64_t step = s->position.step_in_epoch, steps = td_batches_steps(s->batches);
    const td_batch *batch = td_batches_get(s->batches, step);
    const td_batch *next = step + 1 < steps ? td_batches_get(s->batches, step + 1) : NULL;
    const td_step now = {.batch = batch,
                         .updates = s->origin.updates,
                         .next = next,
                         .number = s->position.step + 1,
                         .norms = !next,
                         .requests = td_session_take_requests(s)};
    td_log_set_step(now.number);
    const td_comm_traffic before = td_comm_traffic_of(s->comm);
    TD_TRY(td_trainer_step(s->trainer, &now, &report));
    const td_comm_traffic after = td_comm_traffic_of(s->comm);
    s->traffic.calls += after.calls - before.calls;
    s->traffic.bytes += after.bytes - before.bytes;
    s->has_norms = now.norms;
    if (now.norms)
        td_trainer_norms(s->trainer, s->norms);
    s->requests = report.requests;
    s->seconds += td_seconds() - begin;
    s->examples += report.rows;
    s->position.step++;
    s->position.step_in_epoch++;
    s->position.rows += report.rows;
    td_task_losses_add(s->model->tasks, s->losses, report.losses);
    const td_losses losses = {s->config, report.losses, NULL};
    if (s->position.step == 1)
        s->first_loss = td_losses_total(&losses);
    if (report.requests & TD_REQUEST_HEAR)
        TD_TRY(td_session_hear(s));
    td_session_remember(s, write_event(s, "step", &losses, report.gradient_norm));
    const td_progress_state state = td_session_progress(s);
    td_progress_step(&s->progress, &state);
    td_company_heed(&s->company);
    return TD_OK;
}

/* Whether the last step of all is done: then the end of its epoch comes, unless train.steps ends
 * the run within one. */
static bool is_last_step_done(const td_session *s, bool ends_epoch)
{
    return td_session_has_ended(s) ||
           (ends_epoch && s->position.epoch + 1 == s->config->train_epochs);
}

/* Saves where policy or a signal wants it: once, and not where the end of the epoch will. A stop
 * does not wait for that end, since an evaluation may take longer than the one who sent the signal
 * does; but after the last step of all, the run is nearly finished and goes on to be. */
static td_status answer_requests(td_session *s)
{
    const bool ends_epoch = s->position.step_in_epoch == td_batches_steps(s->batches);
    const bool ends_run = is_last_step_done(s, ends_epoch);
    s->stopped = ends_run ? 0 : td_signals_end(s->requests >> TD_REQUEST_SIGNAL_BIT);
    if (!s->stopped && (ends_epoch || (!ends_run && !td_session_is_save_due(s))))
        return TD_OK;
    TD_TRY(td_session_hear(s));
    return td_session_save(s);
}

static td_status train_epoch(td_session *s)
{
    const int64_t steps = td_batches_steps(s->batches);
    const double begin = td_seconds();
    td_batches_start_epoch(s->batches, s->position.epoch);
    s->seconds += td_seconds() - begin; /* so that an epoch's hold all that its examples need */
    while (s->position.step_in_epoch < steps) {
        TD_TRY(train_step(s));
        TD_TRY(answer_requests(s));
        const bool ends_here = td_session_has_ended(s) && s->position.step_in_epoch < steps;
        if (s->stopped || ends_here)
            return TD_OK;
    }
    return td_session_end_epoch(s);
}

/* Why training ended before train.epochs, and what it comes to. */
static void say_out_of_patience(const td_session *s)
{
    const td_best_so_far so_far = td_session_best_so_far(s);
    char *metric = td_metric_text(so_far.measure.metric->label, so_far.k);
    td_log("training ends with epoch %" PRId64 ": %" PRId64
           " evaluations found no better validation %s than %.4f of epoch %" PRId64
           " (train.patience %" PRId64 "); that is the best checkpoint (--checkpoint best): %s",
           s->position.epoch, so_far.since_best, metric, so_far.best,
           so_far.best_step / td_batches_steps(s->batches), s->config->train_patience,
           td_run_checkpoint(s->options->run, so_far.best_step).path);
    td_free(metric);
}

static td_status train(td_session *s)
{
    if (s->position.epoch >= s->config->train_epochs)
        td_log("%s has its %" PRId64 " epochs: nothing is left to do (train.epochs may be raised)",
               s->options->run, s->position.epoch);
    else if (td_session_is_over(s->config, &s->position))
        td_log("%s has its %" PRId64 " steps: nothing is left to do (train.steps may be raised)",
               s->options->run, s->position.step);
    else if (s->is_out_of_patience)
        td_log("nothing is left to do (train.patience may be raised)");
    while (!td_session_has_ended(s) && !s->stopped)
        TD_TRY(train_epoch(s));
    if (s->is_out_of_patience && !s->stopped)
        say_out_of_patience(s);
    return TD_OK;
}

/* The total loss of the epoch at hand, or of the last one of which there are metrics. */
static double last_loss(const td_session *s)
{
    if (s->position.step_in_epoch > 0)
        return td_losses_total(&(td_losses){s->config, s->losses, NULL});
    const td_metrics_table *training = td_metrics_find(&s->metrics, TD_TRAINING_TABLE);
    if (!training || training->steps == 0)
        return 0;
    return td_losses_recorded(s->config, &s->metrics, training->step[training->steps - 1]);
}

/* Whatever met it first: the failure of a run whose folder is gone names that. */
static td_status name_lost_folder(const td_session *s, td_status status)
{
    const char *run = s->options->run;
    const bool is_gone = status != TD_OK && s->owner && access(run, F_OK) != 0 && errno == ENOENT;
    return is_gone ? td_fail(status, "%s was removed or renamed in training: %s", run, td_message())
                   : status;
}

/* Local. The log's last word is why training ended; a log that takes no more changes nothing. */
static void log_failure(const td_session *s, td_status status)
{
    char *message = td_copy_text(td_message());
    if (s->log && td_run_owner_recall(s->owner) == TD_OK)
        (void)td_run_log_failure(s->log, s->position.epoch + 1, s->position.step, message);
    td_fail(status, "%s", message);
    td_free(message);
}

td_status td_train(td_comm *comm, const td_config *config, const td_train_options *options,
                   td_train_report *report)
{
    td_session s;
    td_status status = td_session_open(comm, config, options, &s);
    if (status == TD_OK && !options->dry_run)
        status = name_lost_folder(&s, train(&s));
    if (status != TD_OK)
        log_failure(&s, status);
    *report = (td_train_report){
        .stopped = s.stopped,
        .epochs = s.position.epoch,
        .steps = s.position.step,
        .first_step = s.first_step,
        .loss = last_loss(&s),
        .seconds = s.seconds,
        .examples_per_s = examples_per_s(&s),
        .memory = s.memory,
    };
    td_log_set_step(0);
    td_session_close(&s);
    return status;
}
