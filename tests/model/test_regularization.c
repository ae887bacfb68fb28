/* L2 and weight decay by hand: numbers that are exact in binary, and AdamW's formula in double. */
#include "model/optimizer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum {
    ROWS = 5,
    WIDTH = 8,
    KERNEL = 1500,
    BIAS = 40
}; /* the kernel beyond one piece of the update */

static const bool all[] = {true, true, true}; /* tensors with a gradient */

/* A kernel, a bias and a table, whose rows are all 1 but row 3, which is at its start. */
static td_parameters parameters_of(int kind)
{
    td_parameters parameters = {0};
    td_parameters_declare(&parameters, "layer", "kernel", 1, KERNEL, false, 0);
    td_parameters_declare(&parameters, "layer", "bias", 1, BIAS, false, 0);
    td_parameters_declare_table(&parameters, "user_table", ROWS, WIDTH);
    td_parameters_allocate(&parameters, td_optimizer_states(kind));
    for (size_t i = 0; i < parameters.size; i++) {
        parameters.values[i] = 1;
        for (size_t s = 0; s < parameters.states; s++)
            parameters.state[s][i] = kind == TD_ADAGRAD ? 0.75F : 0;
    }
    td_tensor_start(&parameters.tensor[2], 7, 3, td_parameters_values(&parameters, 2) + 3 * WIDTH);
    return parameters;
}

/* The gradient of row 1 is 0.25; row 2 is touched, with a gradient of 0. */
static td_row_sums touch_rows(void)
{
    td_kernels kernels;
    td_row_sums sums;
    float terms[WIDTH];
    const int32_t ids[] = {1, 2};
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    td_row_sums_create(&sums, (td_range){0, ROWS}, WIDTH);
    td_row_sums_touch(&sums, 2, ids);
    for (size_t k = 0; k < WIDTH; k++)
        terms[k] = 0.25F;
    td_row_sums_add(&sums, &kernels, 1, terms);
    return sums;
}

static void update(const td_optimizer *optimizer, td_parameters *parameters, uint8_t *at_start)
{
    static float gradient[KERNEL + BIAS];
    td_row_sums sums = touch_rows();
    for (size_t i = 0; i < KERNEL + BIAS; i++)
        gradient[i] = 0.5F;
    td_optimizer_update_dense(optimizer, parameters, gradient, all);
    td_optimizer_update_table(optimizer, parameters, 2, &sums, at_start);
    td_row_sums_free(&sums);
}

/* Each value of a tensor, or of row `row` of the table. */
static void expect_values(const td_parameters *parameters, size_t tensor, int64_t row,
                          float expected)
{
    const td_tensor *t = &parameters->tensor[tensor];
    const float *values = parameters->values + td_tensor_place(t, row);
    for (size_t k = 0; k < t->columns; k++)
        cr_assert_eq(values[k], expected, "%s, row %d, %zu: %.9g, not %.9g", t->name, (int)row, k,
                     (double)values[k], (double)expected);
}

static void expect_start(const td_parameters *parameters)
{
    float start[WIDTH];
    const td_tensor *table = &parameters->tensor[2];
    td_tensor_start(table, 7, 3, start);
    cr_expect_arr_eq(parameters->values + td_tensor_place(table, 3), start, sizeof start);
}

Test(regularization, l2_is_of_kernels_and_touched_rows)
{
    td_parameters parameters = parameters_of(TD_SGD);
    const td_optimizer sgd = {
        .kind = TD_SGD, .rate = 0.5F, .l2 = 0.125F, .clip = 1, .adjusts = true};
    update(&sgd, &parameters, NULL);
    expect_values(&parameters, 0, 0, 1 - 0.5F * (0.5F + 0.125F));
    expect_values(&parameters, 1, 0, 1 - 0.5F * 0.5F);
    expect_values(&parameters, 2, 0, 1);
    expect_values(&parameters, 2, 1, 1 - 0.5F * (0.25F + 0.125F));
    expect_values(&parameters, 2, 2, 1 - 0.5F * 0.125F);
    expect_start(&parameters);
    td_parameters_free(&parameters);
}

