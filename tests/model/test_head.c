/* A head task: predictions and loss against a head computed in double, gradients of embeddings,
 * kernels, biases and tables of features against finite differences, with rows that share an item.
 */
#include "model/head.h"

#include "base/memory.h"
#include "samples.h"

#include <criterion/criterion.h>

enum {
    TASK = 1,
    ROWS = 13,
    WIDTH = 3,
    COLUMNS = 600, /* in two tiles, and thus under two locks */
    USERS = 4,
    ITEMS = 6,
    DEVICES = 3,
    INPUTS_MOST = 3 * WIDTH + 3 /* a device, of width 2, and a price */
};

static const int32_t own[ROWS] = {5, 2, 5, 599, 2, 2, 511, 512, 5, 0, 512, 599, 7};
static const int32_t users[ROWS] = {1, 1, 2, 3, 0, 1, 2, 3, 3, 1, 1, 0, 2};
static const int32_t items[ROWS] = {5, 2, 5, 4, 2, 2, 3, 1, 5, 0, 1, 4, 3};

/* Features of rows, whose entries are in another order than the rows. */
static const int32_t entries[ROWS] = {12, 3, 1, 0, 2, 4, 5, 11, 10, 9, 8, 7, 6};
static const int32_t devices[ROWS] = {1, 1, 2, 0, 0, 1, 2, 2, 2, 1, 1, 0, 2};
static const float prices[ROWS] = {0.5F, -1, 1, 0, 0.25F, -0.5F, 1, 0.5F, -1, 0, 1, 0.75F, -0.25F};
static const td_field_view views[] = {{.index = entries, .values = devices},
                                      {.index = entries, .values = prices}};
static const int64_t numbers[ROWS] = {9, 1, 77, 3, 2, 50, 6, 0, 8, 12, 31, 5, 4};
static const td_inputs row_inputs = {
    .count = ROWS, .of = views, .draws = {.seed = 1, .step = 5, .rows = numbers}};
static double dropped; /* the share of units that layers drop */

typedef struct {
    td_kernels kernels;
    td_parameters parameters;
    td_head_net head;
    td_row_sums *tables;
    td_columns columns;
    td_head task;
    td_head_scratch scratch;
    td_gradients gradients;
    float u[ROWS * WIDTH], du[ROWS * WIDTH], ratings[ROWS], weights[ROWS];
    td_column_sums sums;
    td_exact dv[COLUMNS * WIDTH]; /* joined */
} bench;

/* Hidden layers of 5 and 4 units, whose biases keep what enters ReLU away from 0; more: biases of
 * users and items, and features. */
static void create_head(bench *b, int input, bool more)
{
    td_feature feature[] = {{.encoder = &td_encoder_embed, .of = TD_OF_ROW, .width = 2},
                            {.encoder = &td_encoder_number, .of = TD_OF_ROW, .width = 1}};
    td_embedding_table table = {.name = "devices", .rows = DEVICES, .width = 2};
    td_features features[TD_SIDES + TASK + 1] = {
        [TD_SIDES + TASK] = {.count = more ? 2 : 0, .feature = feature}};
    const td_spec spec = {
        .features = features, .tables = 1, .table = &table, .users = USERS, .items = ITEMS};
    const td_int_list hidden = td_int_list_of(2, (const int64_t[]){5, 4});
    const td_task task = {.input = input,
                          .biases = {more ? "users" : NULL, more ? "items" : NULL},
                          .hidden = &hidden,
                          .dropout = dropped,
                          .prefix = "head"};
    b->head = td_head_net_declare(&task, TASK, WIDTH, &spec, &b->parameters);
    td_parameters_allocate(&b->parameters, 0);
    fill_samples(b->parameters.size, 9, 0.3F, b->parameters.values);
    for (size_t l = 0; l < b->head.layers.count; l++) {
        const td_dense *dense = &b->head.layers.layer[l].dense;
        for (size_t j = 0; j < dense->units; j++)
            td_parameters_values(&b->parameters, dense->bias)[j] = j % 3 == 1 ? -1.5F : 1.5F;
    }
    td_layers_refresh(&b->head.layers, &b->parameters, NULL);
    b->tables = TD_NEW(td_row_sums, b->parameters.count);
    for (size_t i = 0; i < b->parameters.count; i++)
        if (b->parameters.tensor[i].is_table) {
            td_row_sums_create(&b->tables[i], b->parameters.tensor[i].held,
                               b->parameters.tensor[i].columns);
            td_head_touch(&b->head, ROWS, users, items, &row_inputs, i, b->tables);
        }
}

