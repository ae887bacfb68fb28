/* The norm of a whole gradient: against a sum in double, on any number of ranks, at any size. */
#include "model/gradient_norm.h"

#include "samples.h"

#include <criterion/criterion.h>
#include <math.h>

enum { KERNEL = 3000, BIAS = 7, ROWS = 50, WIDTH = 1100, TENSORS = 3, TOUCHED = 4, MOST_RANKS = 5 };

static const int32_t touched[TOUCHED] = {41, 3, 17, 48};

typedef struct {
    td_parameters parameters;
    td_row_sums tables[TENSORS];
    float gradient[KERNEL + BIAS];
    double norm; /* by hand */
} bench;

static double square_of(const bench *b, size_t place, float gradient, float l2)
{
    const float g = gradient + l2 * b->parameters.values[place];
    return (double)g * (double)g;
}

/* Gradients are samples times scale; the table's those that exact sums hold. */
static void bench_fill(bench *b, float scale, float l2)
{
    td_kernels kernels;
    float terms[WIDTH];
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    *b = (bench){.norm = 0};
    td_parameters_declare(&b->parameters, "layer", "kernel", KERNEL / 10, 10, false, 0);
    td_parameters_declare(&b->parameters, "layer", "bias", 1, BIAS, false, 0);
    td_parameters_declare_table(&b->parameters, "user_table", ROWS, WIDTH);
    td_parameters_allocate(&b->parameters, 0);
    fill_samples(b->parameters.size, 1, 1, b->parameters.values);
    fill_samples(KERNEL + BIAS, 2, scale, b->gradient);
    for (size_t i = 0; i < KERNEL + BIAS; i++)
        b->norm += square_of(b, i, b->gradient[i], i < KERNEL ? l2 : 0);
    td_row_sums_create(&b->tables[2], (td_range){0, ROWS}, WIDTH);
    td_row_sums_touch(&b->tables[2], TOUCHED, touched);
    for (size_t s = 0; s < TOUCHED; s++) {
        fill_samples(WIDTH, 10 + (uint32_t)s, 0.25F, terms);
        td_row_sums_add(&b->tables[2], &kernels, touched[s], terms);
        td_exact_to_float(TD_EXACT_GRADIENT, WIDTH, b->tables[2].sums + s * WIDTH, terms);
        for (size_t k = 0; k < WIDTH; k++)
            b->norm += square_of(b, td_tensor_place(&b->parameters.tensor[2], touched[s]) + k,
                                 terms[k], l2);
    }
    b->norm = sqrt(b->norm);
}

static void bench_free(bench *b)
{
    td_row_sums_free(&b->tables[2]);
    td_parameters_free(&b->parameters);
}

/* The norm as so many ranks find it that all have everything. */
static double norm_of(const bench *b, int ranks, float l2)
{
    td_magnitude largest[TENSORS] = {0}, mine[TENSORS];
    td_exact squares[TENSORS] = {0}, part[TENSORS];
    for (int pass = 0; pass < 2; pass++)
        for (int rank = 0; rank < ranks; rank++) {
            const td_final_gradient gradient = {&b->parameters, b->gradient, b->tables, l2,
                                                rank,           ranks};
            if (pass == 0) {
                td_gradient_largest(&gradient, mine);
                for (size_t i = 0; i < TENSORS; i++)
                    largest[i] = mine[i] > largest[i] ? mine[i] : largest[i];
                continue;
            }
            td_gradient_squares(&gradient, largest, part);
            td_exact_merge(TENSORS, part, squares);
        }
    return td_gradient_norm(&b->parameters, largest, squares);
}

Test(gradient_norm, is_the_root_of_the_sum_of_squares)
{
    static bench b;
    const float l2s[] = {0, 0.125F, 3};
    for (size_t l = 0; l < 3; l++) {
        bench_fill(&b, 1, l2s[l]);
        const double norm = norm_of(&b, 1, l2s[l]);
        cr_expect_lt(fabs(norm / b.norm - 1), 1e-9, "%.17g, not %.17g", norm, b.norm);
        bench_free(&b);
    }
}

Test(gradient_norm, is_the_same_to_the_bit_on_any_number_of_ranks)
{
    static bench b;
    bench_fill(&b, 1, 0.125F);
    const double one = norm_of(&b, 1, 0.125F);
    for (int ranks = 2; ranks <= MOST_RANKS; ranks++)
        cr_expect_eq(norm_of(&b, ranks, 0.125F), one, "%d ranks", ranks);
    bench_free(&b);
}

/* A unit follows a tensor's largest term, from denormal to the largest floats. */
Test(gradient_norm, has_room_for_any_size)
{
    static bench b;
    const float scales[] = {0x1p-140F, 0x1p-100F, 0x1p-20F, 0x1p40F, 0x1p127F};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        bench_fill(&b, scales[s], 0);
        const double norm = norm_of(&b, 1, 0);
        cr_expect_lt(fabs(norm / b.norm - 1), 1e-9, "%g: %.17g, not %.17g", (double)scales[s], norm,
                     b.norm);
        td_row_sums_clear(&b.tables[2]);
        double dense = 0;
        for (size_t i = 0; i < KERNEL + BIAS; i++)
            dense += (double)b.gradient[i] * (double)b.gradient[i];
        cr_expect_lt(fabs(norm_of(&b, 2, 0) / sqrt(dense) - 1), 1e-9, "%g alone",
                     (double)scales[s]);
        bench_free(&b);
    }
}

Test(gradient_norm, nothing_is_zero_and_nan_is_seen)
{
    static bench b;
    bench_fill(&b, 0, 0);
    td_row_sums_clear(&b.tables[2]);
    cr_expect_eq(norm_of(&b, 2, 0), 0);
    cr_expect_eq(td_gradient_clip(0, 1), 1);
    b.gradient[KERNEL - 1] = INFINITY;
    cr_expect(isnan(norm_of(&b, 2, 0)));
    b.gradient[KERNEL - 1] = NAN;
    cr_expect(isnan(norm_of(&b, 2, 0)));
    cr_expect(isnan(td_gradient_clip(NAN, 1)), "it must not pass for a short gradient");
    bench_free(&b);
}

/* Rows of an owned table are counted by the rank that has them, whatever their numbers. */
Test(gradient_norm, an_owner_counts_all_its_rows)
{
    static bench b;
    bench_fill(&b, 1, 0);
    const double one = norm_of(&b, 1, 0);
    td_magnitude largest[TENSORS];
    td_exact squares[TENSORS];
    b.parameters.tensor[2].is_owned = true;
    const td_final_gradient gradient = {&b.parameters, b.gradient, b.tables, 0, 1, 2};
    td_gradient_largest(&gradient, largest);
    td_gradient_squares(&gradient, largest, squares);
    td_exact table = squares[2];
    b.parameters.tensor[2].is_owned = false;
    const td_final_gradient whole = {&b.parameters, b.gradient, b.tables, 0, 0, 1};
    td_gradient_largest(&whole, largest);
    td_gradient_squares(&whole, largest, squares);
    cr_expect_eq(table, squares[2]);
    cr_expect_gt(one, 0);
    bench_free(&b);
}

Test(gradient_norm, a_long_gradient_is_cut_to_the_norm)
{
    cr_expect_eq(td_gradient_clip(4, 1), 0.25F);
    cr_expect_eq(td_gradient_clip(1, 1), 1);
    cr_expect_eq(td_gradient_clip(0.5, 1), 1);
}
