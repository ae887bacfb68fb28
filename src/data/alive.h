/* When items are alive: from one time of theirs, until before another (schema.h: the roles
 * alive_from and alive_until). Where an item has none of the two, it is open on that side. */
#ifndef TD_DATA_ALIVE_H
#define TD_DATA_ALIVE_H

#include "tandem/status.h"

#include <stdbool.h>
#include <stdint.h>

struct td_dataset; /* data/dataset.h, which knows files */

/* Begins as {0}, of items that are alive at all times; td_alive_free frees it. */
typedef struct {
    int64_t *from;  /* (items + 1) by id, in seconds since 1970; NULL: open for all */
    int64_t *until; /* likewise; where it is open the greatest int64 */
} td_alive;

/* Collective. Reads the times of all items, whole on every rank. */
td_status td_alive_read(struct td_dataset *data, td_alive *alive);
void td_alive_free(td_alive *alive);

/* Local. Tells whether the data say of any item when it is alive. */
static inline bool td_alive_is_told(const td_alive *alive)
{
    return alive->from || alive->until;
}

/* Local. Tells whether an item is alive at a time; each is at one that is missing (INT64_MIN). */
static inline bool td_alive_at(const td_alive *alive, int32_t item, int64_t time)
{
    return time == INT64_MIN || ((!alive->from || alive->from[item] <= time) &&
                                 (!alive->until || time < alive->until[item]));
}

#endif
