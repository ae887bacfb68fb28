/* Optimizers by hand: Adagrad with numbers that are exact in binary, SGD and Adam against their
 * formulas in double, over dense tensors and tables. */
#include "model/optimizer.h"

#include "base/memory.h"
#include "samples.h"

#include <criterion/criterion.h>

enum { DENSE = 2500, ROWS = 6, WIDTH = 1100 }; /* both beyond one piece of the update */

static const bool all[] = {true, true}; /* tensors with a gradient */

static td_parameters parameters_of(int kind, size_t *table)
{
    td_parameters parameters = {0};
    td_parameters_declare(&parameters, "layer", "kernel", 1, DENSE, false, 0);
    *table = td_parameters_declare(&parameters, "user_table", "weight", ROWS, WIDTH, true, 0);
    td_parameters_allocate(&parameters, td_optimizer_states(kind));
    for (size_t i = 0; i < parameters.size; i++) {
        parameters.values[i] = 1;
        for (size_t s = 0; s < parameters.states; s++)
            parameters.state[s][i] = kind == TD_ADAGRAD ? 0.75F : 0;
    }
    return parameters;
}

/* Sums that touch rows 4 (twice) and 1, with this term everywhere. */
static td_row_sums sums_of(float term)
{
    td_kernels kernels;
    td_row_sums sums;
    float terms[WIDTH];
    const int32_t ids[] = {4, 1, 4};
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    td_row_sums_create(&sums, (td_range){0, ROWS}, WIDTH);
    td_row_sums_touch(&sums, 3, ids);
    for (int k = 0; k < WIDTH; k++)
        terms[k] = term;
    for (int i = 0; i < 3; i++)
        td_row_sums_add(&sums, &kernels, ids[i], terms);
    return sums;
}

Test(optimizer, states_have_names)
{
    cr_assert_eq(td_optimizer_states(TD_ADAGRAD), 1);
    cr_assert_eq(td_optimizer_states(TD_SGD), 0);
    cr_assert_eq(td_optimizer_states(TD_ADAM), 2);
    cr_assert_str_eq(td_optimizer_state_name(TD_ADAGRAD, 0), "accumulator");
    cr_assert_str_eq(td_optimizer_state_name(TD_ADAM, 0), "m");
    cr_assert_str_eq(td_optimizer_state_name(TD_ADAM, 1), "v");
}

Test(optimizer, adagrad_is_the_formula)
{
    size_t table;
    td_parameters parameters = parameters_of(TD_ADAGRAD, &table);
    static float gradient[DENSE];
    for (int i = 0; i < DENSE; i++)
        gradient[i] = i % 2 ? 0.5F : -0.5F;
    const td_optimizer adagrad = {.kind = TD_ADAGRAD, .rate = 0.25F, .epsilon = 3};
    td_optimizer_update_dense(&adagrad, &parameters, gradient, all);
    for (int i = 0; i < DENSE; i++) { /* a = 0.75 + 0.25; w = 1 -+ 0.25 0.5 / sqrt(1 + 3) */
        cr_assert_eq(parameters.state[0][i], 1);
        cr_assert_eq(parameters.values[i], i % 2 ? 0.9375F : 1.0625F, "element %d: %a", i,
                     (double)parameters.values[i]);
    }
    for (size_t i = DENSE; i < parameters.size; i++)
        cr_assert(parameters.values[i] == 1 && parameters.state[0][i] == 0.75F);
    td_parameters_free(&parameters);
}

Test(optimizer, adagrad_goes_on_from_the_sum_of_squares)
{
    size_t table;
    td_parameters parameters = parameters_of(TD_ADAGRAD, &table);
    static float gradient[DENSE];
    gradient[0] = 0.5F;
    const td_optimizer adagrad = {.kind = TD_ADAGRAD, .rate = 1};
    td_optimizer_update_dense(&adagrad, &parameters, gradient, all); /* a = 1, w = 0.5 */
    gradient[0] = sqrtf(3);
    td_optimizer_update_dense(&adagrad, &parameters, gradient,
                              all); /* a = 4, w = 0.5 - sqrt(3) / 2 */
    cr_assert_float_eq(parameters.state[0][0], 4, 1e-6F);
    cr_assert_float_eq(parameters.values[0], 0.5F - 0.8660254F, 1e-6F);
    cr_assert_eq(parameters.state[0][1], 0.75F, "a gradient of 0 changes nothing");
    cr_assert_eq(parameters.values[1], 1);
    td_parameters_free(&parameters);
}

