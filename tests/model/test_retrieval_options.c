/* The options of the retrieval task, alone and together, against the row-by-row definition; and
 * what each of them leaves alone. */
#include "softmax.h"

#include <stdio.h>

typedef struct {
    const char *name;
    float temperature;
    float scale;
    int log_q; /* TD_LOG_Q_NONE .. */
    bool remove_accidental_hits;
    int64_t num_hard_negatives;
} options;

static const options all_options[] = {
    {"none", 1, 1, false, false, 0},
    {"temperature", 0.2F, 1, false, false, 0},
    {"scale", 1, 0.125F, false, false, 0},
    {"log_q", 1, 1, TD_LOG_Q_ALL, false, 0},
    {"remove_accidental_hits", 1, 1, false, true, 0},
    {"1 hard negative", 1, 1, false, false, 1},
    {"5 hard negatives", 1, 1, false, false, 5},
    {"300 hard negatives", 1, 1, false, false, 300},
    {"more hard negatives than there are", 1, 1, false, false, 16777216},
    {"1 hard negative, no accidental hit", 1, 1, false, true, 1},
    {"more than there are, no accidental hit", 1, 1, false, true, 16777216},
    {"log_q of negatives", 1, 1, TD_LOG_Q_NEGATIVES, false, 0},
    {"log_q of negatives, no accidental hit", 0.5F, 1, TD_LOG_Q_NEGATIVES, true, 0},
    {"log_q of negatives, 5 hard ones", 1, 1, TD_LOG_Q_NEGATIVES, false, 5},
    {"log_q of negatives, 5 hard ones, no accidental hit", 1, 1, TD_LOG_Q_NEGATIVES, true, 5},
    {"all", 0.3F, 0.01F, TD_LOG_Q_ALL, true, 7},
    {"all, many hard negatives", 3, 2, TD_LOG_Q_ALL, true, 500},
};
enum { OPTIONS = sizeof all_options / sizeof *all_options };

/* -log of each item's share of the rows. */
static void log_q_of(batch *b)
{
    for (size_t j = 0; j < b->columns; j++) {
        float count = 0;
        for (size_t i = 0; i < b->rows; i++)
            count += b->own[i] == (int32_t)j;
        b->bias[j] = -logf(count / (float)b->rows);
    }
}

/* The same of how often it is met, and its own item's not at all. */
static void log_q_of_negatives(batch *b)
{
    log_q_of(b);
    b->own_bias = TD_NEW(float, b->columns);
    for (size_t j = 0; j < b->columns; j++)
        b->bias[j] -= logf((float)b->rows);
}

static batch batch_with(const options *o, size_t rows, size_t columns, size_t width, double near)
{
    batch b = batch_create(rows, columns, width, o->temperature);
    b.scale = o->scale;
    b.remove_accidental_hits = o->remove_accidental_hits;
    b.num_hard_negatives = o->num_hard_negatives;
    if (o->log_q == TD_LOG_Q_ALL)
        log_q_of(&b);
    if (o->log_q == TD_LOG_Q_NEGATIVES)
        log_q_of_negatives(&b);
    leave_out_near_ties(&b, near / (double)b.temperature);
    return b;
}

Test(retrieval_options, are_the_row_by_row_definition)
{
    static const struct {
        size_t rows, columns, width, tile_rows;
    } shapes[] = {{1, 1, 3, 1},    {2, 1, 3, 2},       {7, 3, 5, 4},        {64, 64, 8, 64},
                  {90, 17, 6, 16}, {600, 513, 4, 128}, {1100, 1030, 3, 256}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t o = 0; o < OPTIONS; o++) {
            char name[96];
            batch b = batch_with(&all_options[o], shapes[i].rows, shapes[i].columns,
                                 shapes[i].width, 1e-5);
            snprintf(name, sizeof name, "%s: %zu rows, %zu columns", all_options[o].name, b.rows,
                     b.columns);
            assert_is_the_definition(&b, shapes[i].tile_rows, name);
            batch_free(&b);
        }
}

