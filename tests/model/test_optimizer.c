/* Adagrad by hand, with numbers that are exact in binary. */
#include "model/optimizer.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>

enum { DENSE = 2500, ROWS = 6, WIDTH = 1100 }; /* both beyond one piece of the update */

static td_parameters parameters_of(size_t *table)
{
    td_parameters parameters = {0};
    td_parameters_declare(&parameters, "layer", "kernel", 1, DENSE, false, 0);
    *table = td_parameters_declare(&parameters, "user_table", "weight", ROWS, WIDTH, true, 0);
    td_parameters_allocate(&parameters);
    for (size_t i = 0; i < parameters.size; i++) {
        parameters.values[i] = 1;
        parameters.accumulators[i] = 0.75F;
    }
    return parameters;
}

static td_exact exactly(double x)
{
    return (td_exact)ldexp(x, TD_EXACT_GRADIENT);
}

Test(optimizer, dense_is_the_formula)
{
    size_t table;
    td_parameters parameters = parameters_of(&table);
    static td_exact gradient[DENSE];
    for (int i = 0; i < DENSE; i++)
        gradient[i] = exactly(i % 2 ? 0.5 : -0.5);
    const td_adagrad adagrad = {.learning_rate = 0.25F, .epsilon = 3};
    td_adagrad_update_dense(&adagrad, &parameters, gradient);
    for (int i = 0; i < DENSE; i++) { /* a = 0.75 + 0.25; w = 1 -+ 0.25 0.5 / sqrt(1 + 3) */
        cr_assert_eq(parameters.accumulators[i], 1);
        cr_assert_eq(parameters.values[i], i % 2 ? 0.9375F : 1.0625F, "element %d: %a", i,
                     (double)parameters.values[i]);
    }
    for (size_t i = DENSE; i < parameters.size; i++)
        cr_assert(parameters.values[i] == 1 && parameters.accumulators[i] == 0.75F);
    td_parameters_free(&parameters);
}

Test(optimizer, a_second_update_goes_on_from_the_sum_of_squares)
{
    size_t table;
    td_parameters parameters = parameters_of(&table);
    static td_exact gradient[DENSE];
    gradient[0] = exactly(0.5);
    const td_adagrad adagrad = {.learning_rate = 1, .epsilon = 0};
    td_adagrad_update_dense(&adagrad, &parameters, gradient); /* a = 1, w = 0.5 */
    gradient[0] = exactly(sqrt(3));
    td_adagrad_update_dense(&adagrad, &parameters, gradient); /* a = 4, w = 0.5 - sqrt(3) / 2 */
    cr_assert_float_eq(parameters.accumulators[0], 4, 1e-6F);
    cr_assert_float_eq(parameters.values[0], 0.5F - 0.8660254F, 1e-6F);
    cr_assert_eq(parameters.accumulators[1], 0.75F, "a gradient of 0 changes nothing");
    cr_assert_eq(parameters.values[1], 1);
    td_parameters_free(&parameters);
}

/* The square of the sum, not the sum of squares: 0.25 + 0.25 twice makes 0.25, not 0.125. */
Test(optimizer, rows_are_summed_before_they_are_squared_and_others_stay)
{
    size_t table;
    td_kernels kernels;
    td_row_sums sums;
    float terms[WIDTH];
    const int32_t ids[] = {4, 1, 4};
    td_parameters parameters = parameters_of(&table);
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    td_row_sums_create(&sums, ROWS, WIDTH);
    td_row_sums_touch(&sums, 3, ids);
    for (int k = 0; k < WIDTH; k++)
        terms[k] = 0.25F;
    for (int i = 0; i < 3; i++)
        td_row_sums_add(&sums, &kernels, ids[i], terms);
    const td_adagrad adagrad = {.learning_rate = 1, .epsilon = 0};
    td_adagrad_update_rows(&adagrad, &parameters, table, &sums);
    const float *values = td_parameters_values(&parameters, table);
    const float *accumulators = parameters.accumulators + parameters.tensor[table].offset;
    for (int i = 0; i < ROWS * WIDTH; i++) {
        bool twice = i / WIDTH == 4, once = i / WIDTH == 1;
        float a = 0.75F + (twice ? 0.25F : once ? 0.0625F : 0);
        float w = twice ? 0.5F : once ? 1 - 0.25F / sqrtf(0.8125F) : 1;
        cr_assert_eq(accumulators[i], a, "row %d", i / WIDTH);
        cr_assert_eq(values[i], w, "row %d", i / WIDTH);
    }
    cr_assert_eq(parameters.values[0], 1);
    td_row_sums_free(&sums);
    td_parameters_free(&parameters);
}
