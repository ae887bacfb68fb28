/* Counts of what is in lists are sums over users, each as often as a resample has it. Ranks count
 * the lists that they have and add the counts, or share the resamples, for which each has all
 * lists. */
#include "eval/list_counts.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "eval/bootstrap.h"

#include <math.h>
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

td_kept_lists td_kept_lists_create(const td_listable *listable, td_int_list ks)
{
    td_kept_lists lists = {.listable = listable, .ks = ks};
    lists.longest = (size_t)td_smaller(ks.value[ks.count - 1], (int64_t)count_candidates(listable));
    return lists;
}

void td_kept_lists_free(td_kept_lists *lists)
{
    td_free(lists->place);
    td_free(lists->item);
    *lists = (td_kept_lists){0};
}

void td_kept_lists_add(td_kept_lists *lists, size_t users, const int64_t *place,
                       const td_listed *listed)
{
    const size_t first = lists->users, all = first + users, longest = lists->longest;
    if (all > lists->room) {
        const size_t room = all + first / 2;
        lists->place = td_reallocate(lists->place, first, room, sizeof *lists->place);
        lists->item =
            td_reallocate(lists->item, first * longest, room * longest, sizeof *lists->item);
        lists->room = room;
    }
    for (size_t u = 0; u < users; u++)
        lists->place[first + u] = place[u];
    for (size_t i = 0; i < users * longest; i++)
        lists->item[first * longest + i] = listed[i].item;
    lists->users = all;
}

/* How often each item is in lists of each k. */
typedef struct {
    const td_listable *listable;
    td_int_list ks;
    size_t candidates;
    size_t width;   /* items + 1 */
    int64_t *times; /* (ks, width) */
} counts;

static counts counts_create(const td_kept_lists *lists)
{
    const size_t width = (size_t)lists->listable->items + 1;
    return (counts){lists->listable, lists->ks, count_candidates(lists->listable), width,
                    TD_NEW(int64_t, lists->ks.count * width)};
}

/* Adds a list as often as so many times, at the least k that has a place. */
static void add_list(counts *c, size_t longest, const int32_t *item, int64_t times)
{
    size_t j = 0;
    for (size_t i = 0; i < longest && item[i] != 0; i++) {
        while (c->ks.value[j] <= (int64_t)i)
            j++;
        c->times[j * c->width + (size_t)item[i]] += times;
    }
}

