/* What is known of an epoch whose steps are done, for the log, and what is odd of it. */
#include "train/session.h"

#include "base/log.h"
#include "base/memory.h"
#include "run/untrained_rows.h"
#include "run/warnings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of this epoch, on one rank. */
typedef struct {
    double seconds;
    double phase[TD_PHASES];
    double work;         /* in phases that wait for nobody */
    double kept_waiting; /* td_epoch_times.kept_waiting, of this rank */
    char host[64];
} rank_times;

static bool is_work(td_phase phase)
{
    return phase == TD_PHASE_TOWERS || phase == TD_PHASE_SOFTMAX || phase == TD_PHASE_HEAD ||
           phase == TD_PHASE_SUMS || phase == TD_PHASE_OPTIMIZER;
}

/* The first thread is in one phase at a time; between steps its watch runs on as waiting. */
static rank_times times_of(const td_session *s)
{
    const td_stopwatch *watch = td_trainer_stopwatch(s->trainer, 0);
    rank_times mine = {.seconds = s->seconds - s->begin.seconds};
    double rest = mine.seconds;
    for (td_phase p = 0; p < TD_PHASES; p++) {
        if (p == TD_PHASE_WAITING)
            continue;
        mine.phase[p] = watch->seconds[p] - s->begin.phase[p];
        mine.work += is_work(p) ? mine.phase[p] : 0;
        rest -= mine.phase[p];
    }
    mine.phase[TD_PHASE_WAITING] = rest > 0 ? rest : 0;
    const td_run_time had = td_run_time_now();
    const double ran = (double)(had.ran - s->begin.had.ran);
    const double waited = (double)(had.kept_waiting - s->begin.had.kept_waiting);
    mine.kept_waiting = waited > 0 ? waited / (ran + waited) : 0;
    snprintf(mine.host, sizeof mine.host, "%s", td_comm_host(s->comm));
    return mine;
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The median of what all ranks but one worked; 0 where there is no other. */
static double usual_work(size_t ranks, const rank_times *of, size_t but)
{
    size_t n = 0;
    double *work = TD_NEW(double, ranks);
    for (size_t r = 0; r < ranks; r++)
        if (r != but)
            work[n++] = of[r].work;
    if (n > 0)
        qsort(work, n, sizeof *work, by_value);
    const double median = n > 0 ? (work[(n - 1) / 2] + work[n / 2]) / 2 : 0;
    td_free(work);
    return median;
}

/* C */
static td_epoch_times epoch_times(const td_session *s)
{
    size_t ranks, slowest = 0;
    const rank_times mine = times_of(s);
    rank_times *all = td_comm_allgatherv(s->comm, &mine, 1, sizeof mine, &ranks);
    td_epoch_times times = {.examples = s->examples - s->begin.examples};
    for (size_t r = 0; r < ranks; r++) {
        times.seconds += all[r].seconds / (double)ranks;
        for (td_phase p = 0; p < TD_PHASES; p++)
            times.phase[p] += all[r].phase[p] / (double)ranks;
        slowest = all[r].work > all[slowest].work ? r : slowest;
        times.kept_waiting = fmax(times.kept_waiting, all[r].kept_waiting);
    }
    times.slowest = (int)slowest;
    times.work = all[slowest].work;
    times.slowest_waiting = all[slowest].kept_waiting;
    times.usual_work = usual_work(ranks, all, slowest);
    memcpy(times.host, all[slowest].host, sizeof times.host);
    td_free(all);
    return times;
}

void td_session_begin_epoch(td_session *s)
{
    s->begin =
        (td_epoch_begin){.seconds = s->seconds, .examples = s->examples, .had = td_run_time_now()};
    memcpy(s->begin.phase, td_trainer_stopwatch(s->trainer, 0)->seconds, sizeof s->begin.phase);
}

/* C: the tables whose rows training has moved or not, once an epoch was whole; the caller frees
 * them. */
static td_table_facts *count_tables(td_session *s, size_t *count)
{
    const td_parameters *parameters = &s->model->parameters;
    *count = 0;
    if (s->has_counted)
        return NULL;
    s->has_counted = true;
    td_untrained_rows untrained = td_untrained_rows_find(s->model);
    int64_t *counts = TD_NEW(int64_t, parameters->count);
    td_table_facts *table = TD_NEW(td_table_facts, parameters->count);
    td_untrained_rows_count(s->comm, s->model, &untrained, counts);
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->tensor[i].is_table)
            table[(*count)++] = (td_table_facts){.name = parameters->tensor[i].name,
                                                 .rows = (int64_t)parameters->tensor[i].rows,
                                                 .untrained = counts[i]};
    td_free(counts);
    td_untrained_rows_free(&untrained);
    return table;
}

