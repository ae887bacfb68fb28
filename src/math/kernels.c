/* The kernels in one instruction set: compiled once per set, with TD_ISA_<SET> and TD_ISA_NAME
 * defined (src/math/CMakeLists.txt). Vectors run along j, so that their width cannot matter. */
#include "math/kernels.h"

#include "math/exact_add.h"
#include "math/products.h"
#include "math/row_totals.h"
#if defined TD_ISA_AMX
#include "math/rounded_tiles.h"
#else
#include "math/rounded.h"
#endif

/* c = start + a b for a block of ROWS rows and VECS vectors, which stay in registers while k runs:
 * all three are written out, or clang would leave them in memory. More rows than a block has never
 * come; what is compiled for them is a block of one. */
#define DEFINE_BLOCK(name, ROWS, VECS, PART)                                                       \
    static void name(const product *f, float *c, size_t ldc)                                       \
    {                                                                                              \
        enum { HEIGHT = (ROWS) <= TD_BLOCK_ROWS ? (ROWS) : 1 };                                    \
        const float *start = f->start, *left = f->a, *right = f->b;                                \
        td_vec sum[HEIGHT][VECS];                                                                  \
        EACH (v, VECS) {                                                                           \
            td_vec first = td_all(0);                                                              \
            if (start)                                                                             \
                first = (PART) ? td_load_part(start, f->lanes) : td_load(start + v * TD_WIDTH);    \
            EACH (i, HEIGHT)                                                                       \
                sum[i][v] = first;                                                                 \
        }                                                                                          \
        for (size_t k = 0; k < f->depth; k++, left += f->a_column, right += f->ldb) {              \
            td_vec row[VECS];                                                                      \
            EACH (v, VECS)                                                                         \
                row[v] = (PART) ? td_load_part(right, f->lanes) : td_load(right + v * TD_WIDTH);   \
            EACH (i, HEIGHT) {                                                                     \
                td_vec factor = td_all(left[i * f->a_row]);                                        \
                EACH (v, VECS)                                                                     \
                    sum[i][v] = td_fma(factor, row[v], sum[i][v]);                                 \
            }                                                                                      \
        }                                                                                          \
        EACH (i, HEIGHT)                                                                           \
            EACH (v, VECS) {                                                                       \
                float *at = c + i * ldc + v * TD_WIDTH;                                            \
                (PART) ? td_store_part(at, f->lanes, sum[i][v]) : td_store(at, sum[i][v]);         \
            }                                                                                      \
    }

DEFINE_PANEL(DEFINE_BLOCK, TD_BLOCK_ROWS, panel_vecs, TD_BLOCK_VECS, false)
DEFINE_PANEL(DEFINE_BLOCK, TD_BLOCK_ROWS, panel_1, 1, false)
DEFINE_PANEL(DEFINE_BLOCK, TD_BLOCK_ROWS, panel_part, 1, true)

/* One row of many vectors: enough sums to keep the multipliers busy, stored side by side. */
enum { LONG_VECS = 8 };
DEFINE_BLOCK(long_row, 1, LONG_VECS, false)

/* c (m, LONG) = start + a b, row by row. */
static void long_rows(size_t m, product f, float *c, size_t ldc)
{
    for (size_t i = 0; i < m; i++, f.a += f.a_row, c += ldc)
        long_row(&f, c, ldc);
}

/* c (m, n) = start (n) + a (m, k) b (k, n), in panels of columns; each element one chain of fused
 * multiply-adds over ascending k. */
static void gemm(size_t m, size_t n, size_t k, td_view a, const float *b, size_t ldb,
                 const float *start, float *c, size_t ldc)
{
    enum { PANEL = TD_BLOCK_VECS * TD_WIDTH, LONG = LONG_VECS * TD_WIDTH };
    if (m > 1 && n == 1 && ldc == 1 && a.transposed && !start) { /* a row of m: whole vectors */
        gemm(1, m, k, (td_view){b, ldb, true}, a.at, a.stride, NULL, c, m);
        return;
    }
    const product f = product_of(n, k, a, b, ldb, start);
    size_t j = 0;
    if (m == 1 || k == 1) /* a block of rows would have few sums, or nothing to keep them for */
        for (; j + LONG <= n; j += LONG)
            long_rows(m, across(f, j), c + j, ldc);
    for (; j + PANEL <= n; j += PANEL)
        panel_vecs(m, across(f, j), c + j, ldc);
    for (; j + TD_WIDTH <= n; j += TD_WIDTH)
        panel_1(m, across(f, j), c + j, ldc);
    if (j < n)
        panel_part(m, across(f, j), c + j, ldc);
}

