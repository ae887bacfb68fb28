/* Limits of control groups, in folders that stand for the kernel's. */
#include "base/cgroup.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TestSuite(cgroup, .timeout = 10);

static void write_file(const char *path, const char *text)
{
    char command[256];
    snprintf(command, sizeof command, "mkdir -p \"$(dirname %s)\"", path);
    cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c) */
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static const td_cgroup_files files = {"groups", "mount"};

static void enter_folder(void)
{
    char folder[] = "/tmp/cgroup-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

Test(cgroup, without_groups_there_is_no_limit)
{
    enter_folder();
    cr_assert_eq(td_cgroup_cores(&files), 0);
    cr_assert_eq(td_cgroup_memory(&files, NULL), 0);
}

Test(cgroup, version_2_has_the_least_of_the_groups_above)
{
    enter_folder();
    write_file("groups", "0::/job/step\n");
    write_file("mount/job/step/cpu.max", "max 100000\n");
    write_file("mount/job/step/memory.max", "2147483648\n");
    cr_assert_eq(td_cgroup_cores(&files), 0);
    write_file("mount/job/cpu.max", "150000 100000\n");
    write_file("mount/job/memory.max", "1073741824\n");
    cr_assert_eq(td_cgroup_cores(&files), 1.5);
    char folder[TD_CGROUP_PATH];
    cr_assert_eq(td_cgroup_memory(&files, folder), 1073741824);
    cr_assert_str_eq(folder, "mount/job");
    write_file("mount/job/step/cpu.max", "50000 100000\n");
    cr_assert_eq(td_cgroup_cores(&files), 0.5);
    write_file("mount/cpu.max", "20000 100000\n"); /* a container's own root */
    cr_assert_eq(td_cgroup_cores(&files), 0.2);
}

Test(cgroup, version_1_has_a_mount_for_each_controller)
{
    enter_folder();
    write_file("groups", "4:memory:/a\n3:cpu,cpuacct:/a/b\n1:cpuset:/\n0::/\n");
    write_file("mount/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n");
    write_file("mount/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n");
    write_file("mount/memory/memory.limit_in_bytes", "9223372036854771712\n");
    cr_assert_eq(td_cgroup_cores(&files), 0);
    cr_assert_eq(td_cgroup_memory(&files, NULL), 0);
    write_file("mount/cpu,cpuacct/a/cpu.cfs_quota_us", "200000\n");
    write_file("mount/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
    write_file("mount/memory/a/memory.limit_in_bytes", "4096\n");
    cr_assert_eq(td_cgroup_cores(&files), 2);
    cr_assert_eq(td_cgroup_memory(&files, NULL), 4096);
    write_file("mount/cpu/cpu.cfs_quota_us", "100000\n"); /* by the controller's own name */
    write_file("mount/cpu/cpu.cfs_period_us", "100000\n");
    cr_assert_eq(td_cgroup_cores(&files), 1);
}
