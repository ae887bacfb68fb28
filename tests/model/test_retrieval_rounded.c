/* Retrieval by kernels that round to bfloat16: near what float gives, with every loss and option;
 * the same bits in every instruction set; a row's gradient that adds up to 0; and an own item that
 * is not rounded. */
#include "softmax.h"

enum { SETS = 6 };

static const char *const set_names[SETS] = {"amx",  "avx512bf16", "avx512",
                                            "avx2", "neon",       "portable"};

typedef struct {
    const char *name;
    size_t rows, columns, width, tile_rows;
    int loss;
    int64_t num_hard_negatives;
    bool remove_accidental_hits, own_bias, masks;
} kind;

static const kind kinds[] = {
    {"one", 1, 1, 1, 1, TD_LOSS_SOFTMAX, 0, false, false, false},
    {"odd", 7, 3, 5, 4, TD_LOSS_SOFTMAX, 0, false, false, false},
    {"odd tiles", 41, 17, 33, 17, TD_LOSS_SOFTMAX, 0, false, false, false},
    {"two column tiles", 600, 513, 4, 101, TD_LOSS_SOFTMAX, 0, false, false, false},
    {"three column tiles", 1400, 1300, 6, 128, TD_LOSS_SOFTMAX, 0, false, false, true},
    {"no accidental hits", 90, 31, 20, 30, TD_LOSS_SOFTMAX, 0, true, false, false},
    {"own bias", 90, 31, 20, 30, TD_LOSS_SOFTMAX, 0, false, true, true},
    {"hard", 90, 61, 20, 31, TD_LOSS_SOFTMAX, 7, false, false, false},
    {"hard, own bias", 600, 530, 8, 128, TD_LOSS_SOFTMAX, 40, true, true, true},
    {"bsl", 90, 61, 20, 30, TD_LOSS_BSL, 0, false, true, true},
    {"ccl", 600, 530, 8, 127, TD_LOSS_CCL, 0, false, true, true},
    {"bpr", 600, 530, 8, 127, TD_LOSS_BPR, 0, true, true, true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static batch batch_of(const kind *k)
{
    batch b = batch_create(k->rows, k->columns, k->width, 0.5F);
    b.loss = k->loss;
    b.negative_weight = 1.5F;
    b.margin = 0.1F;
    b.num_hard_negatives = k->num_hard_negatives;
    b.remove_accidental_hits = k->remove_accidental_hits;
    if (k->own_bias)
        b.own_bias = TD_NEW(float, k->columns);
    if (!k->masks)
        return b;
    b.masked = TD_NEW(td_range, k->rows);
    b.masked_columns = TD_NEW(int32_t, k->rows * k->columns);
    int64_t place = 0;
    for (size_t i = 0; i < k->rows; i++) {
        b.masked[i].first = place;
        for (size_t j = i % 5; j < k->columns && i % 3 == 0; j += 9 + i % 4)
            b.masked_columns[place++] = (int32_t)j;
        b.masked[i].count = place - b.masked[i].first;
    }
    return b;
}

static result run_rounded(const batch *b, const char *isa, size_t tile_rows)
{
    run_with.isa = isa;
    run_with.rounds = true;
    result r = run(b, tile_rows, false);
    run_with.isa = NULL;
    run_with.rounds = false;
    return r;
}

static bool is_here(const char *isa)
{
    td_kernels kernels;
    return td_kernels_find(isa, false, &kernels) == TD_OK;
}

/* The length of the difference over that of y. */
static double difference(size_t n, const float *x, const float *y)
{
    double square = 0, of = 0;
    for (size_t i = 0; i < n; i++) {
        square += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
        of += (double)y[i] * (double)y[i];
    }
    return of > 0 ? sqrt(square / of) : sqrt(square);
}

static void assert_is_near(const kind *k, const batch *b, const result *r, const result *plain)
{
    const size_t nv = b->columns * b->width;
    float *x = TD_NEW(float, nv), *y = TD_NEW(float, nv);
    const double loss = ldexp((double)plain->loss, -TD_EXACT_TOTAL);
    td_exact_to_float(TD_EXACT_GRADIENT, nv, r->dv, x);
    td_exact_to_float(TD_EXACT_GRADIENT, nv, plain->dv, y);
    cr_expect_float_eq(ldexp((double)r->loss, -TD_EXACT_TOTAL), loss, 3e-3 * fmax(fabs(loss), 1),
                       "%s: loss", k->name);
    const double du = difference(b->rows * b->width, r->du, plain->du);
    const double dv = difference(nv, x, y);
    cr_expect(du < 6e-3 && dv < 6e-3, "%s: dU is off by %g, dV by %g", k->name, du, dv);
    cr_expect(k->columns == 1 || (du > 1e-5 && dv > 1e-5), "%s: nothing was rounded", k->name);
    td_free(x), td_free(y);
}

Test(retrieval_rounded, is_near_float_and_the_same_bits_in_every_set)
{
    for (size_t i = 0; i < KINDS; i++) {
        const kind *k = &kinds[i];
        batch b = batch_of(k);
        result plain = run(&b, k->tile_rows, false);
        result first = run_rounded(&b, NULL, k->tile_rows);
        assert_is_near(k, &b, &first, &plain);
        for (size_t s = 0; s < SETS; s++) {
            if (!is_here(set_names[s]))
                continue;
            result r = run_rounded(&b, set_names[s], k->tile_rows);
            cr_expect_eq(r.loss, first.loss, "%s, %s: loss", k->name, set_names[s]);
            cr_expect_arr_eq(r.dv, first.dv, b.columns * b.width * sizeof(td_exact), "%s, %s: dV",
                             k->name, set_names[s]);
            cr_expect_arr_eq(r.du, first.du, b.rows * b.width * sizeof(float), "%s, %s: dU",
                             k->name, set_names[s]);
            cr_expect_arr_eq(r.largest, first.largest, sizeof r.largest);
            result_free(&r);
        }
        result_free(&first);
        result_free(&plain);
        batch_free(&b);
    }
}

/* V of ones, which rounding leaves alone: dU is the sum of a row's gradient by its scores, 0 but
 * for the roundings of float sums. */
Test(retrieval_rounded, a_row_s_gradient_adds_up_to_0)
{
    const int losses[] = {TD_LOSS_SOFTMAX, TD_LOSS_BPR};
    for (size_t l = 0; l < 2; l++) {
        batch b = batch_create(300, 290, 3, 1);
        b.loss = losses[l];
        if (losses[l] == TD_LOSS_BPR)
            b.own_bias = TD_NEW(float, b.columns);
        for (size_t j = 0; j < b.columns; j++) {
            b.v[3 * j] = 1;
            b.v[3 * j + 1] *= 8;
        }
        result r = run_rounded(&b, NULL, 128);
        for (size_t i = 0; i < b.rows; i++)
            cr_assert_float_eq((double)r.du[3 * i], 0, 2e-6, "row %zu of loss %d: %g", i, losses[l],
                               (double)r.du[3 * i]);
        result_free(&r);
        batch_free(&b);
    }
}

/* Rows that know their item nearly for certain: what is left of their gradient, 1 - p, is small
 * beside the roundings of u and v, and would be lost if the own column's part were of these. */
Test(retrieval_rounded, the_own_item_is_not_rounded)
{
    batch b = batch_create(64, 64, 1, 1);
    for (size_t i = 0; i < b.rows; i++) {
        b.u[i] = 1.003F;
        b.weights[i] = 1;
        b.own[i] = 5;
    }
    b.own[63] = 7;
    for (size_t j = 0; j < b.columns; j++)
        b.v[j] = j == 5 ? 8.03F : -3;
    result plain = run(&b, 64, false), r = run_rounded(&b, NULL, 64);
    const float du[] = {plain.du[5], r.du[5]};
    cr_assert(fabsf(du[0]) > 0 && fabsf(du[0]) < 0.01F, "the test needs p near 1: %g",
              (double)du[0]);
    cr_assert_float_eq((double)du[1], (double)du[0], 0.1 * fabs((double)du[0]));
    result_free(&plain);
    result_free(&r);
    batch_free(&b);
}
