/* Signals that are remembered, forgotten, and, the second SIGINT, obeyed at once. */
#include "tandem/signals.h"

#include <criterion/criterion.h>
#include <signal.h>

TestSuite(signals, .timeout = 10);

Test(signals, are_taken_once)
{
    td_signals_start();
    cr_assert_eq(td_signals_take(), 0U);
    raise(SIGUSR1);
    raise(SIGTERM);
    raise(SIGTERM);
    cr_assert_eq(td_signals_take(), (unsigned)(TD_SIGNAL_REQUEUE | TD_SIGNAL_TERMINATE));
    cr_assert_eq(td_signals_take(), 0U);
    raise(SIGUSR2);
    raise(SIGINT);
    cr_assert_eq(td_signals_take(), (unsigned)(TD_SIGNAL_SAVE | TD_SIGNAL_INTERRUPT));
    raise(SIGHUP);
    raise(SIGXCPU);
    cr_assert_eq(td_signals_take(), (unsigned)(TD_SIGNAL_HANG_UP | TD_SIGNAL_CPU_LIMIT));
}

Test(signals, that_are_ignored_stay_ignored)
{
    signal(SIGHUP, SIG_IGN);
    td_signals_start();
    raise(SIGHUP);
    cr_assert_eq(td_signals_take(), 0U);
}

Test(signals, end_a_run_by_rank)
{
    static const struct {
        unsigned signals;
        int number;
    } table[] = {
        {0, 0},
        {TD_SIGNAL_SAVE, 0},
        {TD_SIGNAL_SAVE | TD_SIGNAL_REQUEUE, SIGUSR1},
        {TD_SIGNAL_REQUEUE | TD_SIGNAL_INTERRUPT, SIGINT},
        {TD_SIGNAL_INTERRUPT | TD_SIGNAL_HANG_UP, SIGHUP},
        {TD_SIGNAL_HANG_UP | TD_SIGNAL_CPU_LIMIT, SIGXCPU},
        {TD_SIGNAL_CPU_LIMIT | TD_SIGNAL_TERMINATE | TD_SIGNAL_REQUEUE, SIGTERM},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        cr_assert_eq(td_signals_end(table[i].signals), table[i].number);
}

Test(signals, the_second_interrupt_ends_the_process, .exit_code = 130)
{
    td_signals_start();
    raise(SIGINT);
    cr_assert_eq(td_signals_take(), (unsigned)TD_SIGNAL_INTERRUPT);
    raise(SIGINT);
}

Test(signals, have_their_usual_effect_again, .signal = SIGTERM)
{
    td_signals_start();
    raise(SIGTERM);
    td_signals_stop();
    cr_assert_eq(td_signals_take(), 0U);
    raise(SIGTERM);
}
