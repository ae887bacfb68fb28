/* Runs hostile files through a reader in this process, one after the other, each under a limit of
 * time, and says which one a crash was in. */
#ifndef TESTS_CHAOS_CASES_H
#define TESTS_CHAOS_CASES_H

#include "../store/shared.h"
#include "mutations.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CASE_SECONDS = 20, PEAK_MEGABYTES = 1024 };

/* Reads the file at path, which may be anything, and digests all that it gave. */
typedef td_status case_reader(td_comm *comm, const char *path, uint64_t *digest);

static char case_name[64];

static inline void say_case(int number)
{
    ssize_t ignored = write(STDERR_FILENO, case_name, strlen(case_name));
    (void)ignored;
    signal(number, SIG_DFL);
    raise(number);
}

static inline void watch_signals(void)
{
    static const int signals[] = {SIGALRM, SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], say_case);
}

/* A file that was damaged gives an error that names it, or exactly what it gave before. A forged
 * one may give anything but a crash, a hang, or a hunger for memory. */
static inline td_status run_case(td_comm *comm, mutation_kind kind, int number, const char *path,
                                 uint64_t expected, case_reader *read)
{
    uint64_t digest = 0;
    snprintf(case_name, sizeof case_name, "in %s %d\n",
             kind == MUTATION_DAMAGE ? "damage" : "forgery", number);
    alarm(CASE_SECONDS);
    td_status status = read(comm, path, &digest);
    alarm(0);
    if (status != TD_OK)
        cr_assert(strstr(td_message(), path), "%s: %s", case_name, td_message());
    else if (kind == MUTATION_DAMAGE)
        cr_assert_eq(digest, expected, "%s: other values, and no error", case_name);
    return status;
}

/* TANDEM_MUTATIONS: how many instead; TANDEM_MUTATION: the first one. */
static inline int number_from(const char *variable, int otherwise)
{
    const char *text = getenv(variable);
    return text ? atoi(text) : otherwise;
}

static inline void run_cases(td_comm *comm, mutation_kind kind, const char *folder,
                             const char *good, case_reader *read)
{
    const char *path = in_folder(folder, "case.h5");
    int first = number_from("TANDEM_MUTATION", 0), refused = 0;
    int count = number_from("TANDEM_MUTATIONS", kind == MUTATION_DAMAGE ? 1000 : 300);
    uint64_t expected = 0;
    mutation_source *source = mutation_source_load(good);
    cr_assert(source && mutation_source_blocks(source) > 10, "HDF5's blocks are not found");
    cr_assert(rename(good, path) == 0 && read(comm, path, &expected) == TD_OK, "%s", td_message());
    watch_signals();
    for (int i = first; i < first + count; i++) {
        cr_assert(mutation_write(source, kind, (uint64_t)i, path));
        refused += run_case(comm, kind, i, path, expected, read) != TD_OK;
    }
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("%d cases, %d refused, the others as they were; at most %ld MB\n", count, refused,
           use.ru_maxrss / 1024);
    cr_assert_lt(use.ru_maxrss, 1024L * PEAK_MEGABYTES);
    cr_assert(count < 100 || refused > count / 3, "hardly any case is a real one");
    mutation_source_free(source);
}

#endif
