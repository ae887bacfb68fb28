/* Company: other processes, or a quota, that this process's threads share their cores with.
 *
 * Threads that meet after every piece of work wait for the one that has no core just now, and those
 * that spin as they wait take it from others. So a rank heeds company: it works with as many
 * threads as had cores lately, by the time for which its main thread ran and that for which it was
 * kept waiting
 * (/proc/thread-self/schedstat), as its other threads are, and tries more now and then. Results do
 * not depend on it.
 *
 * All functions are Local, and of a process's main thread. */
#ifndef TD_RUN_COMPANY_H
#define TD_RUN_COMPANY_H

#include <stdbool.h>
#include <stdint.h>

/* What a thread had by now, in nanoseconds. */
typedef struct {
    int64_t ran;
    int64_t kept_waiting;
} td_run_time;

/* Returns what the calling thread had; zeros where the system does not tell. */
td_run_time td_run_time_now(void);

typedef struct {
    int most;    /* threads */
    int threads; /* at present; most where company is not heeded */
    bool is_heeded;
    bool is_trying; /* more than had cores before: */
    int before;
    double begin;      /* of the present window */
    double try_at;     /* when more are tried */
    double patience;   /* between two tries, in seconds */
    td_run_time until; /* the window's begin */
} td_company;

/* Begins with so many threads. Where OMP_WAIT_POLICY, GOMP_SPINCOUNT or OMP_DYNAMIC is set,
 * somebody has decided how threads wait, or that there be so many: they stay. So they do where
 * OMP_PROC_BIND gives them cores, and where the system does not tell. */
td_company td_company_start(int most);

/* To be called between pieces of work. Sets OpenMP's number of threads once a window has passed. */
void td_company_heed(td_company *company);

/* All threads work from now on, for what is no step; and as before it again. */
void td_company_leave(const td_company *company);
void td_company_return(td_company *company);

/* The same of a window that has passed, without OpenMP: sets threads by what this thread had during
 * it. now is in seconds. */
void td_company_decide(td_company *company, td_run_time during, double now);

/* Returns how many of so many threads had cores, each of which ran and was kept waiting so long: at
 * least 1, at most all. */
int td_company_cores(int threads, td_run_time during);

#endif
