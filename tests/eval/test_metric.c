/* The table of metrics: its names, in words and in configurations, and values by hand. */
#include "eval/metric.h"

#include "base/config_table.h"
#include "base/memory.h"
#include "base/place.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static void assert_text(const char *text, int64_t k, const char *expected)
{
    char *found = td_metric_text(text, k);
    cr_assert_str_eq(found, expected);
    td_free(found);
}

Test(metric, has_its_k_in_its_name)
{
    assert_text("top_k_categorical_accuracy", 5, "top_5_categorical_accuracy");
    assert_text("top-k", 100, "top-100");
    assert_text("k", INT64_MAX, "9223372036854775807");
    assert_text("rank_kk_k", 1, "rank_kk_1");
    assert_text("rank", 1, "rank");
    assert_text("top-k", 0, "top-k");
}

Test(metric, is_named_as_in_configurations)
{
    const td_config_key *key = td_key_find("eval.metrics");
    cr_assert_eq((size_t)td_choice_count(key->choices), td_all_metrics_count);
    for (size_t i = 0; i < td_all_metrics_count; i++) {
        cr_assert(td_choice_find(key->choices, td_all_metrics[i].name) >= 0);
        cr_assert_eq(td_metric_find(td_all_metrics[i].name), &td_all_metrics[i]);
    }
    cr_assert_null(td_metric_find("none"));
}

static td_weighted value_of(const char *name, const td_unit *unit, int64_t k)
{
    return td_metric_find(name)->value(unit, k);
}

/* Items at places 1, 3 and 5: by hand, 1 / log2(2) = 1, 1 / log2(3) = 0.63093, 1 / log2(4) = 0.5,
 * 1 / log2(6) = 0.38685. */
Test(metric, of_a_user_is_what_its_formula_says)
{
    const td_tie places[] = {{0, 1, 1}, {2, 1, 1}, {4, 1, 1}};
    double *gains = td_metric_gains(100);
    const td_unit unit = {.items = 3, .ties = 3, .tie = places, .gains = gains, .places = 100};
    const struct {
        int64_t k;
        double recall, ndcg;
    } expected[] = {{1, 1 / 3.0, 1},
                    {2, 1 / 3.0, 1 / 1.6309297535714575},
                    {3, 2 / 3.0, 1.5 / 2.1309297535714575},
                    {5, 1, 1.8868528072345416 / 2.1309297535714575},
                    {100, 1, 1.8868528072345416 / 2.1309297535714575}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const td_weighted recall = value_of("recall_at_k", &unit, expected[i].k);
        const td_weighted ndcg = value_of("ndcg_at_k", &unit, expected[i].k);
        cr_assert_float_eq(recall.value, expected[i].recall, 1e-7);
        cr_assert_float_eq(ndcg.value, expected[i].ndcg, 3e-7);
        cr_assert(recall.weight == 1 && ndcg.weight == 1);
    }
    const td_unit none = {.items = 2, .ties = 0, .candidates = 9, .gains = gains, .places = 100};
    for (size_t i = 0; i < td_all_metrics_count; i++)
        if (td_all_metrics[i].needs == TD_NEEDS_ITEM_RANKS)
            cr_assert_eq(td_all_metrics[i].value(&none, 5).value, 0, "%s", td_all_metrics[i].name);
    td_free(gains);
}

enum { PLACES = 9, ITEMS = 5 };

/* What metrics are of a list in one certain order, from their definitions: is_own tells which of 9
 * places hold one of the user's 5 items, of which one is missed. */
static double by_definition(const char *name, const bool *is_own, int k)
{
    double hits = 0, gain = 0, ideal = 0, precisions = 0, first = 0, pairs = 0, others = 0;
    for (int i = 0; i < PLACES; i++) {
        hits += i < k && is_own[i];
        gain += i < k && is_own[i] ? 1 / log2(i + 2) : 0;
        ideal += i < k && i < ITEMS ? 1 / log2(i + 2) : 0;
        precisions += i < k && is_own[i] ? hits / (i + 1) : 0;
        first = i < k && is_own[i] && first == 0 ? 1.0 / (i + 1) : first;
        others += !is_own[i];
        for (int j = 0; j < i; j++)
            pairs += !is_own[i] && is_own[j];
    }
    const double held = k < ITEMS ? k : ITEMS;
    const struct {
        const char *name;
        double value;
    } all[] = {{"recall_at_k", hits / ITEMS}, {"recall_min_at_k", hits / held},
               {"precision_at_k", hits / k},  {"hit_rate_at_k", hits > 0},
               {"mrr_at_k", first},           {"map_min_at_k", precisions / held},
               {"ndcg_at_k", gain / ideal},   {"auc", pairs / (ITEMS * others)}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].value;
    return NAN;
}

/* The mean over all orders of two ties: places 2 to 5 hold one item or more, 6 to 9 the others. */
static double mean_of_orders(const char *name, const td_tie *tie, int k)
{
    double sum = 0, count = 0;
    for (int set = 0; set < 1 << PLACES; set++) {
        bool is_own[PLACES];
        int held[3] = {0};
        for (int i = 0; i < PLACES; i++) {
            is_own[i] = set >> i & 1;
            held[i == 0 ? 0 : i < 5 ? 1 : 2] += is_own[i];
        }
        if (held[0] > 0 || held[1] != tie[0].items || held[2] != tie[1].items)
            continue;
        sum += by_definition(name, is_own, k);
        count++;
    }
    return sum / count;
}