/* Adam moves every row, but L2 is of those that are touched. */
Test(regularization, l2_leaves_what_a_step_does_not_touch)
{
    td_parameters parameters = parameters_of(TD_ADAM);
    td_optimizer adam = {
        .kind = TD_ADAM, .rate = 0.5F, .epsilon = 1e-7F, .rest_1 = 0.5F, .rest_2 = 0.5F};
    adam.l2 = 0.125F;
    adam.clip = 1;
    adam.adjusts = true;
    update(&adam, &parameters, NULL);
    expect_values(&parameters, 2, 0, 1);
    const float *m = parameters.state[0] + parameters.tensor[2].offset;
    cr_expect_eq(m[WIDTH], 0.5F * 0.375F);
    cr_expect_eq(m[2 * WIDTH], 0.5F * 0.125F);
    td_parameters_free(&parameters);
}

/* The factor of clipping is of the loss's gradient and L2's together. */
Test(regularization, clipping_is_a_factor_of_all_gradients)
{
    td_parameters parameters = parameters_of(TD_SGD);
    const td_optimizer sgd = {
        .kind = TD_SGD, .rate = 0.5F, .l2 = 0.125F, .clip = 0.25F, .adjusts = true};
    update(&sgd, &parameters, NULL);
    expect_values(&parameters, 0, 0, 1 - 0.5F * 0.25F * (0.5F + 0.125F));
    expect_values(&parameters, 1, 0, 1 - 0.5F * 0.25F * 0.5F);
    expect_values(&parameters, 2, 1, 1 - 0.5F * 0.25F * (0.25F + 0.125F));
    td_parameters_free(&parameters);
}

/* What is taken off is a share of the old value, in every row that has left its start. */
Test(regularization, decay_is_decoupled_and_spares_the_start)
{
    for (int kind = TD_ADAGRAD; kind <= TD_SGD; kind++) {
        td_parameters parameters = parameters_of(kind);
        uint8_t at_start[ROWS] = {0, 0, 0, 1, 0};
        const td_optimizer optimizer = {
            .kind = kind, .rate = 0.5F, .seed = 7, .decay = 0.0625F, .clip = 1, .adjusts = true};
        update(&optimizer, &parameters, at_start);
        const float kept = 1 - 0.0625F;
        const float step = kind == TD_SGD ? 0.5F * 0.25F : 0.5F * 0.25F / sqrtf(0.75F + 0.0625F);
        expect_values(&parameters, 0, 0, kept - (kind == TD_SGD ? 0.25F : 0.25F / 1));
        expect_values(&parameters, 1, 0, 1 - 0.25F);
        expect_values(&parameters, 2, 0, kept);
        expect_values(&parameters, 2, 1, kept - step);
        expect_values(&parameters, 2, 2, kept);
        expect_start(&parameters);
        cr_expect(at_start[3] && !at_start[1]);
        td_parameters_free(&parameters);
    }
}

/* A row leaves its start when it is touched first, and decays from then on. */
Test(regularization, decay_begins_with_the_first_touch)
{
    td_parameters parameters = parameters_of(TD_SGD);
    uint8_t at_start[ROWS];
    const td_optimizer sgd = {
        .kind = TD_SGD, .rate = 0.5F, .seed = 7, .decay = 0.0625F, .clip = 1, .adjusts = true};
    for (int64_t r = 0; r < ROWS; r++) {
        at_start[r] = 1;
        td_tensor_start(&parameters.tensor[2], 7, r,
                        td_parameters_values(&parameters, 2) + r * WIDTH);
    }
    const float *values = td_parameters_values(&parameters, 2), first = values[2 * WIDTH];
    update(&sgd, &parameters, at_start);
    cr_expect(at_start[0] && !at_start[1] && !at_start[2] && at_start[3]);
    cr_expect_eq(values[2 * WIDTH], first - 0.0625F * first);
    update(&sgd, &parameters, at_start);
    cr_expect_eq(values[2 * WIDTH],
                 (first - 0.0625F * first) - 0.0625F * (first - 0.0625F * first));
    expect_start(&parameters);
    td_parameters_free(&parameters);
}

