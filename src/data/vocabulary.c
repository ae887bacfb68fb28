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
    uint32_t length; /* of the name, UINT32_MAX for longer ones */
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

/* Returns the slot of a name without a number. */
static slot make_slot(td_str name)
{
    const uint32_t length = name.length < UINT32_MAX ? (uint32_t)name.length : UINT32_MAX;
    return (slot){length <= SHORT ? word_of(name) : XXH3_64bits(name.text, name.length), length, 0};
}

/* Of a short name the hash is that of its word, which says all but how many zeros end it. */
static uint64_t hash_of(const slot *name)
{
    return name->length <= SHORT ? mixed(name->word) : name->word;
}

static bool is_name(const td_vocabulary *v, int32_t number, td_str name)
{
    td_str other = td_vocabulary_name(v, number);
    return other.length == name.length && memcmp(other.text, name.text, name.length) == 0;
}

/* Returns the slot where name is, or the free one where it belongs; wanted is what make_slot makes
 * of it. */
static slot *find_slot(const td_vocabulary *v, td_str name, const slot *wanted)
{
    size_t at = hash_of(wanted) & v->mask;
    while (v->slots[at].number != 0) {
        const slot *s = &v->slots[at];
        if (s->word == wanted->word && s->length == wanted->length &&
            (name.length <= SHORT || is_name(v, s->number, name)))
            break;
        at = (at + 1) & v->mask;
    }
    return &v->slots[at];
}

/* What is in a slot is all that a larger table needs: no name is looked at. */
static void grow_slots(td_vocabulary *v)
{
    slot *old = v->slots;
    const size_t count = v->mask + 1;
    v->slots = TD_NEW(slot, 2 * count);
    v->mask = 2 * count - 1;
    for (size_t i = 0; i < count; i++) {
        if (old[i].number == 0)
            continue;
        size_t at = hash_of(&old[i]) & v->mask;
        while (v->slots[at].number != 0)
            at = (at + 1) & v->mask;
        v->slots[at] = old[i];
    }
    td_free(old);
}

/* Returns a block of more room that begins with what was used of the old one, which it frees. */
static void *enlarge(void *block, int64_t used, int64_t room, size_t size)
{
    void *larger = td_allocate_unset((size_t)room, size);
    memcpy(larger, block, (size_t)used * size);
    td_free(block);
    return larger;
}

static void append(td_vocabulary *v, td_str name)
{
    td_strings *names = &v->names;
    const int64_t used = names->offsets[names->count], needed = used + (int64_t)name.length;
    if (names->count == v->limit) {
        v->limit = 2 * v->limit + 1;
        names->offsets =
            enlarge(names->offsets, names->count + 1, v->limit + 1, sizeof *names->offsets);
    }
    if (needed > v->room) {
        v->room += needed;
        names->bytes = enlarge(names->bytes, used, v->room, 1);
    }
    memcpy(names->bytes + used, name.text, name.length);
    names->offsets[++names->count] = needed;
}

static int32_t add(td_vocabulary *v, td_str name, slot made)
{
    slot *place = find_slot(v, name, &made);
    if (place->number != 0 || v->names.count == TD_VOCABULARY_MAX)
        return place->number;
    append(v, name);
    made.number = td_vocabulary_count(v);
    *place = made;
    if (2 * (size_t)v->names.count > v->mask)
        grow_slots(v);
    return made.number;
}

int32_t td_vocabulary_add(td_vocabulary *vocabulary, td_str name)
{
    return add(vocabulary, name, make_slot(name));
}

static slot *first_slot(const td_vocabulary *v, const slot *name)
{
    return &v->slots[hash_of(name) & v->mask];
}

/* Fetches what finding these names will most likely look at: their first slots, then where the
 * names begin whose numbers are there, then those names. */
static void fetch(const td_vocabulary *v, int64_t count, const slot *names)
{
    for (int64_t i = 0; i < count; i++)
        __builtin_prefetch(first_slot(v, &names[i]));
    for (int64_t i = 0; i < count; i++)
        if (names[i].length > SHORT)
            __builtin_prefetch(&v->names.offsets[first_slot(v, &names[i])->number]);
    for (int64_t i = 0; i < count; i++) {
        const int32_t number = names[i].length > SHORT ? first_slot(v, &names[i])->number : 0;
        if (number > 0)
            __builtin_prefetch(td_vocabulary_name(v, number).text);
    }
}

void td_vocabulary_add_strings(td_vocabulary *vocabulary, const td_strings *names, int32_t *numbers)
{
    enum { TOGETHER = 32 };
    slot made[TOGETHER];
    for (int64_t first = 0; first < names->count; first += TOGETHER) {
        const int64_t count =
            names->count - first < TOGETHER ? names->count - first : (int64_t)TOGETHER;
        for (int64_t i = 0; i < count; i++)
            made[i] = make_slot(td_string_at(names, first + i));
        fetch(vocabulary, count, made);
        for (int64_t i = 0; i < count; i++)
            numbers[first + i] = add(vocabulary, td_string_at(names, first + i), made[i]);
    }
}

void td_vocabulary_expect(const td_vocabulary *vocabulary, td_str name)
{
    const slot made = make_slot(name);
    __builtin_prefetch(first_slot(vocabulary, &made));
}

int32_t td_vocabulary_find(const td_vocabulary *vocabulary, td_str name)
{
    const slot made = make_slot(name);
    return find_slot(vocabulary, name, &made)->number;
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
    for (size_t s = 0; s <= vocabulary->mask; s++)
        vocabulary->slots[s].number = numbers[vocabulary->slots[s].number];
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