Test(metric, of_ties_is_the_mean_over_their_orders)
{
    double *gains = td_metric_gains(PLACES);
    for (int64_t first = 1; first <= 3; first++)
        for (int k = 1; k <= PLACES; k++)
            for (size_t i = 0; i < td_all_metrics_count; i++) {
                const td_metric *metric = &td_all_metrics[i];
                const td_tie tie[] = {{1, 4, first}, {5, 4, ITEMS - 1 - first}};
                const td_unit unit = {.items = ITEMS,
                                      .ties = 2,
                                      .tie = tie,
                                      .candidates = PLACES,
                                      .gains = gains,
                                      .places = PLACES};
                if (!metric->of_users)
                    continue;
                const double expected = mean_of_orders(metric->name, tie, k);
                cr_assert_float_eq(metric->value(&unit, k).value, expected, 1e-6,
                                   "%s at %d: %g, not %g", metric->name, k,
                                   (double)metric->value(&unit, k).value, expected);
            }
    td_free(gains);
}

/* Two items of a user, in lists of their own of 5 at most: what is moved beyond these is behind the
 * 3 others. */
Test(metric, auc_of_places_in_different_lists_is_a_share)
{
    const td_tie last[] = {{4, 1, 1}, {5, 1, 1}}, first[] = {{0, 1, 1}, {5, 1, 1}};
    td_unit unit = {.items = 2, .ties = 2, .tie = last, .candidates = 5};
    cr_assert_eq(value_of("auc", &unit, 0).value, 0);
    unit.tie = first;
    cr_assert_eq(value_of("auc", &unit, 0).value, 0.5F);
}

/* One of 4 places after 2: the row's item is at each with a chance of 1 / 4. */
Test(metric, of_a_row_is_what_its_formula_says)
{
    const float prediction = 3.5F, label = 5, far = 2e4F;
    const td_tie place = {2, 1, 1}, tied = {2, 4, 1};
    double *gains = td_metric_gains(10);
    td_unit unit = {.items = 1,
                    .ties = 1,
                    .tie = &place,
                    .gains = gains,
                    .places = 10,
                    .rows = 1,
                    .prediction = &prediction,
                    .label = &label};
    cr_assert_eq(value_of(TD_METRIC_ACCURACY, &unit, 2).value, 0);
    cr_assert_eq(value_of(TD_METRIC_ACCURACY, &unit, 3).value, 1);
    cr_assert_eq(value_of("row_mrr_at_k", &unit, 3).value, 1 / 3.0F);
    cr_assert_eq(value_of("row_ndcg_at_k", &unit, 3).value, 0.5F);
    cr_assert_eq(value_of("mean_absolute_error", &unit, 0).value, 1.5F);
    cr_assert_eq(value_of(TD_METRIC_RMSE, &unit, 0).value, 2.25F);
    cr_assert_eq(value_of(TD_METRIC_RMSE, &unit, 0).weight, 1);
    unit.tie = &tied;
    cr_assert_eq(value_of(TD_METRIC_ACCURACY, &unit, 2).value, 0);
    cr_assert_eq(value_of(TD_METRIC_ACCURACY, &unit, 5).value, 0.75F);
    cr_assert_eq(value_of(TD_METRIC_ACCURACY, &unit, 6).value, 1);
    cr_assert_float_eq(value_of("row_mrr_at_k", &unit, 4).value, (1 / 3.0 + 1 / 4.0) / 4, 1e-7);
    const float half = 0.5F, quarter = 0.25F, sure = 1, none = NAN, is = 1, is_not = 0;
    unit.prediction = &half;
    unit.label = &is;
    cr_assert_float_eq(value_of("log_loss", &unit, 0).value, 0.6931471806, 1e-7);
    unit.prediction = &quarter;
    cr_assert_float_eq(value_of("log_loss", &unit, 0).value, 1.3862943611, 1e-6);
    unit.label = &is_not;
    cr_assert_float_eq(value_of("log_loss", &unit, 0).value, 0.2876820725, 1e-7);
    unit.prediction = &sure; /* 24 ln 2 */
    cr_assert_float_eq(value_of("log_loss", &unit, 0).value, 16.6355323334, 1e-5);
    unit.label = &label; /* 5 */
    cr_assert(isnan(value_of("log_loss", &unit, 0).value));
    cr_assert_eq(value_of("log_loss", &unit, 0).weight, 1);
    unit.prediction = &none;
    unit.label = &is_not;
    cr_assert(isnan(value_of("log_loss", &unit, 0).value));
    unit.label = &none;
    cr_assert_eq(value_of("log_loss", &unit, 0).weight, 0);
    unit.label = &label;
    unit.prediction = &far;
    cr_assert(isnan(value_of("mean_absolute_error", &unit, 0).value));
    td_free(gains);
}
