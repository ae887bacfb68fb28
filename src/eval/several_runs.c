#include "eval/several_runs.h"

#include "base/log.h"
#include "base/memory.h"
#include "eval/bootstrap.h"

#include <math.h>

/* The columns of the model come first. */
static size_t count_columns(const td_evaluation *evaluation)
{
    size_t n = 0;
    while (n < evaluation->count && evaluation->value[n].is_of_model)
        n++;
    return n;
}

/* The model's value is the mean of the runs'. */
static void join_values(size_t runs, td_evaluation *const *of_run, size_t columns)
{
    td_evaluation *all = of_run[0];
    for (size_t c = 0; c < columns; c++) {
        for (size_t run = 1; run < runs; run++) {
            TD_ASSERT(td_metric_is_same(&all->value[c], &of_run[run]->value[c]));
            all->value[c].value += of_run[run]->value[c].value;
        }
        all->value[c].value /= (double)runs;
    }
}

/* All runs have the groups of the rows that all are asked. */
static void join_groups(size_t runs, td_evaluation *const *of_run, size_t columns)
{
    td_evaluation *all = of_run[0];
    for (size_t g = 0; g < all->groups; g++)
        for (size_t c = 0; c < columns; c++) {
            for (size_t run = 1; run < runs; run++)
                all->group[g].value[c] += of_run[run]->group[g].value[c];
            all->group[g].value[c] /= (double)runs;
        }
}

/* A user has the same weight in every run, so that quotients of sums are means of quotients. */
static void join_users(td_user_sums *all, const td_user_sums *one, size_t columns)
{
    for (size_t u = 0, v = 0; u < all->users; u++) {
        while (v < one->users && one->place[v] < all->place[u])
            v++;
        if (v == one->users || one->place[v] != all->place[u])
            continue;
        for (size_t c = 0; c < columns; c++) {
            all->sum[u * all->columns + c].value += one->sum[v * one->columns + c].value;
            all->sum[u * all->columns + c].weight += one->sum[v * one->columns + c].weight;
        }
    }
}

/* A resample's metric is the mean over the runs that it has, each as often as it is drawn. */
static void join_resamples(size_t runs, td_evaluation *const *of_run, int side, size_t columns)
{
    const td_resamples *all = &of_run[0]->resamples;
    int64_t *times = TD_NEW(int64_t, runs);
    for (size_t r = 0; r < all->count; r++) {
        const int64_t drawn = td_bootstrap_draw_runs(0, side, r, runs, times);
        for (size_t c = 0; c < columns; c++) {
            double sum = 0;
            for (size_t run = 0; run < runs; run++) {
                const td_resamples *one = &of_run[run]->resamples;
                if (times[run] > 0)
                    sum += (double)times[run] * one->value[r * one->columns + c];
            }
            all->value[r * all->columns + c] = sum / (double)drawn;
        }
    }
    td_free(times);
}

void td_several_runs_join(size_t runs, td_evaluation *const *of_run, int side)
{
    td_evaluation *all = of_run[0];
    const size_t columns = count_columns(all);
    if (runs < 2)
        return;
    join_values(runs, of_run, columns);
    join_groups(runs, of_run, columns);
    for (size_t run = 1; run < runs; run++)
        join_users(&all->users, &of_run[run]->users, columns);
    join_resamples(runs, of_run, side, columns);
    if (all->resamples.count > 0)
        td_intervals_find(&all->resamples, all->value);
}
