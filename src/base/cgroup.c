/* A group's files, then those of the groups above it. */
#include "base/cgroup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const td_cgroup_files td_cgroup_here = {"/proc/self/cgroup", "/sys/fs/cgroup"};

/* Reads a group's limit from its folder; 0: it has none. */
typedef double read_limit(const char *folder);

/* The least limit, and where it is. */
typedef struct {
    double value; /* 0: none */
    char folder[TD_CGROUP_PATH];
} limit_found;

static bool read_line(const char *folder, const char *name, size_t size, char *line)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    FILE *file = fopen(path, "re");
    const bool is_read = file && fgets(line, (int)size, file);
    if (file)
        fclose(file);
    return is_read;
}

static double read_number(const char *folder, const char *name)
{
    char line[64];
    int64_t number;
    return read_line(folder, name, sizeof line, line) && sscanf(line, "%" SCNd64, &number) == 1
               ? (double)number
               : 0; /* "max" too */
}

static double cores_of_version_2(const char *folder)
{
    char line[64];
    int64_t quota, period;
    const bool is_limited = read_line(folder, "cpu.max", sizeof line, line) &&
                            sscanf(line, "%" SCNd64 " %" SCNd64, &quota, &period) == 2;
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): clang 19's does not see the condition */
    return is_limited && quota > 0 && period > 0 ? (double)quota / (double)period : 0;
}

static double cores_of_version_1(const char *folder)
{
    const double quota = read_number(folder, "cpu.cfs_quota_us"); /* -1: none */
    const double period = read_number(folder, "cpu.cfs_period_us");
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): clang 19's does not see the condition */
    return quota > 0 && period > 0 ? quota / period : 0;
}

static double memory_of_version_2(const char *folder)
{
    return read_number(folder, "memory.max");
}

/* Without a limit it is the largest number of whole pages. */
static double memory_of_version_1(const char *folder)
{
    const double bytes = read_number(folder, "memory.limit_in_bytes");
    return bytes < 0x1p62 ? bytes : 0;
}

/* Heeds the limits of a group, "/a/b", and those above it, up to the mount's own. */
static void heed(const char *mount, const char *group, read_limit *read, limit_found *least)
{
    char folder[PATH_MAX];
    if (snprintf(folder, sizeof folder, "%s%s", mount, group) >= (int)sizeof folder)
        return;
    for (char *end = folder + strlen(folder); end >= folder + strlen(mount);
         end = strrchr(folder, '/')) {
        *end = '\0';
        const double limit = read(folder);
        if (limit <= 0 || (least->value > 0 && limit >= least->value))
            continue;
        least->value = limit;
        snprintf(least->folder, sizeof least->folder, "%s", folder);
    }
}

/* Whether "cpu" is among "cpu,cpuacct". */
static bool has_controller(const char *list, const char *controller)
{
    const size_t length = strlen(controller);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, controller, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* A line is "number:controllers:group"; of version 2 there are no controllers, and the groups are
 * those of the mount itself, or of its folder "unified". */
static void heed_line(const td_cgroup_files *files, char *line, const char *controller,
                      read_limit *of_version_1, read_limit *of_version_2, limit_found *least)
{
    char mount[PATH_MAX];
    char *list = strchr(line, ':'), *group = list ? strchr(list + 1, ':') : NULL;
    if (!group)
        return;
    *group++ = '\0';
    list++;
    group[strcspn(group, "\n")] = '\0';
    if (*list == '\0') {
        snprintf(mount, sizeof mount, "%s/unified", files->mounts);
        heed(files->mounts, group, of_version_2, least);
        heed(mount, group, of_version_2, least);
        return;
    }
    if (!has_controller(list, controller))
        return;
    snprintf(mount, sizeof mount, "%s/%s", files->mounts, list);
    heed(mount, group, of_version_1, least);
    snprintf(mount, sizeof mount, "%s/%s", files->mounts, controller);
    heed(mount, group, of_version_1, least);
}

static void find_limit(const td_cgroup_files *files, const char *controller,
                       read_limit *of_version_1, read_limit *of_version_2, limit_found *least)
{
    char line[PATH_MAX];
    least->value = 0;
    FILE *groups = fopen(files->groups, "re");
    if (!groups)
        return;
    while (fgets(line, sizeof line, groups))
        heed_line(files, line, controller, of_version_1, of_version_2, least);
    fclose(groups);
}

double td_cgroup_cores(const td_cgroup_files *files)
{
    limit_found least;
    find_limit(files, "cpu", cores_of_version_1, cores_of_version_2, &least);
    return least.value;
}

int64_t td_cgroup_memory(const td_cgroup_files *files, char folder[TD_CGROUP_PATH])
{
    limit_found least;
    find_limit(files, "memory", memory_of_version_1, memory_of_version_2, &least);
    if (folder && least.value > 0)
        memcpy(folder, least.folder, sizeof least.folder);
    return (int64_t)least.value;
}