static bench *bench_of(int input, bool more)
{
    bench *b = TD_NEW(bench, 1);
    cr_assert_eq(td_kernels_find(NULL, false, &b->kernels), TD_OK);
    create_head(b, input, more);
    td_columns_create(&b->columns, WIDTH, COLUMNS, false, NULL);
    td_columns_resize(&b->columns, COLUMNS);
    fill_samples(COLUMNS * WIDTH, 1, 0.5F, b->columns.v);
    fill_samples(ROWS * WIDTH, 2, 0.5F, b->u);
    for (int i = 0; i < ROWS; i++) {
        b->ratings[i] = (float)(1 + i % 5);
        b->weights[i] = 1;
    }
    b->task = (td_head){.task = TASK,
                        .loss = td_loss_find("mse"),
                        .net = &b->head,
                        .columns = &b->columns,
                        .scale = 0.75F / ROWS}; /* weight 0.75 */
    b->scratch = td_head_scratch_create(&b->head);
    b->gradients = td_gradients_create(&b->kernels, &b->parameters, TASK + 1, b->tables);
    td_column_sums_create(&b->sums, WIDTH, COLUMNS, 2);
    b->gradients.columns = &b->sums;
    return b;
}

static bench *bench_create(void)
{
    return bench_of(TD_INPUT_CONCAT, false);
}

static void bench_free(bench *b)
{
    for (size_t i = 0; i < b->parameters.count; i++)
        if (b->parameters.tensor[i].is_table)
            td_row_sums_free(&b->tables[i]);
    td_free(b->tables);
    td_head_scratch_free(&b->scratch);
    td_column_sums_free(&b->sums);
    td_gradients_free(&b->gradients);
    td_columns_free(&b->columns);
    td_head_net_free(&b->head);
    td_parameters_free(&b->parameters);
    td_free(b);
}

static void run(bench *b, size_t rows, float *du)
{
    const td_task_rows all = {.count = rows,
                              .u = b->u,
                              .own = own,
                              .users = users,
                              .items = items,
                              .inputs = row_inputs,
                              .labels = b->ratings,
                              .weights = b->weights};
    td_head_tile(&b->task, &all, &b->scratch, du, &b->gradients);
    td_column_sums_join(&b->sums, 0, COLUMNS, b->dv);
}

/* The input of a row, in double. */
static void set_input(const bench *b, size_t row, double *x)
{
    size_t n = 0;
    for (size_t k = 0; k < WIDTH && b->head.input != TD_INPUT_PRODUCT; k++, n++)
        x[n] = (double)b->u[row * WIDTH + k];
    for (size_t k = 0; k < WIDTH && b->head.input != TD_INPUT_PRODUCT; k++, n++)
        x[n] = (double)b->columns.v[(size_t)own[row] * WIDTH + k];
    for (size_t k = 0; k < WIDTH && b->head.input != TD_INPUT_CONCAT; k++, n++)
        x[n] = (double)b->u[row * WIDTH + k] * (double)b->columns.v[(size_t)own[row] * WIDTH + k];
    if (b->head.reads.count > 0) {
        const float *device = td_parameters_row(&b->parameters, b->head.reads.feature[0].tensor,
                                                devices[entries[row]]);
        x[n++] = (double)device[0];
        x[n++] = (double)device[1];
        x[n++] = (double)prices[entries[row]];
    }
    cr_assert_eq(n, b->head.layers.inputs);
}

