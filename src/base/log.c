/* Messages on standard error. A line is written by one call, so that ranks do not mix theirs. */
#include "base/log.h"

#include "base/temporaries.h"
#include "base/utc.h"
#include "base/visible.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
    bool silent;
    const char *name;
    void (*abort_hook)(void);
    atomic_llong step;
    atomic_bool is_live;
} settings = {.name = ""};

void td_log_setup(bool speaks, const char *name)
{
    settings.silent = !speaks;
    settings.name = name;
}

void td_abort_setup(void (*hook)(void))
{
    settings.abort_hook = hook;
}

void td_log_set_step(int64_t step)
{
    atomic_store(&settings.step, step);
}

void td_log_set_live(bool is_live)
{
    atomic_store(&settings.is_live, is_live);
}

int64_t td_log_step(void)
{
    return atomic_load(&settings.step);
}

/* The decimal digits of a positive number, the last one at the end of text; returns the first. */
static const char *digits_of(long long number, size_t bytes, char *text)
{
    char *at = text + bytes - 1;
    *at = '\0';
    for (; number > 0 && at > text; number /= 10)
        *--at = (char)('0' + number % 10);
    return at;
}

/* Copies the parts one after the other, as far as there is room. */
static size_t join(size_t count, const char *const *parts, size_t bytes, char *text)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        for (const char *c = parts[i]; *c && used < bytes; c++)
            text[used++] = *c;
    return used;
}

size_t td_log_begin(size_t bytes, char *text)
{
    char now[TD_UTC_BYTES];
    const char *const parts[] = {"tandem: ", now, " "};
    const int reason = errno; /* of what the line may be about */
    const bool is_terminal = isatty(STDERR_FILENO);
    errno = reason;
    if (is_terminal)
        return join(1, parts, bytes, text);
    td_utc_text(time(NULL), now);
    return join(sizeof parts / sizeof *parts, parts, bytes, text);
}

size_t td_log_place(size_t bytes, char *text)
{
    char digits[24];
    const long long step = atomic_load(&settings.step);
    const char *const parts[] = {settings.name, "step ", digits_of(step, sizeof digits, digits),
                                 ": "};
    return join(step > 0 ? sizeof parts / sizeof *parts : 1, parts, bytes, text);
}

static void print_line(const char *prefix, const char *format, va_list arguments)
{
    char begin[64], text[2048], visible[4096];
    vsnprintf(text, sizeof text, format, arguments);
    td_visible_into((td_str){text, strlen(text)}, "\n", sizeof visible, visible);
    begin[td_log_begin(sizeof begin - 1, begin)] = '\0';
    const char *erase = atomic_exchange(&settings.is_live, false) ? "\r\033[K" : "";
    fprintf(stderr, "%s%s%s%s\n", erase, begin, prefix, visible);
}

void td_log(const char *format, ...)
{
    if (settings.silent)
        return;
    va_list arguments;
    va_start(arguments, format);
    print_line("", format, arguments);
    va_end(arguments);
}

void td_warn(const char *format, ...)
{
    if (settings.silent)
        return;
    va_list arguments;
    va_start(arguments, format);
    print_line("warning: ", format, arguments);
    va_end(arguments);
}

static void print_last_words(const char *format, va_list arguments)
{
    char place[1024];
    place[td_log_place(sizeof place - 1, place)] = '\0';
    print_line(place, format, arguments);
}

void td_last_words(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_last_words(format, arguments);
    va_end(arguments);
}

void td_abort(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_last_words(format, arguments);
    va_end(arguments);
    td_temporaries_remove();
    if (settings.abort_hook)
        settings.abort_hook();
    exit(EXIT_FAILURE);
}
