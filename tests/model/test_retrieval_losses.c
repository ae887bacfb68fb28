/* The losses beside the softmax, and all with negatives that are not the rows': their values
 * against a definition row by row in double, their gradients against finite differences. */
#include "softmax.h"

#include "base/place.h"
#include "model/retrieval_parts.h"

#include "base/config_table.h"

typedef struct {
    const char *name;
    int loss;
    float temperature, scale, negative_weight, margin;
    bool log_q, remove_accidental_hits;
    int64_t num_hard_negatives;
} kind;

static const kind kinds[] = {
    {"bsl", TD_LOSS_BSL, 1, 1, 1, 0, false, false, 0},
    {"bsl, weight", TD_LOSS_BSL, 0.5F, 0.25F, 0.75F, 0, true, false, 0},
    {"bsl, no accidental hit", TD_LOSS_BSL, 0.5F, 1, 1.5F, 0, true, true, 0},
    {"bsl, hard negatives", TD_LOSS_BSL, 1, 1, 1.5F, 0, true, false, 4},
    {"bsl, hard negatives, no accidental hit", TD_LOSS_BSL, 1, 1, 1, 0, false, true, 4},
    {"ccl", TD_LOSS_CCL, 1, 1, 1, 0.1F, false, false, 0},
    {"ccl, weight and log q", TD_LOSS_CCL, 0.5F, 0.5F, 20, -0.3F, true, false, 0},
    {"ccl, no accidental hit", TD_LOSS_CCL, 1, 1, 5, 0.2F, true, true, 0},
    {"bpr", TD_LOSS_BPR, 1, 1, 1, 0, false, false, 0},
    {"bpr, log q", TD_LOSS_BPR, 0.3F, 0.125F, 1, 0, true, false, 0},
    {"bpr, no accidental hit", TD_LOSS_BPR, 1, 1, 1, 0, true, true, 0},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool is_mean(int loss)
{
    return loss == TD_LOSS_CCL || loss == TD_LOSS_BPR;
}

static batch batch_of(const kind *k, size_t rows, size_t columns, size_t width)
{
    batch b = batch_create(rows, columns, width, k->temperature);
    b.loss = k->loss;
    b.scale = k->scale;
    b.negative_weight = k->negative_weight;
    b.margin = k->margin;
    b.remove_accidental_hits = k->remove_accidental_hits;
    b.num_hard_negatives = k->num_hard_negatives;
    b.own_bias = TD_NEW(float, columns);
    if (is_mean(k->loss))
        b.once = TD_NEW(float, columns);
    for (size_t j = 0; j < columns; j++) {
        const float log_q = k->log_q ? (float)(j % 5) / 3 - 0.5F : 0;
        b.bias[j] = is_mean(k->loss) ? 0 : log_q;
        if (is_mean(k->loss))
            b.once[j] = expf(log_q);
    }
    return b;
}

/* Masks for every third row, its own item among them. */
static void mask_some(batch *b)
{
    int64_t place = 0;
    b->masked = TD_NEW(td_range, b->rows);
    b->masked_columns = TD_NEW(int32_t, b->rows * b->columns);
    for (size_t i = 0; i < b->rows; i++) {
        b->masked[i].first = place;
        for (size_t j = i % 5; j < b->columns && i % 3 == 0; j += 1 + i % 4)
            b->masked_columns[place++] = (int32_t)j;
        b->masked[i].count = place - b->masked[i].first;
    }
}

/* Two negatives of their own for every fourth row: one that rows have, and one that no row has, the
 * last column. */
static void give_negatives(batch *b)
{
    const int32_t last = (int32_t)b->columns - 1;
    int64_t place = 0;
    b->negatives = TD_NEW(td_range, b->rows);
    b->negative_columns = TD_NEW(int32_t, 2 * b->rows);
    for (size_t i = 0; i < b->rows; i++) {
        b->own[i] %= last;
        b->negatives[i] = (td_range){place, i % 4 ? 0 : 2};
        for (int j = 0; j < 2 && i % 4 == 0; j++)
            b->negative_columns[place++] = j ? last : (b->own[i] + 1) % last;
    }
}

/* A negative as the definition takes it. */
typedef struct {
    double score; /* u . v / temperature */
    double log_q; /* ln of its weight */
} negative;

static void add(negative *list, size_t *n, const batch *b, size_t row, int32_t column, double log_q)
{
    list[(*n)++] = (negative){logit(b, row, (size_t)column) - (double)b->bias[column], log_q};
}

static int by_falling_score(const void *a, const void *b)
{
    const negative *x = a, *y = b;
    return (x->score + x->log_q < y->score + y->log_q) -
           (x->score + x->log_q > y->score + y->log_q);
}

/* How many may be, and the column of number j of those that are drawn. */
static size_t negatives_of(const batch *b)
{
    size_t n = 0;
    for (size_t j = 0; j < b->columns && b->drawn; j++)
        n += (size_t)b->drawn[j];
    return b->drawn ? n : b->rows;
}

static int32_t drawn_column(const batch *b, size_t j)
{
    int32_t column = 0;
    for (; j >= (size_t)b->drawn[column]; column++)
        j -= (size_t)b->drawn[column];
    return column;
}

/* The negatives of a row: those of other rows, the hardest of them alone where that is asked for,
 * then its own. */
static size_t list_negatives(const batch *b, size_t i, negative *list)
{
    size_t n = 0;
    for (size_t j = 0; j < negatives_of(b); j++) {
        const int32_t column = b->drawn ? drawn_column(b, j) : b->own[j];
        if ((j == i && !b->drawn) || (column == b->own[i] && b->remove_accidental_hits) ||
            is_masked(b, i, column))
            continue;
        add(list, &n, b, i, column,
            b->once ? log((double)b->once[column]) : (double)b->bias[column]);
    }
    qsort(list, n, sizeof *list, by_falling_score);
    if (b->num_hard_negatives > 0 && n > (size_t)b->num_hard_negatives)
        n = (size_t)b->num_hard_negatives;
    for (int64_t m = 0; b->negatives && m < b->negatives[i].count; m++)
        add(list, &n, b, i, b->negative_columns[b->negatives[i].first + m], 0);
    return n;
}

static double define_loss(const batch *b, size_t i, size_t n, const negative *list)
{
    const size_t own = (size_t)b->own[i];
    const double right = logit(b, i, own) - (double)b->bias[own], w = (double)b->weights[i];
    double z = 0, hinge = 0, softplus = 0, weight = 0;
    for (size_t j = 0; j < n; j++) {
        const double once = exp(list[j].log_q), s = list[j].score;
        z += once * exp(s);
        hinge += once * fmax(s - (double)b->margin, 0);
        softplus += once * log1p(exp(s - right));
        weight += once;
    }
    const double share = n > 0 ? 1 / weight : 0;
    if (b->loss == TD_LOSS_CCL)
        return w * (1 - right + (double)b->negative_weight * share * hinge);
    if (b->loss == TD_LOSS_BPR)
        return w * share * softplus;
    if (b->loss == TD_LOSS_SOFTMAX)
        return w *
               (log(z + exp(right + (double)b->own_bias[own])) - right - (double)b->own_bias[own]);
    return n > 0 ? w * ((double)b->negative_weight * log(z) - right) : 0;
}

static void assert_is_defined(const batch *b, size_t tile_rows, const char *name)
{
    negative *list = TD_NEW(negative, negatives_of(b) + 2);
    double loss = 0, size = 0;
    for (size_t i = 0; i < b->rows; i++) {
        const size_t n = list_negatives(b, i, list);
        loss += define_loss(b, i, n, list);
        size += fabs(define_loss(b, i, n, list));
    }
    result r = run(b, tile_rows, false);
    cr_assert_float_eq(ldexp((double)r.loss, -TD_EXACT_TOTAL), loss, 2e-6 * fmax(size, 1), "%s",
                       name);
    result_free(&r);
    td_free(list);
}

Test(retrieval_losses, are_their_definitions)
{
    static const struct {
        size_t rows, columns, width, tile_rows;
    } shapes[] = {{1, 1, 3, 1}, {3, 3, 3, 2}, {90, 17, 6, 16}, {200, 600, 4, 128}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t k = 0; k < KINDS; k++) {
            batch b = batch_of(&kinds[k], shapes[s].rows, shapes[s].columns, shapes[s].width);
            assert_is_defined(&b, shapes[s].tile_rows, kinds[k].name);
            if (shapes[s].columns > 3)
                give_negatives(&b);
            assert_is_defined(&b, shapes[s].tile_rows, kinds[k].name);
            batch_free(&b);
        }
}

Test(retrieval_losses, leave_out_masked_columns)
{
    for (size_t k = 0; k < KINDS; k++)
        for (size_t columns = 17; columns <= 600; columns += 583) {
            batch b = batch_of(&kinds[k], 200, columns, 4);
            mask_some(&b);
            assert_is_defined(&b, 64, kinds[k].name);
            batch_free(&b);
        }
}

/* Gives no weight to rows with a score at the margin or negatives that are nearly as hard, where
 * there is no slope. */
static void leave_out_edges(batch *b)
{
    negative *list = TD_NEW(negative, negatives_of(b) + 2);
    const size_t k = (size_t)b->num_hard_negatives;
    batch all = *b;
    all.num_hard_negatives = 0;
    for (size_t i = 0; i < b->rows; i++) {
        const size_t n = list_negatives(&all, i, list);
        for (size_t j = 0; j < n && b->loss == TD_LOSS_CCL; j++)
            if (fabs(list[j].score - (double)b->margin) < 0.02)
                b->weights[i] = 0;
        if (k > 0 && k < n && by_falling_score(&list[k - 1], &list[k]) != 0 &&
            list[k - 1].score + list[k - 1].log_q - list[k].score - list[k].log_q < 0.02)
            b->weights[i] = 0;
    }
    td_free(list);
}

static void assert_slopes(batch *b, const char *name)
{
    const double scale = (double)b->scale,
                 near = 3e-3 * fmax(1, (double)b->negative_weight) / (double)b->temperature;
    result r = run(b, TD_TILE_ROWS, false);
    for (size_t i = 0; i < b->rows * b->width; i++)
        cr_assert_float_eq((double)r.du[i] / scale, slope(b, &b->u[i]), near, "%s: dU[%zu]", name,
                           i);
    for (size_t i = 0; i < b->columns * b->width; i++)
        cr_assert_float_eq(ldexp((double)r.dv[i], -TD_EXACT_GRADIENT) / scale, slope(b, &b->v[i]),
                           near, "%s: dV[%zu]", name, i);
    assert_slope_of_temperature(b, &r, near, name);
    result_free(&r);
}

Test(retrieval_losses, gradients_are_the_slopes)
{
    for (size_t k = 0; k < KINDS; k++)
        for (int more = 0; more < 3; more++) {
            batch b = batch_of(&kinds[k], 13, 5, 2);
            if (more == 1)
                give_negatives(&b);
            if (more == 2)
                mask_some(&b);
            leave_out_edges(&b);
            assert_slopes(&b, kinds[k].name);
            batch_free(&b);
        }
}

/* Columns that are drawn 0 to 3 times, whatever rows have; of the softmax own items with a bias. */
static void draw_some(batch *b)
{
    b->drawn = TD_NEW(int32_t, b->columns);
    for (size_t j = 0; j < b->columns; j++) {
        b->drawn[j] = (int32_t)(j * j % 4);
        b->own_bias[j] = b->loss == TD_LOSS_SOFTMAX ? (float)(j % 3) / 4 : 0;
    }
}

Test(retrieval_losses, may_have_negatives_that_are_not_the_rows)
{
    static const kind softmaxes[] = {
        {"softmax", TD_LOSS_SOFTMAX, 0.5F, 1, 1, 0, true, false, 0},
        {"softmax, no accidental hit", TD_LOSS_SOFTMAX, 1, 0.5F, 1, 0, true, true, 0},
        {"softmax, hard negatives", TD_LOSS_SOFTMAX, 1, 1, 1, 0, true, false, 4},
    };
    for (size_t k = 0; k < KINDS + 3; k++)
        for (int large = 0; large < 2; large++) {
            const kind *one = k < KINDS ? &kinds[k] : &softmaxes[k - KINDS];
            batch b = large ? batch_of(one, 60, 600, 4) : batch_of(one, 11, 6, 2);
            draw_some(&b);
            assert_is_defined(&b, 64, one->name);
            if (!large) {
                leave_out_edges(&b);
                assert_slopes(&b, one->name);
            }
            mask_some(&b);
            assert_is_defined(&b, 64, one->name);
            batch_free(&b);
        }
}

Test(retrieval_losses, the_order_of_tiles_changes_no_bit)
{
    for (size_t k = 0; k < KINDS; k++) {
        batch b = batch_of(&kinds[k], 700, 600, 7);
        result forwards = run(&b, 64, false), backwards = run(&b, 64, true);
        cr_assert_eq(forwards.loss, backwards.loss);
        cr_assert_arr_eq(forwards.dv, backwards.dv, b.columns * b.width * sizeof(td_exact));
        cr_assert_arr_eq(forwards.du, backwards.du, b.rows * b.width * sizeof(float));
        result_free(&forwards);
        result_free(&backwards);
        batch_free(&b);
    }
}

/* What is not a number must stop the step. */
Test(retrieval_losses, nothing_that_is_not_finite_is_left_out_unseen)
{
    const float bad[] = {NAN, -NAN, INFINITY, -INFINITY, 1e30F};
    for (size_t k = 0; k < KINDS; k++)
        for (size_t i = 0; i < 2 * sizeof bad / sizeof *bad; i++) {
            batch b = batch_of(&kinds[k], 40, 25, 3);
            *(i % 2 ? &b.v[3] : &b.u[4]) = bad[i / 2];
            result r = run(&b, 8, false);
            bool in_range = td_exact_in_range(TD_EXACT_TOTAL, b.rows, r.largest[TERM_LOSS]);
            for (int term = TERM_DU; term <= TERM_DV; term++)
                in_range =
                    in_range && td_exact_in_range(TD_EXACT_GRADIENT, b.rows, r.largest[term]);
            cr_assert_not(in_range, "%s: %g", kinds[k].name, (double)bad[i / 2]);
            result_free(&r);
            batch_free(&b);
        }
}

Test(retrieval_losses, have_the_names_of_the_choices)
{
    const td_config_key *key = td_key_find("retrieval.loss");
    for (int i = 0; i < td_choice_count(key->choices); i++) {
        const td_str name = td_choice_name(key->choices, i);
        cr_assert(strlen(td_retrieval_loss_of(i)->name) == name.length &&
                  strncmp(td_retrieval_loss_of(i)->name, name.text, name.length) == 0);
    }
}