Test(retrieval_options, gradients_are_the_slopes_of_the_loss)
{
    for (size_t o = 0; o < OPTIONS; o++) {
        batch b = batch_with(&all_options[o], 11, 4, 2, 0.02);
        const double scale = (double)b.scale, near = 2e-3 * fmax(1, 1 / (double)b.temperature);
        result r = run(&b, TD_TILE_ROWS, false);
        for (size_t i = 0; i < b.rows * b.width; i++)
            cr_assert_float_eq((double)r.du[i] / scale, slope(&b, &b.u[i]), near, "%s: dU[%zu]",
                               all_options[o].name, i);
        for (size_t i = 0; i < b.columns * b.width; i++) {
            double dv = ldexp((double)r.dv[i], -TD_EXACT_GRADIENT) / scale;
            cr_assert_float_eq(dv, slope(&b, &b.v[i]), near, "%s: dV[%zu]: %g", all_options[o].name,
                               i, dv);
        }
        result_free(&r);
        batch_free(&b);
    }
}

static void assert_same_bits(const batch *b, const result *x, const result *y)
{
    cr_assert_eq(x->loss, y->loss);
    cr_assert_arr_eq(x->dv, y->dv, b->columns * b->width * sizeof(td_exact));
    cr_assert_arr_eq(x->du, y->du, b->rows * b->width * sizeof(float));
}

Test(retrieval_options, as_many_hard_negatives_as_there_are_is_no_option)
{
    for (int hits = 0; hits < 2; hits++) {
        const options all = {"all", 0.5F, 1, true, hits, 0};
        batch b = batch_with(&all, 800, 600, 6, 0);
        result without = run(&b, 64, false);
        b.num_hard_negatives = 799;
        result with = run(&b, 64, false);
        assert_same_bits(&b, &without, &with);
        b.num_hard_negatives = 2;
        result few = run(&b, 64, false);
        cr_assert_lt(few.loss, with.loss);
        result_free(&without);
        result_free(&with);
        result_free(&few);
        batch_free(&b);
    }
}

Test(retrieval_options, the_order_of_tiles_changes_no_bit)
{
    batch b = batch_with(&all_options[OPTIONS - 1], 700, 600, 7, 0);
    result forwards = run(&b, 64, false), backwards = run(&b, 64, true);
    assert_same_bits(&b, &forwards, &backwards);
    result_free(&forwards);
    result_free(&backwards);
    batch_free(&b);
}

/* Every other row has negatives of its own, one of them twice: its own item's, which is none, one
 * that rows have, and one that no row has. Columns from `rowless` on are of no row. */
static void give_negatives(batch *b, size_t rowless)
{
    int64_t place = 0;
    b->negatives = TD_NEW(td_range, b->rows);
    b->negative_columns = TD_NEW(int32_t, 4 * b->rows);
    for (size_t i = 0; i < b->rows; i++) {
        b->own[i] = (int32_t)((size_t)b->own[i] % rowless);
        b->negatives[i] = (td_range){place, i % 2 ? 4 : 0};
        const int32_t columns[] = {b->own[i], (b->own[i] + 1) % (int32_t)rowless,
                                   (int32_t)(rowless + i % (b->columns - rowless)), 0};
        for (int j = 0; j < 4 && i % 2; j++)
            b->negative_columns[place++] = columns[j < 3 ? j : 2];
    }
}

/* loss = sum_i w_i (ln(sum_rows exp(s) + sum_negatives exp(u v / temperature)) - s_own), in double.
 */
static double define_with_negatives(const batch *b)
{
    double loss = 0;
    for (size_t i = 0; i < b->rows; i++) {
        double z = 0;
        for (size_t j = 0; j < b->rows; j++)
            z += exp(logit(b, i, (size_t)b->own[j]));
        for (int64_t m = b->negatives[i].first; m < td_range_end(b->negatives[i]); m++) {
            const size_t column = (size_t)b->negative_columns[m];
            if (column != (size_t)b->own[i])
                z += exp(logit(b, i, column) - (double)b->bias[column]);
        }
        loss += (double)b->weights[i] * (log(z) - logit(b, i, (size_t)b->own[i]));
    }
    return loss;
}

Test(retrieval_options, negatives_of_a_row_are_as_many_terms_more)
{
    for (int log_q = 0; log_q < 2; log_q++) {
        batch b = batch_create(700, 600, 4, 0.5F);
        give_negatives(&b, 520);
        if (log_q)
            log_q_of(&b);
        for (size_t j = 520; j < b.columns; j++)
            b.bias[j] = 0; /* of no row: it counts for none */
        result r = run(&b, 64, false), other = run(&b, 100, true);
        const double expected = define_with_negatives(&b);
        cr_assert_float_eq(ldexp((double)r.loss, -TD_EXACT_TOTAL), expected, 2e-6 * expected);
        cr_assert_eq(r.loss, other.loss, "other tiles");
        result_free(&r);
        result_free(&other);
        batch_free(&b);
    }
}

