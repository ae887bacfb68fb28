/* Intervals, differences and Holm's correction, by hand; tests/jobs/evaluate.py repeats resamples
 * in Python. */
#include "eval/certainty.h"

#include "../train/ranks.h"
#include "base/memory.h"
#include "job.h"

#include <math.h>
#include <string.h>

enum { USERS = 40, RESAMPLES = 200 };

MPI_SUITE(certainty)

/* This rank's share of users of weight 1: column 0 is the user's number modulo 4, column 1 is 2. */
static td_user_sums users_of(td_comm *comm)
{
    td_user_sums sums = {.columns = 2};
    int64_t first, count;
    td_comm_share(comm, USERS, &first, &count);
    td_user_sums_add(&sums, (size_t)count, first);
    for (int64_t u = 0; u < count; u++) {
        sums.sum[2 * u] = (td_user_sum){(first + u) % 4, 1};
        sums.sum[2 * u + 1] = (td_user_sum){2, 1};
    }
    return sums;
}

/* The mean of 0, 1, 2, 3 is 1.5, with a standard error of sqrt(1.25 / 40) = 0.177; 2 is above it.
 */
MPI_TEST(certainty, is_that_of_the_users)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    td_metric_value value[] = {{.metric = "recall_at_k"}, {.metric = "recall_at_k"}};
    td_user_sums sums = users_of(comm), all = users_of(alone);
    td_resamples found = td_resample(comm, &sums, value, 3, RESAMPLES);
    td_resamples expected = td_resample(alone, &all, value, 3, RESAMPLES);
    assert_on_all(comm, memcmp(found.value, expected.value, sizeof(double) * 2 * RESAMPLES) == 0,
                  "other bits on more ranks");
    td_intervals_find(&found, value);
    assert_on_all(comm, value[1].low == 2 && value[1].high == 2, "what is the same for all users");
    assert_on_all(comm,
                  fabs(value[0].low - (1.5 - 1.96 * 0.177)) < 0.08 &&
                      fabs(value[0].high - (1.5 + 1.96 * 0.177)) < 0.08,
                  "an interval");
    td_metric_difference difference = {.metric = "recall_at_k"};
    td_difference_find(&found, 0, &found, 1, &difference);
    td_difference_count(comm, &sums, 0, &sums, 1, &difference);
    assert_on_all(comm,
                  fabs(difference.low - (value[0].low - 2)) < 1e-12 &&
                      fabs(difference.high - (value[0].high - 2)) < 1e-12 && difference.p < 0.06,
                  "a difference");
    assert_on_all(comm, difference.better == 0.25 && difference.worse == 0.5, "shares of users");
    difference.metric = "mean_absolute_error";
    td_difference_count(comm, &sums, 0, &sums, 1, &difference);
    assert_on_all(comm, difference.better == 0.5 && difference.worse == 0.25, "errors");
    td_resamples_free(&found);
    td_resamples_free(&expected);
    td_user_sums_free(&sums);
    td_user_sums_free(&all);
    td_comm_free(alone);
}

/* User u of a rank has place 10 r + u. One evaluation kept places 1, 2, 4, of 1, 5, 3, the other 0,
 * 2, 3, 4, of 9, 4, 9, 6: of the two that both have, the former is better for one. */
MPI_TEST(certainty, counts_users_whom_both_evaluations_kept)
{
    td_comm *comm = job_comm();
    const int64_t of_a[5] = {0, 1, 5, 0, 3}, of_b[5] = {9, 0, 4, 9, 6};
    td_user_sums a = {.columns = 1}, b = {.columns = 1};
    td_user_sums_add(&a, 5, 10 * td_comm_rank(comm));
    td_user_sums_add(&b, 5, 10 * td_comm_rank(comm));
    for (size_t u = 0; u < 5; u++) {
        a.sum[u] = (td_user_sum){of_a[u], of_a[u] > 0};
        b.sum[u] = (td_user_sum){of_b[u], of_b[u] > 0};
    }
    td_user_sums_compact(&a, 0);
    td_user_sums_compact(&b, 0);
    td_metric_difference of_ab = {.metric = "recall_at_k"}, of_ba = {.metric = "recall_at_k"};
    td_difference_count(comm, &a, 0, &b, 0, &of_ab);
    td_difference_count(comm, &b, 0, &a, 0, &of_ba);
    assert_on_all(comm, of_ab.better == 0.5 && of_ab.worse == 0.5, "shares of common users");
    assert_on_all(comm, of_ba.better == 0.5 && of_ba.worse == 0.5, "the other way round");
    td_user_sums_free(&a);
    td_user_sums_free(&b);
}

/* NaN is none. 0.01 of three, 0.03 of the two that are left, and 0.04 is not below what was before
 * it. */
MPI_TEST(certainty, has_holms_correction)
{
    td_comm *comm = job_comm();
    td_metric_difference difference[] = {{.p = 0.04}, {.p = 0.01}, {.p = 0.03}, {.p = NAN}};
    td_differences_correct(4, difference);
    assert_on_all(comm,
                  fabs(difference[0].p - 0.06) < 1e-12 && fabs(difference[1].p - 0.03) < 1e-12 &&
                      fabs(difference[2].p - 0.06) < 1e-12 && isnan(difference[3].p),
                  "Holm's p");
}

/* Users without any weight go; the others keep their places. */
MPI_TEST(certainty, leaves_out_users_without_rows)
{
    td_comm *comm = job_comm();
    td_user_sums sums = {.columns = 1};
    td_user_sums_add(&sums, 1, 7);
    sums.sum[0] = (td_user_sum){5, 1};
    const size_t first = td_user_sums_add(&sums, 3, 10);
    sums.sum[first + 2] = (td_user_sum){6, 1};
    td_user_sums_compact(&sums, first);
    assert_on_all(comm,
                  sums.users == 2 && sums.place[0] == 7 && sums.place[1] == 12 &&
                      sums.sum[1].value == 6,
                  "users that are left");
    td_user_sums all = td_user_sums_gather(comm, &sums);
    assert_on_all(comm, all.users == 2 * (size_t)td_comm_size(comm) && all.place[1] == 12,
                  "gathered users");
    td_user_sums_free(&sums);
    td_user_sums_free(&all);
}
