/* Inverses by hand, and of a matrix that has none. */
#include "math/inverse.h"

#include "math/openblas.h"

#include <criterion/criterion.h>
#include <math.h>

static void load(void)
{
    cr_assert_eq(td_openblas_load(), TD_OK, "%s", td_message());
}

TestSuite(inverse, .init = load);

Test(inverse, is_that_by_hand)
{
    double a[] = {4, 2, 0, 2, 3, 0, 0, 0, 0.5};
    const double expected[] = {0.375, -0.25, 0, -0.25, 0.5, 0, 0, 0, 2};
    cr_assert(td_inverse(3, a));
    for (size_t i = 0; i < 9; i++)
        cr_assert(fabs(a[i] - expected[i]) < 1e-15, "%zu: %g", i, a[i]);
    cr_assert(td_inverse(0, a));
}

/* 1 / (i + j + 1) beside 3 on the diagonal: times its inverse it is 1. */
Test(inverse, undoes_a_larger_one)
{
    enum { N = 150 };
    static double a[N][N], b[N][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            a[i][j] = b[i][j] = 1.0 / (i + j + 1) + (i == j ? 3 : 0);
    cr_assert(td_inverse(N, b[0]));
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double sum = 0;
            for (int k = 0; k < N; k++)
                sum += a[i][k] * b[k][j];
            cr_assert(fabs(sum - (i == j)) < 1e-13, "%d, %d: %g", i, j, sum);
        }
}

Test(inverse, of_what_has_none_is_refused)
{
    double singular[] = {1, 1, 1, 1}, negative[] = {1, 2, 2, 1};
    cr_assert_not(td_inverse(2, singular));
    cr_assert_not(td_inverse(2, negative));
}