/* The first n of a vector of lanes, the others 0. */
static inline lanes load_lanes(const float *p, size_t n)
{
    lanes all;
    EACH (q, VECS_PER_LANES) {
        const size_t before = q * TD_WIDTH < n ? q * TD_WIDTH : n, left = n - before;
        all.v[q] = left >= TD_WIDTH ? td_load(p + before) : td_load_part(p + before, left);
    }
    return all;
}

/* The sum of lanes by halves: shorter than one after the other, where every row asks for it. */
static inline float sum_of_halves(lanes terms)
{
    for (size_t half = VECS_PER_LANES / 2; half > 0; half /= 2)
        for (size_t q = 0; q < half; q++)
            terms.v[q] = td_add(terms.v[q], terms.v[q + half]);
    return td_sum_of_halves(terms.v[0]);
}

/* Rows whose sums stay in registers. */
enum { DOTS = TD_BLOCK_ROWS / VECS_PER_LANES > 0 ? TD_BLOCK_ROWS / VECS_PER_LANES : 1 };

/* sums_i += a_i b over n columns, at most TD_LANES, for rows of a that are stride apart. */
static inline void add_products(size_t rows, size_t stride, size_t n, const float *a,
                                const float *b, lanes *sums)
{
    const lanes y = load_lanes(b, n);
    EACH (i, rows) {
        const lanes x = load_lanes(a + i * stride, n);
        EACH (q, VECS_PER_LANES)
            sums[i].v[q] = td_fma(x.v[q], y.v[q], sums[i].v[q]);
    }
}

/* c (rows) = start + a (rows, n) b (n); the sum of a row in lanes, then by halves. */
static inline void dots(size_t rows, size_t n, const float *a, const float *b, float start,
                        float *c)
{
    lanes sums[DOTS];
    size_t k = 0;
    EACH (i, rows)
        sums[i] = lanes_of(0);
    for (; k + TD_LANES <= n; k += TD_LANES)
        add_products(rows, n, TD_LANES, a + k, b + k, sums);
    if (k < n)
        add_products(rows, n, n - k, a + k, b + k, sums);
    EACH (i, rows)
        c[i] = start + sum_of_halves(sums[i]);
}

/* c (m) = start + a (m, n) b (n) */
static void row_dots(size_t m, size_t n, const float *a, const float *b, float start, float *c)
{
    size_t i = 0;
    for (; i + DOTS <= m; i += DOTS)
        dots(DOTS, n, a + i * n, b, start, c + i);
    for (; i < m; i++)
        dots(1, n, a + i * n, b, start, c + i);
}

/* The larger of each lane and of x. */
static inline void take_max(lanes *largest, const float *x)
{
    EACH (q, VECS_PER_LANES)
        largest->v[q] = td_max(largest->v[q], td_load(x + q * TD_WIDTH));
}

/* Chains of their own for every CHAINS-th vector of lanes: one alone waits for its last maximum. */
static float row_max(size_t n, const float *x)
{
    enum { CHAINS = 4 };
    lanes largest[CHAINS];
    size_t i = 0;
    EACH (chain, CHAINS)
        largest[chain] = lanes_of(-__builtin_inff());
    for (; i + CHAINS * TD_LANES <= n; i += CHAINS * TD_LANES)
        EACH (chain, CHAINS)
            take_max(&largest[chain], x + i + chain * TD_LANES);
    for (; i < n; i += TD_LANES)
        take_max(&largest[0], x + i);
    float lane[CHAINS * TD_LANES] = {0};
    EACH (chain, CHAINS)
        EACH (q, VECS_PER_LANES)
            td_store(lane + chain * TD_LANES + q * TD_WIDTH, largest[chain].v[q]);
    for (size_t half = CHAINS * TD_LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++)
            lane[l] = lane[l] > lane[l + half] ? lane[l] : lane[l + half];
    return lane[0];
}

/* x_j = exp(x_j - shift); returns sum_j weights_j x_j, in lanes. */
static float row_exp(size_t n, float shift, const float *weights, float *x)
{
    const td_vec shifts = td_all(shift);
    lanes sums = lanes_of(0);
    for (size_t i = 0; i < n; i += TD_LANES)
        EACH (q, VECS_PER_LANES) {
            float *p = x + i + q * TD_WIDTH;
            td_vec e = exp_of(td_sub(td_load(p), shifts));
            td_store(p, e);
            sums.v[q] = td_fma(td_load(weights + i + q * TD_WIDTH), e, sums.v[q]);
        }
    return sum_of_lanes(&sums);
}

