/* What comes at an epoch's end: evaluation, metrics, log, checkpoint. */
#include "train/session.h"

#include "base/timer.h"
#include "run/run_metrics.h"
#include "run/untrained_rows.h"

#include <inttypes.h>
#include <string.h>

/* What chooses among checkpoints is not what they are tested on, where the data can tell. */
static td_split split_to_evaluate(const td_session *s)
{
    return td_dataset_info(s->data)->rows[TD_VALIDATION] > 0 ? TD_VALIDATION : TD_TEST;
}

bool td_session_evaluates(const td_session *s, int64_t epoch)
{
    const int64_t every = s->config->eval_every_epochs;
    return every > 0 && (epoch + 1) % every == 0 &&
           td_dataset_info(s->data)->rows[split_to_evaluate(s)] > 0;
}

td_best_so_far td_session_best_so_far(const td_session *s)
{
    return td_checkpoints_best_so_far(s->config, &s->metrics, split_to_evaluate(s));
}

/* The same of the model that predict and its relatives load. */
static td_status evaluate(td_session *s)
{
    td_untrained_rows untrained;
    const double begin = td_seconds();
    td_progress_busy(&s->progress, "evaluating");
    td_company_leave(&s->company);
    td_status status = td_untrained_rows_answer(s->comm, s->model, &untrained);
    if (status == TD_OK)
        status = td_evaluate_split(s->comm, s->model, s->data, split_to_evaluate(s), s->config,
                                   TD_LEAVES_TIES, &s->systems, &s->evaluation);
    td_untrained_rows_put_back(s->model, &untrained);
    td_untrained_rows_free(&untrained);
    td_company_return(&s->company);
    s->evaluations.last = td_seconds() - begin;
    s->evaluations.seconds += s->evaluations.last;
    s->evaluations.count++;
    return status;
}

/* Tells the log of an evaluation that is among the metrics already, and keeps it for the lines that
 * a person sees. */
static td_status report_evaluation(td_session *s)
{
    const int64_t steps = td_batches_steps(s->batches);
    const td_best_so_far so_far = td_session_best_so_far(s);
    const td_run_evaluation evaluated = {.epoch = s->position.epoch + 1,
                                         .step = s->position.step,
                                         .steps = steps,
                                         .evaluation = &s->evaluation,
                                         .so_far = &so_far,
                                         .seconds = s->evaluations.last};
    td_progress_evaluated(&s->progress, &s->evaluation, &so_far, steps);
    const td_status owns = td_run_owner_recall(s->owner);
    return td_session_tolerate(s, owns == TD_OK ? td_run_log_evaluation(s->log, &evaluated) : owns);
}

static td_status add_own_metrics(void *context, td_metrics *metrics)
{
    const td_session *s = context;
    td_metrics_merge(metrics, &s->metrics);
    return TD_OK;
}

void td_session_judge_patience(td_session *s)
{
    const int64_t patience = s->config->train_patience;
    s->is_out_of_patience = patience > 0 && td_session_best_so_far(s).since_best >= patience;
}

/* What is no number is neither better nor worse. */
static td_status check_measured(const td_session *s)
{
    const td_best_so_far so_far = td_session_best_so_far(s);
    if (s->config->train_patience == 0 || so_far.last_step == s->position.step)
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "train.patience goes by %s, which the evaluation of step %" PRId64
                   " gave no number of; name another metric (checkpoint.keep_best), or set "
                   "train.patience=0",
                   so_far.measure.metric->name, s->position.step);
}

/* Evaluates, and adds what was found to the metrics of training. */
static td_status add_evaluation(td_session *s)
{
    TD_TRY(evaluate(s));
    td_metrics_add(&s->metrics, s->position.step, &s->evaluation);
    TD_TRY(report_evaluation(s));
    td_session_judge_patience(s);
    return check_measured(s);
}

/* Adds to the metrics of training, and to the file, which may hold more; one that is damaged is
 * made anew of them. */
static td_status record_metrics(td_session *s)
{
    const td_losses losses = {s->config, s->losses, NULL};
    if (td_session_evaluates(s, s->position.epoch))
        TD_TRY(add_evaluation(s));
    for (size_t k = 0; k < s->model->tasks; k++)
        td_metrics_add_loss(&s->metrics, s->position.step, s->model->task[k].is.name,
                            td_losses_mean(&losses, k));
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

td_status td_session_end_epoch(td_session *s)
{
    const td_progress_state state = td_session_progress(s);
    const bool is_evaluated = td_session_evaluates(s, s->position.epoch);
    TD_TRY(td_session_hear(s));
    TD_TRY(record_metrics(s));
    TD_TRY(td_session_report(s, "epoch", &state.losses));
    TD_TRY(report_traffic(s));
    td_progress_epoch(&s->progress, &state, is_evaluated);
    TD_TRY(td_session_report_epoch(s));
    td_evaluation_free(&s->evaluation);
    s->position = (td_position){.epoch = s->position.epoch + 1, .step = s->position.step};
    memset(s->losses, 0, s->model->tasks * sizeof *s->losses);
    return td_session_is_save_due_at_epoch(s) ? td_session_save(s) : TD_OK;
}
