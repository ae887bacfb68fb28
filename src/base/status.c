/* The table of status codes and the thread's message. */
#include "tandem/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[2048];

static const char *const texts[TD_ERR_COUNT] = {
    [TD_OK] = "ok",
    [TD_ERR_USAGE] = "wrong usage",
    [TD_ERR_CONFIG] = "wrong configuration",
    [TD_ERR_INPUT] = "wrong input",
    [TD_ERR_FILE] = "file error",
    [TD_ERR_FORMAT] = "wrong file format",
    [TD_ERR_MISMATCH] = "mismatch",
    [TD_ERR_NUMERIC] = "value out of range",
    [TD_ERR_LAYOUT] = "impossible layout",
};

const char *td_status_text(td_status status)
{
    return (unsigned)status < TD_ERR_COUNT ? texts[status] : "unknown status";
}

void td_record_message(const char *format, ...)
{
    char text[sizeof message]; /* an argument may point into message */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(message, text, sizeof message);
}

const char *td_message(void)
{
    return message;
}
