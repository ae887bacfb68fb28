/* Text files, on top of store/replace.h. */
#include "store/text_file.h"

#include "base/log.h"
#include "base/memory.h"
#include "store/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes all bytes; 0 or errno. */
static int write_all(int file, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(file, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        bytes += written;
        n -= (size_t)written;
    }
    return 0;
}

/* Puts a closed file in its place, or removes it where it is not whole; frees temporary. */
static td_status finish(const char *path, char *temporary, bool is_whole, const char *reason)
{
    td_status status;
    if (is_whole) {
        status = td_replace_commit(temporary, path);
    } else {
        td_replace_discard(temporary);
        status = td_fail(TD_ERR_FILE, "cannot write %s: %s", path, reason);
    }
    td_free(temporary);
    return status;
}

td_status td_replace_text(const char *path, const char *text)
{
    char *temporary;
    int file;
    TD_TRY(td_replace_begin(path, &temporary, &file));
    int reason = write_all(file, text, strlen(text));
    if (reason == 0 && fsync(file) != 0)
        reason = errno;
    if (close(file) != 0 && reason == 0)
        reason = errno;
    return finish(path, temporary, reason == 0, strerror(reason));
}

/* Reads up to n bytes, fewer only at the end of the file; -1 with errno on failure. */
static ssize_t read_all(int file, char *bytes, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = read(file, bytes + done, n - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

/* Reads an open file; its size is only a hint, since another process may append to it. */
static td_status read_open(int file, const char *path, size_t max_bytes, char **text)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return td_fail(TD_ERR_FILE, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return td_fail(TD_ERR_FILE, "cannot read %s: it is not a regular file", path);
    if ((uint64_t)about.st_size > max_bytes)
        return td_fail(TD_ERR_FORMAT, "%s has %lld bytes; at most %zu were expected", path,
                       (long long)about.st_size, max_bytes);
    char *bytes = TD_NEW(char, (size_t)about.st_size + 1);
    ssize_t got = read_all(file, bytes, (size_t)about.st_size);
    td_status status = TD_OK;
    if (got < 0)
        status = td_fail(TD_ERR_FILE, "cannot read %s: %s", path, strerror(errno));
    else if (memchr(bytes, '\0', (size_t)got))
        status = td_fail(TD_ERR_FORMAT, "%s has a NUL byte; text was expected", path);
    if (status != TD_OK) {
        td_free(bytes);
        return status;
    }
    *text = bytes;
    return TD_OK;
}

td_status td_read_text(const char *path, size_t max_bytes, char **text)
{
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return td_fail(TD_ERR_FILE, "cannot read %s: %s", path, strerror(errno));
    td_status status = read_open(file, path, max_bytes, text);
    close(file);
    return status;
}

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
        td_abort("out of memory for a stream to %s", path);
    *out = TD_NEW(td_text_stream, 1);
    **out = (td_text_stream){td_copy_text(path), temporary, file};
    return TD_OK;
}

FILE *td_text_stream_file(td_text_stream *text)
{
    return text->file;
}

td_status td_text_stream_commit(td_text_stream *text)
{
    const bool failed = ferror(text->file) || fflush(text->file) != 0;
    int reason = failed || fsync(fileno(text->file)) != 0 ? errno : 0;
    if (fclose(text->file) != 0 && reason == 0)
        reason = errno;
    const td_status status = finish(text->path, text->temporary, reason == 0 && !failed,
                                    reason ? strerror(reason) : "an earlier write failed");
    td_free(text->path);
    td_free(text);
    return status;
}

void td_text_stream_discard(td_text_stream *text)
{
    if (!text)
        return;
    fclose(text->file);
    td_replace_discard(text->temporary);
    td_free(text->temporary);
    td_free(text->path);
    td_free(text);
}
