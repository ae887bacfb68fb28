/* Metrics of lists of scores against stored ones (tests/reference/make_metrics.py): of each user by
 * definition, and means as ranx and LightGCN compute them; those of probabilities by scikit-learn.
 */
#include "eval/metric_totals.h"
#include "eval/row_auc.h"

#include "../train/ranks.h"
#include "base/memory.h"
#include "job.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { KS = 5 };

MPI_SUITE(metric_reference)

static double number(const json_t *array, size_t i)
{
    return json_number_value(json_array_get(array, i));
}

/* By counting; an item does not tie with itself. */
static td_item_place place_of(const json_t *scores, size_t item)
{
    td_item_place place = {0, 0};
    for (size_t i = 0; i < json_array_size(scores); i++) {
        place.above += number(scores, i) > number(scores, item);
        place.tied += i != item && number(scores, i) == number(scores, item);
    }
    return place;
}

/* The rows of all users of a case. */
typedef struct {
    size_t users, rows;
    int64_t *row_offsets, *candidates;
    int32_t *item;
    td_item_place *place;
} lists;

static lists lists_of(const json_t *users)
{
    enum { ROWS = 4096 };
    lists l = {.users = json_array_size(users)};
    l.row_offsets = TD_NEW(int64_t, l.users + 1);
    l.candidates = TD_NEW(int64_t, l.users);
    l.item = TD_NEW(int32_t, ROWS);
    l.place = TD_NEW(td_item_place, ROWS);
    for (size_t u = 0; u < l.users; u++) {
        const json_t *user = json_array_get(users, u), *rows = json_object_get(user, "rows");
        const json_t *scores = json_object_get(user, "scores");
        l.candidates[u] = (int64_t)json_array_size(scores);
        for (size_t r = 0; r < json_array_size(rows); r++) {
            l.item[l.rows] = (int32_t)number(rows, r);
            l.place[l.rows++] = place_of(scores, (size_t)number(rows, r));
        }
        l.row_offsets[u + 1] = (int64_t)l.rows;
    }
    return l;
}

static void lists_free(lists *l)
{
    td_free(l->row_offsets);
    td_free(l->candidates);
    td_free(l->item);
    td_free(l->place);
}

static size_t k_place(const json_t *ks, int64_t k)
{
    size_t i = 0;
    while (k > 0 && (int64_t)number(ks, i) != k)
        i++;
    return i;
}

/* Whether one total is the mean that a library gave, as far as it has the metric. */
static bool is_mean(const json_t *means, const json_t *ks, const td_metric_total *total,
                    double value)
{
    const json_t *stored = json_object_get(means, total->metric->name);
    return !stored || fabs(value - number(stored, k_place(ks, total->k))) < 1e-6;
}

/* Every rank has the users of its share. */
static bool are_users(const json_t *users, const json_t *ks, const td_metric_totals *totals,
                      const td_user_sums *sums)
{
    bool holds = true;
    for (size_t u = 0; u < sums->users; u++) {
        const json_t *values =
            json_object_get(json_array_get(users, (size_t)sums->place[u]), "values");
        for (size_t i = 0; i < totals->count; i++) {
            const td_metric_total *total = &totals->total[i];
            const td_user_sum sum = sums->sum[u * sums->columns + i];
            const json_t *stored = json_object_get(values, total->metric->name);
            const double expected = number(stored, k_place(ks, total->k));
            const double found = (double)sum.value / (double)sum.weight;
            if (sum.weight != 0 && fabs(found - expected) < 1e-6)
                continue;
            fprintf(stderr, "user %d, %s at %d: %g, not %g\n", (int)sums->place[u],
                    total->metric->name, (int)total->k, found, expected);
            holds = false;
        }
    }
    return holds;
}

static int ties_of(const json_t *one)
{
    const char *ties = json_string_value(json_object_get(one, "ties"));
    if (strcmp(ties, "expected") == 0)
        return TD_TIES_EXPECTED;
    return strcmp(ties, "optimistic") == 0 ? TD_TIES_OPTIMISTIC : TD_TIES_PESSIMISTIC;
}

static td_config config_of(const json_t *one)
{
    td_config config;
    int64_t k[KS];
    for (size_t i = 0; i < KS; i++)
        k[i] = (int64_t)number(json_object_get(one, "ks"), i);
    td_config_defaults(&config);
    config.eval_metrics = td_name_list_of(
        8, (const char *const[]){"recall_at_k", "recall_min_at_k", "precision_at_k",
                                 "hit_rate_at_k", "mrr_at_k", "map_min_at_k", "ndcg_at_k", "auc"});
    config.eval_ks = td_int_list_of(KS, k);
    config.eval_ties = ties_of(one);
    return config;
}

