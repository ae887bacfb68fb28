/* Affinity masks, compared between the ranks of a node, and what says otherwise. */
#include "run/execution.h"

#include "base/cgroup.h"
#include "base/log.h"
#include "base/memory.h"
#include "comm/launcher.h"
#include "math/openblas.h"

#include <math.h>
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

/* A rank among those of its node. */
typedef struct {
    cpu_set_t mask; /* of the process */
    int ranks;      /* on the node */
    int sharers;    /* of them, those with this mask */
    cpu_set_t used; /* by any of them */
} neighborhood;

/* The cores of OpenMP's places: where OMP_PROC_BIND or OMP_PLACES is set, the library has bound
 * this thread to one of them, and they are what the process was given. */
static void add_places(cpu_set_t *mask)
{
    for (int place = 0; place < omp_get_num_places(); place++) {
        const int count = omp_get_place_num_procs(place);
        int *cores = TD_NEW(int, (size_t)count);
        omp_get_place_proc_ids(place, cores);
        for (int i = 0; i < count; i++)
            CPU_SET((size_t)cores[i], mask);
        td_free(cores);
    }
}

static placement my_placement(const td_comm *comm)
{
    placement mine;
    memset(&mine, 0, sizeof mine);
    mine.node = td_comm_node(comm);
    CPU_ZERO(&mine.mask);
    if (sched_getaffinity(0, sizeof mine.mask, &mine.mask) != 0) /* more than 1,024 cores */
        for (int core = 0; core < CPU_SETSIZE; core++)
            CPU_SET((size_t)core, &mine.mask);
    add_places(&mine.mask);
    return mine;
}

/* C */
static neighborhood find_neighborhood(td_comm *comm)
{
    size_t ranks;
    placement mine = my_placement(comm);
    placement *all = td_comm_allgatherv(comm, &mine, 1, sizeof mine, &ranks);
    neighborhood here = {.mask = mine.mask};
    CPU_ZERO(&here.used);
    for (size_t r = 0; r < ranks; r++) {
        if (all[r].node != mine.node)
            continue;
        here.ranks++;
        here.sharers += CPU_EQUAL(&all[r].mask, &mine.mask);
        CPU_OR(&here.used, &here.used, &all[r].mask);
    }
    td_free(all);
    TD_ASSERT(here.sharers > 0); /* this rank itself is one */
    return here;
}

static int at_least_one(double number)
{
    return number > 1 ? (int)number : 1;
}

/* A variable's number; 0 where it is not there, or says none. */
static int number_of(const char *variable)
{
    const char *text = getenv(variable);
    const long number = text ? strtol(text, NULL, 10) : 0;
    return number > 0 && number < 1 << 20 ? (int)number : 0;
}

/* What nobody decided: the cores of the mask over the ranks that share it, no more than Slurm's
 * word, nor than the quota of the control group, which the ranks of a node share. */
static td_threads automatic_threads(const neighborhood *here)
{
    const int slurm = number_of("SLURM_CPUS_PER_TASK");
    const double quota = td_cgroup_cores(&td_cgroup_here);
    const int most = quota > 0 ? at_least_one(ceil(quota / here->ranks)) : 1 << 20;
    td_threads threads = {at_least_one((double)CPU_COUNT(&here->mask) / here->sharers),
                          "affinity mask"};
    if (slurm > 0 && slurm < threads.count)
        threads = (td_threads){slurm, "SLURM_CPUS_PER_TASK"};
    if (threads.count > most)
        threads = (td_threads){most, "quota of the control group"};
    return threads;
}

static td_threads choose_threads(int asked, const neighborhood *here)
{
    td_threads threads = automatic_threads(here);
    if (number_of("OMP_NUM_THREADS") > 0)
        threads = (td_threads){number_of("OMP_NUM_THREADS"), "OMP_NUM_THREADS"};
    if (asked > 0)
        threads = (td_threads){asked, "--threads"};
    if (threads.count > omp_get_thread_limit())
        threads = (td_threads){omp_get_thread_limit(), "OMP_THREAD_LIMIT"};
    return threads;
}

/* The cores that the launcher may use here, and no rank may: it has bound them to others. */
static void warn_of_idle_cores(const td_comm *comm, const neighborhood *here)
{
    cpu_set_t given;
    if (td_launcher_rank() < 0 || sched_getaffinity(getppid(), sizeof given, &given) != 0)
        return;
    const int slurm = number_of("SLURM_CPUS_ON_NODE");
    const int cores = slurm > 0 ? slurm : CPU_COUNT(&given), used = CPU_COUNT(&here->used);
    if (used < cores)
        td_warn("%d of %d cores of %s stay idle, since ranks are bound to the others: try "
                "`mpirun --bind-to none`, or more ranks",
                cores - used, cores, td_comm_host(comm));
}

static void warn_of_few_cores(const td_comm *comm, const neighborhood *here, td_threads threads)
{
    const int cores = CPU_COUNT(&here->mask);
    if (here->sharers * threads.count <= cores || here->sharers > cores)
        return; /* so many ranks were asked for */
    td_warn("%d threads (%s) of each of %d ranks for %d cores of %s: fewer are not slower",
            threads.count, threads.by, here->sharers, cores, td_comm_host(comm));
}

/* Ranks with the same places would all sit on the first ones. */
static void unbind(const neighborhood *here)
{
    cpu_set_t mask = here->mask;
#pragma omp parallel
    sched_setaffinity(0, sizeof mask, &mask);
}

static void check_threads(void)
{
#pragma omp parallel
    TD_ASSERT(td_kernels_thread_is_sound());
}

static void warn_of_old_kernels(void)
{
    if (td_openblas_is_behind())
        td_warn("math.kernels: openblas: this OpenBLAS does not know this CPU and takes its "
                "kernels for "
                "%s, which are several times slower: set OPENBLAS_CORETYPE=Haswell in the "
                "environment of every rank, or take math.kernels: fixed",
                td_openblas_loaded()->core_name());
}

td_status td_execution_start(td_comm *comm, int asked, const char *isa, bool openblas,
                             td_kernels *kernels, td_threads *threads)
{
    const td_status status = td_kernels_find(isa, openblas, kernels);
    if (openblas && status == TD_OK)
        warn_of_old_kernels();
    const neighborhood here = find_neighborhood(comm);
    *threads = choose_threads(asked, &here);
    if (asked <= 0)
        warn_of_idle_cores(comm, &here);
    warn_of_few_cores(comm, &here, *threads);
    omp_set_num_threads(threads->count);
    if (here.sharers > 1 && omp_get_num_places() > 0)
        unbind(&here);
    check_threads();
    return td_comm_agree(comm, status);
}
