/* Coverage, Gini and popularity of lists, by hand and by stored values, wherever the lists are. */
#include "eval/list_counts.h"

#include "../train/ranks.h"
#include "base/memory.h"
#include "job.h"

#include <jansson.h>
#include <math.h>

MPI_SUITE(list_counts)

/* List i is on rank i modulo the ranks. */
static td_list_counts counts_of(const td_listable *listable, td_int_list ks, size_t count,
                                const int32_t *item)
{
    td_comm *comm = job_comm();
    td_list_counts counts = td_list_counts_create(listable, ks);
    td_listed *list = TD_NEW(td_listed, counts.longest);
    for (size_t l = 0; l < count; l++) {
        for (size_t i = 0; i < counts.longest; i++)
            list[i] = (td_listed){.item = item[l * counts.longest + i]};
        if ((int)l % td_comm_size(comm) == td_comm_rank(comm))
            td_list_counts_add(&counts, 1, list);
    }
    td_free(list);
    td_list_counts_join(&counts, comm);
    return counts;
}

static double value_of(const td_list_counts *counts, const char *metric, int64_t k)
{
    return td_list_counts_metric(counts, td_metric_find(metric), k);
}

/* Four candidates, 1, 2, 4 and 5. Of lists of 1, which are of 1, 1 and 4, counts are 0, 0, 1, 2:
 * (-3 0 - 1 0 + 1 1 + 3 2) / (3 3). Of lists of 3, of which one ends early, 1, 2, 2, 3: (-3 1 - 2 +
 * 2 + 3 3) / (3 8). */
MPI_TEST(list_counts, are_of_all_lists_together)
{
    const int32_t weight[] = {0, 1, 2, -1, 1, 1}, lists[] = {1, 2, 4, 1, 4, 0, 4, 2, 5};
    const int64_t popularity[] = {0, 10, 20, 1000, 0, 30};
    const td_listable listable = {5, weight, popularity};
    td_list_counts counts =
        counts_of(&listable, td_int_list_of(2, (const int64_t[]){3, 1}), 3, lists);
    assert_on_all(job_comm(), counts.longest == 3, "their length");
    assert_on_all(job_comm(), value_of(&counts, "coverage_at_k", 1) == 0.5, "coverage of one");
    assert_on_all(job_comm(), value_of(&counts, "coverage_at_k", 3) == 1, "coverage of all");
    assert_on_all(job_comm(), value_of(&counts, "gini_at_k", 1) == 7 / 9.0, "Gini at 1");
    assert_on_all(job_comm(), value_of(&counts, "gini_at_k", 3) == 6 / 24.0, "Gini at 3");
    assert_on_all(job_comm(), value_of(&counts, "popularity_at_k", 1) == 20 / 3.0, "popularity");
    assert_on_all(job_comm(), value_of(&counts, "popularity_at_k", 3) == 90 / 8.0, "of three");
    td_list_counts_free(&counts);
}

/* Lists are no longer than the candidates are many. */
MPI_TEST(list_counts, are_no_number_of_nothing)
{
    const int32_t weight[] = {0, 1, 1};
    const int64_t popularity[] = {0, 1, 1};
    const td_listable listable = {2, weight, popularity};
    td_list_counts counts = counts_of(&listable, td_int_list_of(1, (const int64_t[]){9}), 0, NULL);
    assert_on_all(job_comm(), counts.longest == 2, "their length");
    for (size_t i = 0; i < td_all_metrics_count; i++)
        if (td_all_metrics[i].needs & TD_NEEDS_LISTS)
            assert_on_all(job_comm(), isnan(td_list_counts_metric(&counts, &td_all_metrics[i], 9)),
                          "a number");
    td_list_counts_free(&counts);
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
    const json_t *stored = json_object_get(all, "lists"), *lists = json_object_get(stored, "lists");
    const json_t *ks = json_object_get(stored, "ks");
    const size_t items = (size_t)json_integer_value(json_object_get(stored, "candidates"));
    const size_t count = json_array_size(lists), length = json_array_size(json_array_get(lists, 0));
    assert_on_all(job_comm(), items == 120 && count == 50 && length == 100, "other lists");
    int32_t *weight = TD_NEW(int32_t, items + 1), *item = TD_NEW(int32_t, count * length);
    int64_t *popularity = TD_NEW(int64_t, items + 1), *k = TD_NEW(int64_t, json_array_size(ks));
    for (size_t i = 0; i < items; i++) {
        weight[i + 1] = 1;
        popularity[i + 1] = number(json_object_get(stored, "popularity"), i);
    }
    for (size_t i = 0; i < count * length; i++)
        item[i] = (int32_t)number(json_array_get(lists, i / length), i % length);
    for (size_t i = 0; i < json_array_size(ks); i++)
        k[i] = number(ks, i);
    const td_listable listable = {(int64_t)items, weight, popularity};
    td_list_counts counts =
        counts_of(&listable, td_int_list_of(json_array_size(ks), k), count, item);
    const char *const names[] = {"coverage_at_k", "gini_at_k", "popularity_at_k"};
    for (size_t m = 0; m < 3; m++)
        for (size_t i = 0; i < json_array_size(ks); i++) {
            const double expected =
                json_number_value(json_array_get(json_object_get(stored, names[m]), i));
            assert_on_all(job_comm(),
                          fabs(value_of(&counts, names[m], k[i]) / expected - 1) < 1e-12, names[m]);
        }
    td_list_counts_free(&counts);
    td_free(weight);
    td_free(popularity);
    td_free(item);
    td_free(k);
    json_decref(all);
}
