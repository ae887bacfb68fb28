/* Batches for the retrieval task, the task run on them, and its definition: a softmax over the B x
 * B scores of rows by rows, computed row by row in double (TFRS tasks/retrieval.py and
 * layers/loss.py). */
#ifndef TESTS_MODEL_SOFTMAX_H
#define TESTS_MODEL_SOFTMAX_H

#include "model/retrieval.h"

#include "base/memory.h"
#include "base/range.h"
#include "samples.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* A batch of rows, each with the column of its own item; every column is some row's; and the
 * options of the task. */
typedef struct {
    size_t rows, columns, width;
    float temperature;
    float *u, *v, *weights;
    float *bias;     /* (columns), zeros until log_q_of sets it */
    float *own_bias; /* (columns): of a row's own item; NULL: bias */
    float *once;     /* (columns): what a row weighs of a column; NULL: 1 */
    int32_t *drawn;  /* (columns): how often each is met, rows aside; NULL: as rows have it */
    int loss;
    float negative_weight, margin;
    float scale; /* of the gradient */
    bool remove_accidental_hits;
    int64_t num_hard_negatives;
    int32_t *own;
    td_range *masked; /* (rows), of masked_columns; NULL: none */
    int32_t *masked_columns;
    td_range *negatives; /* (rows), of negative_columns; NULL: none */
    int32_t *negative_columns;
} batch;

/* The kernels that batches are run with, and how far from the definition these may be. */
static struct {
    const char *isa;
    bool rounds;
    double loss_error, gradient_error;
} run_with = {.loss_error = 2e-6, .gradient_error = 1e-5};

/* The largest terms of a task whose one parameter is its temperature. */
enum { TERM_TEMPERATURE, TERM_DU, TERM_DV, TERM_LOSS, TERMS };

typedef struct {
    td_exact loss;
    td_exact *dv;
    float *du;
    td_exact dlog_inverse;
    td_magnitude largest[TERMS];
} result;

/* Tiles are of workers in turns, each of which has a place for its sums of columns. */
enum { PLACES = 3 };

static inline batch batch_create(size_t rows, size_t columns, size_t width, float temperature)
{
    batch b = {
        .rows = rows, .columns = columns, .width = width, .temperature = temperature, .scale = 1};
    b.bias = TD_NEW(float, columns);
    b.u = TD_NEW(float, rows *width);
    b.v = TD_NEW(float, columns *width);
    b.weights = TD_NEW(float, rows);
    b.own = TD_NEW(int32_t, rows);
    fill_samples(rows * width, 1, 1, b.u);
    fill_samples(columns * width, 2, 1, b.v);
    fill_samples(rows, 3, 1, b.weights);
    for (size_t i = 0; i < rows; i++) {
        b.weights[i] = i % 7 == 3 ? 0 : 1.25F + b.weights[i];
        b.own[i] = (int32_t)(i < columns ? columns - 1 - i : i * i % 101 % columns);
    }
    return b;
}

static inline void batch_free(batch *b)
{
    td_free(b->u);
    td_free(b->v);
    td_free(b->weights);
    td_free(b->bias);
    td_free(b->own_bias);
    td_free(b->once);
    td_free(b->drawn);
    td_free(b->own);
    td_free(b->masked);
    td_free(b->masked_columns);
    td_free(b->negatives);
    td_free(b->negative_columns);
}

static inline td_columns columns_of(const batch *b, const td_kernels *kernels)
{
    td_columns columns;
    td_columns_create(&columns, b->width, b->columns, kernels->rounds, NULL);
    td_columns_resize(&columns, b->columns);
    memcpy(columns.v, b->v, b->columns * b->width * sizeof *b->v);
    memcpy(columns.bias, b->bias, b->columns * sizeof *b->bias);
    for (size_t i = 0; i < b->rows && !b->drawn; i++)
        columns.weights[b->own[i]] += b->once ? b->once[b->own[i]] : 1;
    for (size_t j = 0; j < b->columns && b->drawn; j++)
        columns.weights[j] = (float)b->drawn[j] * (b->once ? b->once[j] : 1);
    for (size_t j = 0; j < b->columns; j++) /* as the step sets it */
        columns.bias[j] = columns.weights[j] > 0 ? columns.bias[j] : -INFINITY;
    td_columns_pack(&columns, kernels, td_range_to(0, (int64_t)td_columns_tiles(&columns)));
    return columns;
}

static inline result result_create(const batch *b)
{
    return (result){.dv = TD_NEW(td_exact, b->columns * b->width),
                    .du = TD_NEW(float, b->rows * b->width)};
}

static inline void result_free(result *r)
{
    td_free(r->dv);
    td_free(r->du);
}

