/* Windows, and what is made of them. */
#include "run/company.h"

#include "base/range.h"
#include "base/timer.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

/* In seconds. A try lasts a window, and is the rarer the more often it was in vain. */
static const double window = 0.05, first_patience = 0.25, last_patience = 4;

td_run_time td_run_time_now(void)
{
    td_run_time mine = {0}, found;
    FILE *file = fopen("/proc/thread-self/schedstat", "r");
    if (!file)
        return mine;
    if (fscanf(file, "%" SCNd64 " %" SCNd64, &found.ran, &found.kept_waiting) == 2)
        mine = found;
    fclose(file);
    return mine;
}

static void begin_window(td_company *c, double now)
{
    c->begin = now;
    c->until = td_run_time_now();
}

td_company td_company_start(int most)
{
    td_company c = {.most = most, .threads = most, .patience = first_patience};
    const bool is_decided = getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT") ||
                            getenv("OMP_DYNAMIC") || omp_get_proc_bind() != omp_proc_bind_false;
    begin_window(&c, td_seconds());
    c.is_heeded = most > 1 && !is_decided && c.until.ran > 0;
    return c;
}

int td_company_cores(int threads, td_run_time during)
{
    const double wanted = (double)during.ran + (double)during.kept_waiting;
    if (wanted <= 0)
        return threads;
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): clang 19's does not see the condition */
    const int cores = (int)lround(threads * ((double)during.ran / wanted));
    return cores > 1 ? cores : 1;
}

/* What a try showed decides when the next one is. */
static void use(td_company *c, int threads, double now)
{
    if (threads < c->threads || c->is_trying) {
        const bool is_worth_it = c->is_trying && threads > c->before;
        c->patience = is_worth_it ? first_patience : fmin(2 * c->patience, last_patience);
        c->try_at = now + c->patience;
    }
    c->is_trying = false;
    c->threads = threads;
}

void td_company_decide(td_company *c, td_run_time during, double now)
{
    const int before = c->threads;
    use(c, td_company_cores(c->threads, during), now);
    if (c->threads == before && c->threads < c->most && now >= c->try_at) {
        c->before = before;
        c->threads = 2 * c->threads < c->most ? 2 * c->threads : c->most;
        c->is_trying = true;
    }
}

void td_company_heed(td_company *c)
{
    const double now = c->is_heeded ? td_seconds() : 0;
    if (!c->is_heeded || now - c->begin < window)
        return;
    const td_run_time then = c->until;
    const int before = c->threads;
    begin_window(c, now);
    const td_run_time during = {c->until.ran - then.ran, c->until.kept_waiting - then.kept_waiting};
    td_company_decide(c, during, now);
    if (c->threads != before)
        omp_set_num_threads(c->threads);
}

void td_company_leave(const td_company *c)
{
    if (c->is_heeded)
        omp_set_num_threads(c->most);
}

void td_company_return(td_company *c)
{
    if (!c->is_heeded)
        return;
    omp_set_num_threads(c->threads);
    begin_window(c, td_seconds());
}
