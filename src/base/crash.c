/* The handler calls nothing that is not async-signal-safe. It runs on a stack of its own, since an
 * overflow of the usual one is among the faults; other threads than the first have none such. */
#include "base/crash.h"

#include "base/log.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

enum { STACK_BYTES = 1 << 16, LINE_BYTES = 1024 };

static const struct {
    int number;
    const char *name;
} table[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
    {SIGILL, "SIGILL"},   {SIGABRT, "SIGABRT"},
};

enum { FAULTS = sizeof table / sizeof *table };

static char *append(char *at, const char *end, const char *text)
{
    while (*text && at < end)
        *at++ = *text++;
    return at;
}

static void say_last_words(int number)
{
    char line[LINE_BYTES] = "", *at = line;
    const char *const end = line + sizeof line - 1;
    at += td_log_begin((size_t)(end - at), at);
    at += td_log_place((size_t)(end - at), at);
    at = append(at, end, "ended by ");
    for (size_t i = 0; i < FAULTS; i++)
        if (table[i].number == number)
            at = append(at, end, table[i].name);
    *at++ = '\n';
    ssize_t written = write(STDERR_FILENO, line, (size_t)(at - line));
    (void)written; /* nobody is left to be told */
}

/* SA_RESETHAND has put the default back, which comes when the handler returns. */
static void handle(int number)
{
    say_last_words(number);
    raise(number);
}

void td_crash_start(void)
{
    static char stack[STACK_BYTES];
    const stack_t ours = {.ss_sp = stack, .ss_size = sizeof stack};
    stack_t theirs;
    if (sigaltstack(NULL, &theirs) == 0 && theirs.ss_flags & SS_DISABLE)
        sigaltstack(&ours, NULL);
    struct sigaction action = {.sa_handler = handle, .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND)};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FAULTS; i++) {
        struct sigaction old;
        if (sigaction(table[i].number, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(table[i].number, &action, NULL);
    }
}
