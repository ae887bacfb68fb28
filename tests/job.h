/* Cases of one Criterion program that share a job: to start MPI under a launcher costs more than
 * most cases do, and a process may start it once.
 *
 * A program of add_mpi_test has MPI_SUITE(suite) once and MPI_TEST(suite, name) instead of
 * Criterion's Test. Its cases run in the order of the file, or the one that TANDEM_CASE names
 * alone; the first that fails ends them, and the last one begun is the one that standard error
 * names last.
 */
#ifndef TANDEM_TESTS_JOB_H
#define TANDEM_TESTS_JOB_H

#include "tandem/comm.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOB_CASES = 32, JOB_SECONDS = 280 };

static struct {
    size_t count;
    struct {
        const char *name;
        void (*run)(void);
    } of[JOB_CASES];
} job_cases;

static td_comm *job_ranks;

/* The job's communicator, started by the first call. */
static inline td_comm *job_comm(void)
{
    if (!job_ranks)
        job_ranks = td_comm_start();
    return job_ranks;
}

static inline void job_add_case(const char *name, void (*run)(void))
{
    if (job_cases.count == JOB_CASES)
        abort();
    job_cases.of[job_cases.count].name = name;
    job_cases.of[job_cases.count++].run = run;
}

static inline void job_run_cases(void)
{
    const char *only = getenv("TANDEM_CASE");
    bool ran = false;
    for (size_t i = 0; i < job_cases.count; i++) {
        if (only && strcmp(only, job_cases.of[i].name) != 0)
            continue;
        if (td_comm_rank(job_comm()) == 0)
            fprintf(stderr, "case %s\n", job_cases.of[i].name);
        job_cases.of[i].run();
        ran = true;
    }
    cr_assert(ran, "there is no case '%s'", only ? only : "");
    td_comm_stop(job_ranks);
}

#define MPI_SUITE(suite)                                                                           \
    TestSuite(suite, .timeout = JOB_SECONDS);                                                      \
    Test(suite, every_case)                                                                        \
    {                                                                                              \
        job_run_cases();                                                                           \
    }

#define MPI_TEST(suite, name)                                                                      \
    static void suite##_##name(void);                                                              \
    __attribute__((constructor)) static void suite##_##name##_is_a_case(void)                      \
    {                                                                                              \
        job_add_case(#name, suite##_##name);                                                       \
    }                                                                                              \
    static void suite##_##name(void)

#endif
