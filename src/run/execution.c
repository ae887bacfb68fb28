/* Affinity masks, compared between the ranks of a node. */
#include "run/execution.h"

#include "base/log.h"
#include "base/memory.h"

#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a rank tells the others of where it may run. */
typedef struct {
    int node;
    cpu_set_t mask;
} placement;

static placement my_placement(const td_comm *comm)
{
    placement mine;
    memset(&mine, 0, sizeof mine);
    mine.node = td_comm_node(comm);
    CPU_ZERO(&mine.mask);
    if (sched_getaffinity(0, sizeof mine.mask, &mine.mask) != 0) /* more than 1,024 cores */
        for (int core = 0; core < CPU_SETSIZE; core++)
            CPU_SET((size_t)core, &mine.mask);
    return mine;
}

static int count_sharers(const placement *all, size_t ranks, const placement *mine)
{
    int sharers = 0;
    for (size_t r = 0; r < ranks; r++)
        sharers += all[r].node == mine->node && CPU_EQUAL(&all[r].mask, &mine->mask);
    return sharers;
}

/* The cores that the job was given on this node: Slurm's word, or all that are on line. */
static int cores_on_node(void)
{
    const char *slurm = getenv("SLURM_CPUS_ON_NODE");
    int cores = slurm ? atoi(slurm) : 0;
    return cores > 0 ? cores : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

static void warn_of_idle_cores(const td_comm *comm, const placement *all, size_t ranks,
                               const placement *mine)
{
    cpu_set_t used;
    CPU_ZERO(&used);
    for (size_t r = 0; r < ranks; r++)
        if (all[r].node == mine->node)
            CPU_OR(&used, &used, &all[r].mask);
    int cores = cores_on_node();
    if (CPU_COUNT(&used) < cores)
        td_warn("%d of %d cores of %s stay idle, since ranks are bound to the others: try "
                "`mpirun --bind-to none`, or more ranks",
                cores - CPU_COUNT(&used), cores, td_comm_host(comm));
}

static int threads_of_mask(td_comm *comm)
{
    size_t ranks;
    placement mine = my_placement(comm);
    placement *all = td_comm_allgatherv(comm, &mine, 1, sizeof mine, &ranks);
    int sharers = count_sharers(all, ranks, &mine);
    TD_ASSERT(sharers > 0); /* this rank itself is one */
    int threads = CPU_COUNT(&mine.mask) / sharers;
    warn_of_idle_cores(comm, all, ranks, &mine);
    td_free(all);
    return threads > 0 ? threads : 1;
}

static void check_threads(void)
{
#pragma omp parallel
    TD_ASSERT(td_kernels_thread_is_sound());
}

td_status td_execution_start(td_comm *comm, int threads, const char *isa, bool openblas,
                             td_kernels *kernels)
{
    td_status status = td_kernels_find(isa, openblas, kernels);
    int automatic = threads_of_mask(comm);
    omp_set_num_threads(threads > 0 ? threads : automatic);
    check_threads();
    return td_comm_agree(comm, status);
}
