/* Matrix products at the shapes of row tiles, column tiles and candidate tiles. */
#include "kernels.h"

#include "base/memory.h"
#include "model/columns.h"

#include <stdio.h>

enum { ROWS = 128 };

/* c (m, n) = a (m, k) b (k, n); a of a weight's gradient and of dV is stored transposed. */
typedef struct {
    const char *what;
    size_t m, n, k;
    bool transposed;
} shape;

/* Rows of a tile: 128; a column tile: 512. configs/joint.yaml has width 32 and the head 256, 128;
 * configs/context_*.yaml a dense layer of 32 on 65 inputs, of which 64 have gradients; 64 is the
 * width of larger tables. */
static const shape shapes[] = {
    {"scores, width 32", ROWS, TD_COLUMN_TILE, 32, false},
    {"dU, width 32", ROWS, 32, TD_COLUMN_TILE, false},
    {"dV, width 32", TD_COLUMN_TILE, 32, ROWS, true},
    {"scores, width 64", ROWS, TD_COLUMN_TILE, 64, false},
    {"dU, width 64", ROWS, 64, TD_COLUMN_TILE, false},
    {"dV, width 64", TD_COLUMN_TILE, 64, ROWS, true},
    {"head 1, forward", ROWS, 256, 64, false},
    {"head 1, kernel's gradient", 64, 256, ROWS, true},
    {"head 1, input's gradient", ROWS, 64, 256, false},
    {"head 2, forward", ROWS, 128, 256, false},
    {"head 2, kernel's gradient", 256, 128, ROWS, true},
    {"head 2, input's gradient", ROWS, 256, 128, false},
    {"head 3, forward", ROWS, 1, 128, false},
    {"head 3, kernel's gradient", 128, 1, ROWS, true},
    {"head 3, input's gradient", ROWS, 128, 1, false},
    {"context tower, forward", ROWS, 32, 65, false},
    {"context tower, kernel's gradient", 65, 32, ROWS, true},
    {"context tower, input's gradient", ROWS, 64, 32, false},
};

typedef struct {
    const shape *shape;
    const td_kernels *kernels;
    bool by_dots; /* as a dense layer of one unit */
    const float *a, *b;
    float *c;
} product;

static void run_product(void *data)
{
    const product *p = data;
    const shape *s = p->shape;
    const td_view a = {p->a, s->transposed ? s->m : s->k, s->transposed};
    if (p->by_dots)
        p->kernels->row_dots(s->m, s->k, p->a, p->b, 0, p->c);
    else
        p->kernels->dense_gemm(s->m, s->n, s->k, a, p->b, s->n, NULL, p->c, s->n);
}

static void measure_shape(bench *b, const shape *s)
{
    float *x = bench_floats(s->m * s->k), *y = bench_floats(s->k * s->n);
    float *c = TD_NEW(float, s->m * s->n);
    const bool one_unit = s->n == 1 && !s->transposed;
    product ours = {s, &b->kernels, one_unit, x, y, c}, theirs = {s, &b->openblas, false, x, y, c};
    bench_work works[] = {{.run = run_product, .data = &ours},
                          {.run = run_product, .data = &theirs}};
    const double peak = bench_beside_peak(b, 2, works);
    const double operations = 2e-9 * (double)(s->m * s->n * s->k);
    const double rate = operations / works[0].seconds, other = operations / works[1].seconds;
    printf("%-34s %4zu x %4zu x %4zu %7.1f %5.0f %% %9.1f %6.2f\n", s->what, s->m, s->n, s->k, rate,
           100 * rate / peak, other, rate / other);
    td_free(x);
    td_free(y);
    td_free(c);
}

/* A product of rounded operands: a packed in each turn, since a tile does so, and b where it is not
 * packed once a step; or both before. */
typedef struct {
    const shape *shape;
    const td_kernels *kernels;
    bool packs;
    td_view a, b, left, right;
    float *a_room, *b_room, *c;
} rounded_product;

static void pack_right(rounded_product *p)
{
    p->right = p->kernels->pack_right(p->shape->k, p->shape->n, p->b, p->b_room, p->shape->n);
}

static void run_rounded(void *data)
{
    rounded_product *p = data;
    const shape *s = p->shape;
    if (p->packs) {
        p->left = p->kernels->pack_left(s->m, s->k, p->a, p->a_room);
        if (s->transposed)
            pack_right(p);
    }
    p->kernels->packed_gemm(s->m, s->n, s->k, p->left, p->right.at, p->right.stride, NULL, p->c,
                            s->n);
}

static void measure_rounded(bench *b, const td_kernels *rounding, const shape *s)
{
    float *x = bench_floats(s->m * s->k), *y = bench_floats(s->k * s->n);
    float *c = TD_NEW(float, s->m * s->n);
    product ours = {s, &b->kernels, false, x, y, c};
    rounded_product with = {.shape = s,
                            .kernels = rounding,
                            .packs = true,
                            .a = {x, s->transposed ? s->m : s->k, s->transposed},
                            .b = {y, s->n, false},
                            .a_room = TD_NEW(float, s->m * s->k),
                            .b_room = TD_NEW(float, s->k * s->n),
                            .c = c};
    with.left = rounding->pack_left(s->m, s->k, with.a, with.a_room);
    pack_right(&with);
    rounded_product without = with;
    without.packs = false;
    bench_work works[] = {{.run = run_product, .data = &ours},
                          {.run = run_rounded, .data = &with},
                          {.run = run_rounded, .data = &without}};
    bench_beside_peak(b, 3, works);
    const double rate = 2e-9 * (double)(s->m * s->n * s->k);
    printf("%-34s %4zu x %4zu x %4zu %7.1f %9.1f %9.1f %6.2f %6.2f\n", s->what, s->m, s->n, s->k,
           rate / works[0].seconds, rate / works[1].seconds, rate / works[2].seconds,
           works[0].seconds / works[1].seconds, works[0].seconds / works[2].seconds);
    td_free(x), td_free(y), td_free(c), td_free(with.a_room), td_free(with.b_room);
}

void bench_rounded_products(bench *b)
{
    const td_kernels rounding = td_kernels_that_round(&b->kernels);
    printf("\n%-34s %18s %7s %9s %9s %13s\n", "product, GF/s", "m, n, k", "float32", "bfloat16",
           "packed", "ratios");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].n > 1 && shapes[i].k > 1)
            measure_rounded(b, &rounding, &shapes[i]);
}

void bench_products(bench *b)
{
    printf("\n%-34s %18s %7s %7s %9s %6s\n", "product", "m, n, k", "GF/s", "of peak", "OpenBLAS",
           "ratio");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        measure_shape(b, &shapes[i]);
}
