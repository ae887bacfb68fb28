/* How many threads work where others want the cores, window by window. */
#include "run/company.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

TestSuite(company, .timeout = 10);

static const double window = 0.05;

/* What a thread of so many has on a machine of two cores that others keep so many threads busy on.
 */
static td_run_time share(int threads, int others)
{
    enum { WINDOW = 50000000 };
    const int wanted = threads + others, cores = 2;
    const int64_t ran = wanted > cores ? WINDOW / wanted * cores : WINDOW;
    return (td_run_time){ran, WINDOW - ran};
}

Test(company, cores_are_a_share_of_the_threads)
{
    cr_assert_eq(td_company_cores(2, (td_run_time){100, 0}), 2);
    cr_assert_eq(td_company_cores(2, (td_run_time){76, 24}), 2);
    cr_assert_eq(td_company_cores(2, (td_run_time){74, 26}), 1);
    cr_assert_eq(td_company_cores(2, (td_run_time){1, 99}), 1);
    cr_assert_eq(td_company_cores(16, (td_run_time){50, 50}), 8);
    cr_assert_eq(td_company_cores(3, (td_run_time){0, 0}), 3);
}

/* Two threads, and another program's two for ten seconds in the middle. */
Test(company, comes_and_goes)
{
    td_company c = {.most = 2, .threads = 2, .patience = 0.25};
    int in_vain = 0;
    double now = 0;
    for (int i = 0; i < 100; i++, now += window) {
        td_company_decide(&c, share(c.threads, 0), now);
        cr_assert_eq(c.threads, 2);
    }
    for (int i = 0; i < 200; i++, now += window) {
        td_company_decide(&c, share(c.threads, 2), now);
        cr_assert(c.threads == 1 || c.is_trying);
        in_vain += c.is_trying;
    }
    cr_assert(in_vain >= 3 && in_vain <= 6, "%d tries of two threads", in_vain);
    for (int i = 0; i < 100; i++, now += window)
        td_company_decide(&c, share(c.threads, 0), now);
    cr_assert_eq(c.threads, 2);
    cr_assert_not(c.is_trying);
}

/* Many threads on few cores come down at once, and one of a thread stays one. */
Test(company, of_too_many_threads)
{
    td_company many = {.most = 16, .threads = 16, .patience = 0.25},
               one = {.most = 1, .threads = 1};
    td_company_decide(&many, share(16, 0), 1);
    cr_assert_eq(many.threads, 2);
    td_company_decide(&one, share(1, 30), 1);
    cr_assert_eq(one.threads, 1);
}

/* A try of three where two have cores is in vain, and the next ones are rarer. */
Test(company, tries_in_vain_are_rarer)
{
    td_company c = {.most = 3, .threads = 3, .patience = 0.25};
    int in_vain = 0;
    double now = 0;
    for (int i = 0; i < 200; i++, now += window) {
        td_company_decide(&c, share(c.threads, 0), now);
        in_vain += c.is_trying;
    }
    cr_assert(in_vain >= 3 && in_vain <= 6, "%d tries of three threads", in_vain);
    cr_assert(c.threads == 2 || c.is_trying);
}

Test(company, is_not_heeded_where_somebody_decided)
{
    static const char *const names[] = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_DYNAMIC"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    const bool is_told = access("/proc/thread-self/schedstat", R_OK) == 0;
    cr_assert_eq(td_company_start(2).is_heeded, is_told);
    cr_assert_not(td_company_start(1).is_heeded);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv(names[i], "passive", 1);
        cr_assert_not(td_company_start(2).is_heeded);
        unsetenv(names[i]);
    }
}
