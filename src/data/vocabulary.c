/* All names one after the other in one block, and an open-addressing hash table of their numbers,
 * never more than half full. Ids are mostly short: a name of up to 8 bytes is in its slot as well,
 * so that finding it looks at no other place in memory. */
#include "data/vocabulary.h"

#include "base/memory.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

typedef struct {
    uint64_t word;   /* the name itself if it is short, else its hash */
    uint32_t length; /* of the name, modulo 2^32 */
    int32_t number;  /* 0 for a free slot */
} slot;

struct td_vocabulary {
    td_strings names; /* of count names; offsets has room for limit + 1 */
    int64_t limit;
    int64_t room; /* bytes that names.bytes can hold */
    slot *slots;
    size_t mask; /* slots - 1, a power of two */
};

enum { SHORT = sizeof(uint64_t) };

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

td_str td_vocabulary_name(const td_vocabulary *vocabulary, int32_t number)
{
    return td_string_at(&vocabulary->names, number - 1);
}

static uint64_t half_word(const char *text)
{
    uint32_t half;
    memcpy(&half, text, sizeof half);
    return le32toh(half);
}

/* Returns the first 8 bytes of a name, the first of them the lowest; zeros where it has fewer. */
static uint64_t word_of(td_str name)
{
    enum { HALF = SHORT / 2 };
    const size_t length = name.length < SHORT ? name.length : SHORT;
    uint64_t word = 0;
    if (length >= HALF) /* its halves may overlap */
        return half_word(name.text) | half_word(name.text + length - HALF) << 8 * (length - HALF);
    for (size_t i = 0; i < length; i++)
        word |= (uint64_t)(unsigned char)name.text[i] << 8 * i;
    return word;
}

/* The finalizer of MurmurHash3: every bit of a word moves half of the bits. */
static uint64_t mixed(uint64_t word)
{
    word = (word ^ (word >> 33)) * 0xff51afd7ed558ccdU;
    word = (word ^ (word >> 33)) * 0xc4ceb9fe1a85ec53U;
    return word ^ (word >> 33);
}

/* Of a short name the hash is that of its word, which says all but how many zeros end it. */
static uint64_t hash_of(td_str name)
{
    return name.length <= SHORT ? mixed(word_of(name)) : XXH3_64bits(name.text, name.length);
}

static slot make_slot(td_str name, uint64_t hash)
{
    return (slot){name.length <= SHORT ? word_of(name) : hash, (uint32_t)name.length, 0};
}

static bool is_name(const td_vocabulary *v, int32_t number, td_str name)
{
    td_str other = td_vocabulary_name(v, number);
    return other.length == name.length && memcmp(other.text, name.text, name.length) == 0;
}

/* Returns the slot where name is, or the free one where it belongs. */
static slot *find_slot(const td_vocabulary *v, td_str name, uint64_t hash)
{
    slot wanted = make_slot(name, hash);
    size_t at = hash & v->mask;
    while (v->slots[at].number != 0) {
        const slot *s = &v->slots[at];
        if (s->word == wanted.word && s->length == wanted.length &&
            (name.length <= SHORT || is_name(v, s->number, name)))
            break;
        at = (at + 1) & v->mask;
    }
    return &v->slots[at];
}

static void fill_slot(slot *place, td_str name, uint64_t hash, int32_t number)
{
    *place = make_slot(name, hash);
    place->number = number;
}

static void fill_slots(td_vocabulary *v)
{
    for (int32_t number = 1; number <= td_vocabulary_count(v); number++) {
        td_str name = td_vocabulary_name(v, number);
        uint64_t hash = hash_of(name);
        fill_slot(find_slot(v, name, hash), name, hash, number);
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

static void append(td_vocabulary *v, td_str name)
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

int32_t td_vocabulary_add(td_vocabulary *vocabulary, td_str name)
{
    uint64_t hash = hash_of(name);
    slot *place = find_slot(vocabulary, name, hash);
    if (place->number != 0 || vocabulary->names.count == TD_VOCABULARY_MAX)
        return place->number;
    append(vocabulary, name);
    fill_slot(place, name, hash, td_vocabulary_count(vocabulary));
    if (2 * (size_t)vocabulary->names.count > vocabulary->mask)
        grow_slots(vocabulary);
    return td_vocabulary_count(vocabulary);
}

void td_vocabulary_expect(const td_vocabulary *vocabulary, td_str name)
{
    __builtin_prefetch(&vocabulary->slots[hash_of(name) & vocabulary->mask]);
}

int32_t td_vocabulary_find(const td_vocabulary *vocabulary, td_str name)
{
    return find_slot(vocabulary, name, hash_of(name))->number;
}

/* A name while it is sorted. */
typedef struct {
    uint64_t word; /* its first bytes as a number that orders as they do */
    int32_t number;
} sorted_name;

static int by_bytes(const void *left, const void *right, void *vocabulary)
{
    const sorted_name *a = left, *b = right;
    if (a->word != b->word)
        return a->word < b->word ? -1 : 1;
    return td_str_compare(td_vocabulary_name(vocabulary, a->number),
                          td_vocabulary_name(vocabulary, b->number));
}

/* Returns the numbers of all names in byte order. */
static int32_t *sort_numbers(td_vocabulary *v)
{
    size_t count = (size_t)v->names.count;
    sorted_name *names = TD_NEW(sorted_name, count);
    int32_t *order = TD_NEW(int32_t, count);
    for (size_t i = 0; i < count; i++) {
        int32_t number = (int32_t)(i + 1);
        names[i] = (sorted_name){__builtin_bswap64(word_of(td_vocabulary_name(v, number))), number};
    }
    qsort_r(names, count, sizeof *names, by_bytes, v);
    for (size_t i = 0; i < count; i++)
        order[i] = names[i].number;
    td_free(names);
    return order;
}

int32_t *td_vocabulary_sort(td_vocabulary *vocabulary)
{
    size_t count = (size_t)vocabulary->names.count;
    int32_t *order = sort_numbers(vocabulary), *numbers = TD_NEW(int32_t, count + 1);
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

void td_vocabulary_sort_ids(td_vocabulary *vocabulary, int64_t count, int32_t *ids)
{
    int32_t *number = td_vocabulary_sort(vocabulary);
    for (int64_t i = 0; i < count; i++)
        ids[i] = number[ids[i]];
    td_free(number);
}

td_strings td_vocabulary_strings(const td_vocabulary *vocabulary, int64_t count,
                                 const int32_t *numbers)
{
    return td_strings_pick(&vocabulary->names, count, numbers);
}

td_strings td_vocabulary_list(const td_vocabulary *vocabulary)
{
    int32_t count = td_vocabulary_count(vocabulary);
    int32_t *numbers = TD_NEW(int32_t, (size_t)count);
    for (int32_t i = 0; i < count; i++)
        numbers[i] = i + 1;
    td_strings names = td_vocabulary_strings(vocabulary, count, numbers);
    td_free(numbers);
    return names;
}
