/* Errors of HDF5 and of the ranks: said, shared, and kept from ending the process. */
#include "store/file_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REASON_BYTES = 256, WHAT_BYTES = 1024 };

/* Of "file write failed: time = .., errno = 5, error message = 'Input/output error', .." keeps
 * "file write failed: Input/output error": the rest is for HDF5's authors, and has a line end. */
static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *reason)
{
    static const char mark[] = "error message = '";
    const char *text = error->desc ? error->desc : "", *cause = strstr(text, mark);
    if (n == 0 && cause)
        snprintf(reason, REASON_BYTES, "%.*s: %.*s", (int)strcspn(text, ":,"), text,
                 (int)strcspn(cause + sizeof mark - 1, "'"), cause + sizeof mark - 1);
    else if (n == 0)
        snprintf(reason, REASON_BYTES, "%s", text);
    return 0;
}

td_status td_file_fail(const td_file *file, td_status status, const char *what, ...)
{
    char reason[REASON_BYTES] = "";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, reason);
    char text[WHAT_BYTES];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    return td_fail(status, "%s: %s%s%s%s", file->path, text, *reason ? " (HDF5: " : "", reason,
                   *reason ? ")" : "");
}

td_status td_file_agree(td_file *file, td_status mine)
{
    td_status status = td_comm_agree(file->comm, mine);
    file->failed = file->failed || status != TD_OK;
    return status;
}

void td_file_prepare_process(void)
{
    H5dont_atexit();
    H5open();
}
