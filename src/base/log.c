/* Messages on standard error. A line is written by one call, so that ranks do not mix theirs. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    bool silent;
    const char *name;
    void (*abort_hook)(void);
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

static void print_line(const char *prefix, const char *format, va_list arguments)
{
    char text[2048];
    vsnprintf(text, sizeof text, format, arguments);
    fprintf(stderr, "tandem: %s%s\n", prefix, text);
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

void td_abort(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(settings.name, format, arguments);
    va_end(arguments);
    if (settings.abort_hook)
        settings.abort_hook();
    exit(EXIT_FAILURE);
}