/* The units of a row in a layer that drops. */
static void drop(const td_layer *layer, size_t row, double *x)
{
    float factors[INPUTS_MOST];
    const td_draws draws = td_draws_from(&row_inputs.draws, row);
    for (size_t j = 0; j < layer->units; j++)
        factors[j] = 1;
    td_dropout_apply(&layer->dropout, &draws, 1, layer->units, factors, factors, layer->units);
    for (size_t j = 0; j < layer->units; j++)
        x[j] *= (double)factors[j];
}

/* The prediction for a row, likewise. */
static double predict(const bench *b, size_t row)
{
    double x[INPUTS_MOST] = {0}, y[INPUTS_MOST] = {0}, biases = 0;
    set_input(b, row, x);
    for (size_t i = 0; i < 2; i++)
        if (b->head.biases[i] != TD_NO_TENSOR)
            biases += (double)td_parameters_values(
                &b->parameters, (size_t)b->head.biases[i])[(i ? items : users)[row]];
    for (size_t l = 0; l < b->head.layers.count; l++) {
        const td_dense *d = &b->head.layers.layer[l].dense;
        if (b->head.layers.layer[l].dropout.share > 0) {
            drop(&b->head.layers.layer[l], row, x);
            continue;
        }
        for (size_t j = 0; j < d->units; j++) {
            y[j] = (double)td_parameters_values(&b->parameters, d->bias)[j];
            for (size_t i = 0; i < d->inputs; i++)
                y[j] += x[i] *
                        (double)td_parameters_values(&b->parameters, d->kernel)[i * d->units + j];
            y[j] = d->relu ? fmax(y[j], 0) : y[j];
        }
        memcpy(x, y, sizeof x);
    }
    return x[0] + biases;
}

static double squares(const bench *b)
{
    double sum = 0;
    for (size_t i = 0; i < ROWS; i++)
        sum += (double)b->weights[i] * pow(predict(b, i) - (double)b->ratings[i], 2);
    return sum;
}

/* The slope of weight loss / B. */
static double slope(const bench *b, float *x)
{
    const float step = 0x1p-10F, before = *x;
    *x = before + step;
    double above = squares(b);
    *x = before - step;
    double below = squares(b);
    *x = before;
    return 0.75 / ROWS * (above - below) / (2 * (double)step);
}

Test(head, predictions_are_the_head_of_both_embeddings)
{
    bench *b = bench_create();
    td_head_rows rows = {.count = ROWS, .u = b->u, .v = b->columns.v, .v_row = own};
    const float *p =
        td_head_predict(&b->head, &b->kernels, &b->parameters, &rows, &b->scratch.layers);
    for (size_t i = 0; i < ROWS; i++)
        cr_assert_float_eq((double)p[i], predict(b, i), 1e-5, "row %zu", i);
    float v[ROWS * WIDTH], first[ROWS];
    memcpy(first, p, sizeof first);
    for (size_t i = 0; i < ROWS; i++)
        memcpy(v + i * WIDTH, b->columns.v + (size_t)own[i] * WIDTH, WIDTH * sizeof *v);
    rows.v = v;
    rows.v_row = NULL;
    p = td_head_predict(&b->head, &b->kernels, &b->parameters, &rows, &b->scratch.layers);
    cr_assert_arr_eq(p, first, sizeof first, "rows of v one by one");
    bench_free(b);
}

Test(head, the_loss_is_the_sum_of_squares)
{
    bench *b = bench_create();
    run(b, ROWS, NULL);
    cr_assert_float_eq(ldexp((double)b->gradients.losses[TASK], -TD_EXACT_TOTAL), squares(b), 1e-4);
    for (size_t i = 0; i < sizeof b->dv / sizeof *b->dv; i++)
        cr_assert_eq(b->dv[i], 0, "without du only the loss is computed");
    for (size_t i = 0; i < b->parameters.dense_size; i++)
        cr_assert_eq(b->gradients.dense[i], 0);
    cr_assert_gt(b->gradients.largest[td_term_loss(&b->parameters, TASK)], 0);
    cr_assert_eq(b->gradients.largest[td_term_loss(&b->parameters, 0)], 0);
    bench_free(b);
}

/* Weights of the rows weigh their losses and gradients. */
static bench *weigh(bench *b, bool weighted)
{
    for (size_t i = 0; i < ROWS && weighted; i++)
        b->weights[i] = (float)(i % 4) / 2;
    return b;
}

