/* Item ranks by counting against a count over all candidates in double, on 1 to 4 ranks, most of
 * which may have no candidate at all. */
#include "eval/item_ranks.h"

#include "../train/ranks.h"
#include "base/memory.h"
#include "job.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 3, QUERIES = 300, ROWS = 700, ITEMS_MAX = 1400, SEEN = 9 };

MPI_SUITE(item_ranks)

/* Small whole numbers, so that float and double agree on every score, and many are equal. */
static float component(int64_t i, int64_t k)
{
    return (float)((i * i * 7 + i * 3 + k * 5 + i % 13 * k) % 9 - 4);
}

static void embed(const void *context, size_t n, const int32_t *items, float *v)
{
    const float *bad = context; /* what item 5's embedding is made of, if it is to be bad */
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < WIDTH; k++)
            v[i * WIDTH + k] = bad && items[i] == 5 ? *bad : component(items[i], (int64_t)k);
}

/* All the same on every rank. */
typedef struct {
    int64_t items;
    int32_t weight[ITEMS_MAX];
    float u[QUERIES * WIDTH];
    int32_t query[ROWS], item[ROWS];
    td_range seen_of_query[QUERIES];
    int32_t seen[QUERIES * SEEN];
    bool is_out[ROWS];
    int64_t from[ITEMS_MAX], until[ITEMS_MAX], time[QUERIES];
    td_alive alive;
    td_ranking ranking;
    td_item_place place[ROWS];
} problem;

static void set_rows(problem *p)
{
    for (int32_t i = 0; i < ROWS; i++) {
        p->query[i] = (int32_t)((int64_t)i * QUERIES / ROWS);
        p->item[i] = (int32_t)((i * 37 + i % 11 * 101) % p->items);
        while (p->weight[p->item[i]] == 0)
            p->item[i] = (int32_t)((p->item[i] + 1) % p->items);
    }
}

/* A few items of each query, ascending, of which some are no candidates and one is a row's own. */
static void set_seen(problem *p)
{
    for (int32_t q = 0; q < QUERIES; q++) {
        p->seen_of_query[q] = (td_range){q * SEEN, 0};
        if (q % 5 == 0)
            continue;
        for (int32_t i = 0; i < p->items && p->seen_of_query[q].count < SEEN; i++) {
            const bool own = i == p->item[q * ROWS / QUERIES];
            if (own || (i * 31 + q) % 17 == 0)
                p->seen[q * SEEN + p->seen_of_query[q].count++] = i;
        }
    }
}

/* Items live from day 0 to 39 on for 25 days, or for ever at one end; queries ask on days 0 to 59.
 */
static void set_times(problem *p)
{
    for (int64_t i = 0; i < p->items; i++) {
        p->from[i] = i % 5 == 0 ? INT64_MIN : i * 13 % 40;
        p->until[i] = i % 3 == 0 ? INT64_MAX : i * 13 % 40 + 25;
    }
    for (int64_t q = 0; q < QUERIES; q++)
        p->time[q] = q * 7 % 60;
    p->alive = (td_alive){p->from, p->until};
    p->ranking.alive = &p->alive;
    p->ranking.time = p->time;
}

static bool has_item(const problem *p, int32_t query, int32_t item)
{
    const td_range range = p->seen_of_query[query];
    for (int64_t i = range.first; i < td_range_end(range); i++)
        if (p->seen[i] == item)
            return true;
    return false;
}

static problem *problem_create(int64_t items, bool exclude_seen)
{
    problem *p = TD_NEW(problem, 1);
    p->items = items;
    for (int64_t i = 0; i < items; i++)
        p->weight[i] = items == 1 ? 1 : (int32_t)(i % 7 == 3 ? 0 : i % 7 == 5 ? -1 : 1 + i % 4);
    for (int64_t i = 0; i < QUERIES * WIDTH; i++)
        p->u[i] = component(i / WIDTH + 5000, i % WIDTH);
    set_rows(p);
    set_seen(p);
    for (int i = 0; i < ROWS; i++)
        p->is_out[i] = exclude_seen && has_item(p, p->query[i], p->item[i]);
    p->ranking = (td_ranking){.queries = QUERIES,
                              .rows = ROWS,
                              .query = p->query,
                              .item = p->item,
                              .seen_of_query = exclude_seen ? p->seen_of_query : NULL,
                              .seen = exclude_seen ? p->seen : NULL,
                              .is_out = exclude_seen ? p->is_out : NULL};
    return p;
}

