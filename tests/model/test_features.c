/* The features beside plain look-ups: the mean of a title's tokens, and the normalized time; each
 * against its definition, its gradient against finite differences. */
#include "model/encoder.h"

#include "base/memory.h"
#include "samples.h"
#include "specs.h"

#include <criterion/criterion.h>

enum { WIDTH = 3, STRIDE = 5, TOKENS = 9, ROWS = 7 };

/* Titles of five items: one word twice, one word of all, none at all, the unknown word. */
static const int64_t title_offsets[] = {0, 0, 3, 4, 4, 9};
static const int32_t title_tokens[] = {2, 5, 2, /**/ 7, /**/ 1, 2, 8, 1, 1};
static const int32_t items[ROWS] = {1, 4, 0, 1, 3, 2, 4};
static const bool is_used[TOKENS] = {[1] = true, [2] = true, [5] = true, [7] = true, [8] = true};

typedef struct {
    td_kernels kernels;
    td_parameters parameters;
    spec_data spec;
    td_feature feature;
    td_row_sums sums;
    td_field_view view;
    td_encoder_rows rows;
    float x[ROWS * STRIDE], dx[ROWS * STRIDE];
} bench;

static bench *bench_create(void)
{
    bench *b = TD_NEW(bench, 1);
    td_config config;
    td_config_defaults(&config);
    config.model_width = WIDTH;
    cr_assert_eq(td_kernels_find(NULL, false, &b->kernels), TD_OK);
    config.candidate_features = td_name_list_of(1, (const char *const[]){"title_text"});
    b->spec = spec_of(&config, 1, 5, TOKENS, title_offsets, title_tokens);
    b->feature = b->spec.spec->features[TD_CANDIDATE].feature[0];
    b->feature.tensor = td_parameters_declare_table(
        &b->parameters, b->spec.spec->table[b->feature.table].name, TOKENS, WIDTH);
    td_parameters_allocate(&b->parameters, 0);
    fill_samples(TOKENS * WIDTH, 1, 1, b->parameters.values);
    td_row_sums_create(&b->sums, (td_range){0, TOKENS}, WIDTH);
    td_inputs_of_items(b->spec.spec, ROWS, items, &b->view);
    b->rows = (td_encoder_rows){&b->view, 0, ROWS};
    fill_samples(ROWS * STRIDE, 2, 1, b->dx);
    return b;
}

static void bench_free(bench *b)
{
    td_row_sums_free(&b->sums);
    td_parameters_free(&b->parameters);
    spec_free(&b->spec);
    td_free(b);
}

static void forward(bench *b)
{
    td_feature_forward(&b->feature, &b->parameters, &b->rows, b->x, STRIDE);
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
    *gradients = td_gradients_create(&b->kernels, &b->parameters, 0, &b->sums);
    td_feature_touch(&b->feature, &b->rows, &b->sums);
    td_feature_backward(&b->feature, &b->rows, b->dx, STRIDE, scratch, gradients);
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
    td_gradients_free(&gradients);
    bench_free(b);
}

/* Not even a gradient that is no number: nothing of it is anyone's. */
Test(features, a_title_without_tokens_has_no_gradient)
{
    static const int32_t without[] = {0, 3};
    bench *b = bench_create();
    td_gradients gradients;
    td_inputs_of_items(b->spec.spec, 2, without, &b->view);
    b->rows = (td_encoder_rows){&b->view, 0, 2};
    b->dx[0] = NAN;
    differentiate(b, &gradients);
    cr_assert_eq(b->sums.count, 0);
    cr_assert_eq(gradients.largest[b->feature.tensor], 0);
    td_gradients_free(&gradients);
    bench_free(b);
}

Test(features, a_time_is_a_number_without_parameters)
{
    td_config config;
    td_parameters parameters = {0};
    td_row_sums none;
    td_magnitude largest[2] = {0};
    td_gradients gradients = {.parameters = &parameters, .largest = largest};
    const float times[] = {-1.5F, 0, 2, NAN};
    float x[4 * STRIDE] = {0}, scratch[1];
    td_config_defaults(&config);
    config.query_features = td_name_list_of(1, (const char *const[]){"timestamp"});
    spec_data spec = spec_of(&config, 1, 1, 0, NULL, NULL);
    const td_feature feature = spec.spec->features[TD_QUERY].feature[0];
    cr_assert(feature.width == 1 && spec.spec->tables == 1); /* the item's */
    const td_field_view view = {.values = times};
    const td_encoder_rows rows = {&view, 0, 4};
    td_feature_forward(&feature, &parameters, &rows, x + 2, STRIDE);
    for (size_t i = 0; i < 4 * STRIDE; i++)
        cr_assert(i % STRIDE == 2 ? memcmp(&x[i], &times[i / STRIDE], sizeof *x) == 0 : x[i] == 0);
    td_feature_touch(&feature, &rows, &none); /* nothing to touch, nowhere to go back to */
    td_feature_backward(&feature, &rows, x, STRIDE, scratch, &gradients);
    cr_assert_eq(gradients.largest[0], 0);
    spec_free(&spec);
}

