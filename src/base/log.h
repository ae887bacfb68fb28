/* What the program says while it works, and how it ends when nothing can be saved.
 *
 * Messages go to standard error, one line each, which begins with "tandem: " and, where that is no
 * terminal, the time ("2026-11-27T09:30:00Z "); results go to standard output and are not this
 * module's business. Only the speaker (rank 0; comm sets it) is heard, except through td_abort,
 * which any rank may need. Process-wide settings live here: who is the speaker and the hook that
 * ends the other ranks too, set once at start-up, and the step at hand.
 */
#ifndef TD_BASE_LOG_H
#define TD_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Local. Sets whether this process speaks, and the name that last words begin with (kept by
 * reference; "" for none). */
void td_log_setup(bool speaks, const char *name);

/* Local, safe in a signal handler and in any thread. Writes how a line begins, before a name and a
 * message, to text without an end mark; returns how many of the bytes it took. */
size_t td_log_begin(size_t bytes, char *text);

/* Local. Prints "tandem: ..." if this process is the speaker. */
void td_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Local. The same after "warning: ". */
void td_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Local. Sets the step at hand, which last words name; 0 for none. */
void td_log_set_step(int64_t step);

/* Local. Tells that a line without end stands on the terminal, or stands no more: the next message
 * takes its place. */
void td_log_set_live(bool is_live);

/* Local, in any thread. Returns the step at hand. */
int64_t td_log_step(void);

/* Local, safe in a signal handler and in any thread. Writes this process's name and step, as last
 * words say them, to text without an end mark; returns how many of the bytes it took. */
size_t td_log_place(size_t bytes, char *text);

/* Local, in any thread. Prints a line for which this rank need not be the speaker: name, step,
 * message. */
void td_last_words(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Local. What td_abort calls after its message, to end every rank; must not return. */
void td_abort_setup(void (*hook)(void));

/* Local in its call, global in its effect: says what happened on this rank, then ends the whole
 * job. For lost causes only: out of memory, a failed MPI call. */
_Noreturn void td_abort(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the job if an invariant of ours does not hold; on in every build. */
#define TD_ASSERT(condition)                                                                       \
    ((condition) ? (void)0                                                                         \
                 : td_abort("%s:%d: this is a bug in tandem: %s does not hold", __FILE__,          \
                            __LINE__, #condition))

#endif
