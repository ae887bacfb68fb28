/* All names one after the other in one block, and an open-addressing hash table of their numbers,
 * never more than half full. */
#include "data/vocabulary.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Half of the hash is kept, so that few wrong names are compared. */
typedef struct {
    uint32_t hash;
    int32_t number; /* 0 for a free slot */
} slot;

struct td_vocabulary {
    td_strings names; /* of count names; offsets has room for limit + 1 */
    int64_t limit;
    int64_t room; /* bytes that names.bytes can hold */
    slot *slots;
    size_t mask; /* slots - 1, a power of two */
};

enum { FIRST_SLOTS = 1 << 10, FIRST_ROOM = 1 << 14 };

td_vocabulary *td_vocabulary_create(void)
{
    td_vocabulary *v = TD_NEW(td_vocabulary, 1);
    v->limit = FIRST_SLOTS / 2;
    v->room = FIRST_ROOM;
    v->names.offsets = TD_NEW(int64_t, FIRST_SLOTS / 2 + 1);
    v->names.bytes = TD_NEW(char, FIRST_ROOM);
    v->slots = TD_NEW(slot, FIRST_SLOTS);
    v->mask = FIRST_SLOTS - 1;
    return v;
}

void td_vocabulary_free(td_vocabulary *vocabulary)
{
    if (!vocabulary)
        return;
    td_free(vocabulary->names.offsets);
    td_free(vocabulary->names.bytes);
    td_free(vocabulary->slots);
    td_free(vocabulary);
}

int32_t td_vocabulary_count(const td_vocabulary *vocabulary)
{
    return (int32_t)vocabulary->names.count;
}

td_field td_vocabulary_name(const td_vocabulary *vocabulary, int32_t number)
{
    const int64_t *at = vocabulary->names.offsets + number - 1;
    return (td_field){vocabulary->names.bytes + at[0], (size_t)(at[1] - at[0])};
}

static uint64_t hash_of(td_field name)
{
    return XXH3_64bits(name.text, name.length);
}

static bool is_name(const td_vocabulary *v, int32_t number, td_field name)
{
    td_field other = td_vocabulary_name(v, number);
    return other.length == name.length && memcmp(other.text, name.text, name.length) == 0;
}

/* Returns the slot where name is, or the free one where it belongs. */
static slot *find_slot(const td_vocabulary *v, td_field name, uint64_t hash)
{
    size_t at = hash & v->mask;
    uint32_t kept = (uint32_t)(hash >> 32);
    while (v->slots[at].number != 0) {
        if (v->slots[at].hash == kept && is_name(v, v->slots[at].number, name))
            break;
        at = (at + 1) & v->mask;
    }
    return &v->slots[at];
}

static void fill_slots(td_vocabulary *v)
{
    for (int32_t number = 1; number <= td_vocabulary_count(v); number++) {
        td_field name = td_vocabulary_name(v, number);
        uint64_t hash = hash_of(name);
        *find_slot(v, name, hash) = (slot){(uint32_t)(hash >> 32), number};
    }
}

static void grow_slots(td_vocabulary *v)
{
    size_t slots = 2 * (v->mask + 1);
    td_free(v->slots);
    v->slots = TD_NEW(slot, slots);
    v->mask = slots - 1;
    fill_slots(v);
}

static void append(td_vocabulary *v, td_field name)
{
    td_strings *names = &v->names;
    int64_t used = names->offsets[names->count], length = (int64_t)name.length;
    if (names->count == v->limit) {
        names->offsets = td_reallocate(names->offsets, (size_t)v->limit + 1,
                                       2 * (size_t)v->limit + 1, sizeof *names->offsets);
        v->limit *= 2;
    }
    if (used + length > v->room) {
        int64_t room = 2 * v->room + length;
        names->bytes = td_reallocate(names->bytes, (size_t)used, (size_t)room, 1);
        v->room = room;
    }
    memcpy(names->bytes + used, name.text, name.length);
    names->offsets[++names->count] = used + length;
}

int32_t td_vocabulary_add(td_vocabulary *vocabulary, td_field name)
{
    uint64_t hash = hash_of(name);
    slot *place = find_slot(vocabulary, name, hash);
    if (place->number != 0 || vocabulary->names.count == TD_VOCABULARY_MAX)
        return place->number;
    append(vocabulary, name);
    *place = (slot){(uint32_t)(hash >> 32), td_vocabulary_count(vocabulary)};
    if (2 * (size_t)vocabulary->names.count > vocabulary->mask)
        grow_slots(vocabulary);
    return td_vocabulary_count(vocabulary);
}

int32_t td_vocabulary_find(const td_vocabulary *vocabulary, td_field name)
{
    return find_slot(vocabulary, name, hash_of(name))->number;
}

static int by_bytes(const void *left, const void *right, void *vocabulary)
{
    td_field a = td_vocabulary_name(vocabulary, *(const int32_t *)left);
    td_field b = td_vocabulary_name(vocabulary, *(const int32_t *)right);
    int order = memcmp(a.text, b.text, a.length < b.length ? a.length : b.length);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

int32_t *td_vocabulary_sort(td_vocabulary *vocabulary)
{
    size_t count = (size_t)vocabulary->names.count;
    int32_t *order = TD_NEW(int32_t, count), *numbers = TD_NEW(int32_t, count + 1);
    for (size_t i = 0; i < count; i++)
        order[i] = (int32_t)(i + 1);
    qsort_r(order, count, sizeof *order, by_bytes, vocabulary);
    for (size_t i = 0; i < count; i++)
        numbers[order[i]] = (int32_t)(i + 1);

    td_strings sorted = td_vocabulary_strings(vocabulary, (int64_t)count, order);
    td_strings_free(&vocabulary->names);
    vocabulary->names = sorted;
    vocabulary->limit = (int64_t)count;
    vocabulary->room = sorted.offsets[count];
    memset(vocabulary->slots, 0, (vocabulary->mask + 1) * sizeof *vocabulary->slots);
    fill_slots(vocabulary);
    td_free(order);
    return numbers;
}

td_strings td_vocabulary_strings(const td_vocabulary *vocabulary, int64_t count,
                                 const int32_t *numbers)
{
    td_strings copy = {.count = count, .offsets = TD_NEW(int64_t, (size_t)count + 1)};
    for (int64_t i = 0; i < count; i++)
        copy.offsets[i + 1] =
            copy.offsets[i] + (int64_t)td_vocabulary_name(vocabulary, numbers[i]).length;
    copy.bytes = TD_NEW(char, (size_t)copy.offsets[count]);
    for (int64_t i = 0; i < count; i++) {
        td_field name = td_vocabulary_name(vocabulary, numbers[i]);
        memcpy(copy.bytes + copy.offsets[i], name.text, name.length);
    }
    return copy;
}
