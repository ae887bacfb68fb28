/* What a process may take, by the kernel's files and in folders that stand for them. */
#include "base/memory_room.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

TestSuite(memory_room, .timeout = 10);

static const td_cgroup_files files = {"groups", "mount"};

static void enter_group(const char *limit)
{
    char folder[] = "/tmp/room-XXXXXX", command[256];
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    snprintf(
        command, sizeof command,
        "mkdir -p mount/job/step && echo 0::/job/step >groups && echo %s >mount/job/memory.max && "
        "echo 0 >mount/job/memory.swap.max",
        limit);
    cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}

Test(memory_room, is_what_machine_and_group_tell)
{
    enter_group("1073741824");
    const td_memory_room room = td_memory_room_find(&files);
    cr_assert(room.available > 1 << 20 && room.available < INT64_MAX);
    cr_assert(room.own > 1 << 12 && room.own < (int64_t)1 << 40);
    cr_assert_eq(room.limit, 1073741824);
    cr_assert_not_null(strstr(room.group, "mount/job"));
    cr_assert_null(strstr(room.group, "step"));
}

/* Swap is no part of a group's limit, and comes on top where there is any. */
Test(memory_room, of_a_group_has_its_swap)
{
    enter_group("1073741824");
    const int64_t without = td_memory_room_find(&files).limit;
    cr_assert_eq(system("echo max >mount/job/memory.swap.max"), 0); /* NOLINT(cert-env33-c) */
    const int64_t with = td_memory_room_find(&files).limit;
    FILE *file = fopen("/proc/meminfo", "r");
    char line[256];
    int64_t kilo = 0;
    while (kilo == 0 && fgets(line, sizeof line, file))
        if (sscanf(line, "SwapFree: %" SCNd64, &kilo) == 1)
            break;
    fclose(file);
    cr_assert_geq(with, without);
    cr_assert((with > without) == (kilo > 0), "%" PRId64 " kB of swap are free", kilo);
}

Test(memory_room, has_no_limit_without_one)
{
    enter_group("max");
    const td_memory_room room = td_memory_room_find(&files);
    cr_assert_eq(room.limit, INT64_MAX);
    cr_assert_str_eq(room.group, "");
}

Test(memory_room, is_bounded_by_the_address_space)
{
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    const struct rlimit little = {(rlim_t)1 << 45, RLIM_INFINITY}; /* the sanitizer's is below */
    enter_group("max");
    setrlimit(RLIMIT_AS, &unlimited);
    cr_assert_eq(td_memory_room_find(&files).space, INT64_MAX);
    cr_assert_eq(setrlimit(RLIMIT_AS, &little), 0);
    cr_assert(td_memory_room_find(&files).space < (int64_t)1 << 45);
}
