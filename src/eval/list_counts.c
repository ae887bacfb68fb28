#include "eval/list_counts.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of numbers of rows, times items or rows. */
__extension__ typedef __int128 wide;

static bool is_candidate(const td_listable *listable, int64_t item)
{
    return listable->weight[item] > 0;
}

static size_t count_candidates(const td_listable *listable)
{
    size_t n = 0;
    for (int64_t i = 1; i <= listable->items; i++)
        n += is_candidate(listable, i);
    return n;
}

static size_t width_of(const td_list_counts *counts)
{
    return (size_t)counts->listable->items + 1;
}

td_list_counts td_list_counts_create(const td_listable *listable, td_int_list ks)
{
    td_list_counts counts = {.listable = listable, .ks = ks};
    int64_t longest = 0;
    for (size_t i = 0; i < ks.count; i++)
        longest = td_larger(longest, ks.value[i]);
    counts.longest = (size_t)td_smaller(longest, (int64_t)count_candidates(listable));
    counts.times = TD_NEW(int64_t, ks.count * width_of(&counts));
    return counts;
}

void td_list_counts_free(td_list_counts *counts)
{
    td_free(counts->times);
    *counts = (td_list_counts){0};
}

void td_list_counts_add(td_list_counts *counts, size_t count, const td_listed *lists)
{
    for (size_t l = 0; l < count; l++)
        for (size_t i = 0; i < counts->longest; i++) {
            const int32_t item = lists[l * counts->longest + i].item;
            for (size_t j = 0; j < counts->ks.count && item != 0; j++)
                counts->times[j * width_of(counts) + (size_t)item] +=
                    (int64_t)i < counts->ks.value[j];
        }
}

void td_list_counts_join(td_list_counts *counts, td_comm *comm)
{
    td_comm_sum(comm, counts->ks.count * width_of(counts), counts->times);
}

/* times (items + 1): how often each item is listed, in all `listed` times. */
typedef struct {
    const td_listable *listable;
    const int64_t *times;
    int64_t listed;
    size_t candidates;
} at_k;

static double coverage(const at_k *of)
{
    int64_t any = 0;
    for (int64_t i = 1; i <= of->listable->items; i++)
        any += of->times[i] > 0;
    return (double)any / (double)of->candidates;
}

static int by_number(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static double gini(const at_k *of)
{
    int64_t *sorted = TD_NEW(int64_t, of->candidates);
    int64_t next = 0;
    wide sum = 0;
    for (int64_t i = 1; i <= of->listable->items; i++)
        if (is_candidate(of->listable, i))
            sorted[next++] = of->times[i];
    qsort(sorted, of->candidates, sizeof *sorted, by_number);
    for (int64_t j = 1; j <= next; j++)
        sum += (wide)(2 * j - next - 1) * sorted[j - 1];
    td_free(sorted);
    return (double)sum / ((double)(next - 1) * (double)of->listed);
}

static double popularity(const at_k *of)
{
    wide sum = 0;
    for (int64_t i = 1; i <= of->listable->items; i++)
        sum += (wide)of->times[i] * of->listable->popularity[i];
    return (double)sum / (double)of->listed;
}

double td_list_counts_metric(const td_list_counts *counts, const td_metric *metric, int64_t k)
{
    static const struct {
        const char *name;
        double (*value)(const at_k *of);
    } metrics[] = {
        {"coverage_at_k", coverage}, {"gini_at_k", gini}, {"popularity_at_k", popularity}};
    size_t place = 0, m = 0;
    const size_t all = sizeof metrics / sizeof *metrics;
    while (place < counts->ks.count && counts->ks.value[place] != k)
        place++;
    while (m < all && strcmp(metrics[m].name, metric->name) != 0)
        m++;
    TD_ASSERT(place < counts->ks.count && m < all);
    at_k of = {.listable = counts->listable,
               .times = counts->times + place * width_of(counts),
               .candidates = count_candidates(counts->listable)};
    for (int64_t i = 1; i <= of.listable->items; i++)
        of.listed += of.times[i];
    return of.listed > 0 ? metrics[m].value(&of) : NAN;
}