/* The square of the sum, not the sum of squares: 0.25 + 0.25 twice makes 0.25, not 0.125. */
Test(optimizer, rows_are_summed_before_they_are_squared_and_others_stay)
{
    size_t table;
    td_parameters parameters = parameters_of(TD_ADAGRAD, &table);
    td_row_sums sums = sums_of(0.25F);
    const td_optimizer adagrad = {.kind = TD_ADAGRAD, .rate = 1};
    td_optimizer_update_table(&adagrad, &parameters, table, &sums, NULL);
    const float *values = td_parameters_values(&parameters, table);
    const float *accumulators = parameters.state[0] + parameters.tensor[table].offset;
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

Test(optimizer, sgd_goes_down_the_gradient)
{
    size_t table;
    td_parameters parameters = parameters_of(TD_SGD, &table);
    static float gradient[DENSE];
    for (int i = 0; i < DENSE; i++)
        gradient[i] = (float)i;
    const td_optimizer sgd = {.kind = TD_SGD, .rate = 0.5F};
    td_optimizer_update_dense(&sgd, &parameters, gradient, all);
    for (int i = 0; i < DENSE; i++)
        cr_assert_eq(parameters.values[i], 1 - 0.5F * (float)i, "element %d", i);
    td_row_sums sums = sums_of(0.25F);
    td_optimizer_update_table(&sgd, &parameters, table, &sums, NULL);
    for (size_t i = 0; i < (size_t)ROWS * WIDTH; i++) {
        float expected = i / WIDTH == 4 ? 0.75F : i / WIDTH == 1 ? 0.875F : 1;
        cr_assert_eq(parameters.values[DENSE + i], expected, "row %zu", i / WIDTH);
    }
    td_row_sums_free(&sums);
    td_parameters_free(&parameters);
}

static td_config adam_config(bool lazy)
{
    td_config config;
    td_config_defaults(&config);
    config.optimizer_kind = TD_ADAM;
    config.optimizer_learning_rate = 0.01;
    config.optimizer_lazy = lazy;
    return config;
}

/* Keras's formula in double. */
typedef struct {
    double w, m, v;
} adam_element;

static void adam_by_hand(const td_config *config, int64_t step, double g, adam_element *e)
{
    const double b1 = config->optimizer_beta_1, b2 = config->optimizer_beta_2;
    const double alpha = config->optimizer_learning_rate * sqrt(1 - pow(b2, (double)step)) /
                         (1 - pow(b1, (double)step));
    e->m = b1 * e->m + (1 - b1) * g;
    e->v = b2 * e->v + (1 - b2) * g * g;
    e->w -= alpha * e->m / (sqrt(e->v) + config->optimizer_epsilon);
}

static void assert_near(const td_parameters *parameters, size_t i, const adam_element *e)
{
    cr_assert_float_eq((double)parameters->values[i], e->w, 1e-6, "w[%zu]: %.9g, not %.9g", i,
                       (double)parameters->values[i], e->w);
    cr_assert_float_eq((double)parameters->state[0][i], e->m, 1e-6 * fabs(e->m) + 1e-8);
    cr_assert_float_eq((double)parameters->state[1][i], e->v, 1e-5 * e->v + 1e-15);
}

Test(optimizer, adam_is_the_formula_over_several_steps)
{
    size_t table;
    static float gradient[DENSE];
    static adam_element by_hand[DENSE];
    const td_config config = adam_config(false);
    td_parameters parameters = parameters_of(TD_ADAM, &table);
    for (int i = 0; i < DENSE; i++)
        by_hand[i] = (adam_element){1, 0, 0};
    for (int64_t step = 1; step <= 5; step++) {
        const td_optimizer adam = td_optimizer_of_step(&config, step, 0);
        for (int i = 0; i < DENSE; i++) {
            const double g = (double)(i * step % 7 - 3) / 8;
            gradient[i] = (float)g;
            adam_by_hand(&config, step, g, &by_hand[i]);
        }
        td_optimizer_update_dense(&adam, &parameters, gradient, all);
        for (size_t i = 0; i < DENSE; i++)
            assert_near(&parameters, i, &by_hand[i]);
    }
    td_parameters_free(&parameters);
}

/* Rows are touched in the first step only. What they remember moves them in later ones too, unless
 * Adam is lazy; a row that was never touched has nothing to move it. */
static void assert_table_moves(bool lazy)
{
    size_t table;
    const td_config config = adam_config(lazy);
    td_parameters parameters = parameters_of(TD_ADAM, &table);
    const size_t offset = parameters.tensor[table].offset;
    adam_element twice = {1, 0, 0}, once = {1, 0, 0}, never = {1, 0, 0};
    for (int64_t step = 1; step <= 4; step++) {
        const td_optimizer adam = td_optimizer_of_step(&config, step, 0);
        td_row_sums sums = sums_of(0.25F);
        if (step > 1)
            td_row_sums_clear(&sums);
        td_optimizer_update_table(&adam, &parameters, table, &sums, NULL);
        td_row_sums_free(&sums);
        if (step > 1 && lazy)
            continue;
        adam_by_hand(&config, step, step == 1 ? 0.5 : 0, &twice);
        adam_by_hand(&config, step, step == 1 ? 0.25 : 0, &once);
    }
    for (size_t i = 0; i < (size_t)ROWS * WIDTH; i++)
        assert_near(&parameters, offset + i,
                    i / WIDTH == 4   ? &twice
                    : i / WIDTH == 1 ? &once
                                     : &never);
    cr_assert_eq(parameters.values[0], 1, "a dense tensor is not the table's");
    td_parameters_free(&parameters);
}

Test(optimizer, adam_moves_untouched_rows)
{
    assert_table_moves(false);
}

Test(optimizer, lazy_adam_leaves_them)
{
    assert_table_moves(true);
}

/* The rate is rounded once, from a chain of multiplications that is good to 1e-12. */
Test(optimizer, alpha_is_the_power)
{
    const int64_t steps[] = {1, 2, 3, 7, 10, 63, 64, 1000, 4097, 100000};
    td_config config = adam_config(false);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (int close = 0; close < 2; close++) {
            config.optimizer_beta_1 = close ? 0.999999 : 0.9;
            config.optimizer_beta_2 = close ? 0.999999999 : 0.999;
            const double t = (double)steps[i];
            const double alpha = 0.01 * sqrt(1 - pow(config.optimizer_beta_2, t)) /
                                 (1 - pow(config.optimizer_beta_1, t));
            const float low = (float)(alpha * (1 - 1e-12)), high = (float)(alpha * (1 + 1e-12));
            const float rate = td_optimizer_of_step(&config, steps[i], 0).rate;
            cr_assert(close ? fabs((double)rate / alpha - 1) < 2e-7 : rate >= low && rate <= high,
                      "step %lld: %.9g, not %.9g", (long long)steps[i], (double)rate, alpha);
        }
}

Test(optimizer, other_rates_are_the_same_in_every_step)
{
    td_config config = adam_config(false);
    for (int kind = TD_ADAGRAD; kind <= TD_SGD; kind++)
        for (int64_t step = 1; step < 100; step += 33) {
            config.optimizer_kind = kind;
            const td_optimizer optimizer = td_optimizer_of_step(&config, step, 0);
            cr_assert_eq(optimizer.kind, kind);
            cr_assert_eq(optimizer.rate, 0.01F);
            cr_assert_eq(optimizer.epsilon, 1e-7F);
        }
}

/* A table of ROWS, or rows 2 to 4 of it, after some steps that touch row 4 once. */
static td_parameters update_rows(const td_config *config, td_range held)
{
    td_parameters parameters = {0};
    td_kernels kernels;
    float terms[WIDTH];
    const int32_t id = 4;
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    td_parameters_declare(&parameters, "user_table", "weight", ROWS, WIDTH, true, 0.05F);
    td_parameters_own(&parameters, 0, held);
    td_parameters_allocate(&parameters, td_optimizer_states(config->optimizer_kind));
    td_parameters_initialize(&parameters, 1, 0.125F);
    for (int k = 0; k < WIDTH; k++)
        terms[k] = (float)k / WIDTH;
    for (int64_t step = 1; step <= 3; step++) {
        td_row_sums sums;
        const td_optimizer optimizer = td_optimizer_of_step(config, step, 0);
        td_row_sums_create(&sums, held, WIDTH);
        if (step == 1) {
            td_row_sums_touch(&sums, 1, &id);
            td_row_sums_add(&sums, &kernels, id, terms);
        }
        td_optimizer_update_table(&optimizer, &parameters, 0, &sums, NULL);
        td_row_sums_free(&sums);
    }
    return parameters;
}

/* Whoever holds a row moves it in the same way. */
Test(optimizer, moves_the_rows_that_are_here_as_those_of_the_whole)
{
    const td_range some = {2, 3}, whole_table = {0, ROWS};
    td_config config = adam_config(false);
    for (config.optimizer_kind = 0; config.optimizer_kind <= TD_ADAM; config.optimizer_kind++) {
        td_parameters whole = update_rows(&config, whole_table), part = update_rows(&config, some);
        const size_t first = (size_t)some.first * WIDTH;
        const size_t bytes = (size_t)some.count * WIDTH * sizeof(float);
        cr_assert_arr_eq(part.values, whole.values + first, bytes);
        for (size_t s = 0; s < whole.states; s++)
            cr_assert_arr_eq(part.state[s], whole.state[s] + first, bytes);
        td_parameters_free(&whole);
        td_parameters_free(&part);
    }
}
