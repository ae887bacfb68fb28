/* What a sum promises: one answer in any order and grouping, terms kept to the unit, and a
 * verdict on the range that nobody's partial sum can change. */
#include "math/exact_sum.h"

#include <criterion/criterion.h>
#include <math.h>

enum { TERMS = 1000, GRADIENT = TD_EXACT_GRADIENT };

/* Terms over 12 orders of magnitude and both signs: a float sum would depend on order. */
static void make_terms(float terms[TERMS])
{
    uint32_t state = 1;
    for (int i = 0; i < TERMS; i++) {
        state = state * 1664525U + 1013904223U;
        terms[i] = ldexpf((float)(int32_t)state / 0x1p31F, i % 40 - 30);
    }
}

static float float_sum(const float *terms, int stride)
{
    float sum = 0;
    for (int i = 0; i < TERMS; i++)
        sum += terms[i * stride % TERMS];
    return sum;
}

static td_exact exact_sum(const float *terms, int stride)
{
    td_exact sum = 0;
    for (int i = 0; i < TERMS; i++)
        td_exact_add(GRADIENT, 1, &terms[i * stride % TERMS], &sum);
    return sum;
}

Test(exact_sum, is_the_same_in_every_order)
{
    float terms[TERMS];
    make_terms(terms);
    cr_assert_neq(float_sum(terms, 1), float_sum(terms, 7), "the terms must be hard ones");
    for (int stride = 3; stride < 100; stride += 2)
        if (stride % 5 != 0) /* else it is no permutation of 1000 */
            cr_assert_eq(exact_sum(terms, stride), exact_sum(terms, 1), "stride %d", stride);
}

Test(exact_sum, is_the_same_in_every_grouping)
{
    float terms[TERMS];
    make_terms(terms);
    for (int cut = 0; cut <= TERMS; cut += 111) {
        td_exact left = 0, right = 0;
        for (int i = 0; i < TERMS; i++)
            td_exact_add(GRADIENT, 1, &terms[i], i < cut ? &left : &right);
        td_exact_merge(1, &right, &left);
        cr_assert_eq(left, exact_sum(terms, 1), "cut at %d", cut);
    }
}

Test(exact_sum, keeps_terms_to_the_unit_and_rounds_half_to_even)
{
    const float unit = ldexpf(1, -GRADIENT);
    const float terms[] = {0,           1,          -3.25F, 8191, unit, 0.5F * unit, -0.5F * unit,
                           1.5F * unit, 2.5F * unit};
    const float expected[] = {0, 1, -3.25F, 8191, unit, 0, 0, 2 * unit, 2 * unit};
    enum { N = sizeof terms / sizeof *terms };
    td_exact sums[N] = {0};
    float values[N];
    td_exact_add(GRADIENT, N, terms, sums);
    td_exact_to_float(GRADIENT, N, sums, values);
    for (int i = 0; i < N; i++)
        cr_assert_eq(values[i], expected[i], "term %d: %a gave %a", i, terms[i], values[i]);
}

static bool in_range(float term, size_t terms_per_sum)
{
    td_exact sum = 0;
    return td_exact_in_range(GRADIENT, terms_per_sum, td_exact_add(GRADIENT, 1, &term, &sum));
}

Test(exact_sum, judges_the_range_by_the_largest_term)
{
    cr_assert(in_range(8191, 1) && in_range(-8191, 1));
    cr_assert(in_range(4095, 4096) && !in_range(4095, 8192), "2^12 terms of 2^12 reach 2^62 units");
    const float bad[] = {8192, -8192, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(in_range(bad[i], 1), "%a", bad[i]);
}

Test(exact_sum, returns_the_largest_magnitude_of_many)
{
    const float terms[] = {1, -7, 3, NAN};
    td_exact sums[4] = {0};
    cr_assert(td_exact_in_range(GRADIENT, 1, td_exact_add(GRADIENT, 3, terms, sums)));
    cr_assert_not(td_exact_in_range(GRADIENT, 1, td_exact_add(GRADIENT, 4, terms, sums)));
}

static int coarser(float term, size_t terms_per_sum)
{
    td_exact sum = 0;
    return td_exact_coarser(GRADIENT, terms_per_sum, td_exact_add(GRADIENT, 1, &term, &sum));
}

Test(exact_sum, says_how_much_coarser_a_unit_must_be)
{
    cr_assert_eq(coarser(8191, 1), 0);
    cr_assert_eq(coarser(8192, 1), 1);
    cr_assert_eq(coarser(-0x1p20F, 1), 8);
    cr_assert_eq(coarser(4095, 8192), 1, "for the sum's sake");
    cr_assert_eq(coarser(0x1.fffffep52F, 1), TD_EXACT_COARSEST);
    const float bad[] = {0x1p53F, 3e38F, INFINITY, NAN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(coarser(bad[i], 1), -1, "%a", bad[i]);
}

Test(exact_sum, is_rounded_half_to_even_in_coarser_units)
{
    const td_exact sums[] = {5, 6, 7, -5, -6, -7, 10, -10, 0, 4, -4, 2, -2};
    const td_exact expected[] = {1, 2, 2, -1, -2, -2, 2, -2, 0, 1, -1, 0, 0};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        cr_assert_eq(td_exact_coarsen(sums[i], 2), expected[i], "%d", (int)sums[i]);
    cr_assert_eq(td_exact_coarsen(INT64_MAX, 0), INT64_MAX);
    cr_assert_eq(td_exact_coarsen(INT64_MIN, 62), -2);
    cr_assert_eq(td_exact_coarsen(INT64_MAX, 62), 2);
    cr_assert_eq(td_exact_coarsen(INT64_MAX, 200), 0);
}

/* Sums in coarse units are what those of the same terms, smaller by as much, are in fine ones. */
Test(exact_sum, is_the_same_number_of_coarser_units)
{
    float terms[TERMS];
    make_terms(terms);
    for (int by = 1; by <= TD_EXACT_COARSEST; by += 13) {
        float large[TERMS], value = 0, fine = 0;
        td_exact sum = 0, expected = exact_sum(terms, 1);
        for (int i = 0; i < TERMS; i++)
            large[i] = ldexpf(terms[i], by);
        for (int i = 0; i < TERMS; i++)
            td_exact_add(GRADIENT - by, 1, &large[i], &sum);
        td_exact_to_float(GRADIENT - by, 1, &sum, &value);
        td_exact_to_float(GRADIENT, 1, &expected, &fine);
        cr_assert(sum == expected && value == ldexpf(fine, by), "2^%d", by);
    }
}