/* What is in a list of one k is in those of larger ones. */
static void finish_counts(counts *c)
{
    for (size_t i = c->width; i < c->ks.count * c->width; i++)
        c->times[i] += c->times[i - c->width];
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

/* Of m candidates that are listed c times, after a of fewer times, j is a + 1 to a + m, and the sum
 * of 2 j - n - 1 is m (2 a + m - n). */
static double gini(const at_k *of)
{
    int64_t most = 0, before = 0;
    const int64_t n = (int64_t)of->candidates;
    wide sum = 0;
    for (int64_t i = 1; i <= of->listable->items; i++)
        most = td_larger(most, of->times[i]);
    int64_t *having = TD_NEW(int64_t, (size_t)most + 1); /* candidates that are listed so often */
    for (int64_t i = 1; i <= of->listable->items; i++)
        having[of->times[i]] += is_candidate(of->listable, i);
    for (int64_t c = 0; c <= most; c++) {
        const int64_t m = having[c];
        sum += (wide)(m * (2 * before + m - n)) * c;
        before += m;
    }
    td_free(having);
    return (double)sum / ((double)(n - 1) * (double)of->listed);
}

static double popularity(const at_k *of)
{
    wide sum = 0;
    for (int64_t i = 1; i <= of->listable->items; i++)
        sum += (wide)of->times[i] * of->listable->popularity[i];
    return (double)sum / (double)of->listed;
}

static const struct {
    const char *name;
    double (*value)(const at_k *of);
    double most; /* that it can be */
} metrics[] = {{"coverage_at_k", coverage, 1},
               {"gini_at_k", gini, 1},
               {"popularity_at_k", popularity, INFINITY}};

/* Its row of the table. */
static size_t find(const td_metric *metric)
{
    size_t m = 0;
    const size_t all = sizeof metrics / sizeof *metrics;
    while (m < all && strcmp(metrics[m].name, metric->name) != 0)
        m++;
    TD_ASSERT(m < all);
    return m;
}

static at_k counts_at(const counts *c, int64_t k)
{
    size_t j = 0;
    while (j < c->ks.count && c->ks.value[j] != k)
        j++;
    TD_ASSERT(j < c->ks.count);
    at_k of = {
        .listable = c->listable, .times = c->times + j * c->width, .candidates = c->candidates};
    for (int64_t i = 1; i <= of.listable->items; i++)
        of.listed += of.times[i];
    return of;
}

static void find_metrics(const counts *c, size_t n, const td_list_metric *metric, double *value)
{
    for (size_t i = 0; i < n; i++) {
        const at_k of = counts_at(c, metric[i].k);
        value[i] = of.listed > 0 ? metrics[find(metric[i].metric)].value(&of) : NAN;
    }
}

void td_list_metrics_find(const td_kept_lists *lists, td_comm *comm, const int32_t *group_of,
                          int32_t group, size_t n, const td_list_metric *metric, double *value)
{
    counts c = counts_create(lists);
    for (size_t u = 0; u < lists->users; u++)
        if (!group_of || group_of[lists->place[u]] == group)
            add_list(&c, lists->longest, lists->item + u * lists->longest, 1);
    finish_counts(&c);
    td_comm_sum(comm, c.ks.count * c.width, c.times);
    find_metrics(&c, n, metric, value);
    td_free(c.times);
}

/* C: all ranks' lists, on every rank. */
static td_kept_lists gather(const td_kept_lists *lists, td_comm *comm)
{
    td_kept_lists all = *lists;
    size_t items;
    all.place =
        td_comm_allgatherv(comm, lists->place, lists->users, sizeof *lists->place, &all.users);
    all.item = td_comm_allgatherv(comm, lists->item, lists->users * lists->longest,
                                  sizeof *lists->item, &items);
    return all;
}

/* value (TD_DRAWS, n): of resamples TD_DRAWS b and on. c and times (users) are room. */
static void resample(const td_kept_lists *lists, uint64_t seed, size_t b, counts *c,
                     uint8_t (*times)[TD_DRAWS], size_t n, const td_list_metric *metric,
                     double *value)
{
    for (size_t u = 0; u < lists->users; u++)
        td_bootstrap_draw(seed, lists->place[u], b, times[u]);
    for (size_t d = 0; d < TD_DRAWS; d++) {
        memset(c->times, 0, c->ks.count * c->width * sizeof *c->times);
        for (size_t u = 0; u < lists->users; u++)
            if (times[u][d] > 0)
                add_list(c, lists->longest, lists->item + u * lists->longest, times[u][d]);
        finish_counts(c);
        find_metrics(c, n, metric, value + d * n);
    }
}

/* Column i of found (count, n) is moved to a mean of `whole`, into value. */
static void move(size_t count, size_t n, size_t i, const double *found, double whole, double most,
                 double *value)
{
    double mean = 0; /* of what they are above the first: 0 where all are the same */
    for (size_t r = 0; r < count; r++)
        mean += (found[r * n + i] - found[i]) / (double)count;
    for (size_t r = 0; r < count; r++) {
        const double moved = whole + (found[r * n + i] - found[i] - mean);
        value[r * n + i] = moved < 0 ? 0 : moved > most ? most : moved;
    }
}

void td_list_metrics_resample(const td_kept_lists *lists, td_comm *comm, uint64_t seed,
                              size_t count, size_t n, const td_list_metric *metric, double *value)
{
    int64_t first, mine;
    size_t resamples;
    td_comm_share(comm, (int64_t)(count + TD_DRAWS - 1) / TD_DRAWS, &first, &mine);
    td_kept_lists all = gather(lists, comm);
    double *part = TD_NEW(double, (size_t)mine *TD_DRAWS *n), *whole = TD_NEW(double, n);
#pragma omp parallel
    {
        counts c = counts_create(lists);
        uint8_t(*times)[TD_DRAWS] = td_allocate(all.users, sizeof *times);
#pragma omp for schedule(dynamic)
        for (int64_t b = 0; b < mine; b++)
            resample(&all, seed, (size_t)(first + b), &c, times, n, metric,
                     part + (size_t)b * TD_DRAWS * n);
        td_free(c.times);
        td_free(times);
    }
    double *found =
        td_comm_allgatherv(comm, part, (size_t)mine * TD_DRAWS, n * sizeof *found, &resamples);
    td_list_metrics_find(lists, comm, NULL, 0, n, metric, whole);
    for (size_t i = 0; i < n; i++)
        move(count, n, i, found, whole[i], metrics[find(metric[i].metric)].most, value);
    td_kept_lists_free(&all);
    td_free(part);
    td_free(whole);
    td_free(found);
}
