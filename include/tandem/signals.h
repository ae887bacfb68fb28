/* Signals that ask a run in training for something, and how it answers.
 *
 * A program that wants them calls td_signals_start before td_comm_start, so that none is lost;
 * td_train then heeds them at its next step, whichever rank they reached:
 *
 *     SIGUSR1   a checkpoint, then the end: requeue me
 *     SIGUSR2   a checkpoint
 *     SIGTERM   a checkpoint, then the end
 *     SIGXCPU   the same: a limit of CPU time
 *     SIGHUP    the same: the terminal is gone
 *     SIGINT    the same; the second one ends the process at once, with exit status 130
 *
 * One that is ignored stays so, as SIGHUP under nohup. Without td_signals_start they keep their
 * usual effect. All functions are Local. The flags are the process's, since signals are.
 */
#ifndef TANDEM_SIGNALS_H
#define TANDEM_SIGNALS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TD_SIGNAL_REQUEUE = 1 << 0,   /* SIGUSR1 */
    TD_SIGNAL_SAVE = 1 << 1,      /* SIGUSR2 */
    TD_SIGNAL_TERMINATE = 1 << 2, /* SIGTERM */
    TD_SIGNAL_INTERRUPT = 1 << 3, /* SIGINT */
    TD_SIGNAL_CPU_LIMIT = 1 << 4, /* SIGXCPU */
    TD_SIGNAL_HANG_UP = 1 << 5,   /* SIGHUP */
} td_signal;

/* From now on these signals are remembered instead of ending the process. */
void td_signals_start(void);

/* They have the effect again that they had before; what was remembered is forgotten. */
void td_signals_stop(void);

/* Returns what has come in (td_signal, or-ed) since the last call, and forgets it; that there was
 * a SIGINT is remembered for the next one. */
unsigned td_signals_take(void);

/* Returns the same, and does not forget it. */
unsigned td_signals_pending(void);

/* Returns the signal (SIGTERM, say) that of these (td_signal, or-ed) a run ends by; 0: by none.
 * Whoever ends the job has more to say than whoever wants it to come back. */
int td_signals_end(unsigned signals);

#ifdef __cplusplus
}
#endif

#endif
