/* A whole tower, with 0, 1 and 2 layers: embeddings against the definition, the gradient of every
 * parameter against finite differences, and rows that a tile names more than once. */
#include "model/tower.h"

#include "base/memory.h"
#include "samples.h"
#include "specs.h"

#include <criterion/criterion.h>
#include <math.h>

enum { ROWS = 9, WIDTH = 3, TABLE = 6 };

static const int32_t ids[ROWS] = {5, 2, 5, 0, 2, 2, 4, 5, 0}; /* never 1 and 3 */

typedef struct {
    td_kernels kernels;
    td_parameters parameters;
    spec_data spec;
    td_tower tower;
    td_tower_scratch scratch;
    td_row_sums tables[8]; /* by tensor */
    td_field_view view[2];
    td_gradients gradients;
    td_inputs inputs;
    float *gradient; /* as the parameters' block */
    float dembedding[ROWS * 8];
} bench;

static double dropped; /* the share of units that layers drop */
static bool biased;    /* with retrieval.item_bias */
static const int64_t numbers[ROWS] = {11, 5, 2, 99, 3, 8, 1, 0, 7};

static td_config config_of(size_t layers)
{
    td_config config;
    td_config_defaults(&config);
    config.model_width = WIDTH;
    config.query_tower = td_int_list_of(layers, (const int64_t[]){5, 4});
    config.candidate_tower = td_int_list_of(layers, (const int64_t[]){5, 4});
    config.query_dropout = config.candidate_dropout = dropped;
    config.query_output_dropout = config.candidate_output_dropout = dropped;
    config.retrieval_item_bias = biased;
    return config;
}

/* Biases of +-1 keep what enters ReLU away from 0. */
static void set_parameters(td_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        float *values = td_parameters_values(parameters, i);
        fill_samples(tensor->rows * tensor->columns, 10 + (uint32_t)i, 0.4F, values);
        for (size_t j = 0; tensor->rows == 1 && j < tensor->columns; j++)
            values[j] = j % 2 ? 1 : -1;
    }
}

static bench *bench_normalized(td_side side, size_t layers, int normalize)
{
    bench *b = TD_NEW(bench, 1);
    td_config config = config_of(layers);
    config.model_normalize = normalize;
    b->spec = spec_of(&config, TABLE, TABLE, 0, NULL, NULL);
    cr_assert_eq(td_kernels_find(NULL, false, &b->kernels), TD_OK);
    td_tower_declare(&b->tower, side, &config, b->spec.spec, &b->parameters);
    td_parameters_allocate(&b->parameters, 0);
    set_parameters(&b->parameters);
    td_tower_refresh(&b->tower, &b->parameters, NULL);
    b->scratch = td_tower_scratch_create(&b->tower);
    for (size_t i = 0; i < b->parameters.count; i++)
        if (b->parameters.tensor[i].is_table)
            td_row_sums_create(&b->tables[i], (td_range){0, TABLE},
                               b->parameters.tensor[i].columns);
    b->gradients = td_gradients_create(&b->kernels, &b->parameters, 0, b->tables);
    const td_queries queries = {.count = ROWS, .users = ids};
    b->inputs = side == TD_QUERY ? td_inputs_of_queries(b->spec.spec, &queries, b->view)
                                 : td_inputs_of_items(b->spec.spec, ROWS, ids, b->view);
    b->inputs.draws = (td_draws){.seed = 1, .step = 5, .rows = numbers};
    b->gradient = TD_NEW(float, b->parameters.size);
    fill_samples(ROWS * b->tower.width, 5, 1, b->dembedding);
    return b;
}

static bench *bench_create(td_side side, size_t layers)
{
    return bench_normalized(side, layers, TD_NORMALIZE_NONE);
}

static void bench_free(bench *b)
{
    for (size_t i = 0; i < b->parameters.count; i++)
        if (b->parameters.tensor[i].is_table)
            td_row_sums_free(&b->tables[i]);
    td_tower_scratch_free(&b->scratch);
    td_tower_free(&b->tower);
    td_parameters_free(&b->parameters);
    spec_free(&b->spec);
    td_gradients_free(&b->gradients);
    td_free(b->gradient);
    td_free(b);
}

static const float *forward(bench *b)
{
    return td_tower_forward(&b->tower, &b->kernels, &b->parameters, &b->inputs, &b->scratch);
}

