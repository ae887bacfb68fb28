/* What is known of an epoch whose steps are done, for the log. */
#include "train/session.h"

#include "base/memory.h"
#include "base/range.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of this epoch, on one rank. */
typedef struct {
    double seconds;
    double phase[TD_PHASES];
    double work; /* in phases that wait for nobody */
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
    }
    times.slowest = (int)slowest;
    times.work = all[slowest].work;
    times.usual_work = usual_work(ranks, all, slowest);
    memcpy(times.host, all[slowest].host, sizeof times.host);
    td_free(all);
    return times;
}

/* The next epoch begins. */
static void begin_again(td_session *s)
{
    s->begin = (td_epoch_begin){.seconds = s->seconds, .examples = s->examples};
    memcpy(s->begin.phase, td_trainer_stopwatch(s->trainer, 0)->seconds, sizeof s->begin.phase);
}

/* Rank 0's status of one line after the other, none of which is tried once one failed. */
static td_status write_lines(td_session *s, const td_epoch_facts *facts)
{
    const int64_t step = s->position.step;
    TD_TRY(td_run_owner_recall(s->owner));
    TD_TRY(td_run_log_phases(s->log, facts->epoch, step, facts->times));
    return facts->groups > 0
               ? td_run_log_norms(s->log, facts->epoch, step, facts->groups, facts->group)
               : TD_OK;
}

td_status td_session_report_epoch(td_session *s)
{
    const td_epoch_times times = epoch_times(s);
    td_epoch_facts facts = {.config = s->config,
                            .epoch = s->position.epoch + 1,
                            .steps = td_batches_steps(s->batches),
                            .ranks = td_comm_size(s->comm),
                            .seconds = s->seconds,
                            .times = &times};
    if (s->has_norms)
        facts.group = td_trainer_group_norms(s->trainer, &facts.groups);
    begin_again(s);
    return td_session_tolerate(s, write_lines(s, &facts));
}
