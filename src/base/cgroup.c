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
    return is_limited && quota > 0 && period > 0 ? (double)quota / (double)period : 0;
}

static double cores_of_version_1(const char *folder)
{
    const double quota = read_number(folder, "cpu.cfs_quota_us"); /* -1: none */
    const double period = read_number(folder, "cpu.cfs_period_us");
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

static double smaller_limit(double a, double b)
{
    return a <= 0 || (b > 0 && b < a) ? b : a;
}

/* The least limit of a group, "/a/b", and those above it, up to the mount's own. */
static double least(const char *mount, const char *group, read_limit *read)
{
    char folder[PATH_MAX];
    double limit = 0;
    if (snprintf(folder, sizeof folder, "%s%s", mount, group) >= (int)sizeof folder)
        return 0;
    for (char *end = folder + strlen(folder); end >= folder + strlen(mount);
         end = strrchr(folder, '/')) {
        *end = '\0';
        limit = smaller_limit(limit, read(folder));
    }
    return limit;
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
static double limit_of_line(const td_cgroup_files *files, char *line, const char *controller,
                            read_limit *of_version_1, read_limit *of_version_2)
{
    char mount[PATH_MAX];
    char *list = strchr(line, ':'), *group = list ? strchr(list + 1, ':') : NULL;
    if (!group)
        return 0;
    *group++ = '\0';
    list++;
    group[strcspn(group, "\n")] = '\0';
    if (*list == '\0') {
        snprintf(mount, sizeof mount, "%s/unified", files->mounts);
        return smaller_limit(least(files->mounts, group, of_version_2),
                             least(mount, group, of_version_2));
    }
    if (!has_controller(list, controller))
        return 0;
    snprintf(mount, sizeof mount, "%s/%s", files->mounts, list);
    const double limit = least(mount, group, of_version_1);
    snprintf(mount, sizeof mount, "%s/%s", files->mounts, controller);
    return smaller_limit(limit, least(mount, group, of_version_1));
}

static double find_limit(const td_cgroup_files *files, const char *controller,
                         read_limit *of_version_1, read_limit *of_version_2)
{
    char line[PATH_MAX];
    double limit = 0;
    FILE *groups = fopen(files->groups, "re");
    if (!groups)
        return 0;
    while (fgets(line, sizeof line, groups))
        limit = smaller_limit(limit,
                              limit_of_line(files, line, controller, of_version_1, of_version_2));
    fclose(groups);
    return limit;
}

double td_cgroup_cores(const td_cgroup_files *files)
{
    return find_limit(files, "cpu", cores_of_version_1, cores_of_version_2);
}

int64_t td_cgroup_memory(const td_cgroup_files *files)
{
    return (int64_t)find_limit(files, "memory", memory_of_version_1, memory_of_version_2);
}
