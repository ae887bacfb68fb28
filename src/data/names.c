/* A vocabulary finds names; the nearest ones are found by trying them all. */
#include "data/names.h"

#include "base/memory.h"
#include "base/range.h"
#include "data/vocabulary.h"

#include <string.h>
#include <xxhash.h>

struct td_names {
    td_vocabulary *distinct;
    int32_t *first; /* by number in distinct, from 1: the first number in the list */
};

int32_t td_names_hash(td_str name, int64_t buckets)
{
    return 1 + (int32_t)(XXH3_64bits(name.text, name.length) % (uint64_t)buckets);
}

td_names *td_names_create(const td_strings *list)
{
    td_names *names = TD_NEW(td_names, 1);
    names->distinct = td_vocabulary_create();
    names->first = TD_NEW(int32_t, (size_t)list->count + 1);
    for (int64_t i = 0; i < list->count; i++) {
        int32_t number = td_vocabulary_add(names->distinct, td_string_at(list, i));
        if (names->first[number] == 0)
            names->first[number] = (int32_t)i + 1;
    }
    return names;
}

void td_names_free(td_names *names)
{
    if (!names)
        return;
    td_vocabulary_free(names->distinct);
    td_free(names->first);
    td_free(names);
}

int32_t td_names_find(const td_names *names, td_str name)
{
    return names->first[td_vocabulary_find(names->distinct, name)];
}

enum { EDIT = 4, BEFORE = 3 }; /* a byte's edit; that anything stands before the part that fits */

/* The name that is looked for, lower-cased. */
typedef struct {
    size_t length;
    char text[TD_NAMES_LONGEST];
} wanted_name;

static char lower(char c)
{
    if ('A' <= c && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

/* Goes on by one byte of the other name, of which place bytes are done then: row[i] is the distance
 * of the first i wanted bytes to a part that ends there. */
static void step(const wanted_name *wanted, char byte, int64_t place, int64_t *row)
{
    int64_t diagonal = row[0];
    row[0] = place + BEFORE;
    for (size_t i = 1; i <= wanted->length; i++) {
        int64_t above = row[i];
        int64_t change = diagonal + (wanted->text[i - 1] == byte ? 0 : EDIT);
        row[i] = td_smaller(change, td_smaller(above, row[i - 1]) + EDIT);
        diagonal = above;
    }
}

static int64_t distance(const wanted_name *wanted, td_str other)
{
    int64_t row[TD_NAMES_LONGEST + 1], length = (int64_t)other.length;
    for (size_t i = 0; i <= wanted->length; i++)
        row[i] = (int64_t)i * EDIT;
    int64_t shortest = row[wanted->length] + length;
    for (int64_t j = 1; j <= length; j++) {
        step(wanted, lower(other.text[j - 1]), j, row);
        shortest = td_smaller(shortest, row[wanted->length] + length - j);
    }
    return shortest;
}

/* The distance up to which a name of this length is near: a wanted byte left out makes the rest of
 * the name longer by one. */
static int64_t limit_of(const wanted_name *wanted, size_t length)
{
    int64_t edits = (int64_t)wanted->length / 3;
    int64_t longer = length > wanted->length ? (int64_t)(length - wanted->length) : 0;
    return edits * (EDIT + 1) + longer + (longer > 0 ? BEFORE : 0);
}

typedef struct {
    int64_t distance;
    int32_t number;
} candidate;

/* Puts a candidate behind all that are as near; the last one may drop out. Returns the new count.
 */
static size_t insert(candidate new, size_t count, candidate best[TD_NAMES_NEAREST])
{
    size_t at = count;
    while (at > 0 && best[at - 1].distance > new.distance)
        at--;
    if (at == TD_NAMES_NEAREST)
        return count;
    count += count < TD_NAMES_NEAREST;
    memmove(best + at + 1, best + at, (count - at - 1) * sizeof *best);
    best[at] = new;
    return count;
}

size_t td_names_nearest(const td_names *names, td_str name, td_str nearest[TD_NAMES_NEAREST])
{
    candidate best[TD_NAMES_NEAREST];
    wanted_name wanted = {.length = name.length};
    size_t count = 0;
    if (name.length == 0 || name.length > TD_NAMES_LONGEST)
        return 0;
    for (size_t i = 0; i < name.length; i++)
        wanted.text[i] = lower(name.text[i]);
    for (int32_t number = 1; number <= td_vocabulary_count(names->distinct); number++) {
        td_str other = td_vocabulary_name(names->distinct, number);
        int64_t found = distance(&wanted, other);
        if (found <= limit_of(&wanted, other.length))
            count = insert((candidate){found, number}, count, best);
    }
    for (size_t i = 0; i < count; i++)
        nearest[i] = td_vocabulary_name(names->distinct, best[i].number);
    return count;
}