/* Sets gradient from one pass forward and back. */
static void differentiate(bench *b)
{
    for (size_t i = 0; i < b->parameters.count; i++)
        td_tower_touch(&b->tower, &b->inputs, i, b->tables);
    forward(b);
    td_tower_backward(&b->tower, &b->inputs, b->dembedding, &b->scratch, &b->gradients);
    td_exact_to_float(TD_EXACT_GRADIENT, b->parameters.dense_size, b->gradients.dense, b->gradient);
    for (size_t i = 0; i < b->parameters.count; i++) {
        const td_row_sums *sums = &b->tables[i];
        for (size_t s = 0; s < sums->count; s++)
            td_exact_to_float(TD_EXACT_GRADIENT, sums->width, sums->sums + s * sums->width,
                              b->gradient +
                                  td_tensor_place(&b->parameters.tensor[i], sums->ids[s]));
    }
}

static double objective(bench *b)
{
    const float *embedding = forward(b);
    double sum = 0;
    for (size_t i = 0; i < ROWS * b->tower.width; i++)
        sum += (double)b->dembedding[i] * (double)embedding[i];
    return sum;
}

static double slope(bench *b, float *x)
{
    const float step = 0x1p-6F, before = *x;
    *x = before + step;
    double above = objective(b);
    *x = before - step;
    double below = objective(b);
    *x = before;
    return (above - below) / (2 * (double)step);
}

Test(tower, gradients_are_the_slopes)
{
    for (size_t layers = 0; layers <= 2; layers++)
        for (td_side side = TD_QUERY; side <= TD_CANDIDATE; side++) {
            bench *b = bench_create(side, layers);
            cr_assert_eq(b->tower.layers.count, layers);
            differentiate(b);
            for (size_t i = 0; i < b->parameters.size; i++)
                cr_assert_float_eq((double)b->gradient[i], slope(b, &b->parameters.values[i]), 2e-4,
                                   "%zu layers, parameter %zu: %g", layers, i,
                                   (double)b->gradient[i]);
            bench_free(b);
        }
}

/* Whether all rows have length 1. */
static bool is_of_length_1(const bench *b, const float *rows)
{
    for (size_t i = 0; i < ROWS; i++) {
        double square = 0;
        for (size_t k = 0; k < b->tower.width; k++)
            square += pow((double)rows[i * b->tower.width + k], 2);
        if (fabs(square - 1) > 1e-5)
            return false;
    }
    return true;
}

