/* What the program says while it works, and how it ends when nothing can be saved.
 *
 * Messages go to standard error, one line each; results go to standard output and are not this
 * module's business. Only the speaker (rank 0; comm sets it) is heard, except through td_abort,
 * which any rank may need. Two process-wide settings live here, set once at start-up: who is the
 * speaker, and the hook that ends the other ranks too.
 */
#ifndef TD_BASE_LOG_H
#define TD_BASE_LOG_H

#include <stdbool.h>

/* Local. Sets whether this process speaks, and the name that td_abort puts before its message
 * (kept by reference; "" for none). */
void td_log_setup(bool speaks, const char *name);

/* Local. Prints "tandem: ..." if this process is the speaker. */
void td_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Local. The same after "warning: ". */
void td_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

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
