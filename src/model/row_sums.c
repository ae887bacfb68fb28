/* A list of rows and an index from row to place in it. */
#include "model/row_sums.h"

#include "base/memory.h"

#include <string.h>

/* The place where a row's slot is kept. */
static int32_t *slot_of(const td_row_sums *sums, int32_t id)
{
    const int64_t place = id - sums->held.first;
    TD_ASSERT(place >= 0 && place < sums->held.count);
    return &sums->slots[place];
}

void td_row_sums_create(td_row_sums *sums, td_range held, size_t width)
{
    TD_MEMORY_FOR("places of rows with gradients", "--data, features");
    const int32_t none = -1;
    *sums = (td_row_sums){.held = held, .width = width, .exponent = TD_EXACT_GRADIENT};
    sums->slots = td_allocate_filled((size_t)held.count, sizeof none, &none);
    sums->locks = td_locks_create();
}

void td_row_sums_free(td_row_sums *sums)
{
    td_free(sums->ids);
    td_free(sums->sums);
    td_free(sums->slots);
    td_locks_free(sums->locks);
}

void td_row_sums_clear(td_row_sums *sums)
{
    for (size_t i = 0; i < sums->count; i++)
        *slot_of(sums, sums->ids[i]) = -1;
    sums->count = 0;
}

void td_row_sums_zero(td_row_sums *sums)
{
    const size_t width = sums->width;
#pragma omp for nowait
    for (size_t s = 0; s < sums->count; s++)
        memset(sums->sums + s * width, 0, width * sizeof *sums->sums);
}

int64_t td_row_sums_row_bytes(size_t width)
{
    const size_t bytes = sizeof(int32_t) + width * sizeof(td_exact);
    return (int64_t)(bytes + bytes / 2); /* as make_room takes it */
}

/* Half as many again, so that many rows cost few moves. */
static void make_room(td_row_sums *sums, size_t slots)
{
    size_t capacity = slots + slots / 2;
    sums->ids = td_reallocate(sums->ids, sums->count, capacity, sizeof *sums->ids);
    sums->sums = td_reallocate(sums->sums, sums->count * sums->width, capacity * sums->width,
                               sizeof *sums->sums);
    sums->capacity = capacity;
}

void td_row_sums_touch(td_row_sums *sums, size_t n, const int32_t *ids)
{
    for (size_t i = 0; i < n; i++) {
        int32_t *slot = slot_of(sums, ids[i]);
        if (*slot >= 0)
            continue;
        if (sums->count == sums->capacity)
            make_room(sums, sums->count + 1);
        *slot = (int32_t)sums->count++;
        sums->ids[*slot] = ids[i];
    }
}

/* sums_slot (width) += terms (width) */
td_magnitude td_row_sums_add(td_row_sums *sums, const td_kernels *kernels, int32_t id,
                             const float *terms)
{
    size_t slot = (size_t)*slot_of(sums, id);
    td_lock(sums->locks, slot);
    td_magnitude largest =
        kernels->exact_add(sums->exponent, sums->width, terms, sums->sums + slot * sums->width);
    td_unlock(sums->locks, slot);
    return largest;
}

void td_row_sums_add_exact(td_row_sums *sums, int32_t id, const td_exact *part)
{
    const size_t slot = (size_t)*slot_of(sums, id);
    td_lock(sums->locks, slot);
    td_exact_merge(sums->width, part, sums->sums + slot * sums->width);
    td_unlock(sums->locks, slot);
}

/* The same of n rows' exact parts (n, width): of a row that is new they are its sums. */
void td_row_sums_merge(td_row_sums *sums, size_t n, const int32_t *ids, const td_exact *parts)
{
    const size_t width = sums->width;
    for (size_t i = 0; i < n; i++, parts += width) {
        const size_t before = sums->count;
        td_row_sums_touch(sums, 1, &ids[i]);
        td_exact *to = sums->sums + (size_t)*slot_of(sums, ids[i]) * width;
        if (sums->count > before)
            memcpy(to, parts, width * sizeof *to);
        else
            td_exact_merge(width, parts, to);
    }
}