static td_status rank_all(td_comm *comm, problem *p, const float *bad)
{
    td_kernels kernels;
    td_candidates candidates;
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    td_candidates_create(&candidates, comm, p->items, p->weight, WIDTH, embed, bad);
    const td_scorer scorer = td_product_scorer(&candidates, &kernels, p->u);
    td_status status = td_item_places(comm, &scorer, &p->ranking, p->place, NULL);
    td_candidates_free(&candidates);
    return status;
}

static double score(const problem *p, int32_t query, int32_t item, const float *bad)
{
    float v[WIDTH];
    double sum = 0;
    embed(bad, 1, &item, v);
    for (int k = 0; k < WIDTH; k++)
        sum += (double)p->u[query * WIDTH + k] * (double)v[k];
    return sum;
}

static bool has_seen(const problem *p, int32_t query, int32_t item)
{
    return p->ranking.seen && has_item(p, query, item);
}

static bool is_alive(const problem *p, int32_t query, int32_t item)
{
    return !p->ranking.alive ||
           (p->from[item] <= p->time[query] && p->time[query] < p->until[item]);
}

/* Strictly higher scores, and equal ones of other items; NaN is neither. */
static td_item_place by_counting(const problem *p, int row, const float *bad)
{
    const int32_t query = p->query[row];
    const double own = score(p, query, p->item[row], bad);
    td_item_place place = {0, 0};
    for (int32_t i = 0; i < p->items; i++) {
        const double other = score(p, query, i, bad);
        if (has_seen(p, query, i) || p->weight[i] <= 0 || !is_alive(p, query, i))
            continue;
        place.above += other > own ? p->weight[i] : 0;
        place.tied += other == own && i != p->item[row] ? p->weight[i] : 0;
    }
    const bool is_out = p->ranking.is_out && p->ranking.is_out[row];
    return isfinite(own) && !is_out ? place : (td_item_place){TD_NOT_RANKED, 0};
}

static bool are_right(const problem *p, const float *bad)
{
    for (int i = 0; i < ROWS; i++) {
        const td_item_place expected = by_counting(p, i, bad);
        if (memcmp(&p->place[i], &expected, sizeof expected) != 0) {
            fprintf(stderr, "row %d: %lld and %lld, not %lld and %lld\n", i,
                    (long long)p->place[i].above, (long long)p->place[i].tied,
                    (long long)expected.above, (long long)expected.tied);
            return false;
        }
    }
    return true;
}

static void check(td_comm *comm, int64_t items, bool exclude_seen, bool by_time, const float *bad)
{
    char what[128];
    problem *p = problem_create(items, exclude_seen);
    if (by_time)
        set_times(p);
    snprintf(what, sizeof what, "%d items, seen items %s, %s, item 5 %s", (int)items,
             exclude_seen ? "left out" : "kept", by_time ? "some alive" : "all alive",
             bad ? "bad" : "good");
    assert_on_all(comm, rank_all(comm, p, bad) == TD_OK, td_message());
    assert_on_all(comm, are_right(p, bad), what);
    td_free(p);
}

/* 1400 items are three column tiles of candidates; 300 are one, and other ranks have none. */
MPI_TEST(item_ranks, are_those_of_a_count)
{
    static const int64_t items[] = {1, 2, 40, 300, ITEMS_MAX};
    td_comm *comm = job_comm();
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        check(comm, items[i], false, false, NULL);
        check(comm, items[i], true, false, NULL);
        check(comm, items[i], false, true, NULL);
        check(comm, items[i], true, true, NULL);
    }
}

MPI_TEST(item_ranks, of_scores_that_are_not_finite_are_misses)
{
    const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    td_comm *comm = job_comm();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(comm, 40, false, false, &bad[i]);
        check(comm, ITEMS_MAX, true, false, &bad[i]);
    }
}

MPI_TEST(item_ranks, refuse_an_item_that_is_no_candidate)
{
    td_comm *comm = job_comm();
    problem *p = problem_create(ITEMS_MAX, false);
    p->item[ROWS - 1] = 3; /* of weight 0 */
    td_status status = rank_all(comm, p, NULL);
    assert_on_all(comm, status == TD_ERR_FORMAT && strstr(td_message(), "item 3,"), td_message());
    td_free(p);
}
