/* Ranks have the rows of a range of predictions each. A rank counts the pairs of its own rows; what
 * its rows of label 1 form with those of label 0 of the ranks below follows from their numbers. */
#include "eval/row_auc.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "eval/bootstrap.h"
#include "math/float_key.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_BITS = 31 };

static const uint64_t place_mask = (UINT64_C(1) << PLACE_BITS) - 1;

TD_DEFINE_FIRST_FROM(first_row_from, uint64_t, uint64_t, )

void td_row_auc_free(td_row_auc *auc)
{
    td_free(auc->row);
    *auc = (td_row_auc){0};
}

static uint32_t key_of_row(uint64_t row)
{
    return (uint32_t)(row >> (PLACE_BITS + 1));
}

static bool is_one(uint64_t row)
{
    return row >> PLACE_BITS & 1;
}

static int32_t place_of(uint64_t row)
{
    return (int32_t)(row & place_mask);
}

void td_row_auc_add(td_row_auc *auc, int64_t place, size_t rows, const float *prediction,
                    const float *label)
{
    TD_ASSERT(place >= 0 && (uint64_t)place <= place_mask);
    if (auc->count + rows > auc->room) {
        const size_t room = auc->count + rows + auc->room / 2;
        auc->row = td_reallocate(auc->row, auc->count, room, sizeof *auc->row);
        auc->room = room;
    }
    for (size_t i = 0; i < rows; i++) {
        if (isnan(label[i]))
            continue;
        if (isnan(prediction[i]) || (label[i] != 0 && label[i] != 1))
            auc->is_no_number = true;
        auc->row[auc->count++] = (uint64_t)td_float_key(prediction[i]) << (PLACE_BITS + 1) |
                                 (uint64_t)(label[i] == 1) << PLACE_BITS | (uint64_t)place;
    }
}

