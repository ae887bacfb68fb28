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
