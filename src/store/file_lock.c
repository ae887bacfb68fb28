/* POSIX locks, which network file systems have, too. */
#include "store/file_lock.h"

#include "base/memory.h"
#include "base/temporaries.h"
#include "store/same_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Tells by errno: EAGAIN where another process has the lock. */
static bool try_lock(int file)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(file, F_SETLK, &whole) == 0 || errno == ENOLCK || errno == EOPNOTSUPP ||
        errno == ENOSYS)
        return true;
    if (errno == EACCES)
        errno = EAGAIN;
    return false;
}

/* Sets lock to the file at path, to go with the process, and returns 0; else errno. Whoever
 * releases removes the file: ENOENT where it is gone since. */
static int open_locked(const char *path, td_file_lock *lock)
{
    td_temporaries_hold();
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int reason = file >= 0 && try_lock(file) ? 0 : errno;
    if (reason == 0 && !td_same_file_is_at(file, path))
        reason = errno;
    if (reason == 0) {
        *lock = (td_file_lock){td_copy_text(path), file};
        td_temporary_add(path);
    } else if (file >= 0) {
        close(file);
    }
    td_temporaries_release();
    return reason;
}

td_status td_file_lock_take(const char *path, const char *what, td_file_lock *lock)
{
    enum { TRIES = 100 };
    int reason = ENOENT;
    *lock = (td_file_lock){.file = -1};
    for (int i = 0; i < TRIES && reason == ENOENT; i++)
        reason = open_locked(path, lock);
    if (reason == 0)
        return TD_OK;
    if (reason == EAGAIN)
        return td_fail(TD_ERR_FILE, "another command is writing %s just now", what);
    return td_fail(TD_ERR_FILE, "cannot write %s: %s: %s", what, path, strerror(reason));
}

void td_file_lock_release(td_file_lock *lock)
{
    if (!lock->path)
        return;
    td_temporaries_hold();
    unlink(lock->path);
    td_temporary_drop(lock->path);
    td_temporaries_release();
    close(lock->file);
    td_free(lock->path);
    *lock = (td_file_lock){.file = -1};
}
