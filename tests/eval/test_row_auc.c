/* The AUC over rows, by hand, wherever the rows are. */
#include "eval/row_auc.h"

#include "../train/ranks.h"
#include "base/memory.h"
#include "base/random.h"
#include "eval/bootstrap.h"
#include "job.h"

#include <math.h>

MPI_SUITE(row_auc)

enum { MOST = 8 };

/* Row i is on rank i modulo the ranks. */
static double area_of(size_t rows, const float *prediction, const float *label)
{
    td_comm *comm = job_comm();
    td_row_auc auc = {0};
    for (size_t i = 0; i < rows; i++)
        if ((int)i % td_comm_size(comm) == td_comm_rank(comm))
            td_row_auc_add(&auc, (int64_t)i, 1, prediction + i, label + i);
    td_row_auc_share(&auc, comm);
    const double area = td_row_auc_find(&auc, comm);
    td_row_auc_free(&auc);
    return area;
}

static void assert_area(size_t rows, const float *prediction, const float *label, double expected)
{
    const double found = area_of(rows, prediction, label);
    assert_on_all(job_comm(), found == expected || (isnan(found) && isnan(expected)), "an area");
}

/* Ones at 0.9, 0.4 and 0.4, zeros at 0.5, 0.4 and 0.1: of 9 pairs 3 + 1.5 + 1.5 stand right. */
MPI_TEST(row_auc, is_a_share_of_pairs)
{
    const float prediction[] = {0.9F, 0.5F, 0.4F, 0.4F, 0.4F, 0.1F}, label[] = {1, 0, 1, 0, 1, 0};
    assert_area(6, prediction, label, 6 / 9.0);
}

/* Also where a number's sign is negative; 0 and -0 tie. */
MPI_TEST(row_auc, is_of_the_order_of_numbers)
{
    const float prediction[] = {-3, -2, -1, 0, -0.0F, 1, 2, INFINITY};
    const float rises[] = {0, 0, 0, 0, 1, 1, 1, 1}, falls[] = {1, 1, 1, 1, 0, 0, 0, 0};
    assert_area(MOST, prediction, rises, 15.5 / 16);
    assert_area(MOST, prediction, falls, 0.5 / 16);
}

MPI_TEST(row_auc, passes_over_rows_without_label)
{
    const float prediction[] = {0.1F, 0.9F, NAN, 0.5F}, label[] = {0, 1, NAN, NAN};
    assert_area(4, prediction, label, 1);
}

MPI_TEST(row_auc, is_no_number_where_there_are_no_pairs_or_no_numbers)
{
    const float prediction[] = {0.1F, 0.9F, 0.4F}, none[] = {0.1F, NAN, 0.4F};
    assert_area(0, NULL, NULL, NAN);
    assert_area(3, prediction, (const float[]){1, 1, 1}, NAN);
    assert_area(3, prediction, (const float[]){0, 0, 0}, NAN);
    assert_area(3, none, (const float[]){0, 1, 1}, NAN);
    assert_area(3, prediction, (const float[]){0, 1, 0.5F}, NAN);
}

enum { ROWS = 700, USERS = 60, RESAMPLES = 10 };

/* Row i is of user 3 (i modulo USERS), and its prediction one of 97. */
static int64_t place_of(size_t i)
{
    return 3 * (int64_t)(i % USERS);
}

static void make_rows(float *prediction, float *label)
{
    for (size_t i = 0; i < ROWS; i++) {
        const td_random random = td_philox(1, TD_STREAM_SYNTH, i, 0);
        prediction[i] = (float)(random.word[0] % 97) / 97 - 0.5F;
        label[i] = random.word[1] % 3 == 0;
    }
}

/* Pair by pair: a pair counts as often as its users are drawn, a tie half. */
static double area_by_pairs(const float *prediction, const float *label, size_t resample)
{
    double right = 0, pairs = 0;
    int64_t times[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        uint8_t drawn[TD_DRAWS];
        td_bootstrap_draw(5, place_of(i), resample / TD_DRAWS, drawn);
        times[i] = drawn[resample % TD_DRAWS];
    }
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < ROWS; j++)
            if (label[i] == 1 && label[j] == 0) {
                const double weight = (double)(times[i] * times[j]);
                pairs += weight;
                right += prediction[i] > prediction[j]    ? weight
                         : prediction[i] == prediction[j] ? weight / 2
                                                          : 0;
            }
    return right / pairs;
}

/* Into every second of the values that there is room for. */
MPI_TEST(row_auc, is_resampled_by_users)
{
    td_comm *comm = job_comm();
    float prediction[ROWS], label[ROWS];
    double value[2 * RESAMPLES];
    td_row_auc auc = {0};
    make_rows(prediction, label);
    for (size_t i = 0; i < ROWS; i++)
        if ((int)i % td_comm_size(comm) == td_comm_rank(comm))
            td_row_auc_add(&auc, place_of(i), 1, prediction + i, label + i);
    td_row_auc_share(&auc, comm);
    td_row_auc_resample(&auc, comm, 5, RESAMPLES, 2, value);
    for (size_t r = 0; r < RESAMPLES; r++)
        assert_on_all(comm, value[2 * r] == area_by_pairs(prediction, label, r),
                      "a resample's area");
    assert_on_all(comm, value[0] != value[2], "all resamples are the same");
    td_row_auc_free(&auc);
}

/* Two users have the ones, at 3 and 1, one the zero, at 2: in a resample that has them w, v and u
 * times, the area is w u / ((w + v) u). */
MPI_TEST(row_auc, is_resampled_as_by_hand)
{
    td_comm *comm = job_comm();
    const float prediction[] = {3, 1, 2}, label[] = {1, 1, 0};
    double value[TD_DRAWS];
    uint8_t times[3][TD_DRAWS];
    td_row_auc auc = {0};
    for (int i = 0; i < 3; i++) {
        td_bootstrap_draw(0, i, 0, times[i]);
        if (i % td_comm_size(comm) == td_comm_rank(comm))
            td_row_auc_add(&auc, i, 1, prediction + i, label + i);
    }
    td_row_auc_share(&auc, comm);
    td_row_auc_resample(&auc, comm, 0, TD_DRAWS, 1, value);
    for (int d = 0; d < TD_DRAWS; d++) {
        const int w = times[0][d], v = times[1][d], u = times[2][d];
        const bool has_pairs = (w + v) * u > 0;
        assert_on_all(comm, has_pairs ? value[d] == (double)w / (double)(w + v) : isnan(value[d]),
                      "an area by hand");
    }
    td_row_auc_free(&auc);
}
