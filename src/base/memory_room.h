/* What memory there is for a process to take: of the machine, of its control group, of its address
 * space. Source: proc(5), docs.kernel.org/admin-guide/cgroup-v2.html.
 */
#ifndef TD_BASE_MEMORY_ROOM_H
#define TD_BASE_MEMORY_ROOM_H

#include "base/cgroup.h"

#include <stdint.h>

/* INT64_MAX stands for no limit, or one that the system does not tell. */
typedef struct {
    int64_t available; /* bytes of the machine that can be had without disturbing others, and free
                          swap */
    int64_t own;       /* that this process has of its own, by its group's count */
    int64_t limit;     /* of its control group, for all processes of it together */
    char group[256];   /* which group has that limit; "" for none */
    int64_t space;     /* that may still be mapped, or is mapped and may be free (ulimit -v) */
} td_memory_room;

/* Local. Plain data, the same bytes for the same room. */
td_memory_room td_memory_room_find(const td_cgroup_files *groups);

#endif
