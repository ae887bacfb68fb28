/* The retrieval task of one row tile: scores, softmax, loss and both gradients. */
#include "kernels.h"

#include "base/memory.h"
#include "model/model.h"

#include <stdio.h>

enum { ROWS = 128 };

typedef struct {
    td_columns columns;
    td_retrieval task;
    td_retrieval_scratch scratch;
    td_parameters none;
    td_column_sums sums;
    td_gradients gradients;
    float *u, *weights, *du;
    int32_t own[ROWS];
} softmax;

static void fill(softmax *s, const td_kernels *kernels, size_t columns, size_t width)
{
    td_columns_create(&s->columns, width, columns, kernels->rounds, NULL);
    td_columns_resize(&s->columns, columns);
    float *v = bench_floats(columns * width);
    memcpy(s->columns.v, v, columns * width * sizeof *v);
    td_free(v);
    for (size_t j = 0; j < columns; j++)
        s->columns.weights[j] = (float)(1 + j % 7);
    td_columns_pack(&s->columns, kernels, td_range_to(0, (int64_t)td_columns_tiles(&s->columns)));
    s->u = bench_floats(ROWS * width);
    s->weights = TD_NEW(float, ROWS);
    s->du = TD_NEW(float, ROWS *width);
    for (size_t i = 0; i < ROWS; i++) {
        s->weights[i] = 1;
        s->own[i] = (int32_t)(i * 7919 % columns);
    }
}

static softmax *softmax_create(const td_kernels *kernels, size_t columns, size_t width)
{
    softmax *s = TD_NEW(softmax, 1);
    fill(s, kernels, columns, width);
    s->task = (td_retrieval){.columns = &s->columns, .inverse = 1, .scale = 1};
    s->scratch = td_retrieval_scratch_create(kernels, ROWS, columns, width, false);
    s->gradients = td_gradients_create(kernels, &s->none, 1, NULL);
    td_column_sums_create(&s->sums, width, columns, 1);
    s->gradients.columns = &s->sums;
    return s;
}

static void softmax_free(softmax *s)
{
    td_columns_free(&s->columns);
    td_retrieval_scratch_free(&s->scratch);
    td_column_sums_free(&s->sums);
    td_gradients_free(&s->gradients);
    td_free(s->u);
    td_free(s->weights);
    td_free(s->du);
    td_free(s);
}

static void run_tile(softmax *s, float *du)
{
    const td_task_rows rows = {.count = ROWS, .u = s->u, .own = s->own, .weights = s->weights};
    td_retrieval_tile(&s->task, &rows, &s->scratch, du, &s->gradients);
}

static void run_forward(void *data)
{
    run_tile(data, NULL);
}

static void run_both(void *data)
{
    softmax *s = data;
    run_tile(s, s->du);
}

static void measure_size(bench *b, const td_kernels *kernels, size_t width, size_t columns)
{
    softmax *s = softmax_create(kernels, columns, width);
    bench_work works[] = {{.run = run_forward, .data = s}, {.run = run_both, .data = s}};
    const double peak = bench_beside_peak(b, 2, works);
    const double product = 2e-9 * (double)(ROWS * columns * width);
    const double forward = product / works[0].seconds, both = 3 * product / works[1].seconds;
    printf("%5zu %8zu %9.1f %5.0f %% %9.1f %5.0f %% %12.2f\n", width, columns, forward,
           100 * forward / peak, both, 100 * both / peak,
           1e9 * works[1].seconds / (double)(ROWS * columns));
    softmax_free(s);
}

static void measure_precision(bench *b, const td_kernels *kernels)
{
    static const size_t widths[] = {32, 64}, columns[] = {1504, 1536, 16384, 65536, 200000};
    printf(
        "\nsoftmax of a row tile (%d rows) in %s: the products' operations over the whole time\n",
        ROWS, kernels->rounds ? "bfloat16" : "float32");
    printf("%5s %8s %9s %7s %9s %7s %12s\n", "width", "columns", "forward", "of peak", "with dU,",
           "of peak", "ns a score");
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            measure_size(b, kernels, widths[w], columns[c]);
}

void bench_softmax(bench *b)
{
    const td_kernels rounding = td_kernels_that_round(&b->kernels);
    measure_precision(b, &b->kernels);
    measure_precision(b, &rounding);
}