/* Runs the batch in tiles of this many rows, the tiles forwards or backwards. */
static inline result run(const batch *b, size_t tile_rows, bool backwards)
{
    td_kernels kernels;
    cr_assert_eq(td_kernels_find(run_with.isa, false, &kernels), TD_OK);
    if (run_with.rounds)
        kernels = td_kernels_that_round(&kernels);
    td_columns columns = columns_of(b, &kernels);
    result r = result_create(b);
    td_retrieval task = {.columns = &columns,
                         .own_bias = b->own_bias,
                         .rows_are_outside = b->drawn != NULL,
                         .once = b->once,
                         .loss = b->loss,
                         .negative_weight = b->negative_weight,
                         .margin = b->margin,
                         .inverse = 1 / b->temperature,
                         .learns = true,
                         .scale = b->scale,
                         .remove_accidental_hits = b->remove_accidental_hits,
                         .num_hard_negatives = b->num_hard_negatives};
    td_retrieval_scratch scratch = td_retrieval_scratch_create(&kernels, tile_rows, b->columns,
                                                               b->width, b->num_hard_negatives > 0);
    td_parameters parameters = {0};
    td_parameters_declare(&parameters, "retrieval_temperature", "log_inverse", 1, 1, false, 0);
    td_parameters_allocate(&parameters, 0);
    td_gradients gradients = td_gradients_create(&kernels, &parameters, 1, NULL);
    td_column_sums sums;
    td_column_sums_create(&sums, b->width, b->columns, PLACES);
    gradients.columns = &sums;
    const size_t tiles = (b->rows + tile_rows - 1) / tile_rows;
    for (size_t t = 0; t < tiles; t++) {
        size_t first = (backwards ? tiles - 1 - t : t) * tile_rows;
        size_t rows = b->rows - first < tile_rows ? b->rows - first : tile_rows;
        const td_task_rows tile = {.count = rows,
                                   .u = b->u + first * b->width,
                                   .own = b->own + first,
                                   .weights = b->weights + first,
                                   .masked = b->masked ? b->masked + first : NULL,
                                   .masked_columns = b->masked_columns,
                                   .negatives = b->negatives ? b->negatives + first : NULL,
                                   .negative_columns = b->negative_columns};
        gradients.worker = t;
        td_retrieval_tile(&task, &tile, &scratch, r.du + first * b->width, &gradients);
    }
    td_column_sums_join(&sums, 0, b->columns, r.dv);
    r.loss = gradients.losses[0];
    r.dlog_inverse = gradients.dense[0];
    memcpy(r.largest, gradients.largest, sizeof r.largest);
    td_retrieval_scratch_free(&scratch);
    td_column_sums_free(&sums);
    td_gradients_free(&gradients);
    td_parameters_free(&parameters);
    td_columns_free(&columns);
    return r;
}

static inline double loss_of(const batch *b)
{
    result r = run(b, b->rows, false);
    double loss = ldexp((double)r.loss, -TD_EXACT_TOTAL);
    result_free(&r);
    return loss;
}

static inline double logit(const batch *b, size_t row, size_t column)
{
    double sum = 0;
    for (size_t k = 0; k < b->width; k++)
        sum += (double)b->u[row * b->width + k] * (double)b->v[column * b->width + k];
    return sum / (double)b->temperature + (double)b->bias[column];
}

/* Of a row's own item. */
static inline double own_logit(const batch *b, size_t row)
{
    const size_t own = (size_t)b->own[row];
    const double bias = b->own_bias ? (double)b->own_bias[own] : (double)b->bias[own];
    return logit(b, row, own) - (double)b->bias[own] + bias;
}