static int compare(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void sort(size_t count, uint64_t *row)
{
    if (count > 0)
        qsort(row, count, sizeof *row, compare);
}

/* C: some rows of each rank, from which bounds are chosen that give the ranks about as many. Sets
 * offsets (ranks + 1) to where each rank's range begins among the sorted rows of this one. */
static void find_ranges(const td_row_auc *auc, td_comm *comm, int64_t *offsets)
{
    enum { SAMPLES = 256 };
    uint64_t mine[SAMPLES] = {0};
    const int ranks = td_comm_size(comm);
    const int64_t n = td_smaller(SAMPLES, (int64_t)auc->count);
    size_t all;
    for (int64_t i = 0; i < n; i++)
        mine[i] = auc->row[td_share((int64_t)auc->count, i, n)];
    uint64_t *sample = td_comm_allgatherv(comm, mine, (size_t)n, sizeof *mine, &all);
    sort(all, sample);
    offsets[0] = 0;
    for (int rank = 1; rank < ranks; rank++) {
        const int64_t at = td_share((int64_t)all, rank, ranks);
        const uint64_t from =
            all > 0 ? (uint64_t)key_of_row(sample[at]) << (PLACE_BITS + 1) : UINT64_MAX;
        offsets[rank] = (int64_t)first_row_from(auc->count, auc->row, from);
    }
    offsets[ranks] = (int64_t)auc->count;
    td_free(sample);
}

void td_row_auc_share(td_row_auc *auc, td_comm *comm)
{
    const int ranks = td_comm_size(comm);
    int64_t *send = TD_NEW(int64_t, (size_t)ranks + 1), *recv = TD_NEW(int64_t, (size_t)ranks + 1);
    if (!auc->row)
        auc->row = TD_NEW(uint64_t, 0);
    sort(auc->count, auc->row);
    if (ranks > 1) {
        find_ranges(auc, comm, send);
        uint64_t *row = td_comm_alltoallv(comm, sizeof *row, auc->row, send, recv);
        td_free(auc->row);
        auc->row = row;
        auc->count = auc->room = (size_t)recv[ranks];
        sort(auc->count, auc->row);
    }
    auc->is_no_number = td_comm_any(comm, auc->is_no_number);
    td_free(send);
    td_free(recv);
}

/* Users, by place, and how often each of some resamples has them. */
typedef struct {
    size_t count;
    int32_t *place; /* (count), ascending */
} users;

typedef uint8_t draws[TD_DRAWS];

static users users_of(const td_row_auc *auc)
{
    td_buffer work = {0};
    users of = {auc->count, TD_NEW(int32_t, auc->count)};
    for (size_t i = 0; i < auc->count; i++)
        of.place[i] = place_of(auc->row[i]);
    of.count = td_ids_distinct(auc->count, of.place, &work);
    td_buffer_free(&work);
    return of;
}

/* Sums of so many resamples, of rows of one rank. */
typedef struct {
    int64_t *pairs; /* twice the pairs of a row of label 1 and one of label 0 that stand right; a
                       tie is one */
    int64_t *ones, *zeros; /* rows of either label */
} pair_sums;

/* Of TD_DRAWS resamples, or of the rows as they are: each counts as often as its user is drawn
 * (times, by place; NULL: once). */
static void count_pairs(const td_row_auc *auc, const draws *times, pair_sums sums)
{
    static const draws once = {1, 1, 1, 1};
    int64_t one[TD_DRAWS] = {0}, zero[TD_DRAWS] = {0}; /* of equal predictions */
    for (size_t i = 0; i < auc->count; i++) {
        const uint64_t row = auc->row[i];
        const uint8_t *of_user = times ? times[place_of(row)] : once;
        int64_t *to = is_one(row) ? one : zero;
        for (int d = 0; d < TD_DRAWS; d++)
            to[d] += of_user[d];
        if (i + 1 < auc->count && key_of_row(auc->row[i + 1]) == key_of_row(row))
            continue;
        for (int d = 0; d < TD_DRAWS; d++) {
            sums.pairs[d] += one[d] * (2 * sums.zeros[d] + zero[d]);
            sums.ones[d] += one[d];
            sums.zeros[d] += zero[d];
            one[d] = zero[d] = 0;
        }
    }
}

/* C: of n resamples; sums of this rank become those of all, sums.pairs, .ones and .zeros standing
 * one after the other. */
static void join(td_comm *comm, size_t n, pair_sums sums)
{
    int64_t *below = TD_NEW(int64_t, n);
    td_comm_exscan(comm, n, sums.zeros, below);
    for (size_t i = 0; i < n; i++)
        sums.pairs[i] += 2 * sums.ones[i] * below[i];
    td_comm_sum(comm, 3 * n, sums.pairs);
    td_free(below);
}

static double area(bool is_no_number, pair_sums sums, size_t i)
{
    return is_no_number
               ? NAN
               : (double)sums.pairs[i] / (2 * (double)sums.ones[i] * (double)sums.zeros[i]);
}

double td_row_auc_find(const td_row_auc *auc, td_comm *comm)
{
    int64_t sum[3 * TD_DRAWS] = {0};
    const pair_sums sums = {sum, sum + TD_DRAWS, sum + 2 * TD_DRAWS};
    count_pairs(auc, NULL, sums);
    join(comm, TD_DRAWS, sums);
    return area(auc->is_no_number, sums, 0);
}

void td_row_auc_resample(const td_row_auc *auc, td_comm *comm, uint64_t seed, size_t count,
                         size_t stride, double *value)
{
    const size_t parts = (count + TD_DRAWS - 1) / TD_DRAWS, n = TD_DRAWS * parts;
    int64_t *sum = TD_NEW(int64_t, 3 * n);
    const pair_sums sums = {sum, sum + n, sum + 2 * n};
    users of = users_of(auc);
#pragma omp parallel
    {
        draws *times = TD_NEW(draws, of.count > 0 ? (size_t)of.place[of.count - 1] + 1 : 0);
#pragma omp for schedule(dynamic)
        for (size_t b = 0; b < parts; b++) {
            for (size_t u = 0; u < of.count; u++)
                td_bootstrap_draw(seed, of.place[u], b, times[of.place[u]]);
            const size_t at = TD_DRAWS * b;
            count_pairs(auc, times, (pair_sums){sums.pairs + at, sums.ones + at, sums.zeros + at});
        }
        td_free(times);
    }
    join(comm, n, sums);
    for (size_t i = 0; i < count; i++)
        value[i * stride] = area(auc->is_no_number, sums, i);
    td_free(of.place);
    td_free(sum);
}