/* Users 3 and 4: six rows in the order of time, and none. */
static int64_t past_offsets[] = {0, 6, 6};
static int32_t past_items[] = {7, 2, 7, 5, 2, 9};
static int64_t past_times[] = {10, 20, 20, 30, 40, 40};

enum { NO_TIME = -1 };

typedef struct {
    td_history_rule rule;
    bool has_times;
    int32_t user, item;
    int64_t time; /* NO_TIME: it is missing */
    size_t count;
    int32_t expected[8];
} past_case;

Test(features, a_history_is_what_its_rule_takes)
{
    static int64_t genre_offsets[] = {0, 0, 0, 1, 1, 1, 3, 3, 3, 3, 4};
    static int32_t genre_ids[] = {8, 1, 2, 4}; /* of items 2, 5, 5, 9 */
    static const td_field genres = {
        .type = TD_INT32, .values = genre_ids, .offsets = genre_offsets};
#define BEFORE .is_before = true, .drops_own = true
    static const past_case cases[] = {
        {{BEFORE}, true, 3, 2, 40, 3, {7, 7, 5}},
        {{BEFORE}, true, 3, 9, 41, 5, {7, 2, 7, 5, 2}},
        {{BEFORE}, true, 3, 1, 20, 1, {7}}, /* a row of the same time is not before it */
        {{BEFORE}, true, 3, 1, 10, 0, {0}},
        {{BEFORE}, true, 3, 1, NO_TIME, 0, {0}},
        {{BEFORE}, true, 4, 2, 40, 0, {0}},
        {{BEFORE}, true, 0, 2, 40, 0, {0}},
        {{BEFORE, .last = 2}, true, 3, 2, 41, 2, {5, 9}}, /* own rows go before the last are taken
                                                           */
        {{.is_before = true, .last = 2}, true, 3, 2, 41, 2, {2, 9}},
        {{BEFORE, .seconds = 20}, true, 3, 1, 40, 1, {5}},
        {{BEFORE, .seconds = 21}, true, 3, 1, 40, 3, {2, 7, 5}},
        {{.last = 4}, false, 3, 2, 0, 4, {7, 5, 2, 9}},
        {{.drops_own = true}, false, 3, 2, 0, 4, {7, 7, 5, 9}},
        {{.drops_own = true}, false, 3, 0, 0, 6, {7, 2, 7, 5, 2, 9}},
        {{BEFORE, .field = &genres}, true, 3, 2, 41, 3, {1, 2, 4}},
        {{.field = &genres, .last = 5}, false, 3, 0, 0, 5, {8, 1, 2, 8, 4}},
    };
    td_frame lists = {0};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        td_history_rule rule = cases[c].rule;
        rule.name = (char[]){"history/past"};
        td_history history = {&rule, past_offsets, past_items,
                              cases[c].has_times ? past_times : NULL};
        const td_histories histories = {{3, 2}, 1, &history};
        const int32_t user[] = {0, cases[c].user}, item[] = {7, cases[c].item};
        const int64_t time = cases[c].time == NO_TIME ? INT64_MIN : cases[c].time;
        td_histories_list(&histories, &(td_history_queries){2, user, item, (int64_t[]){time, time}},
                          &lists);
        const td_field *list = td_frame_find(&lists, "history/past");
        const int32_t *ids = list->values;
        cr_assert_eq(list->offsets[1], 0, "the unknown user has none");
        cr_expect_eq(list->offsets[2], (int64_t)cases[c].count, "case %zu: %lld", c,
                     (long long)list->offsets[2]);
        for (size_t i = 0; i < cases[c].count && list->offsets[2] == (int64_t)cases[c].count; i++)
            cr_expect_eq(ids[i], cases[c].expected[i], "case %zu, %zu: %d", c, i, ids[i]);
    }
    td_frame_free(&lists);
}
