/* The handler does nothing but set a flag: all else is unsafe in one. The flags are lock-free
 * atomics, since a signal may reach any thread while another takes them. */
#include "tandem/signals.h"

#include "base/temporaries.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

enum { INTERRUPTED = 128 + SIGINT };

static atomic_uint pending;
static atomic_bool was_interrupted;

static const struct {
    int number;
    td_signal means;
} table[] = {
    {SIGUSR1, TD_SIGNAL_REQUEUE},  {SIGUSR2, TD_SIGNAL_SAVE},      {SIGTERM, TD_SIGNAL_TERMINATE},
    {SIGINT, TD_SIGNAL_INTERRUPT}, {SIGXCPU, TD_SIGNAL_CPU_LIMIT}, {SIGHUP, TD_SIGNAL_HANG_UP},
};

enum { SIGNALS = sizeof table / sizeof *table };

static void remember(int number)
{
    if (number == SIGINT && atomic_exchange(&was_interrupted, true)) {
        td_temporaries_remove();
        _exit(INTERRUPTED);
    }
    for (size_t i = 0; i < SIGNALS; i++)
        if (table[i].number == number)
            atomic_fetch_or(&pending, (unsigned)table[i].means);
}

/* What signals did before; of those that are not caught, nothing is changed. */
static struct {
    bool is_caught;
    struct sigaction before;
} caught[SIGNALS];

/* SA_RESTART: a file or MPI call that a signal interrupts goes on. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction old;
        if (caught[i].is_caught || sigaction(table[i].number, NULL, &old) != 0 ||
            old.sa_handler == SIG_IGN)
            continue;
        caught[i].before = old;
        caught[i].is_caught = sigaction(table[i].number, &action, NULL) == 0;
    }
}

static void forget(void)
{
    atomic_store(&pending, 0);
    atomic_store(&was_interrupted, false);
}

void td_signals_start(void)
{
    forget();
    catch_signals();
}

void td_signals_stop(void)
{
    for (size_t i = 0; i < SIGNALS; i++)
        if (caught[i].is_caught && sigaction(table[i].number, &caught[i].before, NULL) == 0)
            caught[i].is_caught = false;
    forget();
}

unsigned td_signals_take(void)
{
    return atomic_exchange(&pending, 0);
}

unsigned td_signals_pending(void)
{
    return atomic_load(&pending);
}

int td_signals_end(unsigned signals)
{
    if (signals & TD_SIGNAL_TERMINATE)
        return SIGTERM;
    if (signals & TD_SIGNAL_CPU_LIMIT)
        return SIGXCPU;
    if (signals & TD_SIGNAL_HANG_UP)
        return SIGHUP;
    if (signals & TD_SIGNAL_INTERRUPT)
        return SIGINT;
    return signals & TD_SIGNAL_REQUEUE ? SIGUSR1 : 0;
}
