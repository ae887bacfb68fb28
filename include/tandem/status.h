/* What a call can answer, and the one message that goes with a failure.
 *
 * A function that can fail on bad input or failed I/O returns a td_status. The call that finds
 * the failure describes it with td_fail(): what was expected, what was found, where (file, line,
 * column, key), and what to do. Callers hand the status up unchanged, and whoever ends the job
 * prints td_message(). Our own bugs end in TD_ASSERT, lost causes in td_abort (base/log.h).
 *
 * All functions are Local. The message belongs to the calling thread and lasts until its next
 * td_fail.
 */
#ifndef TANDEM_STATUS_H
#define TANDEM_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TD_OK = 0,
    TD_ERR_USAGE,    /* the command line is wrong: exit status 2 */
    TD_ERR_CONFIG,   /* a configuration key or value is wrong */
    TD_ERR_INPUT,    /* input data are wrong: a bad line, an unknown item */
    TD_ERR_FILE,     /* a file cannot be opened, read, written or renamed */
    TD_ERR_FORMAT,   /* a file is not ours, damaged, or of another version */
    TD_ERR_MISMATCH, /* two things that must agree do not: a run and its data */
    TD_ERR_NUMERIC,  /* a value is not finite or out of the exact sums' range */
    TD_ERR_LAYOUT,   /* these ranks or threads cannot run this configuration */
    TD_ERR_COUNT     /* not a status: how many there are */
} td_status;

/* Returns the status's name in words, for logs and tests; never NULL. */
const char *td_status_text(td_status status);

/* Records the message of this thread, printf's way, and is status. A macro, so that compilers see
 * which status a failure returns. */
#define td_fail(status, ...) (td_record_message(__VA_ARGS__), td_status_itself(status))

static inline td_status td_status_itself(td_status status)
{
    return status;
}

/* What td_fail calls. An argument may be td_message() itself. */
void td_record_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns this thread's last message, "" if there was none. */
const char *td_message(void);

/* Returns from the calling function with the status of call if that is not TD_OK. */
#define TD_TRY(call)                                                                               \
    do {                                                                                           \
        td_status td_try_status = (call);                                                          \
        if (td_try_status != TD_OK)                                                                \
            return td_try_status;                                                                  \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif
