/* Coverage, Gini and popularity of lists, by hand and by stored values, wherever the lists are. */
#include "eval/list_counts.h"

#include "../train/ranks.h"
#include "base/memory.h"
#include "eval/bootstrap.h"
#include "job.h"

#include <jansson.h>
#include <math.h>

MPI_SUITE(list_counts)

/* List i is that of the user at place 2 i, and on rank i modulo the ranks. */
static td_kept_lists lists_of(const td_listable *listable, td_int_list ks, size_t count,
                              const int32_t *item)
{
    td_comm *comm = job_comm();
    td_kept_lists lists = td_kept_lists_create(listable, ks);
    td_listed *list = TD_NEW(td_listed, lists.longest);
    for (size_t l = 0; l < count; l++) {
        const int64_t place = 2 * (int64_t)l;
        for (size_t i = 0; i < lists.longest; i++)
            list[i] = (td_listed){.item = item[l * lists.longest + i]};
        if ((int)l % td_comm_size(comm) == td_comm_rank(comm))
            td_kept_lists_add(&lists, 1, &place, list);
    }
    td_free(list);
    return lists;
}

static double value_of(const td_kept_lists *lists, const char *metric, int64_t k)
{
    double value;
    const td_list_metric one = {td_metric_find(metric), k};
    td_list_metrics_find(lists, job_comm(), NULL, 0, 1, &one, &value);
    return value;
}

/* Four candidates, 1, 2, 4 and 5. Of lists of 1, which are of 1, 1 and 4, counts are 0, 0, 1, 2:
 * (-3 0 - 1 0 + 1 1 + 3 2) / (3 3). Of lists of 3, of which one ends early, 1, 2, 2, 3: (-3 1 - 2 +
 * 2 + 3 3) / (3 8). */
MPI_TEST(list_counts, are_of_all_lists_together)
{
    const int32_t weight[] = {0, 1, 2, -1, 1, 1}, item[] = {1, 2, 4, 1, 4, 0, 4, 2, 5};
    const int64_t popularity[] = {0, 10, 20, 1000, 0, 30};
    const td_listable listable = {5, weight, popularity};
    td_kept_lists lists = lists_of(&listable, td_int_list_of(2, (const int64_t[]){1, 3}), 3, item);
    assert_on_all(job_comm(), lists.longest == 3, "their length");
    assert_on_all(job_comm(), value_of(&lists, "coverage_at_k", 1) == 0.5, "coverage of one");
    assert_on_all(job_comm(), value_of(&lists, "coverage_at_k", 3) == 1, "coverage of all");
    assert_on_all(job_comm(), value_of(&lists, "gini_at_k", 1) == 7 / 9.0, "Gini at 1");
    assert_on_all(job_comm(), value_of(&lists, "gini_at_k", 3) == 6 / 24.0, "Gini at 3");
    assert_on_all(job_comm(), value_of(&lists, "popularity_at_k", 1) == 20 / 3.0, "popularity");
    assert_on_all(job_comm(), value_of(&lists, "popularity_at_k", 3) == 90 / 8.0, "of three");
    td_kept_lists_free(&lists);
}

/* The first and the third are in group 7: lists of 1 are of 1 and 4, which gives (-3 0 - 1 0 + 1 1
 * + 3 1) / (3 2). */
MPI_TEST(list_counts, are_of_the_users_of_a_group)
{
    const int32_t weight[] = {0, 1, 2, -1, 1, 1}, item[] = {1, 2, 4, 1, 4, 0, 4, 2, 5};
    const int32_t group_of[] = {7, -1, 0, -1, 7};
    const int64_t popularity[] = {0, 10, 20, 1000, 0, 30};
    const td_listable listable = {5, weight, popularity};
    const td_list_metric metric[] = {{td_metric_find("coverage_at_k"), 1},
                                     {td_metric_find("gini_at_k"), 1},
                                     {td_metric_find("popularity_at_k"), 3},
                                     {td_metric_find("popularity_at_k"), 1}};
    double value[4], none[4];
    td_kept_lists lists = lists_of(&listable, td_int_list_of(2, (const int64_t[]){1, 3}), 3, item);
    td_list_metrics_find(&lists, job_comm(), group_of, 7, 4, metric, value);
    td_list_metrics_find(&lists, job_comm(), group_of, 5, 4, metric, none);
    assert_on_all(job_comm(), value[0] == 0.5 && value[1] == 4 / 6.0, "lists of one");
    assert_on_all(job_comm(), value[2] == 80 / 6.0 && value[3] == 5, "popularity");
    assert_on_all(job_comm(), isnan(none[0]) && isnan(none[3]), "a group without users");
    td_kept_lists_free(&lists);
}

enum { USERS = 40, ITEMS = 15, LENGTH = 3, RESAMPLES = 10 };

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* Coverage, Gini by the differences of all pairs, sum |c_i - c_j| / (2 (n - 1) sum c), and
 * popularity, of lists of the first k items in which each counts as often as its user is drawn. */
static void find_by_pairs(const int32_t *item, int64_t k, size_t resample, double value[3])
{
    int64_t times[ITEMS + 1] = {0}, any = 0, apart = 0, listed = 0, popular = 0;
    for (size_t l = 0; l < USERS; l++) {
        uint8_t drawn[TD_DRAWS];
        td_bootstrap_draw(5, 2 * (int64_t)l, resample / TD_DRAWS, drawn);
        for (int64_t i = 0; i < k; i++)
            times[item[(int64_t)l * LENGTH + i]] += drawn[resample % TD_DRAWS];
    }
    for (int64_t i = 1; i <= ITEMS; i++) {
        any += times[i] > 0;
        listed += times[i];
        popular += times[i] * i * i;
        for (int64_t j = 1; j <= ITEMS; j++)
            apart += distance(times[i], times[j]);
    }
    value[0] = (double)any / ITEMS;
    value[1] = (double)apart / (2.0 * (ITEMS - 1) * (double)listed);
    value[2] = (double)popular / (double)listed;
}

/* Item i has been had i squared times. Resamples are those by pairs, moved alike, and their mean is
 * the metric of all. */
MPI_TEST(list_counts, are_resampled_by_users)
{
    enum { N = 6 };
    int32_t weight[ITEMS + 1], item[USERS * LENGTH];
    int64_t popularity[ITEMS + 1];
    const char *const names[] = {"coverage_at_k", "gini_at_k", "popularity_at_k"};
    td_list_metric metric[N];
    double found[RESAMPLES * N], expected[RESAMPLES * N];
    for (int32_t i = 0; i <= ITEMS; i++) {
        weight[i] = i > 0;
        popularity[i] = (int64_t)i * i;
    }
    for (int32_t l = 0; l < USERS; l++)
        for (int32_t i = 0; i < LENGTH; i++)
            item[l * LENGTH + i] = 1 + (l * l + 4 * i) % (ITEMS - 3 * (l % 2));
    for (size_t m = 0; m < N; m++)
        metric[m] = (td_list_metric){td_metric_find(names[m % 3]), m < 3 ? 1 : LENGTH};
    const td_listable listable = {ITEMS, weight, popularity};
    td_kept_lists lists =
        lists_of(&listable, td_int_list_of(2, (const int64_t[]){1, LENGTH}), USERS, item);
    td_list_metrics_resample(&lists, job_comm(), 5, RESAMPLES, N, metric, found);
    for (size_t r = 0; r < RESAMPLES; r++) {
        find_by_pairs(item, 1, r, expected + r * N);
        find_by_pairs(item, LENGTH, r, expected + r * N + 3);
    }
    for (size_t m = 0; m < N; m++) {
        double mean = 0;
        bool differ = false;
        for (size_t r = 0; r < RESAMPLES; r++) {
            differ = differ || found[r * N + m] != found[m];
            mean += found[r * N + m] / RESAMPLES;
            const double off = found[r * N + m] - found[m] - (expected[r * N + m] - expected[m]);
            assert_on_all(job_comm(), fabs(off) < 1e-9, "a resample");
        }
        const double whole = value_of(&lists, metric[m].metric->name, metric[m].k);
        assert_on_all(job_comm(), fabs(mean - whole) < 1e-9, "their mean");
        assert_on_all(job_comm(), differ, "all resamples are the same");
    }
    td_kept_lists_free(&lists);
}

/* All users have the one list of two of three candidates: each resample covers the same, to the
 * bit; Gini is (-2 0 + 0 1 + 2 1) / (2 2). What covers all is not moved beyond 1: one user of all
 * has the third candidate. */
MPI_TEST(list_counts, are_resampled_as_by_hand)
{
    const int32_t weight[] = {0, 1, 1, 1};
    const int64_t popularity[] = {0, 1, 3, 7};
    const td_listable listable = {3, weight, popularity};
    const td_list_metric metric[] = {{td_metric_find("coverage_at_k"), 2},
                                     {td_metric_find("gini_at_k"), 2},
                                     {td_metric_find("popularity_at_k"), 2}};
    int32_t item[USERS * 2];
    double value[3 * RESAMPLES];
    for (size_t i = 0; i < (size_t)USERS * 2; i++)
        item[i] = 1 + i % 2;
    td_kept_lists lists = lists_of(&listable, td_int_list_of(1, (const int64_t[]){2}), USERS, item);
    td_list_metrics_resample(&lists, job_comm(), 5, RESAMPLES, 3, metric, value);
    for (size_t r = 0; r < RESAMPLES; r++)
        assert_on_all(job_comm(),
                      value[3 * r] == 2 / 3.0 && value[3 * r + 1] == 1 / 2.0 &&
                          value[3 * r + 2] == 2,
                      "what is the same for all users");
    td_kept_lists_free(&lists);
    item[0] = 3;
    lists = lists_of(&listable, td_int_list_of(1, (const int64_t[]){2}), USERS, item);
    td_list_metrics_resample(&lists, job_comm(), 5, RESAMPLES, 1, metric, value);
    double least = 1, most = 0;
    for (size_t r = 0; r < RESAMPLES; r++) {
        least = fmin(least, value[r]);
        most = fmax(most, value[r]);
    }
    assert_on_all(job_comm(), least < 1 && most == 1, "a share above 1");
    td_kept_lists_free(&lists);
}

/* Lists are no longer than the candidates are many. */
MPI_TEST(list_counts, are_no_number_of_nothing)
{
    const int32_t weight[] = {0, 1, 1};
    const int64_t popularity[] = {0, 1, 1};
    const td_listable listable = {2, weight, popularity};
    td_kept_lists lists = lists_of(&listable, td_int_list_of(1, (const int64_t[]){9}), 0, NULL);
    assert_on_all(job_comm(), lists.longest == 2, "their length");
    for (size_t i = 0; i < td_all_metrics_count; i++)
        if (td_all_metrics[i].needs & TD_NEEDS_LISTS)
            assert_on_all(job_comm(), isnan(value_of(&lists, td_all_metrics[i].name, 9)),
                          "a number");
    td_kept_lists_free(&lists);
}

static int64_t number(const json_t *array, size_t i)
{
    return json_integer_value(json_array_get(array, i));
}

/* Every item is a candidate, and lists are as long as the largest k. */
MPI_TEST(list_counts, meet_those_of_numpy)
{
    json_error_t error;
    json_t *all = json_load_file(TESTS_REFERENCE "/metrics.json", 0, &error);
    const json_t *stored = json_object_get(all, "lists"),
                 *all_lists = json_object_get(stored, "lists");
    const json_t *ks = json_object_get(stored, "ks");
    const size_t items = (size_t)json_integer_value(json_object_get(stored, "candidates"));
    const size_t count = json_array_size(all_lists),
                 length = json_array_size(json_array_get(all_lists, 0));
    assert_on_all(job_comm(), items == 120 && count == 50 && length == 100, "other lists");
    int32_t *weight = TD_NEW(int32_t, items + 1), *item = TD_NEW(int32_t, count * length);
    int64_t *popularity = TD_NEW(int64_t, items + 1), *k = TD_NEW(int64_t, json_array_size(ks));
    for (size_t i = 0; i < items; i++) {
        weight[i + 1] = 1;
        popularity[i + 1] = number(json_object_get(stored, "popularity"), i);
    }
    for (size_t i = 0; i < count * length; i++)
        item[i] = (int32_t)number(json_array_get(all_lists, i / length), i % length);
    for (size_t i = 0; i < json_array_size(ks); i++)
        k[i] = number(ks, i);
    const td_listable listable = {(int64_t)items, weight, popularity};
    td_kept_lists lists = lists_of(&listable, td_int_list_of(json_array_size(ks), k), count, item);
    const char *const names[] = {"coverage_at_k", "gini_at_k", "popularity_at_k"};
    for (size_t m = 0; m < 3; m++)
        for (size_t i = 0; i < json_array_size(ks); i++) {
            const double expected =
                json_number_value(json_array_get(json_object_get(stored, names[m]), i));
            assert_on_all(job_comm(), fabs(value_of(&lists, names[m], k[i]) / expected - 1) < 1e-12,
                          names[m]);
        }
    td_kept_lists_free(&lists);
    td_free(weight);
    td_free(popularity);
    td_free(item);
    td_free(k);
    json_decref(all);
}
