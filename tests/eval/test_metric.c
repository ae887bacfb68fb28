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
    const int64_t places[] = {1, 3, 5};
    const td_unit unit = {.items = 3, .place = places};
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
    const int64_t missed[] = {7, INT64_MAX};
    const td_unit none = {.items = 2, .place = missed};
    cr_assert_eq(value_of("recall_at_k", &none, 5).value, 0);
    cr_assert_eq(value_of("ndcg_at_k", &none, 5).value, 0);
}

Test(metric, of_a_row_is_what_its_formula_says)
{
    const float prediction = 3.5F, label = 5, far = 2e4F;
    const int64_t place = 3;
    td_unit unit = {
        .items = 1, .place = &place, .rows = 1, .prediction = &prediction, .label = &label};
    cr_assert_eq(value_of(TD_METRIC_ACCURACY, &unit, 2).value, 0);
    cr_assert_eq(value_of(TD_METRIC_ACCURACY, &unit, 3).value, 1);
    cr_assert_eq(value_of("mean_absolute_error", &unit, 0).value, 1.5F);
    cr_assert_eq(value_of(TD_METRIC_RMSE, &unit, 0).value, 2.25F);
    cr_assert_eq(value_of(TD_METRIC_RMSE, &unit, 0).weight, 1);
    unit.prediction = &far;
    cr_assert(isnan(value_of("mean_absolute_error", &unit, 0).value));
}
