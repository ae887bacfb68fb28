/* Buckets between edges: evenly spaced, or by quantiles of the training values. */
#include "base/memory.h"
#include "base/range.h"
#include "data/transform_parts.h"
#include "math/float_key.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void td_begin_even(const td_schema_field *from, td_derivation *d)
{
    const td_summary *summary = &from->summary;
    d->scale = td_time_scale_create((size_t)d->buckets - 1, summary->low, summary->high,
                                    summary->mean, summary->variance);
}

/* Nothing is below a number that is none: it comes to bucket 0. */
void td_apply_buckets(const td_derivation *d, const td_frame *frame, void *made)
{
    const td_field *from = td_frame_find(frame, d->from);
    int32_t *buckets = made;
#pragma omp parallel for
    for (int64_t i = 0; i < frame->count; i++)
        buckets[i] = td_scale_bucket(&d->scale, (float)td_value_at(from, i));
}

static int by_key(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Of sorted keys so many are below one. */
TD_DEFINE_FIRST_FROM(count_below, uint32_t, uint32_t, )

/* Collective. Sets found[i] to the key in place places[i], from 0, of all ranks' in order: the
 * largest that so many at most are below, bit by bit. keys (count) are sorted. */
static void select_keys(td_comm *comm, const uint32_t *keys, int64_t count, size_t n,
                        const int64_t *places, uint32_t *found)
{
    int64_t *below = TD_NEW(int64_t, n);
    for (uint32_t bit = UINT32_C(1) << 31; bit > 0; bit >>= 1) {
        for (size_t i = 0; i < n; i++)
            below[i] = (int64_t)count_below((size_t)count, keys, found[i] | bit);
        td_comm_sum(comm, n, below);
        for (size_t i = 0; i < n; i++)
            found[i] |= below[i] <= places[i] ? bit : 0;
    }
    td_free(below);
}

/* The place, from 0, of the last of n training values that the first b of B buckets take: that of
 * number ceil(b n / B). */
static int64_t last_of(int64_t n, int64_t b, int64_t buckets)
{
    const bool divides = n % buckets * b % buckets == 0;
    return td_share(n, b, buckets) - divides;
}

/* The edge after a bucket is the next number after its last training value. The first edge is below
 * all numbers, so that bucket 0 has only what is missing. */
void td_fit_quantile(const td_training_values *values, td_derivation *d)
{
    const td_field *from = td_frame_find(&values->part, d->from);
    const size_t inner = (size_t)d->buckets - 1;
    uint32_t *keys = TD_NEW(uint32_t, (size_t)values->part.count);
    uint32_t *found = TD_NEW(uint32_t, inner);
    int64_t *places = TD_NEW(int64_t, inner), mine = 0;
    for (int64_t i = 0; i < values->part.count; i++) {
        const double value = td_value_at(from, i);
        if (!isnan(value))
            keys[mine++] = td_float_key((float)value);
    }
    qsort(keys, (size_t)mine, sizeof *keys, by_key);
    int64_t all = mine;
    td_comm_sum(values->comm, 1, &all);
    for (size_t i = 0; i < inner && all > 0; i++)
        places[i] = last_of(all, (int64_t)i + 1, d->buckets);
    select_keys(values->comm, keys, mine, inner, places, found);
    d->scale.count = inner + 1;
    d->scale.edges = TD_NEW(float, inner + 1);
    d->scale.edges[0] = -INFINITY;
    for (size_t i = 0; i < inner; i++)
        d->scale.edges[i + 1] = all > 0 ? td_float_of_key(found[i] + 1) : INFINITY;
    td_free(keys);
    td_free(found);
    td_free(places);
}

void td_begin_quantile(const td_schema_field *from, td_derivation *d)
{
    (void)from;
    d->needs_fit = true;
}
