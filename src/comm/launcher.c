#include "comm/launcher.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int td_launcher_rank(void)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                            "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *rank = getenv(variables[i]);
        if (rank)
            return atoi(rank);
    }
    return -1;
}

/* mpirun within a job of Slurm knows better than Slurm, whose step is then that of its daemons. */
int td_launcher_size(void)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS",
                                            "PMI_SIZE"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *size = getenv(variables[i]);
        if (size)
            return atoi(size);
    }
    return 1;
}

/* PRRTE, the launcher of Open MPI 5. Its version is not told to a rank. Up to 3.0.11 (Open
 * MPI 5.0.8) it repeats what a rank is slow to read, and up to 3.0.13 (5.0.10) at least where the
 * rank is on another node than mpirun. */
static bool is_prrte(void)
{
    const char *job = getenv("PMIX_NAMESPACE");
    return getenv("PRTE_LAUNCHED") || (job && strncmp(job, "prte", 4) == 0);
}

td_launcher_input td_launcher_input_of(void)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};
    if (is_prrte())
        return TD_INPUT_REPEATED;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (getenv(variables[i]))
            return TD_INPUT_HANDED_ON;
    return TD_INPUT_DIRECT;
}

/* Other launchers than PRRTE end a rank by a thread of their library's; and one that starts
 * processes from a thread that ends, which Linux takes for the parent, would kill them. */
void td_launcher_end_with_it(void)
{
    const pid_t parent = getppid();
    if (!is_prrte())
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it ended before */
        raise(SIGKILL);
}

bool td_launcher_has_terminal(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") != NULL;
}

void td_launcher_spare_alone(void)
{
    static const char *const settings[][2] = {
        {"OMPI_MCA_pml", "ob1"},                  /* no search for networks */
        {"OMPI_MCA_ess_singleton_isolated", "1"}, /* no daemon; Open MPI 5 has none */
        /* Processes alone would share a folder, and one that ends remove another's. */
        {"OMPI_MCA_orte_create_session_dirs", "0"},
    };
    if (td_launcher_rank() >= 0)
        return;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        setenv(settings[i][0], settings[i][1], 0);
}