/* du starts from what other tasks left in it. */
static void check_gradients(bench *b)
{
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        b->du[i] = 10;
    td_column_sums_begin(&b->sums, 1, 0)[3] = INT64_C(1) << TD_EXACT_GRADIENT;
    td_column_sums_end(&b->sums, 1, 0);
    run(b, ROWS, b->du);
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        cr_assert_float_eq((double)b->du[i] - 10, slope(b, &b->u[i]), 1e-5, "du[%zu]", i);
    for (size_t i = 0; i < COLUMNS * WIDTH; i++)
        cr_assert_float_eq(ldexp((double)b->dv[i], -TD_EXACT_GRADIENT) - (i == 3),
                           slope(b, &b->columns.v[i]), 1e-5, "dv[%zu]", i);
    for (size_t i = 0; i < b->parameters.dense_size; i++)
        cr_assert_float_eq(ldexp((double)b->gradients.dense[i], -TD_EXACT_GRADIENT),
                           slope(b, &b->parameters.values[i]), 1e-5, "parameter %zu", i);
    cr_assert_gt(b->gradients.largest[td_term_dv(&b->parameters)], 0);
    for (size_t i = 0; i < b->parameters.count; i++) {
        const td_tensor *tensor = &b->parameters.tensor[i];
        const td_row_sums *sums = &b->tables[i];
        cr_assert_eq(sums->count, tensor->is_table ? tensor->rows : 0, "%s", tensor->name);
        for (size_t s = 0; s < sums->count * sums->width; s++) {
            const size_t row = (size_t)sums->ids[s / sums->width], column = s % sums->width;
            cr_assert_float_eq(ldexp((double)sums->sums[s], -TD_EXACT_GRADIENT),
                               slope(b, tensor->values + row * sums->width + column), 1e-5,
                               "%s, row %zu", tensor->name, row);
        }
        cr_assert(!tensor->is_table || b->gradients.largest[i] > 0);
    }
    bench_free(b);
}

Test(head, gradients_are_the_slopes)
{
    for (int input = TD_INPUT_CONCAT; input <= TD_INPUT_BOTH; input++) {
        check_gradients(weigh(bench_of(input, false), false));
        check_gradients(weigh(bench_of(input, true), true));
    }
}

Test(head, gradients_are_the_slopes_with_dropout)
{
    dropped = 0.5;
    bench *b = bench_of(TD_INPUT_BOTH, true);
    cr_assert_eq(b->head.layers.count, 5);
    check_gradients(weigh(b, true));
}

/* Rows of one item are summed in ascending order before they enter the exact sums. */
Test(head, rows_that_share_an_item_are_summed_in_order)
{
    bench *b = bench_create();
    run(b, ROWS, b->du);
    const float *dx = b->scratch.layers.dx; /* where the way back through the head ended */
    for (size_t column = 0; column < COLUMNS; column++)
        for (size_t k = 0; k < WIDTH; k++) {
            float sum = 0;
            td_exact expected = 0;
            for (size_t i = 0; i < ROWS; i++)
                sum += own[i] == (int32_t)column ? dx[i * 2 * WIDTH + WIDTH + k] : 0;
            td_exact_add(TD_EXACT_GRADIENT, 1, &sum, &expected);
            cr_assert_eq(b->dv[column * WIDTH + k], expected, "column %zu", column);
        }
    bench_free(b);
}

Test(head, what_is_not_finite_is_noticed)
{
    const float bad[] = {NAN, INFINITY, 1e30F};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int place = 0; place < 3; place++) {
            bench *b = bench_create();
            float *places[] = {&b->u[4], &b->columns.v[(size_t)own[3] * WIDTH], &b->ratings[2]};
            *places[place] = bad[i];
            run(b, ROWS, b->du);
            cr_assert_not(
                td_exact_in_range(TD_EXACT_TOTAL, ROWS,
                                  b->gradients.largest[td_term_loss(&b->parameters, TASK)]),
                "%g in place %d", (double)bad[i], place);
            bench_free(b);
        }
}
