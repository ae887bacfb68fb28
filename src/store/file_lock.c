/* POSIX locks, which network file systems have, too. */
#include "store/file_lock.h"

#include "base/memory.h"
#include "base/temporaries.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever releases removes the file: a lock of one that is gone is nobody's turn. */
static bool is_at(int file, const char *path)
{
    struct stat ours, there;
    return fstat(file, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

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

td_status td_file_lock_take(const char *path, const char *what, td_file_lock *lock)
{
    *lock = (td_file_lock){.file = -1};
    enum { TRIES = 100 };
    for (int i = 0; i < TRIES; i++) {
        const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        const bool is_ours = file >= 0 && try_lock(file);
        const int reason = errno;
        if (is_ours && is_at(file, path)) {
            *lock = (td_file_lock){td_copy_text(path), file};
            td_temporary_add(path);
            return TD_OK;
        }
        if (file >= 0)
            close(file);
        if (!is_ours && reason == EAGAIN)
            return td_fail(TD_ERR_FILE, "another command is writing %s just now", what);
        if (!is_ours)
            return td_fail(TD_ERR_FILE, "cannot write %s: %s: %s", what, path, strerror(reason));
    }
    return td_fail(TD_ERR_FILE, "other commands are writing %s all the time", what);
}

void td_file_lock_release(td_file_lock *lock)
{
    if (!lock->path)
        return;
    unlink(lock->path);
    close(lock->file);
    td_temporary_drop(lock->path);
    td_free(lock->path);
    *lock = (td_file_lock){.file = -1};
}
