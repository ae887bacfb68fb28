/* A table without locks: a signal may come while it changes, in any thread. */
#include "base/temporaries.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static struct {
    atomic_bool is_used; /* its path is whole */
    char path[PATH_MAX];
} table[TD_TEMPORARIES];

static atomic_int holds;   /* how many have not been released */
static atomic_int waiting; /* the signal that came meanwhile; 0: none */

void td_temporary_add(const char *path)
{
    const size_t bytes = strlen(path) + 1;
    size_t free = 0;
    while (free < TD_TEMPORARIES && table[free].is_used)
        free++;
    if (free == TD_TEMPORARIES || bytes > sizeof table->path)
        return;
    memcpy(table[free].path, path, bytes);
    table[free].is_used = true;
}

static bool is_or_has(const char *path, const char *other)
{
    const size_t length = strlen(path);
    return strncmp(path, other, length) == 0 && (other[length] == '\0' || other[length] == '/');
}

void td_temporary_drop(const char *path)
{
    for (size_t i = 0; i < TD_TEMPORARIES; i++)
        if (table[i].is_used && is_or_has(path, table[i].path))
            table[i].is_used = false;
}

void td_temporaries_remove(void)
{
    for (size_t i = 0; i < TD_TEMPORARIES; i++)
        if (table[i].is_used && (unlink(table[i].path) == 0 || errno == ENOENT))
            table[i].is_used = false;
    for (size_t i = TD_TEMPORARIES; i-- > 0;)
        if (atomic_exchange(&table[i].is_used, false))
            rmdir(table[i].path);
}

/* Ends the process as the signal does by default; within its handler, when that returns. */
static void end_by(int number)
{
    td_temporaries_remove();
    signal(number, SIG_DFL);
    raise(number);
}

static void handle(int number)
{
    const int reason = errno;
    waiting = number;
    if (holds == 0 && atomic_exchange(&waiting, 0) != 0)
        end_by(number);
    errno = reason;
}

void td_temporaries_hold(void)
{
    holds++;
}

void td_temporaries_release(void)
{
    const int number = --holds == 0 ? atomic_exchange(&waiting, 0) : 0;
    if (number != 0)
        end_by(number);
}

void td_temporaries_start(void)
{
    static const int numbers[] = {SIGTERM, SIGINT,  SIGHUP,  SIGXCPU,
                                  SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};
    struct sigaction old, action = {.sa_handler = handle};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(numbers[i], &action, NULL);
}