Test(retrieval_options, gradients_with_negatives_of_rows_are_the_slopes)
{
    for (size_t o = 0; o < OPTIONS; o++) {
        batch b = batch_create(11, 6, 2, all_options[o].temperature);
        give_negatives(&b, 4);
        b.scale = all_options[o].scale;
        b.remove_accidental_hits = all_options[o].remove_accidental_hits;
        b.num_hard_negatives = all_options[o].num_hard_negatives;
        if (all_options[o].log_q)
            log_q_of(&b);
        leave_out_near_ties(&b, 0.02 / (double)b.temperature);
        const double scale = (double)b.scale, near = 2e-3 * fmax(1, 1 / (double)b.temperature);
        result r = run(&b, TD_TILE_ROWS, false);
        for (size_t i = 0; i < b.rows * b.width; i++)
            cr_assert_float_eq((double)r.du[i] / scale, slope(&b, &b.u[i]), near, "%s: dU[%zu]",
                               all_options[o].name, i);
        for (size_t i = 0; i < b.columns * b.width; i++)
            cr_assert_float_eq(ldexp((double)r.dv[i], -TD_EXACT_GRADIENT) / scale,
                               slope(&b, &b.v[i]), near, "%s: dV[%zu]", all_options[o].name, i);
        cr_assert_neq(r.dv[5 * b.width], 0, "a column of no row, but of its own negatives");
        result_free(&r);
        batch_free(&b);
    }
}

/* log_q may be any constant more, in every column: the softmax does not see it. */
Test(retrieval_options, the_same_bias_for_all_is_none)
{
    batch b = batch_create(90, 40, 6, 1);
    result without = run(&b, 64, false);
    for (size_t j = 0; j < b.columns; j++)
        b.bias[j] = 4;
    result with = run(&b, 64, false);
    cr_assert_float_eq(ldexp((double)(with.loss - without.loss), -TD_EXACT_TOTAL), 0, 1e-4);
    for (size_t i = 0; i < b.rows * b.width; i++)
        cr_assert_float_eq(with.du[i], without.du[i], 1e-5F);
    result_free(&without);
    result_free(&with);
    batch_free(&b);
}

/* Every third row has columns masked, its own sometimes among them, which then counts all the same.
 */
static void mask_some(batch *b)
{
    int64_t place = 0;
    b->masked = TD_NEW(td_range, b->rows);
    b->masked_columns = TD_NEW(int32_t, b->rows * b->columns);
    for (size_t i = 0; i < b->rows; i++) {
        b->masked[i].first = place;
        for (size_t j = i % 5; j < b->columns && i % 3 == 0; j += 1 + i % 7)
            b->masked_columns[place++] = (int32_t)j;
        b->masked[i].count = place - b->masked[i].first;
    }
}

static void check_masked(const options *o, size_t rows, size_t columns)
{
    batch b = batch_with(o, rows, columns, 5, 0);
    mask_some(&b);
    leave_out_near_ties(&b, 1e-4);
    assert_is_the_definition(&b, 32, o->name);
    batch_free(&b);
}

Test(retrieval_options, masked_columns_are_no_negatives)
{
    const options kinds[] = {{"masked", 1, 1, false, false, 0},
                             {"masked, other options", 0.5F, 2, true, true, 0},
                             {"masked, hard negatives", 1, 1, false, true, 5}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        check_masked(&kinds[i], 90, 40);
        check_masked(&kinds[i], 700, 600); /* over two column tiles */
    }
}

/* What is not a number must stop the step, whichever negatives are kept. */
Test(retrieval_options, nothing_that_is_not_finite_is_left_out_unseen)
{
    const float bad[] = {NAN, -NAN, INFINITY, -INFINITY, 1e30F};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int side = 0; side < 2; side++) {
            const options one = {"1 hard negative", 1, 1, true, true, 1};
            batch b = batch_with(&one, 40, 25, 3, 0);
            *(side ? &b.v[3] : &b.u[4]) = bad[i];
            result r = run(&b, 8, false);
            bool in_range = td_exact_in_range(TD_EXACT_TOTAL, b.rows, r.largest[TERM_LOSS]);
            for (int term = TERM_DU; term <= TERM_DV; term++)
                in_range =
                    in_range && td_exact_in_range(TD_EXACT_GRADIENT, b.rows, r.largest[term]);
            cr_assert_not(in_range, "%g in %s", (double)bad[i], side ? "V" : "U");
            result_free(&r);
            batch_free(&b);
        }
}
