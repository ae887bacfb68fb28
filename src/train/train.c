/* A run from its start, or its newest checkpoint, to its last epoch. */
#include "train/session.h"

#include "base/log.h"
#include "base/range.h"
#include "base/timer.h"
#include "run/run_metrics.h"
#include "run/untrained_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static double examples_per_s(const td_session *s)
{
    return s->seconds > 0 ? (double)s->examples / s->seconds : 0;
}

static td_progress_state progress_state(const td_session *s)
{
    const int64_t steps = td_batches_steps(s->batches);
    const int64_t end = s->config->train_steps > 0 ? s->config->train_steps : INT64_MAX;
    const int64_t left = td_smaller(steps * s->config->train_epochs, end) - s->position.step;
    const int64_t done = s->position.step - s->first_step;
    return (td_progress_state){
        .epoch = s->position.epoch + 1,
        .epochs = s->config->train_epochs,
        .step = s->position.step_in_epoch,
        .steps = steps,
        .losses = {s->config, s->losses, s->has_norms ? s->norms : NULL},
        .examples_per_s = examples_per_s(s),
        .seconds_left = done > 0 ? s->seconds / (double)done * (double)left : 0,
    };
}

/* Tells the log and the person at the terminal of a step or an epoch. */
static td_status report_event(td_session *s, const char *name, const td_losses *losses,
                              double global_norm)
{
    const td_run_event event = {.event = name,
                                .epoch = s->position.epoch + 1,
                                .step = s->position.step,
                                .losses = *losses,
                                .global_norm = global_norm,
                                .examples_per_s = examples_per_s(s),
                                .seconds = s->seconds};
    const td_status owns = td_run_owner_recall(s->owner);
    return td_session_tolerate(s, owns == TD_OK ? td_run_log_event(s->log, &event) : owns);
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
    TD_TRY(report_event(s, "step", &losses, report.gradient_norm));
    const td_progress_state state = progress_state(s);
    td_progress_step(&s->progress, &state);
    td_company_heed(&s->company);
    return TD_OK;
}

/* What chooses among checkpoints is not what they are tested on, where the data can tell. */
static td_split split_to_evaluate(const td_session *s)
{
    return td_dataset_info(s->data)->rows[TD_VALIDATION] > 0 ? TD_VALIDATION : TD_TEST;
}

static bool evaluation_is_due(const td_session *s)
{
    const int64_t every = s->config->eval_every_epochs;
    return every > 0 && (s->position.epoch + 1) % every == 0 &&
           td_dataset_info(s->data)->rows[split_to_evaluate(s)] > 0;
}

static td_status add_own_metrics(void *context, td_metrics *metrics)
{
    const td_session *s = context;
    td_metrics_merge(metrics, &s->metrics);
    return TD_OK;
}

/* The same of the model that predict and its relatives load. */
static td_status evaluate(td_session *s, td_evaluation *evaluation)
{
    td_untrained_rows untrained;
    td_company_leave(&s->company);
    td_status status = td_untrained_rows_answer(s->comm, s->model, &untrained);
    if (status == TD_OK)
        status = td_evaluate_split(s->comm, s->model, s->data, split_to_evaluate(s), s->config, 0,
                                   &s->systems, evaluation);
    td_untrained_rows_put_back(s->model, &untrained);
    td_untrained_rows_free(&untrained);
    td_company_return(&s->company);
    return status;
}

/* Adds to the metrics of training, and to the file, which may hold more; one that is damaged is
 * made anew of them. */
static td_status record_metrics(td_session *s)
{
    td_evaluation evaluation;
    const bool is_due = evaluation_is_due(s);
    if (is_due)
        TD_TRY(evaluate(s, &evaluation));
    const td_losses losses = {s->config, s->losses, NULL};
    for (size_t k = 0; k < s->model->tasks; k++)
        td_metrics_add_loss(&s->metrics, s->position.step, s->model->task[k].is.name,
                            td_losses_mean(&losses, k));
    if (is_due) {
        td_metrics_add(&s->metrics, s->position.step, &evaluation);
        td_evaluation_free(&evaluation);
    }
    return td_session_tolerate(s,
                               td_run_metrics_change(s->comm, s->options->run, td_metrics_restore,
                                                     add_own_metrics, s, &s->guard));
}

/* C: what the steps of all ranks brought. */
static td_status report_traffic(td_session *s)
{
    int64_t sums[] = {s->traffic.calls, s->traffic.bytes};
    td_comm_sum(s->comm, 2, sums);
    const td_comm_traffic traffic = {.calls = sums[0], .bytes = sums[1]};
    return td_session_tolerate(s, td_run_log_traffic(s->log, s->position.step, &traffic));
}

/* Metrics, log line and checkpoint of a whole epoch; the checkpoint last, so that it never knows
 * of an epoch that they do not. */
static td_status end_epoch(td_session *s)
{
    const td_progress_state state = progress_state(s);
    TD_TRY(record_metrics(s));
    TD_TRY(report_event(s, "epoch", &state.losses, 0));
    TD_TRY(report_traffic(s));
    td_progress_epoch(&s->progress, &state);
    s->position = (td_position){.epoch = s->position.epoch + 1, .step = s->position.step};
    memset(s->losses, 0, s->model->tasks * sizeof *s->losses);
    return td_session_is_save_due_at_epoch(s) ? td_session_save(s) : TD_OK;
}

/* Whether the last step of all is done: then the end of its epoch comes, unless train.steps ends
 * the run within one. */
static bool is_last_step_done(const td_session *s, bool ends_epoch)
{
    return td_session_is_over(s->config, &s->position) ||
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
    if (s->stopped || ((ends_run || td_session_is_save_due(s)) && !ends_epoch))
        return td_session_save(s);
    return TD_OK;
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
        const bool ends_here =
            td_session_is_over(s->config, &s->position) && s->position.step_in_epoch < steps;
        if (s->stopped || ends_here)
            return TD_OK;
    }
    return end_epoch(s);
}

static td_status train(td_session *s)
{
    if (s->position.epoch >= s->config->train_epochs)
        td_log("%s has its %" PRId64 " epochs: nothing is left to do (train.epochs may be raised)",
               s->options->run, s->position.epoch);
    else if (td_session_is_over(s->config, &s->position))
        td_log("%s has its %" PRId64 " steps: nothing is left to do (train.steps may be raised)",
               s->options->run, s->position.step);
    while (!td_session_is_over(s->config, &s->position) && !s->stopped)
        TD_TRY(train_epoch(s));
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

td_status td_train(td_comm *comm, const td_config *config, const td_train_options *options,
                   td_train_report *report)
{
    td_session s;
    td_status status = td_session_open(comm, config, options, &s);
    if (status == TD_OK && !options->dry_run)
        status = name_lost_folder(&s, train(&s));
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
