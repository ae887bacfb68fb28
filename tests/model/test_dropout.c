/* Dropout: what is drawn, by what, and the gradients through readers that drop, side by side and
 * added. Through layers: test_tower.c. */
#include "model/dropout.h"

#include "base/memory.h"
#include "model/reader.h"
#include "samples.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { ROWS = 200, UNITS = 20, STRIDE = 23 };

static int64_t numbers[ROWS];

static td_draws draws_of(int64_t step)
{
    for (int64_t r = 0; r < ROWS; r++)
        numbers[r] = r * r * 1000003 + 5;
    return (td_draws){.seed = 42, .step = step, .rows = numbers};
}

/* The factors of rows first to first + n, into out (n, STRIDE); what is no unit stays 7. */
static void draw(const td_dropout *dropout, const td_draws *draws, size_t n, float *out)
{
    static float x[ROWS * STRIDE];
    for (size_t i = 0; i < ROWS * STRIDE; i++) {
        x[i] = 1;
        if (i < n * STRIDE)
            out[i] = 7;
    }
    td_dropout_apply(dropout, draws, n, UNITS, x, out, STRIDE);
    for (size_t r = 0; r < n; r++)
        for (size_t u = UNITS; u < STRIDE; u++)
            cr_assert_eq(out[r * STRIDE + u], 7);
}

static size_t count_zeros(const float *out)
{
    size_t zeros = 0;
    for (size_t r = 0; r < ROWS; r++)
        for (size_t u = 0; u < UNITS; u++)
            zeros += out[r * STRIDE + u] == 0;
    return zeros;
}

Test(dropout, a_share_is_zero_and_the_mean_stays)
{
    static float out[ROWS * STRIDE];
    const double shares[] = {0.1, 0.25, 0.5, 0.99};
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        const td_dropout dropout = td_dropout_of(shares[s], "layer", "dropout");
        const td_draws draws = draws_of(3);
        draw(&dropout, &draws, ROWS, out);
        const double n = ROWS * UNITS, zeros = (double)count_zeros(out);
        cr_expect_lt(fabs(zeros / n - shares[s]), 4 * sqrt(shares[s] * (1 - shares[s]) / n));
        const float units = roundf((float)shares[s] * 65536);
        for (size_t i = 0; i < ROWS * STRIDE; i++)
            if (i % STRIDE < UNITS && out[i] != 0)
                cr_assert_eq(out[i], 65536 / (65536 - units));
    }
}

/* A row's factors are its own, wherever it stands; so are a unit's, however many there are. */
Test(dropout, place_in_a_tile_does_not_matter)
{
    static float whole[ROWS * STRIDE], part[ROWS * STRIDE];
    const td_dropout dropout = td_dropout_of(0.5, "layer", "dropout");
    const td_draws draws = draws_of(3);
    draw(&dropout, &draws, ROWS, whole);
    for (size_t first = 0; first < ROWS; first += 37) {
        const size_t n = ROWS - first < 37 ? ROWS - first : 37;
        const td_draws from = td_draws_from(&draws, first);
        draw(&dropout, &from, n, part);
        cr_assert_arr_eq(part, whole + first * STRIDE, n * STRIDE * sizeof *part);
    }
    for (size_t i = 0; i < ROWS * STRIDE; i++)
        part[i] = 1;
    td_dropout_apply(&dropout, &draws, ROWS, 3, part, part, STRIDE);
    for (size_t r = 0; r < ROWS; r++)
        cr_assert_arr_eq(part + r * STRIDE, whole + r * STRIDE, 3 * sizeof *part);
}

Test(dropout, every_step_layer_seed_row_and_unit_has_its_own)
{
    static float first[ROWS * STRIDE], other[ROWS * STRIDE];
    const td_dropout dropout = td_dropout_of(0.5, "layer", "dropout");
    const td_dropout another = td_dropout_of(0.5, "layer_2", "dropout");
    const td_draws draws = draws_of(3), later = draws_of(4);
    td_draws seeded = draws, by_item = draws;
    int32_t items[ROWS];
    for (int32_t r = 0; r < ROWS; r++)
        items[r] = r;
    seeded.seed = 43;
    by_item.rows = NULL;
    by_item.items = items;
    draw(&dropout, &draws, ROWS, first);
    for (int c = 0; c < 4; c++) {
        draw(c == 0 ? &another : &dropout,
             c == 1   ? &later
             : c == 2 ? &seeded
             : c == 3 ? &by_item
                      : &draws,
             ROWS, other);
        size_t same = 0;
        for (size_t r = 0; r < ROWS; r++)
            for (size_t u = 0; u < UNITS; u++)
                same += first[r * STRIDE + u] == other[r * STRIDE + u];
        cr_expect(same > ROWS * UNITS * 45 / 100 && same < ROWS * UNITS * 55 / 100, "%d: %zu", c,
                  same);
    }
    for (size_t u = 1; u < UNITS; u++) { /* columns, and rows below each other */
        size_t same = 0, below = 0;
        for (size_t r = 0; r + 1 < ROWS; r++) {
            same += first[r * STRIDE] == first[r * STRIDE + u];
            below += first[r * STRIDE + u] == first[(r + 1) * STRIDE + u];
        }
        cr_expect(same > ROWS / 3 && same < ROWS * 2 / 3, "unit %zu: %zu", u, same);
        cr_expect(below > ROWS / 3 && below < ROWS * 2 / 3, "unit %zu: %zu", u, below);
    }
}