/* Loshchilov and Hutter's algorithm 2, in double, with Keras's epsilon. */
Test(regularization, adam_with_decay_is_adamw)
{
    td_config config;
    td_config_defaults(&config);
    config.optimizer_kind = TD_ADAM;
    config.optimizer_learning_rate = 0.01;
    config.optimizer_weight_decay = 0.5;
    config.optimizer_schedule = TD_SCHEDULE_LINEAR;
    config.optimizer_decay_steps = 10;
    td_parameters parameters = parameters_of(TD_ADAM);
    uint8_t at_start[ROWS] = {0, 0, 0, 1, 0};
    double w[2] = {1, 1}, m[2] = {0, 0}, v[2] = {0, 0}; /* rows 0 and 1 */
    for (int64_t t = 1; t <= 5; t++) {
        const td_optimizer adam = td_optimizer_of_step(&config, t, 0);
        const double rate = 0.01 * (1 - (double)t / 10);
        for (int i = 0; i < 2; i++) {
            const double g = i == 1 ? 0.25 : 0;
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            const double alpha = rate * sqrt(1 - pow(0.999, (double)t)) / (1 - pow(0.9, (double)t));
            w[i] = w[i] - rate * 0.5 * w[i] - alpha * m[i] / (sqrt(v[i]) + 1e-7);
        }
        update(&adam, &parameters, at_start);
    }
    const float *values = td_parameters_values(&parameters, 2);
    cr_expect_float_eq((double)values[0], w[0], 1e-6);
    cr_expect_float_eq((double)values[WIDTH], w[1], 1e-6);
    cr_expect_lt(w[0], 0.99, "it decays");
    td_parameters_free(&parameters);
}

Test(regularization, lazy_adam_has_no_decay)
{
    td_config config;
    td_config_defaults(&config);
    config.optimizer_weight_decay = 0.5;
    config.optimizer_lazy = true;
    cr_expect_eq(td_config_check(&config), TD_OK, "adagrad is not lazy");
    config.optimizer_kind = TD_ADAM;
    cr_expect_eq(td_config_check(&config), TD_ERR_CONFIG);
    cr_expect(strstr(td_message(), "optimizer.weight_decay"));
}

/* A dense tensor without a gradient, whose zeros cost nothing where they change nothing: not with
 * L2 and decay, and not where Adam remembers. */
Test(regularization, what_has_no_gradient_is_changed_by_what_changes_all)
{
    static const float zeros[KERNEL + BIAS];
    static const bool none[] = {false, false, false};
    static const td_optimizer optimizers[] = {
        {.kind = TD_ADAGRAD, .rate = 0.5F, .epsilon = 0.25F},
        {.kind = TD_SGD, .rate = 0.5F, .clip = 0.5F, .adjusts = true},
        {.kind = TD_SGD, .rate = 0.5F, .l2 = 0.125F, .clip = 1, .adjusts = true},
        {.kind = TD_ADAGRAD, .rate = 0.5F, .decay = 0.0625F, .clip = 1, .adjusts = true},
        {.kind = TD_ADAM, .rate = 0.5F, .epsilon = 0, .rest_1 = 0.5F, .rest_2 = 0.75F}};
    static const float kernel[] = {1, 1, 1 - 0.5F * 0.125F, 1 - 0.0625F, 0.75F};
    static const float bias[] = {1, 1, 1, 1, 0.75F};
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++) {
        td_parameters parameters = parameters_of(optimizers[i].kind);
        for (size_t k = 0; k < parameters.size && optimizers[i].kind == TD_ADAM; k++) {
            parameters.state[0][k] = 0.5F; /* m becomes 1/4 */
            parameters.state[1][k] = 1;    /* v 1/4: w less 1/2 1/4 / 1/2 */
        }
        td_optimizer_update_dense(&optimizers[i], &parameters, zeros, none);
        expect_values(&parameters, 0, 0, kernel[i]);
        expect_values(&parameters, 1, 0, bias[i]);
        td_parameters_free(&parameters);
    }
}
