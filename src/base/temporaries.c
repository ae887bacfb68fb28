/* A table without locks: a signal may come while it changes, in any thread. */
#include "base/temporaries.h"

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
    for (size_t i = TD_TEMPORARIES; i-- > 0;)
        if (atomic_exchange(&table[i].is_used, false) && unlink(table[i].path) != 0)
            rmdir(table[i].path);
}

/* SA_RESETHAND has put the default back, which comes when the handler returns. */
static void handle(int number)
{
    td_temporaries_remove();
    raise(number);
}

void td_temporaries_start(void)
{
    static const int numbers[] = {SIGTERM, SIGINT,  SIGHUP,  SIGXCPU,
                                  SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};
    struct sigaction old, action = {.sa_handler = handle, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(numbers[i], &action, NULL);
}
