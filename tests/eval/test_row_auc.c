/* The AUC over rows, by hand, wherever the rows are. */
#include "eval/row_auc.h"

#include "../train/ranks.h"
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
            td_row_auc_add(&auc, 1, prediction + i, label + i);
    const double area = td_row_auc_find(comm, &auc);
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
