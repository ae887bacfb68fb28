/* A range of rows, users, items, tiles or bytes, and the one rule by which n things are cut into
 * parts of nearly equal size, for ranks, shards, item ranges and steps: part p of parts is
 * [td_share(n, p, parts), td_share(n, p + 1, parts)). All functions are Local. */
#ifndef TD_BASE_RANGE_H
#define TD_BASE_RANGE_H

#include <stddef.h>
#include <stdint.h>

/* The most rows of a row tile or candidate tile, the unit of work that data, model and training
 * agree on: what scratch memory is made for. */
enum { TD_TILE_ROWS = 256 };

typedef struct {
    int64_t first;
    int64_t count;
} td_range;

static inline int64_t td_smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t td_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Returns the end of a range, the first place after it. */
static inline int64_t td_range_end(td_range range)
{
    return range.first + range.count;
}

/* Returns the range [first, end), an empty one if end is not above first. */
static inline td_range td_range_to(int64_t first, int64_t end)
{
    return (td_range){first, end > first ? end - first : 0};
}

/* Returns what both ranges have. */
static inline td_range td_range_overlap(td_range a, td_range b)
{
    return td_range_to(td_larger(a.first, b.first), td_smaller(td_range_end(a), td_range_end(b)));
}

/* Returns floor(n part / parts), for 0 <= part <= parts < 2^31, without overflow. */
static inline int64_t td_share(int64_t n, int64_t part, int64_t parts)
{
    return n / parts * part + n % parts * part / parts;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a type, and the name of a member. */

/* Defines a function that returns the place of the first of n ascending elements whose value is not
 * below bound; n if there is none. The value is the element itself, or its member `.name`. */
#define TD_DEFINE_FIRST_FROM(function, type, bound_type, member)                                   \
    static inline size_t function(size_t n, const type *elements, bound_type bound)                \
    {                                                                                              \
        size_t low = 0, high = n;                                                                  \
        while (low < high) {                                                                       \
            const size_t middle = low + (high - low) / 2;                                          \
            if (elements[middle] member < bound)                                                   \
                low = middle + 1;                                                                  \
            else                                                                                   \
                high = middle;                                                                     \
        }                                                                                          \
        return low;                                                                                \
    }

/* NOLINTEND(bugprone-macro-parentheses) */

TD_DEFINE_FIRST_FROM(td_first_from, int32_t, int64_t, )

/* Returns the part that thing i is in, for 0 <= i < n and 1 <= parts <= n < 2^31. */
static inline int64_t td_part_of(int64_t n, int64_t i, int64_t parts)
{
    return ((i + 1) * parts - 1) / n;
}

#endif
