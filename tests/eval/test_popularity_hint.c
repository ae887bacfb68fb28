/* When a model is below popularity, and what usually cures it. */
#include "eval/popularity_hint.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static td_metric_value value_of(const char *system, const char *metric, int64_t k, double value)
{
    return (td_metric_value){.system = system,
                             .is_of_model = strcmp(system, "model") == 0,
                             .metric = metric,
                             .label = "top-k",
                             .k = k,
                             .is_ranked = true,
                             .is_mean = true,
                             .value = value};
}

Test(popularity_hint, goes_by_the_first_metric_of_lists_at_its_largest_k)
{
    td_metric_value value[] = {
        value_of("model", "errors", 0, 0.9),       value_of("model", "top", 100, 0.4),
        value_of("model", "top", 10, 0.1),         value_of("model", "recall", 200, 0.1),
        value_of("popularity", "errors", 0, 1),    value_of("popularity", "top", 10, 0.2),
        value_of("popularity", "recall", 200, .3), value_of("popularity", "top", 100, 0.3)};
    const size_t count = sizeof value / sizeof *value;
    value[0].is_ranked = value[4].is_ranked = false;
    const td_metric_value *popularity;
    cr_assert_eq(td_first_of_lists(count, value), &value[1]);
    cr_assert_eq(td_first_of_lists(1, value), NULL);
    cr_assert_null(td_below_popularity(count, value, &popularity));
    value[7].value = 0.41;
    cr_assert_eq(td_below_popularity(count, value, &popularity), &value[1]);
    cr_assert_eq(popularity, &value[7]);
    value[1].value = NAN;
    cr_assert_null(td_below_popularity(count, value, &popularity));
    cr_assert_null(td_below_popularity(4, value, &popularity), "popularity was not measured");
    cr_assert_null(td_below_popularity(0, value, &popularity));
}

static void assert_cure_of(const char *yaml, const td_evaluation_counts *counts,
                           const char *expected)
{
    td_config config;
    td_config_defaults(&config);
    cr_assert_eq(td_config_parse(yaml, "test", &config), TD_OK);
    char *cure = td_popularity_cure(&config, counts, true);
    cr_assert_str_eq(cure, expected);
    td_free(cure);
}

static void assert_cure(const char *yaml, const char *expected)
{
    const td_evaluation_counts counts = {.users = 10};
    assert_cure_of(yaml, &counts, expected);
}

#define EPOCHS                                                                                     \
    "more train.epochs; a smaller train.batch_size, so that an epoch has some dozen steps; "       \
    "configs/recipes/implicit.yaml has them all"

Test(popularity_hint, names_what_the_configuration_lacks)
{
    assert_cure("", "usual cures: retrieval.log_q=negatives; model.normalize=both with "
                    "retrieval.temperature=0; a history among query.features; " EPOCHS);
    assert_cure("retrieval: {log_q: true}\n"
                "model: {normalize: l2}\n"
                "features: {past: {encoder: history, table: item_table}}\n",
                "usual cures: a history among query.features; " EPOCHS);
    assert_cure("retrieval: {log_q: true}\n"
                "model: {normalize: l2}\n"
                "features: {past: {encoder: history, table: item_table}}\n"
                "query: {features: [user, past]}\n",
                "usual cures: " EPOCHS);
    assert_cure("retrieval: {log_q: true, weight: 0}\n"
                "rating: {enabled: true}\n"
                "model: {normalize: l2}\n"
                "features: {past: {encoder: history, table: item_table}}\n"
                "query: {features: [user, past]}\n",
                "usual cures: a retrieval.weight above 0; " EPOCHS);
}

#define LEARNED                                                                                    \
    "retrieval: {log_q: true}\n"                                                                   \
    "model: {normalize: l2}\n"                                                                     \
    "query: {features: [user, past]}\n"

Test(popularity_hint, names_what_users_need_who_are_new_or_come_back)
{
    static const char before[] =
        LEARNED "features: {past: {encoder: history, table: item_table, which: before}}\n";
    static const char later[] =
        "usual cures: " EPOCHS "; for users who are new, 6 of the 10 here, or come back later, "
        "features.past.dropout=0.5, features.past.last=0, "
        "train.half_life=7 and retrieval.temperature=0.7, as "
        "configs/recipes/events.yaml says";
    td_evaluation_counts counts = {.users = 10, .new_users = 6, .rows = 20, .older_rows = 1};
    assert_cure_of(before, &counts, later);
    counts.new_users = 5;
    assert_cure_of(before, &counts, "usual cures: " EPOCHS);
    counts.older_rows = 0;
    assert_cure_of(before, &counts,
                   "usual cures: " EPOCHS
                   "; for users who are new, 5 of the 10 here, or come back later, "
                   "features.past.dropout=0.5, features.past.last=0, train.half_life=7 and "
                   "retrieval.temperature=0.7, as configs/recipes/events.yaml says");
    assert_cure_of(LEARNED "features: {past: {encoder: history, table: item_table, which: all}}\n",
                   &counts, "usual cures: " EPOCHS);
    assert_cure_of(LEARNED
                   "features: {past: {encoder: history, table: item_table, dropout: 0.3}}\n",
                   &counts, "usual cures: " EPOCHS);
}

Test(popularity_hint, finds_the_best_of_what_is_clearly_better)
{
    const td_evaluation_counts counts = {.rows = 1000, .users = 10};
    static const char metric[] = "top_k_categorical_accuracy", error[] = "mean_absolute_error";
    td_metric_value value[] = {
        value_of("model", metric, 10, 0.4), value_of("popularity", metric, 10, 0.9),
        value_of("ease", metric, 10, 0.5),  value_of("item_neighbors", metric, 10, 0.6),
        value_of("model", error, 0, 0.80),  value_of("biases", error, 0, 0.75)};
    const size_t count = sizeof value / sizeof *value;
    cr_assert_eq(td_better_baseline(count, value, &counts, &value[0]), &value[3]);
    cr_assert_eq(td_better_baseline(count, value, &counts, &value[4]), &value[5]);
    value[3].value = NAN;
    value[2].value = 0.42;
    cr_assert_null(td_better_baseline(count, value, &counts, &value[0]), "0.02 of 1,000 rows");
    value[5].value = 0.795;
    cr_assert_null(td_better_baseline(count, value, &counts, &value[4]), "less than 1 %%");
    value[4].value = NAN;
    cr_assert_null(td_better_baseline(count, value, &counts, &value[4]));
    cr_assert_null(td_better_baseline(count, value, &counts, NULL));
}
