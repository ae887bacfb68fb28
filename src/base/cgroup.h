/* What a container, a batch system or a service leaves a process of the machine: the limits of its
 * control groups, of version 1 or 2, those of the groups above included.
 *
 * All functions are Local. Source: https://docs.kernel.org/admin-guide/cgroup-v2.html and
 * cgroup-v1/memory.html, scheduler/sched-bwc.html. */
#ifndef TD_BASE_CGROUP_H
#define TD_BASE_CGROUP_H

#include <stdint.h>

/* Where to read, for tests; the process's own: td_cgroup_here. */
typedef struct {
    const char *groups; /* "/proc/self/cgroup": which groups the process is in */
    const char *mounts; /* "/sys/fs/cgroup" */
} td_cgroup_files;

extern const td_cgroup_files td_cgroup_here;

/* Returns the cores whose time may be used, 1.5 say; 0 where there is no limit. */
double td_cgroup_cores(const td_cgroup_files *files);

/* Returns the bytes of memory that may be used; 0 where there is no limit. Sets folder, unless
 * NULL, to that of the group whose limit it is: all processes in and below it share it. */
enum { TD_CGROUP_PATH = 4096 };
int64_t td_cgroup_memory(const td_cgroup_files *files, char folder[TD_CGROUP_PATH]);

#endif
