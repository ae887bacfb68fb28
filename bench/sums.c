/* Loops over elements: those of the softmax, and exact sums beside plain ones. */
#include "kernels.h"

#include "base/memory.h"
#include "model/columns.h"

#include <stdio.h>
#include <string.h>

/* A column tile's gradient: in the caches of one core. */
enum { ELEMENTS = 32 * TD_COLUMN_TILE };

typedef struct {
    const td_kernels *kernels;
    float *x, *sums, *weights;
    td_exact *exact;
    float result;
} loops;

static void run_max(void *data)
{
    loops *l = data;
    l->result = l->kernels->row_max(ELEMENTS, l->x);
}

/* Of numbers that stay what they are, but for the first call. */
static void run_exp(void *data)
{
    loops *l = data;
    l->result = l->kernels->row_exp(ELEMENTS, 1, l->weights, l->x);
}

static void run_scale(void *data)
{
    loops *l = data;
    l->kernels->row_scale(ELEMENTS, 1, l->weights, l->x);
}

static void run_exact(void *data)
{
    loops *l = data;
    l->result = (float)l->kernels->exact_add(TD_EXACT_GRADIENT, ELEMENTS, l->sums, l->exact);
}

/* What exact sums take the place of. */
static void run_plain(void *data)
{
    loops *l = data;
    const float *restrict x = l->x;
    float *restrict sums = l->sums;
    for (size_t i = 0; i < ELEMENTS; i++)
        sums[i] += x[i];
}

static void run_zero(void *data)
{
    loops *l = data;
    memset(l->sums, 0, ELEMENTS * sizeof *l->sums);
}

void bench_sums(bench *b)
{
    static const char *const names[] = {"row_max",   "row_exp",   "row_scale",
                                        "exact_add", "float add", "zeros"};
    loops l = {&b->kernels,
               bench_floats(ELEMENTS),
               bench_floats(ELEMENTS),
               TD_NEW(float, ELEMENTS),
               TD_NEW(td_exact, ELEMENTS),
               0};
    bench_work works[] = {{.run = run_max, .data = &l},   {.run = run_exp, .data = &l},
                          {.run = run_scale, .data = &l}, {.run = run_exact, .data = &l},
                          {.run = run_plain, .data = &l}, {.run = run_zero, .data = &l}};
    const size_t n = sizeof works / sizeof *works;
    for (size_t i = 0; i < ELEMENTS; i++)
        l.weights[i] = 1;
    bench_measure(n, works);
    printf("\nloops over %d elements\n%-12s %12s\n", ELEMENTS, "", "ns an element");
    for (size_t i = 0; i < n; i++)
        printf("%-12s %12.3f\n", names[i], 1e9 * works[i].seconds / ELEMENTS);
    td_free(l.x);
    td_free(l.sums);
    td_free(l.weights);
    td_free(l.exact);
}
