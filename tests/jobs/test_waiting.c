/* The program's own sched_yield: it is what shared libraries call, and a long wait sleeps. */
#include "waiting.h"

#include "base/timer.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

Test(waiting, is_what_libraries_find)
{
    Dl_info found;
    cr_assert(dladdr(dlsym(RTLD_DEFAULT, "sched_yield"), &found));
    cr_assert_null(strstr(found.dli_fname, ".so"), "%s", found.dli_fname);
}

/* Sleeps of 20 microseconds and more; on an idle core a yield takes less than one. */
Test(waiting, sleeps_when_it_takes_long)
{
    const double end = td_seconds() + 0.1;
    long calls = 0;
    for (; td_seconds() < end; calls++)
        sched_yield();
    cr_assert_lt(calls, 1500, "%ld calls in 0.1 s", calls);
}

Test(waiting, leaves_what_the_user_has_set)
{
    setenv("OMPI_MCA_mpi_yield_when_idle", "0", 1);
    waiting_start();
    cr_assert_str_eq(getenv("OMPI_MCA_mpi_yield_when_idle"), "0");
}
