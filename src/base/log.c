/* Messages on standard error. A line is written by one call, so that ranks do not mix theirs. */
#include "base/log.h"

#include "base/temporaries.h"
#include "base/visible.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    bool silent;
    const char *name;
    void (*abort_hook)(void);
    atomic_llong step;
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

size_t td_log_place(size_t bytes, char *text)
{
    char digits[24];
    const long long step = atomic_load(&settings.step);
    const char *parts[] = {settings.name, "step ", digits_of(step, sizeof digits, digits), ": "};
    const size_t count = step > 0 ? sizeof parts / sizeof *parts : 1;
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        for (const char *c = parts[i]; *c && used < bytes; c++)
            text[used++] = *c;
    return used;
}

static void print_line(const char *prefix, const char *format, va_list arguments)
{
    char text[2048], visible[4096];
    vsnprintf(text, sizeof text, format, arguments);
    td_visible_into((td_str){text, strlen(text)}, "\n", sizeof visible, visible);
    fprintf(stderr, "tandem: %s%s\n", prefix, visible);
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
