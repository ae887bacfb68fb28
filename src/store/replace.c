/* Temporary names, fsync and rename. */
#include "store/replace.h"

#include "base/look.h"
#include "base/memory.h"
#include "base/temporaries.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ATTEMPTS = 1000, SUFFIX_BYTES = 48 };

/* The length of the folder's part of path, with its last slash; 0 where there is none. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static td_status check_target(const char *path)
{
    td_look what;
    if (path[folder_length(path)] == '\0')
        return td_fail(TD_ERR_FILE, "cannot write '%s': this names no file", path);
    if (td_look_at(path, &what) != TD_OK)
        return td_fail(TD_ERR_FILE, "cannot write %s", td_message());
    if (what == TD_LOOK_NOTHING || what == TD_LOOK_FILE)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "cannot write %s: %s, where a file was expected", path,
                   what == TD_LOOK_FOLDER ? "it is a folder" : "it is a device, pipe or socket");
}

static void name_temporary(const char *path, int attempt, char *temporary, size_t size)
{
    size_t folder = folder_length(path);
    int length = snprintf(temporary, size, "%.*s.%s.tmp-%ld", (int)folder, path, path + folder,
                          (long)getpid());
    if (attempt > 0)
        snprintf(temporary + length, size - (size_t)length, "-%d", attempt);
}

/* Makes the file, to go with the process. Returns its descriptor; -1: errno says why not. */
static int create(const char *name)
{
    td_temporaries_hold();
    const int file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    const int reason = errno;
    if (file >= 0)
        td_temporary_add(name);
    td_temporaries_release();
    errno = reason;
    return file;
}

td_status td_replace_begin(const char *path, char **temporary, int *descriptor)
{
    TD_TRY(check_target(path));
    size_t size = strlen(path) + SUFFIX_BYTES;
    char *name = TD_NEW(char, size);
    int file = -1;
    for (int attempt = 0; file < 0 && attempt < ATTEMPTS; attempt++) {
        name_temporary(path, attempt, name, size);
        file = create(name);
        if (file < 0 && errno != EEXIST)
            break;
    }
    if (file < 0) {
        td_fail(TD_ERR_FILE, "cannot write %s: creating %s: %s", path, name, strerror(errno));
        td_free(name);
        return TD_ERR_FILE;
    }
    *temporary = name;
    *descriptor = file;
    return TD_OK;
}

/* A rename lasts only when its folder is on the disk. Some file systems cannot sync a folder, and
 * say EINVAL. */
static int sync_folder(const char *path)
{
    char *folder = td_copy_text(path);
    folder[folder_length(path)] = '\0';
    int descriptor = open(*folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    td_free(folder);
    if (descriptor < 0)
        return errno;
    int reason = fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
    close(descriptor);
    return reason;
}

void td_replace_discard(const char *temporary)
{
    unlink(temporary);
    td_temporary_drop(temporary);
}

td_status td_replace_commit(const char *temporary, const char *path)
{
    if (rename(temporary, path) != 0) {
        int reason = errno;
        td_replace_discard(temporary);
        return td_fail(TD_ERR_FILE, "cannot write %s: renaming %s to it: %s", path, temporary,
                       strerror(reason));
    }
    td_temporary_drop(temporary);
    int reason = sync_folder(path);
    if (reason != 0)
        return td_fail(TD_ERR_FILE, "%s is written, but syncing its folder failed: %s", path,
                       strerror(reason));
    return TD_OK;
}
