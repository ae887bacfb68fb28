/* Lists of the best against item_ranks: an item stands at its item_rank, on any number of ranks. */
#include "eval/top_items.h"

#include "../train/ranks.h"
#include "base/memory.h"
#include "base/random.h"
#include "job.h"

#include <math.h>

enum { ITEMS = 1500, WIDTH = 8, QUERIES = 150 };

MPI_SUITE(top_items)

static float number(uint64_t seed, uint64_t index)
{
    return td_uniform(td_philox(seed, TD_STREAM_SYNTH, index, 0).word[0]) - 0.5F;
}

/* Items with the same multiple of 7 have the same embedding if the context says so: ties. */
static void embed(const void *context, size_t n, const int32_t *items, float *v)
{
    const bool ties = *(const bool *)context;
    for (size_t i = 0; i < n * WIDTH; i++) {
        const int32_t item = items[i / WIDTH];
        v[i] = number(1, (uint64_t)(ties ? item / 7 : item) * WIDTH + i % WIDTH);
    }
}

typedef struct {
    td_comm *comm;
    td_kernels kernels;
    td_candidates candidates;
    td_scorer scorer;
    float u[QUERIES * WIDTH];
    td_range ranges[QUERIES];
    int32_t seen[3 * QUERIES];
    td_top_request request;
} fixture;

static void start(fixture *f, bool ties, size_t k)
{
    int32_t weight[ITEMS + 1];
    for (int32_t i = 0; i <= ITEMS; i++)
        weight[i] = i > 0;
    f->comm = job_comm();
    assert_on_all(f->comm, td_kernels_find(NULL, false, &f->kernels) == TD_OK, "kernels");
    td_candidates_create(&f->candidates, f->comm, ITEMS + 1, weight, WIDTH, embed, &ties);
    for (size_t i = 0; i < QUERIES * WIDTH; i++)
        f->u[i] = number(2, i);
    for (int32_t q = 0; q < QUERIES; q++) {
        f->ranges[q] = (td_range){3 * q, 3};
        for (int32_t i = 0; i < 3; i++)
            f->seen[3 * q + i] = 1 + q + 511 * i; /* in several tiles and partitions */
    }
    f->request = (td_top_request){.queries = QUERIES, .k = k, .seen_of_query = f->ranges};
    f->scorer = td_product_scorer(&f->candidates, &f->kernels, f->u);
}

static void stop(fixture *f)
{
    td_candidates_free(&f->candidates);
}

/* Whether every item of the lists stands at its item_rank, for the queries [first, first + count).
 */
static bool stands_at_its_rank(fixture *f, size_t first, size_t count, const td_listed *best)
{
    const size_t k = f->request.k, rows = count * k;
    int32_t *query = TD_NEW(int32_t, rows), *item = TD_NEW(int32_t, rows);
    td_item_place *place = TD_NEW(td_item_place, rows);
    for (size_t i = 0; i < rows; i++) {
        query[i] = (int32_t)(first + i / k);
        item[i] = best[i].item;
    }
    const td_ranking ranking = {.queries = QUERIES,
                                .rows = rows,
                                .query = query,
                                .item = item,
                                .seen_of_query = f->ranges,
                                .seen = f->request.seen};
    bool holds = td_item_places(f->comm, &f->scorer, &ranking, place, NULL) == TD_OK;
    for (size_t i = 0; i < rows && holds; i++)
        holds = place[i].above == (int64_t)(i % k) && place[i].tied == 0;
    td_free(query);
    td_free(item);
    td_free(place);
    return holds;
}

MPI_TEST(top_items, stand_at_their_item_rank)
{
    fixture f;
    start(&f, false, 20);
    td_listed *best = TD_NEW(td_listed, QUERIES * f.request.k);
    td_top_items(f.comm, &f.scorer, &f.request, 0, QUERIES, best);
    assert_on_all(f.comm, stands_at_its_rank(&f, 0, QUERIES, best), "an item is elsewhere");
    f.request.seen = f.seen;
    td_top_items(f.comm, &f.scorer, &f.request, 0, QUERIES, best);
    assert_on_all(f.comm, stands_at_its_rank(&f, 0, QUERIES, best), "with seen items: elsewhere");
    td_free(best);
    stop(&f);
}

/* Whether a list of all candidates has each of them once, ordered, but for those seen. */
static bool is_whole(const fixture *f, size_t query, const td_listed *best)
{
    bool listed[ITEMS + 1] = {false};
    const size_t seen = f->request.seen ? 3 : 0;
    for (size_t i = 0; i < ITEMS; i++) {
        if ((best[i].item == 0) != (i >= ITEMS - seen) || listed[best[i].item])
            return false;
        listed[best[i].item] = best[i].item > 0;
        if (i > 0 && !td_listed_before(best[i - 1], best[i]) && best[i].item > 0)
            return false;
    }
    for (size_t i = 0; i < seen; i++)
        if (listed[f->request.seen[3 * query + i]])
            return false;
    return true;
}

MPI_TEST(top_items, list_every_candidate_once_in_order_of_ties)
{
    fixture f;
    start(&f, true, ITEMS);
    size_t first = 3, count = 2; /* of the rank's own choice */
    td_listed *best = TD_NEW(td_listed, count * ITEMS);
    for (int seen = 0; seen < 2; seen++) {
        f.request.seen = seen ? f.seen : NULL;
        td_top_items(f.comm, &f.scorer, &f.request, first, count, best);
        for (size_t i = 0; i < count; i++)
            assert_on_all(f.comm, is_whole(&f, first + i, best + i * ITEMS), "a list is not whole");
    }
    td_free(best);
    stop(&f);
}