enum { TILE = 9, WIDTH = 5, TABLE = 6 };

static const int32_t ids[2][TILE] = {{5, 2, 5, 0, 2, 2, 4, 5, 0}, {1, 1, 3, 3, 0, 5, 5, 2, 1}};

/* Two features of a table each. */
typedef struct {
    td_kernels kernels;
    td_parameters parameters;
    td_reader reader;
    td_field_view views[2];
    td_inputs inputs;
    td_row_sums tables[2];
    td_gradients gradients;
    size_t stride;
    float x[TILE * 2 * WIDTH], dx[TILE * 2 * WIDTH];
    float scratch[2 * TD_TILE_ROWS * 2 * WIDTH];
} bench;

static bench *bench_create(bool adds, int64_t step)
{
    bench *b = TD_NEW(bench, 1);
    cr_assert_eq(td_kernels_find(NULL, false, &b->kernels), TD_OK);
    b->reader =
        (td_reader){.count = 2, .feature = TD_NEW(td_feature, 2), .adds = adds, .drops = true};
    b->stride = adds ? WIDTH : 2 * WIDTH;
    for (size_t f = 0; f < 2; f++) {
        const char *name = f == 0 ? "a" : "b";
        b->reader.feature[f] =
            (td_feature){.encoder = &td_encoder_embed,
                         .width = WIDTH,
                         .units = td_dropout_of(f == 0 ? 0.5 : 0, name, "embedding_dropout"),
                         .tensor = td_parameters_declare_table(&b->parameters, name, TABLE, WIDTH)};
        b->views[f].values = ids[f];
    }
    td_parameters_allocate(&b->parameters, 0);
    fill_samples(b->parameters.size, 3, 1, b->parameters.values);
    for (size_t f = 0; f < 2; f++)
        td_row_sums_create(&b->tables[f], (td_range){0, TABLE}, WIDTH);
    b->gradients = td_gradients_create(&b->kernels, &b->parameters, 0, b->tables);
    b->inputs = (td_inputs){0, TILE, b->views, draws_of(step)};
    fill_samples(TILE * 2 * WIDTH, 5, 1, b->dx);
    return b;
}

static void bench_free(bench *b)
{
    for (size_t f = 0; f < 2; f++)
        td_row_sums_free(&b->tables[f]);
    td_gradients_free(&b->gradients);
    td_parameters_free(&b->parameters);
    td_reader_free(&b->reader);
    td_free(b);
}

static double objective(bench *b)
{
    double sum = 0;
    td_reader_forward(&b->reader, &b->parameters, &b->inputs, b->x, b->stride, b->scratch);
    for (size_t i = 0; i < TILE * b->stride; i++)
        sum += (double)b->dx[i] * (double)b->x[i];
    return sum;
}

/* It is linear, so that a large step has no error but rounding. */
Test(dropout, a_reader_s_gradients_are_the_slopes)
{
    for (int adds = 0; adds < 2; adds++) {
        bench *b = bench_create(adds, 3);
        for (size_t i = 0; i < b->parameters.count; i++)
            td_reader_touch(&b->reader, &b->inputs, i, b->tables);
        td_reader_backward(&b->reader, &b->inputs, b->dx, b->stride, b->scratch, &b->gradients);
        size_t zeros = 0;
        for (size_t f = 0; f < 2; f++)
            for (size_t i = 0; i < TABLE * WIDTH; i++) {
                float *x = td_parameters_values(&b->parameters, f) + i, before = *x, found = 0;
                const int32_t slot = b->tables[f].slots[i / WIDTH];
                if (slot >= 0)
                    td_exact_to_float(TD_EXACT_GRADIENT, 1,
                                      b->tables[f].sums + (size_t)slot * WIDTH + i % WIDTH, &found);
                *x = before + 1;
                const double above = objective(b);
                *x = before - 1;
                const double slope = (above - objective(b)) / 2;
                *x = before;
                cr_expect_float_eq((double)found, slope, 1e-5, "%d: %zu of %zu", adds, i, f);
                zeros += slot >= 0 && found == 0;
            }
        cr_expect_gt(zeros, 0, "nothing is dropped");
        bench_free(b);
    }
}

Test(dropout, outside_of_training_nothing_is_dropped)
{
    bench *dropping = bench_create(true, 3), *plain = bench_create(true, 0);
    cr_expect_neq(objective(dropping), objective(plain));
    dropping->inputs.draws.step = 0;
    cr_expect_eq(objective(dropping), objective(plain));
    plain->reader.feature[0].units.share = 0;
    plain->inputs.draws.step = 3;
    cr_expect_eq(objective(dropping), objective(plain));
    bench_free(dropping);
    bench_free(plain);
}
