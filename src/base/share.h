/* How n things are cut into parts of nearly equal size: the one rule for ranks, shards, ranges,
 * steps. Part p of parts is [td_share(n, p, parts), td_share(n, p + 1, parts)). */
#ifndef TD_BASE_SHARE_H
#define TD_BASE_SHARE_H

#include <stdint.h>

/* Local. Returns floor(n part / parts), for 0 <= part <= parts < 2^31, without overflow. */
static inline int64_t td_share(int64_t n, int64_t part, int64_t parts)
{
    return n / parts * part + n % parts * part / parts;
}

/* Local. Returns the part that thing i is in, for 0 <= i < n and 1 <= parts <= n < 2^31. */
static inline int64_t td_part_of(int64_t n, int64_t i, int64_t parts)
{
    return ((i + 1) * parts - 1) / n;
}

#endif