/* x_j *= weights_j factor */
static void row_scale(size_t n, float factor, const float *weights, float *x)
{
    const td_vec factors = td_all(factor);
    for (size_t i = 0; i < n; i += TD_WIDTH) {
        td_vec scale = td_mul(td_load(weights + i), factors);
        td_store(x + i, td_mul(td_load(x + i), scale));
    }
}

/* above = the sum of weights_j where x_j > limit, tied = that where x_j = limit, in lanes. */
static void row_weights_beside(size_t n, float limit, const float *weights, const float *x,
                               float *above, float *tied)
{
    const td_vec limits = td_all(limit);
    lanes more = lanes_of(0), same = lanes_of(0);
    for (size_t i = 0; i < n; i += TD_LANES)
        EACH (q, VECS_PER_LANES) {
            const td_vec score = td_load(x + i + q * TD_WIDTH),
                         weight = td_load(weights + i + q * TD_WIDTH);
            more.v[q] = td_add(more.v[q], td_where_above(score, limits, weight));
            same.v[q] = td_add(same.v[q], td_where_equal(score, limits, weight));
        }
    *above = sum_of_lanes(&more);
    *tied = sum_of_lanes(&same);
}

static size_t row_reach(size_t begin, size_t n, float limit, const float *x)
{
    const td_vec limits = td_all(limit);
    for (; begin < n; begin += TD_LANES)
        EACH (q, VECS_PER_LANES)
            if (td_any_from(td_load(x + begin + q * TD_WIDTH), limits))
                return begin;
    return n;
}

static td_magnitude exact_add_here(int exponent, size_t n, const float *terms, td_exact *sums)
{
    return exact_add(exponent, n, terms, sums);
}

/* What is not rounded is packed where a transpose is wanted. */
/* NOLINTNEXTLINE(readability-non-const-parameter): kernels that round write to room. */
static td_view pack_left(size_t m, size_t k, td_view a, float *room)
{
    (void)m, (void)k, (void)room;
    return a;
}

static td_view pack_right(size_t k, size_t n, td_view b, float *room, size_t stride)
{
    if (!b.transposed)
        return b;
    for (size_t j = 0; j < n; j++)
        for (size_t l = 0; l < k; l++)
            room[l * stride + j] = b.at[j * b.stride + l];
    return (td_view){room, stride, false};
}

static void rounded_exp(size_t n, size_t count, td_packed_row *rows, const td_packed_rows *out,
                        size_t place)
{
    pack_rows(n, count, rows, true, out, place);
}

static void rounded_weighted(size_t n, size_t count, td_packed_row *rows, const td_packed_rows *out,
                             size_t place)
{
    pack_rows(n, count, rows, false, out, place);
}

enum {
    STRIP_ROWS = 24, /* 50 KB of scores */
#if defined TD_ISA_AMX
    ROUNDED_STRIP_ROWS = BLOCK
#else
    ROUNDED_STRIP_ROWS = STRIP_ROWS
#endif
};

#define QUOTED(name)  #name
#define NAME_OF(isa)  QUOTED(isa)
#define JOINED(a, b)  a##b
#define TABLE_OF(isa) JOINED(td_kernels_, isa)

/* The members that both precisions have. */
#define MEMBERS                                                                                    \
    .name = NAME_OF(TD_ISA_NAME), .gemm = gemm, .row_dots = row_dots, .row_max = row_max,          \
    .row_exp = row_exp, .row_scale = row_scale, .row_hinge = row_hinge,                            \
    .row_softplus = row_softplus, .row_weights_beside = row_weights_beside,                        \
    .row_reach = row_reach, .exact_add = exact_add_here

extern const td_kernels TABLE_OF(TD_ISA_NAME)[2];
const td_kernels TABLE_OF(TD_ISA_NAME)[2] = {
    {MEMBERS, .packed_gemm = gemm, .dense_gemm = gemm, .strip_rows = STRIP_ROWS,
     .pack_left = pack_left, .pack_right = pack_right},
    {MEMBERS, .packed_gemm = rounded_gemm, .dense_gemm = rounded_gemm, .rounds = true,
     .strip_rows = ROUNDED_STRIP_ROWS, .pack_left = rounded_left, .pack_right = rounded_right,
     .words = words_of, .packed_rows = rounded_rows, .pack_exp = rounded_exp,
     .pack_weighted = rounded_weighted}};
