/* A run from its start, or its newest checkpoint, to its last epoch. */
#include "train/session.h"

#include "base/log.h"
#include "base/timer.h"
#include "train/run_folder.h"

#include <inttypes.h>
#include <math.h>

static double examples_per_s(const td_session *s)
{
    return s->seconds > 0 ? (double)s->examples / s->seconds : 0;
}

static td_progress_state progress_state(const td_session *s)
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
static td_status report_event(td_session *s, const char *name, const td_losses *losses)
{
    const td_run_event event = {.event = name,
                                .epoch = s->position.epoch + 1,
                                .step = s->position.step,
                                .losses = *losses,
                                .examples_per_s = examples_per_s(s),
                                .seconds = s->seconds};
    return td_comm_agree(s->comm, td_run_log_event(s->log, &event));
}

static td_status train_step(td_session *s)
{
    td_step_report report;
    const td_batch *batch = td_batches_get(s->batches, s->position.step_in_epoch);
    const double begin = td_seconds();
    const td_requests mine = td_signals_take() << TD_REQUEST_SIGNAL_BIT;
    td_log_set_step(s->position.step + 1);
    TD_TRY(td_trainer_step(s->trainer, batch, s->position.step + 1, mine, &report));
    s->requests = report.requests;
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

static bool evaluation_is_due(const td_session *s)
{
    const int64_t every = s->config->eval_every_epochs;
    return every > 0 && (s->position.epoch + 1) % every == 0 &&
           td_dataset_info(s->data)->rows[TD_TEST] > 0;
}

/* Adds to the metrics of training, and to the file, which may hold more than them. */
static td_status record_metrics(td_session *s)
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

/* A checkpoint never holds a number that is none, also not one that the next step would find. */
static td_status check_finite(const td_session *s)
{
    int64_t first, count;
    td_comm_share(s->comm, (int64_t)s->model->parameters.size, &first, &count);
    const td_tensor *tensor =
        td_parameters_find_infinite(&s->model->parameters, (size_t)first, (size_t)count);
    if (!tensor)
        return TD_OK;
    return td_fail(TD_ERR_NUMERIC,
                   "step %" PRId64 ": %s holds a value that is not finite after the update; the "
                   "last checkpoint is kept; begin another run with a lower "
                   "optimizer.learning_rate",
                   s->position.step, tensor->name);
}

static td_status save(td_session *s)
{
    TD_TRY(td_comm_agree(s->comm, check_finite(s)));
    return td_session_save(s);
}

/* Metrics, log line and checkpoint of a whole epoch; the checkpoint last, so that it never knows
 * of an epoch that they do not. */
static td_status end_epoch(td_session *s)
{
    const td_progress_state state = progress_state(s);
    s->losses = state.losses;
    TD_TRY(record_metrics(s));
    TD_TRY(report_event(s, "epoch", &s->losses));
    td_progress_epoch(&s->progress, &state);
    s->position = (td_position){.epoch = s->position.epoch + 1, .step = s->position.step};
    return save(s);
}

/* The end that the last step's requests ask for. Whoever ends the job (SIGTERM) has more to say
 * than whoever wants it to come back. */
static td_stop stop_of(td_requests requests)
{
    if (requests & TD_REQUEST_TERMINATE)
        return TD_STOPPED_TERMINATE;
    if (requests & TD_REQUEST_INTERRUPT)
        return TD_STOPPED_INTERRUPT;
    return requests & TD_REQUEST_REQUEUE ? TD_STOPPED_REQUEUE : TD_STOPPED_NOT;
}

static bool is_last_step(const td_session *s)
{
    return s->position.step_in_epoch == td_batches_steps(s->batches) &&
           s->position.epoch + 1 == s->config->train_epochs;
}

/* Saves where policy or a signal wants it: once, and not where the end of the epoch will. A stop
 * does not wait for that end, since an evaluation may take longer than the one who sent the signal
 * does; but after the last step of all, the run is nearly finished and goes on to be. */
static td_status heed_requests(td_session *s)
{
    const bool ends_epoch = s->position.step_in_epoch == td_batches_steps(s->batches);
    s->stopped = is_last_step(s) ? TD_STOPPED_NOT : stop_of(s->requests);
    const bool wanted = td_session_is_save_due(s) || s->requests & TD_REQUEST_SAVE;
    if (s->stopped || (wanted && !ends_epoch))
        return save(s);
    return TD_OK;
}

static td_status train_epoch(td_session *s)
{
    const int64_t steps = td_batches_steps(s->batches);
    td_batches_start_epoch(s->batches, s->position.epoch);
    while (s->position.step_in_epoch < steps) {
        TD_TRY(train_step(s));
        TD_TRY(heed_requests(s));
        if (s->stopped)
            return TD_OK;
    }
    return end_epoch(s);
}

static td_status train(td_session *s)
{
    if (s->position.epoch >= s->config->train_epochs)
        td_log("%s has its %" PRId64 " epochs: nothing is left to do (train.epochs may be raised)",
               s->options->run, s->position.epoch);
    while (s->position.epoch < s->config->train_epochs && !s->stopped)
        TD_TRY(train_epoch(s));
    return TD_OK;
}

/* The total loss of the last epoch of which there are metrics. */
static double last_loss(const td_session *s)
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
    td_session s;
    td_status status = td_session_open(comm, config, options, &s);
    if (status == TD_OK)
        status = train(&s);
    *report = (td_train_report){
        .stopped = s.stopped,
        .epochs = s.position.epoch,
        .steps = s.position.step,
        .first_step = s.first_step,
        .loss = last_loss(&s),
        .seconds = s.seconds,
        .examples_per_s = examples_per_s(&s),
    };
    td_log_set_step(0);
    td_session_close(&s);
    return status;
}
