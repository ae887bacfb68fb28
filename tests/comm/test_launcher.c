/* Whether a launcher started this process, and what one that is alone does without. */
#include "comm/launcher.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void alone(void)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_RANK",
                                            "OMPI_COMM_WORLD_SIZE",
                                            "PRTE_LAUNCHED",
                                            "PMIX_NAMESPACE",
                                            "PMIX_RANK",
                                            "PMI_RANK",
                                            "SLURM_PROCID",
                                            "OMPI_MCA_pml",
                                            "OMPI_MCA_ess_singleton_isolated",
                                            "OMPI_MCA_orte_create_session_dirs"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
}

TestSuite(launcher, .init = alone);

Test(launcher, tells_the_rank)
{
    cr_assert_eq(td_launcher_rank(), -1);
    setenv("SLURM_PROCID", "3", 1);
    cr_assert_eq(td_launcher_rank(), 3);
    setenv("OMPI_COMM_WORLD_RANK", "0", 1); /* mpirun within a Slurm job: its word counts */
    cr_assert_eq(td_launcher_rank(), 0);
}

/* A launcher that starts a rank and is gone. Returns whether the rank is there some time later. */
static bool outlives_launcher(void)
{
    int ends[2], started[2];
    char rank;
    cr_assert(pipe(ends) == 0 && pipe(started) == 0);
    const pid_t launcher = fork();
    if (launcher == 0) {
        if (fork() == 0) {
            td_launcher_end_with_it();
            cr_assert_eq(write(started[1], "", 1), 1);
            usleep(500 * 1000);
            _exit(write(ends[1], "", 1) != 1);
        }
        _exit(read(started[0], &rank, 1) != 1);
    }
    cr_assert_eq(waitpid(launcher, NULL, 0), launcher);
    close(ends[1]);
    const bool is_there = read(ends[0], &rank, 1) == 1;
    close(ends[0]);
    close(started[0]);
    close(started[1]);
    return is_there;
}

Test(launcher, takes_ranks_along_where_only_mpi_would_notice)
{
    cr_assert(outlives_launcher());
    setenv("PRTE_LAUNCHED", "1", 1);
    cr_assert_not(outlives_launcher());
}

Test(launcher, tells_what_becomes_of_standard_input)
{
    cr_assert_eq(td_launcher_input_of(), TD_INPUT_DIRECT);
    setenv("SLURM_PROCID", "0", 1); /* a batch script has it too */
    cr_assert_eq(td_launcher_input_of(), TD_INPUT_DIRECT);
    setenv("PMIX_NAMESPACE", "slurm.pmix.17.0", 1);
    setenv("PMIX_RANK", "0", 1);
    cr_assert_eq(td_launcher_input_of(), TD_INPUT_HANDED_ON);
    setenv("PMIX_NAMESPACE", "prterun-node1-27855@1", 1);
    cr_assert_eq(td_launcher_input_of(), TD_INPUT_REPEATED);
    unsetenv("PMIX_NAMESPACE");
    setenv("PRTE_LAUNCHED", "1", 1);
    cr_assert_eq(td_launcher_input_of(), TD_INPUT_REPEATED);
}

Test(launcher, one_alone_wants_no_network)
{
    td_launcher_spare_alone();
    cr_assert_str_eq(getenv("OMPI_MCA_pml"), "ob1");
    cr_assert_str_eq(getenv("OMPI_MCA_ess_singleton_isolated"), "1");
    cr_assert_str_eq(getenv("OMPI_MCA_orte_create_session_dirs"), "0");
}

Test(launcher, what_the_user_set_stays)
{
    setenv("OMPI_MCA_pml", "cm", 1);
    td_launcher_spare_alone();
    cr_assert_str_eq(getenv("OMPI_MCA_pml"), "cm");
}

Test(launcher, under_a_launcher_nothing_is_set)
{
    setenv("PMIX_RANK", "0", 1);
    td_launcher_spare_alone();
    cr_assert_null(getenv("OMPI_MCA_pml"));
    cr_assert_null(getenv("OMPI_MCA_ess_singleton_isolated"));
}
