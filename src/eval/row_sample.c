/* Each rank keeps the n smallest places of its share of the rows; the n-th smallest of all ranks'
 * is then found byte by byte, by counting. */
#include "eval/row_sample.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"

#include <stdlib.h>

enum { ROWS_AT_ONCE = 1 << 16, BYTES = 16, VALUES = 256 };

/* The smallest places of this rank's rows that were seen so far, and some more. */
typedef struct {
    size_t wanted;
    size_t count;
    size_t room; /* more than wanted, or for all rows */
    td_row_place *place;
} smallest;

static td_row_place place_of(uint64_t seed, int64_t row)
{
    return (td_row_place){td_philox_key(seed, TD_STREAM_SAMPLE, (uint64_t)row, 0), row};
}

/* By key, then by row. */
static int compare(const void *a, const void *b)
{
    const td_row_place *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return ((uint64_t)x->row > (uint64_t)y->row) - ((uint64_t)x->row < (uint64_t)y->row);
}

static void sort_and_cut(smallest *s)
{
    qsort(s->place, s->count, sizeof *s->place, compare);
    if (s->count > s->wanted)
        s->count = s->wanted;
}

/* C: adds this rank's share of the rows, in as many reads as every other rank. */
static td_status add_share(td_comm *comm, td_dataset *data, td_split split, uint64_t seed,
                           smallest *s)
{
    const int64_t rows = td_dataset_info(data)->rows[split], size = td_comm_size(comm);
    int64_t first, count, *row = TD_NEW(int64_t, ROWS_AT_ONCE);
    td_status status = TD_OK;
    td_comm_share(comm, rows, &first, &count);
    for (int64_t done = 0; done < rows / size + 1 && status == TD_OK; done += ROWS_AT_ONCE) {
        const int64_t left = count > done ? count - done : 0;
        const int64_t n = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
        status = td_dataset_read_row_numbers(data, split, n > 0 ? first + done : 0, n, row);
        for (int64_t i = 0; i < n && status == TD_OK; i++) {
            if (s->count == s->room)
                sort_and_cut(s);
            s->place[s->count++] = place_of(seed, row[i]);
        }
    }
    td_free(row);
    return status;
}

/* The bytes of (key, row), the most significant first. */
static size_t byte_of(td_row_place place, int byte)
{
    const uint64_t word = byte < 8 ? place.key : (uint64_t)place.row;
    return (size_t)(word >> (8 * (7 - byte % 8))) & 0xff;
}

/* The place with one more byte of (key, row) set. */
static td_row_place with_byte(td_row_place place, int byte, size_t value)
{
    const uint64_t bits = (uint64_t)value << (8 * (7 - byte % 8));
    if (byte < 8)
        place.key |= bits;
    else
        place.row |= (int64_t)bits;
    return place;
}

td_row_place td_row_places_nth(td_comm *comm, const td_row_place *places, size_t count, int64_t n)
{
    td_row_place nth = {0, 0};
    size_t first = 0, end = count; /* of those that agree with nth so far */
    for (int byte = 0; byte < BYTES; byte++) {
        int64_t counts[VALUES] = {0};
        size_t value = 0;
        for (size_t i = first; i < end; i++)
            counts[byte_of(places[i], byte)]++;
        td_comm_sum(comm, VALUES, counts);
        while (n > counts[value]) {
            n -= counts[value++];
            TD_ASSERT(value < VALUES);
        }
        nth = with_byte(nth, byte, value);
        while (first < end && byte_of(places[first], byte) < value)
            first++;
        while (first < end && byte_of(places[end - 1], byte) > value)
            end--;
    }
    return nth;
}

/* The n smallest of this rank's share are enough to find the n-th smallest of all. */
td_status td_row_sample_choose(td_comm *comm, td_dataset *data, td_split split, uint64_t seed,
                               int64_t n, td_row_sample *sample)
{
    const int64_t rows = td_dataset_info(data)->rows[split];
    *sample = (td_row_sample){.all = n == 0 || n >= rows, .seed = seed};
    if (sample->all)
        return TD_OK;
    const int64_t share = rows / td_comm_size(comm) + 1;
    smallest s = {.wanted = (size_t)n, .room = (size_t)(share < 2 * n ? share : 2 * n)};
    s.place = TD_NEW(td_row_place, s.room);
    td_status status = add_share(comm, data, split, seed, &s);
    if (status == TD_OK) {
        sort_and_cut(&s);
        sample->last = td_row_places_nth(comm, s.place, s.count, n);
    }
    td_free(s.place);
    return status;
}

/* A row is in the sample if its place is not behind the last one's. */
bool td_row_sample_has(const td_row_sample *sample, int64_t row)
{
    if (sample->all)
        return true;
    const td_row_place place = place_of(sample->seed, row);
    return compare(&place, &sample->last) <= 0;
}
