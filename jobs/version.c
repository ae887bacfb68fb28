#include "version.h"

#include "base/commit.h"
#include "base/memory.h"
#include "comm/comm.h"
#include "math/kernels.h"
#include "math/openblas.h"
#include "store/file.h"
#include "tandem/version.h"

#include <stdio.h>
#include <string.h>

/* The line of /proc/cpuinfo; Arm's have none. The caller frees it. */
static char *cpu_name(void)
{
    char line[256], name[200] = "unknown";
    FILE *info = fopen("/proc/cpuinfo", "r");
    while (info && fgets(line, sizeof line, info))
        if (sscanf(line, "model name : %199[^\n]", name) == 1)
            break;
    if (info)
        fclose(info);
    return td_copy_text(name);
}

/* Loads it, as what asks for it would. The caller frees the text. */
static char *openblas_text(void)
{
    if (td_openblas_load() != TD_OK)
        return td_copy_text(td_message());
    const td_openblas *openblas = td_openblas_loaded();
    return td_print_text("kernels for %s%s (%s)", openblas->core_name(),
                         td_openblas_is_behind() ? ", which are behind this CPU" : "",
                         openblas->config());
}

static void print_and_free(const char *what, char *text)
{
    printf("%-10s %s\n", what, text);
    td_free(text);
}

void print_version(bool verbose)
{
    printf("tandem %s\n", td_version());
    if (!verbose)
        return;
    print_and_free("commit", td_copy_text(td_commit()));
    print_and_free("MPI", td_comm_library());
    print_and_free("HDF5", td_file_library());
    print_and_free("OpenBLAS", openblas_text());
    print_and_free("CPU", cpu_name());
    print_and_free("kernels", td_kernels_names());
    print_and_free("compiler", td_copy_text(TD_COMPILER));
}
