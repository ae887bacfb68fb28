/* Lines "Name:   number kB" of the kernel's files. */
#include "base/memory_room.h"

#include "base/range.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { KILO = 1024 };

/* Returns the bytes that a line of a file tells; otherwise where there is none. */
static int64_t read_bytes(const char *path, const char *name, int64_t otherwise)
{
    char line[256];
    int64_t kilo = -1;
    const size_t length = strlen(name);
    FILE *file = fopen(path, "re");
    while (file && kilo < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, name, length) == 0 && line[length] == ':' &&
            sscanf(line + length + 1, "%" SCNd64, &kilo) != 1)
            kilo = -1;
    if (file)
        fclose(file);
    return kilo < 0 ? otherwise : kilo * KILO;
}

static int64_t find_available(void)
{
    const int64_t memory = read_bytes("/proc/meminfo", "MemAvailable", INT64_MAX);
    const int64_t swap = read_bytes("/proc/meminfo", "SwapFree", 0);
    return memory == INT64_MAX ? memory : memory + swap;
}

/* What is freed stays mapped, and is had again: at most all that the process has of its own. */
static int64_t find_space(int64_t own)
{
    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) != 0 || space.rlim_cur == RLIM_INFINITY ||
        space.rlim_cur > INT64_MAX)
        return INT64_MAX;
    return td_larger((int64_t)space.rlim_cur - read_bytes("/proc/self/status", "VmSize", 0), 0) +
           own;
}

/* A container's groups have the names of others' in a name space of their own. */
static void name_group(const char *folder, size_t size, char *name)
{
    char space[64] = "";
    if (readlink("/proc/self/ns/cgroup", space, sizeof space - 1) < 0)
        *space = '\0';
    if (snprintf(name, size, "%s %s", space, folder) >= (int)size)
        memcpy(name + size / 2, folder + strlen(folder) - size / 2 + 1, size / 2); /* its end */
}

/* Sets number to what a file of a group has; false where there is no file, or "max" in it. */
static bool read_number(const char *folder, const char *name, int64_t *number)
{
    char path[TD_CGROUP_PATH + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    const bool is_read = file && fscanf(file, "%" SCNd64, number) == 1;
    if (file)
        fclose(file);
    return is_read;
}

/* The swap that a group may use besides its limit: what version 2 says, or version 1, of what is
 * free; all of that where neither does. */
static int64_t find_swap(const char *folder, int64_t limit)
{
    const int64_t unused = read_bytes("/proc/meminfo", "SwapFree", 0);
    int64_t allowed;
    if (read_number(folder, "memory.swap.max", &allowed))
        return td_smaller(allowed, unused);
    if (read_number(folder, "memory.memsw.limit_in_bytes", &allowed))
        return td_smaller(td_larger(allowed - limit, 0), unused);
    return unused;
}

td_memory_room td_memory_room_find(const td_cgroup_files *groups)
{
    char folder[TD_CGROUP_PATH];
    td_memory_room room;
    memset(&room, 0, sizeof room);
    room.available = find_available();
    room.own = read_bytes("/proc/self/status", "RssAnon", 0);
    room.limit = td_cgroup_memory(groups, folder);
    room.space = find_space(room.own);
    if (room.limit > 0) {
        room.limit += find_swap(folder, room.limit);
        name_group(folder, sizeof room.group, room.group);
    } else {
        room.limit = INT64_MAX;
    }
    return room;
}