static void check(td_comm *comm, const json_t *one)
{
    const char *name = json_string_value(json_object_get(one, "name"));
    const json_t *users = json_object_get(one, "users"), *ks = json_object_get(one, "ks");
    const json_t *means = json_object_get(one, "means");
    const td_config config = config_of(one);
    lists l = lists_of(users);
    td_metric_totals totals;
    td_metric_totals_create(&totals, &config, TD_NEEDS_ITEM_RANKS, l.candidates[0]);
    td_user_sums sums = {.columns = totals.count};
    int64_t first, count;
    td_comm_share(comm, (int64_t)l.users, &first, &count);
    td_user_sums_add(&sums, (size_t)count, first);
    const td_metric_rows rows = {.users = l.users,
                                 .row_offsets = l.row_offsets,
                                 .item = l.item,
                                 .place = l.place,
                                 .candidates = l.candidates};
    td_metric_totals_add(&totals, comm, &rows, (td_kept_users){.sums = &sums});
    td_user_sums_compact(&sums, 0);
    assert_on_all(comm, are_users(users, ks, &totals, &sums), name);
    double *value = TD_NEW(double, totals.count);
    td_metric_totals_finish(&totals, comm, value);
    for (size_t i = 0; i < totals.count && means; i++) {
        assert_on_all(comm, is_mean(json_object_get(means, "ranx"), ks, &totals.total[i], value[i]),
                      "ranx");
        assert_on_all(comm,
                      is_mean(json_object_get(means, "LightGCN"), ks, &totals.total[i], value[i]),
                      "LightGCN");
    }
    td_free(value);
    td_user_sums_free(&sums);
    td_metric_totals_free(&totals);
    lists_free(&l);
}

/* One row a user. */
static void check_rows(td_comm *comm, const json_t *one)
{
    const json_t *label = json_object_get(one, "label");
    const json_t *probability = json_object_get(one, "probability");
    const size_t n = json_array_size(label);
    float *labels = TD_NEW(float, n), *probabilities = TD_NEW(float, n);
    int64_t *row_offsets = TD_NEW(int64_t, n + 1), first, count;
    int32_t *item = TD_NEW(int32_t, n);
    for (size_t i = 0; i < n; i++) {
        labels[i] = (float)number(label, i);
        probabilities[i] = (float)number(probability, i);
        row_offsets[i + 1] = (int64_t)i + 1;
    }
    td_config config;
    td_metric_totals totals;
    td_row_auc auc = {0};
    double value[2];
    td_config_defaults(&config);
    config.eval_metrics = td_name_list_of(2, (const char *const[]){"log_loss", "row_auc"});
    td_metric_totals_create(&totals, &config, TD_NEEDS_PROBABILITIES, 1);
    assert_on_all(comm, n > 200 && totals.count == 2, "rows and metrics");
    const td_metric_rows rows = {.users = n,
                                 .row_offsets = row_offsets,
                                 .item = item,
                                 .prediction = probabilities,
                                 .label = labels};
    td_metric_totals_add(&totals, comm, &rows, (td_kept_users){.sums = NULL});
    td_metric_totals_finish(&totals, comm, value);
    td_comm_share(comm, (int64_t)n, &first, &count);
    for (int64_t i = first; i < first + count; i++)
        td_row_auc_add(&auc, i, 1, probabilities + i, labels + i);
    td_row_auc_share(&auc, comm);
    value[1] = td_row_auc_find(&auc, comm);
    assert_on_all(comm, fabs(value[0] - json_number_value(json_object_get(one, "log_loss"))) < 1e-6,
                  "log loss");
    assert_on_all(comm, fabs(value[1] - json_number_value(json_object_get(one, "row_auc"))) < 1e-12,
                  "AUC of rows");
    td_row_auc_free(&auc);
    td_metric_totals_free(&totals);
    td_free(labels);
    td_free(probabilities);
    td_free(row_offsets);
    td_free(item);
}

MPI_TEST(metric_reference, is_met)
{
    td_comm *comm = job_comm();
    json_error_t error;
    json_t *all = json_load_file(TESTS_REFERENCE "/metrics.json", 0, &error);
    assert_on_all(comm, all != NULL, error.text);
    const json_t *cases = json_object_get(all, "cases");
    assert_on_all(comm, json_array_size(cases) == 5, "another number of cases");
    for (size_t i = 0; i < json_array_size(cases); i++)
        check(comm, json_array_get(cases, i));
    const json_t *rows = json_object_get(all, "rows");
    assert_on_all(comm, json_array_size(rows) == 2, "another number of rows");
    for (size_t i = 0; i < json_array_size(rows); i++)
        check_rows(comm, json_array_get(rows, i));
    json_decref(all);
}
