/* The features beside plain look-ups: the mean of a title's tokens, and the normalized time; each
 * against its definition, its gradient against finite differences. */
#include "model/features.h"

#include "base/memory.h"
#include "samples.h"

#include <criterion/criterion.h>

enum { WIDTH = 3, STRIDE = 5, TOKENS = 9, ROWS = 7 };

/* Titles of five items: one word twice, one word of all, none at all, the unknown word. */
static const int64_t title_offsets[] = {0, 0, 3, 4, 4, 9};
static const int32_t title_tokens[] = {2, 5, 2, /**/ 7, /**/ 1, 2, 8, 1, 1};
static const td_titles titles = {title_offsets, title_tokens};
static const int32_t items[ROWS] = {1, 4, 0, 1, 3, 2, 4};
static const bool is_used[TOKENS] = {[1] = true, [2] = true, [5] = true, [7] = true, [8] = true};

typedef struct {
    td_kernels kernels;
    td_parameters parameters;
    td_feature feature;
    td_row_sums sums;
    td_inputs inputs;
    float x[ROWS * STRIDE], dx[ROWS * STRIDE];
} bench;

static bench *bench_create(void)
{
    bench *b = TD_NEW(bench, 1);
    td_config config;
    td_config_defaults(&config);
    config.model_width = WIDTH;
    cr_assert_eq(td_kernels_find(NULL, false, &b->kernels), TD_OK);
    b->feature = td_feature_declare(TD_CANDIDATE, TD_FEATURE_TITLE_TEXT, &config,
                                    &(td_sizes){.tokens = TOKENS}, &b->parameters);
    td_parameters_allocate(&b->parameters, 0);
    fill_samples(TOKENS * WIDTH, 1, 1, b->parameters.values);
    td_row_sums_create(&b->sums, (td_range){0, TOKENS}, WIDTH);
    b->inputs = (td_inputs){.count = ROWS, .item = items, .titles = &titles};
    fill_samples(ROWS * STRIDE, 2, 1, b->dx);
    return b;
}

static void bench_free(bench *b)
{
    td_row_sums_free(&b->sums);
    td_parameters_free(&b->parameters);
    td_free(b);
}

static void forward(bench *b)
{
    td_feature_forward(&b->feature, &b->parameters, &b->inputs, b->x, STRIDE);
}

static size_t length_of(size_t item)
{
    return (size_t)(title_offsets[item + 1] - title_offsets[item]);
}

Test(features, a_title_is_the_mean_of_its_tokens)
{
    bench *b = bench_create();
    cr_assert_eq(b->feature.width, WIDTH);
    cr_assert_str_eq(b->parameters.tensor[0].name, "token_table/weight");
    for (size_t i = 0; i < ROWS * STRIDE; i++)
        b->x[i] = 77;
    forward(b);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < STRIDE; k++) {
            const size_t item = (size_t)items[i], n = length_of(item);
            double expected = k < WIDTH ? 0 : 77;
            for (size_t t = 0; t < n && k < WIDTH; t++)
                expected +=
                    (double)b->parameters
                        .values[title_tokens[(size_t)title_offsets[item] + t] * WIDTH + (int)k] /
                    (double)n;
            cr_assert_float_eq((double)b->x[i * STRIDE + k], expected, 1e-6, "row %zu", i);
        }
    bench_free(b);
}

Test(features, a_title_without_tokens_is_zeros)
{
    bench *b = bench_create();
    forward(b);
    for (size_t k = 0; k < WIDTH; k++)
        cr_assert(b->x[2 * STRIDE + k] == 0 && b->x[4 * STRIDE + k] == 0);
    bench_free(b);
}

static double objective(bench *b)
{
    double sum = 0;
    forward(b);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < WIDTH; k++)
            sum += (double)b->dx[i * STRIDE + k] * (double)b->x[i * STRIDE + k];
    return sum;
}

static double slope(bench *b, float *x)
{
    const float step = 0x1p-5F, before = *x; /* the objective is linear */
    *x = before + step;
    double above = objective(b);
    *x = before - step;
    double below = objective(b);
    *x = before;
    return (above - below) / (2 * (double)step);
}

/* The tile's gradient of the table, whose untouched rows get none. */
static void differentiate(bench *b, td_gradients *gradients)
{
    float scratch[TD_TILE_ROWS * WIDTH];
    *gradients =
        (td_gradients){.kernels = &b->kernels, .parameters = &b->parameters, .tables = &b->sums};
    td_feature_touch(&b->feature, &b->inputs, &b->sums);
    td_feature_backward(&b->feature, &b->inputs, b->dx, STRIDE, scratch, gradients);
}

Test(features, the_gradient_of_tokens_is_the_slope)
{
    bench *b = bench_create();
    td_gradients gradients;
    differentiate(b, &gradients);
    for (int32_t token = 0; token < TOKENS; token++) {
        const int32_t slot = b->sums.slots[token];
        cr_assert_eq(slot >= 0, is_used[token], "token %d", token);
        for (size_t k = 0; k < WIDTH && slot >= 0; k++) {
            const double g =
                ldexp((double)b->sums.sums[(size_t)slot * WIDTH + k], -TD_EXACT_GRADIENT);
            cr_assert_float_eq(g, slope(b, &b->parameters.values[(size_t)token * WIDTH + k]), 1e-4,
                               "token %d: %g", token, g);
        }
    }
    cr_assert_gt(gradients.largest[b->feature.tensor], 0);
    bench_free(b);
}

/* Not even a gradient that is no number: nothing of it is anyone's. */
Test(features, a_title_without_tokens_has_no_gradient)
{
    static const int32_t without[] = {0, 3};
    bench *b = bench_create();
    td_gradients gradients;
    b->inputs = (td_inputs){.count = 2, .item = without, .titles = &titles};
    b->dx[0] = NAN;
    differentiate(b, &gradients);
    cr_assert_eq(b->sums.count, 0);
    cr_assert_eq(gradients.largest[b->feature.tensor], 0);
    bench_free(b);
}

Test(features, a_time_is_a_number_without_parameters)
{
    td_config config;
    td_parameters parameters = {0};
    td_row_sums none;
    td_gradients gradients = {0};
    const float times[] = {-1.5F, 0, 2, NAN};
    float x[4 * STRIDE] = {0}, scratch[1];
    td_config_defaults(&config);
    td_feature feature =
        td_feature_declare(TD_QUERY, TD_FEATURE_TIMESTAMP, &config, &(td_sizes){0}, &parameters);
    cr_assert(feature.width == 1 && parameters.count == 0);
    const td_inputs inputs = {.count = 4, .time = times};
    td_feature_forward(&feature, &parameters, &inputs, x + 2, STRIDE);
    for (size_t i = 0; i < 4 * STRIDE; i++)
        cr_assert(i % STRIDE == 2 ? memcmp(&x[i], &times[i / STRIDE], sizeof *x) == 0 : x[i] == 0);
    td_feature_touch(&feature, &inputs, &none); /* nothing to touch, nowhere to go back to */
    td_feature_backward(&feature, &inputs, x, STRIDE, scratch, &gradients);
    cr_assert_eq(gradients.largest[0], 0);
}