/* The losses of the epochs so far; the caller frees them. */
static double *losses_of(const td_session *s, size_t *count)
{
    const td_metrics_table *training = td_metrics_find(&s->metrics, TD_TRAINING_TABLE);
    *count = training ? training->steps : 0;
    double *loss = TD_NEW(double, *count);
    for (size_t i = 0; i < *count; i++)
        loss[i] = td_losses_recorded(s->config, &s->metrics, training->step[i]);
    return loss;
}

/* The share of each task in the gradient; the caller frees them. */
static double *shares_of(const td_session *s)
{
    const td_losses losses = {s->config, s->losses, s->has_norms ? s->norms : NULL};
    double *share = TD_NEW(double, s->model->tasks);
    for (size_t k = 0; k < s->model->tasks; k++)
        share[k] = s->model->task[k].is.weight > 0 ? td_losses_share(&losses, k) : NAN;
    return share;
}

/* On rank 0: says what the rules find and were not heard of yet. */
static td_status warn_of(td_session *s, const td_epoch_facts *facts)
{
    td_status status = TD_OK;
    for (size_t r = 0; r < td_warning_rules_count && s->log; r++) {
        const uint64_t bit = UINT64_C(1) << r;
        char *text = s->warned & bit ? NULL : td_warning_rules[r].check(facts);
        if (!text)
            continue;
        s->warned |= bit;
        td_warn("%s", text);
        if (status == TD_OK)
            status = td_run_log_warning(s->log, facts->epoch, s->position.step,
                                        td_warning_rules[r].name, text);
        td_free(text);
    }
    return status;
}

/* On rank 0. None of the lines is tried once one failed. */
static td_status write_lines(td_session *s, const td_epoch_facts *facts)
{
    const int64_t step = s->position.step;
    TD_TRY(td_run_owner_recall(s->owner));
    TD_TRY(td_run_log_phases(s->log, facts->epoch, step, facts->times));
    if (facts->groups > 0)
        TD_TRY(td_run_log_norms(s->log, facts->epoch, step, facts->groups, facts->group));
    return warn_of(s, facts);
}

/* Whether training ends with this epoch, whose end is not counted yet. */
static bool is_last_epoch(const td_session *s)
{
    td_position after = s->position;
    after.epoch++;
    return s->is_out_of_patience || td_session_is_over(s->config, &after);
}

td_status td_session_report_epoch(td_session *s)
{
    size_t losses, tables;
    const td_epoch_times times = epoch_times(s);
    const td_best_so_far so_far = td_session_best_so_far(s);
    td_table_facts *table = count_tables(s, &tables);
    double *loss = losses_of(s, &losses), *share = shares_of(s);
    td_epoch_facts facts = {.config = s->config,
                            .epoch = s->position.epoch + 1,
                            .steps = td_batches_steps(s->batches),
                            .is_over = is_last_epoch(s),
                            .losses = losses,
                            .loss = loss,
                            .first_loss = s->first_loss,
                            .tasks = s->model->tasks,
                            .share = share,
                            .spread = NAN,
                            .tables = tables,
                            .table = table,
                            .evaluation = s->evaluation.settings ? &s->evaluation : NULL,
                            .so_far = &so_far,
                            .ranks = td_comm_size(s->comm),
                            .seconds = s->seconds,
                            .times = &times};
    if (s->has_norms) {
        facts.group = td_trainer_group_norms(s->trainer, &facts.groups);
        facts.spread = td_trainer_item_spread(s->trainer);
    }
    td_session_begin_epoch(s);
    const td_status status = td_session_tolerate(s, write_lines(s, &facts));
    td_free(table);
    td_free(loss);
    td_free(share);
    return status;
}
