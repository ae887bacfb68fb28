/* A stdio stream on top of store/replace.h. */
#include "store/text_stream.h"

#include "base/log.h"
#include "base/memory.h"
#include "store/replace.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

struct td_text_stream {
    char *path;
    char *temporary;
    FILE *file;
};

td_status td_text_stream_begin(const char *path, td_text_stream **out)
{
    char *temporary;
    int descriptor;
    *out = NULL;
    TD_TRY(td_replace_begin(path, &temporary, &descriptor));
    FILE *file = fdopen(descriptor, "w");
    if (!file)
        td_abort("no memory for a stream to %s", path);
    *out = TD_NEW(td_text_stream, 1);
    **out = (td_text_stream){td_copy_text(path), temporary, file};
    return TD_OK;
}

FILE *td_text_stream_file(td_text_stream *text)
{
    return text->file;
}

static void release(td_text_stream *text)
{
    td_free(text->path);
    td_free(text->temporary);
    td_free(text);
}

td_status td_text_stream_commit(td_text_stream *text)
{
    const bool failed = ferror(text->file) || fflush(text->file) != 0;
    int reason = failed || fsync(fileno(text->file)) != 0 ? errno : 0;
    if (fclose(text->file) != 0 && reason == 0)
        reason = errno;
    td_status status;
    if (reason == 0 && !failed) {
        status = td_replace_commit(text->temporary, text->path);
    } else {
        unlink(text->temporary);
        status = td_fail(TD_ERR_FILE, "cannot write %s: %s", text->path,
                         reason ? strerror(reason) : "an earlier write failed");
    }
    release(text);
    return status;
}

void td_text_stream_discard(td_text_stream *text)
{
    if (!text)
        return;
    fclose(text->file);
    unlink(text->temporary);
    release(text);
}