static inline int falling(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static inline bool is_masked(const batch *b, size_t row, int32_t column)
{
    if (!b->masked || column == b->own[row])
        return false;
    for (int64_t m = b->masked[row].first; m < td_range_end(b->masked[row]); m++)
        if (b->masked_columns[m] == column)
            return true;
    return false;
}

/* Sets the logits of row i over all rows, those that remove_accidental_hits leaves; and sorted, the
 * row's own first, then its negatives, falling. */
static inline void set_logits(const batch *b, size_t i, double *logits, double *sorted)
{
    for (size_t j = 0; j < b->rows; j++) {
        const bool hit = b->remove_accidental_hits && j != i && b->own[j] == b->own[i];
        logits[j] = hit || is_masked(b, i, b->own[j]) ? -INFINITY : logit(b, i, (size_t)b->own[j]);
        logits[j] = j == i ? own_logit(b, i) : logits[j];
        sorted[j] = j == i ? INFINITY : logits[j];
    }
    qsort(sorted, b->rows, sizeof *sorted, falling);
}

/* Takes all but the k highest negatives of row i out of its logits; copies of one item are as good
 * as each other. */
static inline void keep_highest(const batch *b, size_t i, double *logits, const double *sorted)
{
    const size_t k = (size_t)b->num_hard_negatives;
    if (k == 0 || k + 1 >= b->rows)
        return;
    size_t equal = 1; /* how many of the lowest score that is kept are kept */
    while (equal < k && sorted[k - equal] == sorted[k])
        equal++;
    for (size_t j = 0; j < b->rows; j++) {
        const bool at_limit = j != i && logits[j] == sorted[k];
        if (j != i && (logits[j] < sorted[k] || (at_limit && equal == 0)))
            logits[j] = -INFINITY;
        equal -= at_limit && equal > 0;
    }
}

/* Gives no weight to rows whose k-th negative is nearer than this to one of another item: rounding,
 * or a step of finite differences, may exchange them. */
static inline void leave_out_near_ties(batch *b, double near)
{
    const size_t k = (size_t)b->num_hard_negatives;
    double *logits = TD_NEW(double, 2 * b->rows), *sorted = logits + b->rows;
    for (size_t i = 0; i < b->rows && k > 0 && k + 1 < b->rows; i++) {
        set_logits(b, i, logits, sorted);
        for (size_t j = 1; j < b->rows; j++)
            if (sorted[j] != sorted[k] && fabs(sorted[j] - sorted[k]) < near)
                b->weights[i] = 0;
    }
    td_free(logits);
}

/* Row i of the definition: cross-entropy of logits over the items of all rows, of which number i
 * is right. p: room for 2 rows numbers. */
static inline double define_row(const batch *b, size_t i, double *p, double *du, double *dv)
{
    const double right = own_logit(b, i), w = (double)b->weights[i];
    double max = -INFINITY, z = 0;
    set_logits(b, i, p, p + b->rows);
    keep_highest(b, i, p, p + b->rows);
    for (size_t j = 0; j < b->rows; j++)
        max = fmax(max, p[j]);
    for (size_t j = 0; j < b->rows; j++)
        z += p[j] = exp(p[j] - max);
    for (size_t j = 0; j < b->rows; j++) {
        double dscore = (double)b->scale * w * (p[j] / z - (i == j)) / (double)b->temperature;
        for (size_t k = 0; k < b->width; k++) {
            size_t column = (size_t)b->own[j] * b->width + k;
            du[i * b->width + k] += dscore * (double)b->v[column];
            dv[column] += dscore * (double)b->u[i * b->width + k];
        }
    }
    return w * (log(z) + max - right);
}

static inline double largest_of(size_t n, const float *x)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)x[i]));
    return largest;
}

/* Runs both and compares: gradients to a part of the largest, or of a tenth of the largest
 * embedding of the other side, of which they are differences. */
static inline void assert_is_the_definition(const batch *b, size_t tile_rows, const char *name)
{
    const size_t nu = b->rows * b->width, nv = b->columns * b->width;
    double *du = TD_NEW(double, nu), *dv = TD_NEW(double, nv), *p = TD_NEW(double, 2 * b->rows);
    float *dv_float = TD_NEW(float, nv);
    double loss = 0;
    for (size_t i = 0; i < b->rows; i++)
        loss += define_row(b, i, p, du, dv);
    result r = run(b, tile_rows, false);
    td_exact_to_float(TD_EXACT_GRADIENT, nv, r.dv, dv_float);
    double ours = ldexp((double)r.loss, -TD_EXACT_TOTAL);
    cr_assert_leq(fabs(ours - loss), run_with.loss_error * fmax(loss, 1), "%s: loss %.9g, not %.9g",
                  name, ours, loss);
    const double scale = (double)b->scale / 10;
    double du_error =
        distance(nu, r.du, du) / fmax(magnitude_of(nu, du), scale * largest_of(nv, b->v));
    double dv_error =
        distance(nv, dv_float, dv) / fmax(magnitude_of(nv, dv), scale * largest_of(nu, b->u));
    cr_assert_leq(du_error, run_with.gradient_error, "%s: dU is off by %g", name, du_error);
    cr_assert_leq(dv_error, run_with.gradient_error, "%s: dV is off by %g", name, dv_error);
    result_free(&r);
    td_free(du);
    td_free(dv);
    td_free(p);
    td_free(dv_float);
}

/* Central differences of the loss by one element. */
static inline double slope(const batch *b, float *x)
{
    const float step = 0x1p-9F, before = *x;
    *x = before + step;
    double above = loss_of(b);
    *x = before - step;
    double below = loss_of(b);
    *x = before;
    return (above - below) / (2 * (double)step);
}

/* The same by the logarithm of 1 / temperature. */
static inline double slope_of_temperature(batch *b)
{
    const double step = 0x1p-9;
    const float before = b->temperature;
    b->temperature = (float)((double)before * exp(-step));
    double above = loss_of(b);
    b->temperature = (float)((double)before * exp(step));
    double below = loss_of(b);
    b->temperature = before;
    return (above - below) / (2 * step);
}

/* Compares the gradient by it, less the scale, with that, to within so much of its size. */
static inline void assert_slope_of_temperature(batch *b, const result *r, double near,
                                               const char *name)
{
    const double found = ldexp((double)r->dlog_inverse, -TD_EXACT_GRADIENT) / (double)b->scale;
    const double slope = slope_of_temperature(b);
    cr_assert_neq(slope, 0, "%s", name);
    cr_assert_leq(fabs(found - slope), near * fmax(1, fabs(slope)), "%s: temperature: %g, not %g",
                  name, found, slope);
}

#endif
