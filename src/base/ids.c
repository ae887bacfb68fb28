/* A few ids are sorted by insertion, more by their digits of 8 bits, the lowest first: the C
 * library's qsort takes ten times as long for a user's items. */
#include "base/ids.h"

#include <string.h>

enum { FEW = 32, DIGIT = 8, DIGITS = 1 << DIGIT };

static void insert_in_order(size_t count, int32_t *ids)
{
    for (size_t i = 1; i < count; i++) {
        const int32_t id = ids[i];
        size_t place = i;
        for (; place > 0 && ids[place - 1] > id; place--)
            ids[place] = ids[place - 1];
        ids[place] = id;
    }
}

/* Copies ids from from to to in the order of the digit at shift; equal ones stay in their order. */
static void sort_by_digit(size_t count, int shift, const int32_t *from, int32_t *to)
{
    size_t next[DIGITS] = {0}, before = 0;
    for (size_t i = 0; i < count; i++)
        next[(from[i] >> shift) % DIGITS]++;
    for (size_t d = 0; d < DIGITS; d++) {
        const size_t here = next[d];
        next[d] = before;
        before += here;
    }
    for (size_t i = 0; i < count; i++)
        to[next[(from[i] >> shift) % DIGITS]++] = from[i];
}

static void sort(size_t count, int32_t *ids, td_buffer *work)
{
    uint32_t all = 0;
    int32_t *from = ids, *to = td_buffer_fit(work, count, sizeof *to);
    for (size_t i = 0; i < count; i++)
        all |= (uint32_t)ids[i];
    for (int shift = 0; shift < 32 && all >> shift > 0; shift += DIGIT) {
        sort_by_digit(count, shift, from, to);
        int32_t *other = from;
        from = to;
        to = other;
    }
    if (from != ids)
        memcpy(ids, from, count * sizeof *ids);
}

size_t td_ids_distinct(size_t count, int32_t *ids, td_buffer *work)
{
    size_t kept = 0;
    if (count <= FEW)
        insert_in_order(count, ids);
    else
        sort(count, ids, work);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || ids[kept - 1] != ids[i])
            ids[kept++] = ids[i];
    return kept;
}
