/* Several runs as one, by hand; tests/jobs/evaluate.py repeats it from each run's values in Python.
 */
#include "eval/several_runs.h"

#include "base/memory.h"
#include "eval/bootstrap.h"

#include <criterion/criterion.h>
#include <math.h>

enum { RUNS = 3, RESAMPLES = 40 };

/* Run i has values of 1 + i and 10 i (an error) by the model; the first has 5 by popularity. Users
 * 2, 3 and 7 have 4 i, 4 i + 1, 4 i + 2 rows that are hit of 4. */
static td_evaluation evaluation_of(size_t i)
{
    const size_t columns = i == 0 ? 3 : 2;
    td_evaluation e = {.count = columns,
                       .value = TD_NEW(td_metric_value, columns),
                       .groups = 1,
                       .group = TD_NEW(td_metric_group, 1),
                       .users = {.columns = columns},
                       .resamples = {RESAMPLES, columns, TD_NEW(double, RESAMPLES *columns)}};
    e.group->value = TD_NEW(double, columns);
    for (size_t c = 0; c < columns; c++) {
        const double value[] = {1 + (double)i, 10 * (double)i, 5};
        e.value[c] = (td_metric_value){.system = c < 2 ? "model" : "popularity",
                                       .is_of_model = c < 2,
                                       .metric = c == 1 ? "mean_absolute_error" : "recall_at_k",
                                       .value = value[c]};
        e.group->value[c] = -value[c];
        for (size_t r = 0; r < RESAMPLES; r++)
            e.resamples.value[r * columns + c] = value[c] * (double)(r + 1);
    }
    td_user_sums_add(&e.users, 2, 2);
    td_user_sums_add(&e.users, 1, 7);
    for (size_t u = 0; u < 3; u++)
        for (size_t c = 0; c < columns; c++)
            e.users.sum[u * columns + c] = (td_user_sum){(td_exact)(4 * i + u), 4};
    return e;
}

/* The mean over the runs that a resample has. */
static double drawn_mean(int side, size_t r, size_t column)
{
    int64_t times[RUNS];
    double sum = 0;
    const int64_t drawn = td_bootstrap_draw_runs(0, side, r, RUNS, times);
    for (size_t i = 0; i < RUNS; i++)
        sum += (double)times[i] * (column == 0 ? 1 + (double)i : 10 * (double)i);
    return sum / (double)drawn * (double)(r + 1);
}

static void check_joined(const td_evaluation *all, int side)
{
    cr_assert(all->value[0].value == 2 && all->value[1].value == 10 && all->value[2].value == 5);
    cr_assert(all->group->value[0] == -2 && all->group->value[2] == -5);
    for (size_t u = 0; u < 3; u++) {
        const td_user_sum *of_user = all->users.sum + 3 * u;
        cr_assert(of_user[0].value == 12 + 3 * (td_exact)u && of_user[0].weight == 12);
        cr_assert(of_user[2].value == (td_exact)u && of_user[2].weight == 4);
    }
    for (size_t r = 0; r < RESAMPLES; r++) {
        for (size_t c = 0; c < 2; c++)
            cr_assert(fabs(all->resamples.value[3 * r + c] - drawn_mean(side, r, c)) < 1e-12);
        cr_assert(all->resamples.value[3 * r + 2] == 5 * (double)(r + 1));
    }
    cr_assert(all->value[2].low == 10 && all->value[2].high == 5 * (double)(RESAMPLES - 1));
    cr_assert(all->value[0].low < all->value[0].high);
}

Test(several_runs, are_means_of_what_each_has)
{
    for (int side = 0; side < 2; side++) {
        td_evaluation run[RUNS], *of_run[RUNS];
        for (size_t i = 0; i < RUNS; i++) {
            run[i] = evaluation_of(i);
            of_run[i] = &run[i];
        }
        td_several_runs_join(1, of_run, side);
        cr_assert(run[0].value[0].value == 1 && run[0].resamples.value[3] == 2, "one run changes");
        td_several_runs_join(RUNS, of_run, side);
        check_joined(&run[0], side);
        for (size_t i = 0; i < RUNS; i++)
            td_evaluation_free(&run[i]);
    }
}

/* Of five runs of 0 .. 4, whose variance is 2.5, four are drawn, so that their means vary by 2.5 /
 * 5; by 2.5 / 6.25 if five were. */
Test(several_runs, vary_as_much_as_as_many_new_ones)
{
    enum { MANY = 20000, FIVE = 5 };
    double sum = 0, squares = 0;
    size_t same = 0;
    for (size_t r = 0; r < MANY; r++) {
        int64_t times[FIVE], others[FIVE], all = 0;
        double mean = 0;
        const int64_t drawn = td_bootstrap_draw_runs(0, 0, r, FIVE, times);
        td_bootstrap_draw_runs(0, 1, r, FIVE, others);
        size_t alike = 0;
        for (size_t i = 0; i < FIVE; i++) {
            all += times[i];
            mean += (double)times[i] * (double)i / (double)drawn;
            alike += times[i] == others[i];
        }
        cr_assert(all == drawn && drawn == FIVE - 1);
        same += alike == FIVE;
        sum += mean;
        squares += mean * mean;
    }
    const double variance = squares / MANY - (sum / MANY) * (sum / MANY);
    cr_assert(fabs(sum / MANY - 2) < 0.02 && fabs(variance - 0.5) < 0.03, "variance %g", variance);
    cr_assert(same < MANY / 5, "both sides have the same draws");
}

Test(several_runs, are_one_run_where_there_is_one)
{
    int64_t times = 9;
    for (size_t r = 0; r < 10; r++) {
        const int64_t drawn = td_bootstrap_draw_runs(0, 0, r, 1, &times);
        cr_assert(drawn == 1 && times == 1);
    }
}