/* In training, then in use; and the gradient goes through what trains. */
Test(tower, normalizes_as_it_is_told)
{
    static const struct {
        int normalize;
        bool trains[TD_SIDES], embeds[TD_SIDES];
    } kinds[] = {
        {TD_NORMALIZE_NONE, {false, false}, {false, false}},
        {TD_NORMALIZE_BOTH, {true, true}, {true, true}},
        {TD_NORMALIZE_TRAINING, {true, true}, {false, false}},
        {TD_NORMALIZE_QUERY, {true, false}, {true, false}},
        {TD_NORMALIZE_CANDIDATE, {false, true}, {false, true}},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (td_side side = TD_QUERY; side <= TD_CANDIDATE; side++) {
            bench *b = bench_normalized(side, 1, kinds[k].normalize);
            bench *raw = bench_create(side, 1);
            cr_assert_eq(is_of_length_1(b, forward(b)), kinds[k].trains[side], "%zu", k);
            const float *used =
                td_tower_embed(&b->tower, &b->kernels, &b->parameters, &b->inputs, &b->scratch);
            cr_assert_eq(is_of_length_1(b, used), kinds[k].embeds[side], "%zu", k);
            if (!kinds[k].embeds[side])
                cr_assert_arr_eq(used, forward(raw), ROWS * b->tower.width * sizeof *used);
            differentiate(b);
            for (size_t i = 0; i < b->parameters.size; i++)
                cr_assert_float_eq((double)b->gradient[i], slope(b, &b->parameters.values[i]), 1e-3,
                                   "%zu, parameter %zu: %g", k, i, (double)b->gradient[i]);
            bench_free(b);
            bench_free(raw);
        }
}

/* The step's factors are the same in every pass, forward and back. */
Test(tower, gradients_are_the_slopes_with_dropout)
{
    dropped = 0.5;
    for (size_t layers = 0; layers <= 2; layers++) {
        bench *b = bench_create(TD_QUERY, layers);
        size_t zeros = 0;
        cr_assert_eq(b->tower.layers.count, layers == 2 ? 4 : layers + 1);
        cr_assert_eq(b->tower.layers.denses, layers);
        differentiate(b);
        for (size_t i = 0; i < ROWS * b->tower.width; i++)
            zeros += forward(b)[i] == 0;
        cr_expect(zeros > 0 && zeros < ROWS * b->tower.width, "%zu are dropped", zeros);
        for (size_t i = 0; i < b->parameters.size; i++)
            cr_assert_float_eq((double)b->gradient[i], slope(b, &b->parameters.values[i]), 2e-4,
                               "%zu layers, parameter %zu: %g", layers, i, (double)b->gradient[i]);
        bench_free(b);
    }
}

/* Gives b the values that plain has of all that both have. */
static void take_values(const bench *plain, bench *b)
{
    for (size_t i = 0; i < plain->parameters.count; i++) {
        size_t same;
        const td_tensor *tensor = &plain->parameters.tensor[i];
        cr_assert(td_parameters_find(&b->parameters, tensor->name, &same));
        memcpy(td_parameters_values(&b->parameters, same),
               td_parameters_values(&plain->parameters, i), td_tensor_size(tensor) * sizeof(float));
    }
    td_tower_refresh(&b->tower, &b->parameters, NULL);
}

/* The last coordinate is 1 of queries, and of candidates their item's bias, which starts at 0. */
static void assert_biases(bench *b, td_side side)
{
    size_t tensor = 0;
    const float *embedding = forward(b);
    cr_assert_eq(td_parameters_find(&b->parameters, "item_bias/weight", &tensor),
                 side == TD_CANDIDATE);
    for (size_t i = 0; i < ROWS; i++) {
        const float expected =
            side == TD_QUERY ? 1 : *td_parameters_row(&b->parameters, tensor, ids[i]);
        cr_assert_eq(embedding[(i + 1) * b->tower.width - 1], expected, "row %zu", i);
    }
    if (side == TD_QUERY)
        return;
    float start = 1;
    td_tensor_start(&b->parameters.tensor[tensor], 42, 3, &start);
    cr_assert_eq(start, 0);
    cr_assert_neq(b->gradient[td_tensor_place(&b->parameters.tensor[tensor], ids[0])], 0);
}

Test(tower, has_an_item_bias_behind_the_embedding)
{
    for (size_t k = 0; k < 2 * TD_SIDES * 3; k++) {
        const td_side side = k % 2 ? TD_QUERY : TD_CANDIDATE;
        const size_t layers = k / 4;
        const int normalize = k / 2 % 2 && layers > 0 ? TD_NORMALIZE_BOTH : TD_NORMALIZE_NONE;
        biased = false;
        bench *plain = bench_normalized(side, layers, normalize);
        biased = true;
        bench *b = bench_normalized(side, layers, normalize);
        take_values(plain, b);
        cr_assert_eq(b->tower.width, plain->tower.width + 1);
        for (size_t i = 0; i < ROWS; i++)
            cr_assert_arr_eq(forward(b) + i * b->tower.width,
                             forward(plain) + i * plain->tower.width,
                             plain->tower.width * sizeof(float));
        differentiate(b);
        assert_biases(b, side);
        for (size_t i = 0; i < b->parameters.size; i++)
            cr_assert_float_eq((double)b->gradient[i], slope(b, &b->parameters.values[i]), 1e-3,
                               "%zu layers, parameter %zu: %g", layers, i, (double)b->gradient[i]);
        bench_free(b);
        bench_free(plain);
    }
}

/* What is dropped in training alone leaves names, and so the start, and use as they are. */
Test(tower, dropout_is_of_training_alone)
{
    bench *plain = bench_create(TD_QUERY, 2);
    dropped = 0.5;
    bench *b = bench_create(TD_QUERY, 2);
    for (size_t i = 0; i < plain->parameters.count; i++)
        cr_assert_str_eq(b->parameters.tensor[i].name, plain->parameters.tensor[i].name);
    cr_assert_neq(objective(b), objective(plain));
    b->inputs.draws = (td_draws){0};
    cr_assert_arr_eq(forward(b), forward(plain), ROWS * 4 * sizeof(float));
    bench_free(plain);
    bench_free(b);
}

/* Width and ReLU: between layers, not after the last. */
Test(tower, embeddings_are_the_definition)
{
    bench *b = bench_create(TD_QUERY, 2);
    const float *embedding = forward(b);
    const float *table = td_parameters_values(&b->parameters, b->tower.reads.feature[0].tensor);
    const td_dense *first = &b->tower.layers.layer[0].dense,
                   *last = &b->tower.layers.layer[1].dense;
    int negative = 0;
    cr_assert(b->tower.width == 4 && first->units == 5);
    for (size_t i = 0; i < ROWS; i++) {
        float hidden[5], y[4];
        td_dense linear = *first;
        linear.relu = false;
        td_dense_forward(&linear, &b->kernels, &b->parameters, 1, table + ids[i] * WIDTH, NULL,
                         hidden);
        for (int j = 0; j < 5; j++)
            hidden[j] = hidden[j] > 0 ? hidden[j] : 0;
        linear = *last;
        linear.relu = false;
        td_dense_forward(&linear, &b->kernels, &b->parameters, 1, hidden, NULL, y);
        for (int j = 0; j < 4; j++) {
            cr_assert_eq(embedding[i * 4 + (size_t)j], y[j]);
            negative += y[j] < 0;
        }
    }
    cr_assert_gt(negative, 0, "the last layer is linear");
    bench_free(b);
}

/* Without layers a table's gradient is the sum of the rows that name it: inside the tile in
 * ascending order, then rounded once. */
Test(tower, duplicates_of_a_row_are_summed_in_order)
{
    bench *b = bench_create(TD_CANDIDATE, 0);
    const size_t table = b->tower.reads.feature[0].tensor;
    differentiate(b);
    cr_assert_eq(b->tables[table].count, 4);
    cr_assert(b->tables[table].slots[1] == -1 && b->tables[table].slots[3] == -1);
    for (int32_t id = 0; id < TABLE; id++)
        for (size_t k = 0; k < WIDTH && b->tables[table].slots[id] >= 0; k++) {
            float sum = 0;
            td_exact expected = 0;
            for (size_t i = 0; i < ROWS; i++)
                sum += ids[i] == id ? b->dembedding[i * WIDTH + k] : 0;
            td_exact_add(TD_EXACT_GRADIENT, 1, &sum, &expected);
            size_t slot = (size_t)b->tables[table].slots[id];
            cr_assert_eq(b->tables[table].sums[slot * WIDTH + k], expected, "row %d", id);
        }
    cr_assert_gt(b->gradients.largest[table], 0);
    bench_free(b);
}

/* A full tile of distinct rows, and one of a single row 256 times. */
Test(tower, tiles_of_any_repetition_are_summed)
{
    enum { ROWS_FULL = TD_TILE_ROWS };
    static int32_t full[ROWS_FULL];
    static float dembedding[ROWS_FULL * WIDTH];
    for (int repeats = 0; repeats < 2; repeats++) {
        td_config config = config_of(0);
        td_parameters parameters = {0};
        td_row_sums sums;
        td_kernels kernels;
        td_tower tower;
        cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
        spec_data spec = spec_of(&config, 100000, 100000, 0, NULL, NULL);
        td_tower_declare(&tower, TD_QUERY, &config, spec.spec, &parameters);
        td_parameters_allocate(&parameters, 0);
        td_row_sums_create(&sums, (td_range){0, 100000}, WIDTH);
        td_tower_scratch scratch = td_tower_scratch_create(&tower);
        td_gradients gradients = td_gradients_create(&kernels, &parameters, 0, &sums);
        for (int i = 0; i < ROWS_FULL; i++)
            full[i] = repeats ? 99999 : i * 1024 % 99991; /* multiples that a hash could merge */
        for (int i = 0; i < ROWS_FULL * WIDTH; i++)
            dembedding[i] = 1;
        td_field_view view;
        const td_queries queries = {.count = ROWS_FULL, .users = full};
        const td_inputs inputs = td_inputs_of_queries(spec.spec, &queries, &view);
        td_tower_touch(&tower, &inputs, 0, &sums);
        td_tower_forward(&tower, &kernels, &parameters, &inputs, &scratch);
        td_tower_backward(&tower, &inputs, dembedding, &scratch, &gradients);
        cr_assert_eq(sums.count, repeats ? 1 : ROWS_FULL);
        for (size_t i = 0; i < sums.count * WIDTH; i++)
            cr_assert_eq(sums.sums[i], (td_exact)(repeats ? ROWS_FULL : 1) << TD_EXACT_GRADIENT);
        td_gradients_free(&gradients);
        td_tower_scratch_free(&scratch);
        td_row_sums_free(&sums);
        td_tower_free(&tower);
        td_parameters_free(&parameters);
        spec_free(&spec);
    }
}
