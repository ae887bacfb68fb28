/* The highest-scored part of some weights, against a sort: random scores, ties, all of one score,
 * infinities and NaN, weights of 0. */
#include "model/hard_negatives.h"

#include "samples.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MOST = 700 };

typedef struct {
    float score;
    size_t place;
} entry;

/* The order in which columns are kept: falling scores, then rising places. */
static int before(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

static void by_sorting(size_t n, const float *scores, const float *weights, float most, float *kept)
{
    static entry entries[MOST];
    for (size_t j = 0; j < n; j++)
        entries[j] = (entry){scores[j], j};
    qsort(entries, n, sizeof *entries, before);
    for (size_t i = 0; i < n; i++) {
        const size_t j = entries[i].place;
        kept[j] = fminf(weights[j], most);
        most -= kept[j];
    }
}

static float sum_of(size_t n, const float *x)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

static void assert_sorted(size_t n, const float *scores, const float *weights, const char *what)
{
    static uint32_t keys[MOST];
    static float kept[MOST], expected[MOST];
    const float total = sum_of(n, weights);
    const float mosts[] = {0, 1, 2, 7, floorf(total / 2), total - 1, total};
    for (size_t m = 0; m < sizeof mosts / sizeof *mosts; m++) {
        const float most = fmaxf(0, fminf(mosts[m], total));
        memset(kept, 0xff, sizeof kept);
        td_keep_highest(n, scores, weights, most, keys, kept);
        by_sorting(n, scores, weights, most, expected);
        for (size_t j = 0; j < n; j++)
            cr_assert_eq(kept[j], expected[j], "%s: %zu columns, most %g: kept[%zu] is %g, not %g",
                         what, n, (double)most, j, (double)kept[j], (double)expected[j]);
    }
}

static void fill_weights(size_t n, uint32_t kinds, float *weights)
{
    for (size_t j = 0; j < n; j++)
        weights[j] = (float)(j * j * 31 % 101 % kinds);
}

Test(hard_negatives, are_those_of_a_sort)
{
    static float scores[MOST], weights[MOST];
    static const size_t counts[] = {1, 2, 3, 16, 100, MOST};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (uint32_t kinds = 2; kinds < 9; kinds += 3) {
            const size_t n = counts[c];
            fill_weights(n, kinds, weights);
            fill_samples(n, (uint32_t)n, 20, scores);
            assert_sorted(n, scores, weights, "random");
            for (size_t j = 0; j < n; j++)
                scores[j] = rintf(scores[j] / 5);
            assert_sorted(n, scores, weights, "ties");
            for (size_t j = 0; j < n; j++)
                scores[j] = -1.5F;
            assert_sorted(n, scores, weights, "all equal");
        }
}

Test(hard_negatives, know_every_kind_of_number)
{
    const float scores[] = {0x1p-149F, -INFINITY, 1e38F, -0x1p-149F, INFINITY, -1e38F, 1, -1, 2};
    const float weights[] = {2, 1, 1, 3, 1, 1, 0, 2, 1};
    assert_sorted(9, scores, weights, "extremes");
}

/* A NaN is no score, but nothing may be lost by it: the weight that is kept stays what it was. */
Test(hard_negatives, nan_changes_no_sum)
{
    static float scores[MOST], weights[MOST], kept[MOST];
    static uint32_t keys[MOST];
    for (uint32_t seed = 0; seed < 4; seed++) {
        fill_samples(MOST, seed, 1, scores);
        fill_weights(MOST, 5, weights);
        for (size_t j = 0; j < MOST; j += seed + 1)
            scores[j] = j % 2 ? NAN : -NAN;
        for (int whole = 0; whole <= (int)sum_of(MOST, weights); whole += 173) {
            const float most = (float)whole;
            td_keep_highest(MOST, scores, weights, most, keys, kept);
            cr_assert_eq(sum_of(MOST, kept), most);
            for (size_t j = 0; j < MOST; j++)
                cr_assert(kept[j] >= 0 && kept[j] <= weights[j]);
        }
    }
}
