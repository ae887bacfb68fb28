/* For tests/chaos: lets the N-th call that writes, or reads, below a folder fail. Loaded by
 * LD_PRELOAD.
 *
 * FAIL_FILES_FOLDER  where; nothing happens without it
 * FAIL_FILES_AT      N, counted in each process from 1; 0: none
 * FAIL_FILES_RANK    only in this rank (default 0)
 * FAIL_FILES_ERROR   errno of the failure; 0: a read or write does half, and all else succeeds;
 *                    -1: the call never returns; -2: nor lets the CPU go
 * FAIL_FILES_DOES    in place of a failure, before the call: "remove", "truncate" (to the length
 *                    FAIL_FILES_LENGTH) or "replace" (by FAIL_FILES_OTHER) the file
 *                    FAIL_FILES_TARGET, as somebody else might
 * FAIL_FILES_LASTS   1: all that follows and may need room fails as well, as on a full disk
 * FAIL_FILES_READS   1: calls that read, look for or look at a file are counted and fail, instead
 *                    of those that write
 * FAIL_FILES_LIST    a file outside the folder, for each call: "rank N call path" */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

/* What the variables say, read once: MPI's threads read files while its first one sets others. */
static struct {
    const char *folder, *list, *does, *target, *other; /* NULL: it is not said */
    long at, rank, error, lasts, length, my_rank;
    bool reads;
} told;

static long number(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

static const char *text(const char *name)
{
    const char *found = getenv(name);
    return found ? strdup(found) : NULL;
}

__attribute__((constructor)) static void read_variables(void)
{
    static const char *const ranks[] = {"PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK"};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (getenv(ranks[i]))
            told.my_rank = number(ranks[i]);
    told.list = text("FAIL_FILES_LIST");
    told.does = text("FAIL_FILES_DOES");
    told.target = text("FAIL_FILES_TARGET");
    told.other = text("FAIL_FILES_OTHER");
    told.at = number("FAIL_FILES_AT");
    told.rank = number("FAIL_FILES_RANK");
    told.error = number("FAIL_FILES_ERROR");
    told.lasts = number("FAIL_FILES_LASTS");
    told.reads = number("FAIL_FILES_READS") == 1;
    told.length = number("FAIL_FILES_LENGTH");
    told.folder = text("FAIL_FILES_FOLDER");
}

static bool is_below(const char *path)
{
    return told.folder && strncmp(path, told.folder, strlen(told.folder)) == 0;
}

static const char *path_of(int descriptor, size_t size, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t length = readlink(link, path, size - 1);
    path[length < 0 ? 0 : length] = '\0';
    return path;
}

/* Without the calls that are counted here. */
static void list(long at, const char *call, const char *path, bool fails)
{
    char line[5000];
    if (!told.list)
        return;
    const int length = snprintf(line, sizeof line, "%ld %ld %s %s%s\n", told.my_rank, at, call,
                                path, fails ? " FAILS" : "");
    const long file = syscall(SYS_openat, AT_FDCWD, told.list, O_WRONLY | O_CREAT | O_APPEND, 0666);
    syscall(SYS_write, file, line, length);
    syscall(SYS_close, file);
}

static _Noreturn void stay(bool busy)
{
    for (;;)
        if (!busy)
            pause();
}

/* What befalls a file that is in use. */
static void befall(void)
{
    if (strcmp(told.does, "remove") == 0)
        syscall(SYS_unlinkat, AT_FDCWD, told.target, 0);
    else if (strcmp(told.does, "truncate") == 0)
        syscall(SYS_truncate, told.target, told.length);
    else
        syscall(SYS_renameat2, AT_FDCWD, told.other, AT_FDCWD, told.target, 0);
}

/* Counts a call; whether it is one that fails. */
static bool fails_of(bool reads, const char *call, const char *path, bool needs_room)
{
    /* Heartbeats come by the clock. */
    if (reads != told.reads || !is_below(path) || strstr(path, "/heartbeats"))
        return false;
    const int before = errno;
    const long at = ++calls, from = told.at;
    bool now = at == from || (told.lasts && needs_room && at > from);
    now = now && from > 0 && told.my_rank == told.rank;
    list(at, call, path, now);
    if (now && told.does) {
        befall();
        errno = before;
        return false;
    }
    if (now && told.error < 0)
        stay(told.error == -2);
    errno = now && told.error ? (int)told.error : before;
    return now;
}

static bool fails(const char *call, const char *path, bool needs_room)
{
    return fails_of(false, call, path, needs_room);
}

static bool fails_on(const char *call, int descriptor, bool needs_room)
{
    char path[4096];
    return fails(call, path_of(descriptor, sizeof path, path), needs_room);
}

static bool reading_fails(const char *call, const char *path)
{
    return fails_of(true, call, path, true);
}

static bool reading_fails_on(const char *call, int descriptor)
{
    char path[4096];
    return reading_fails(call, path_of(descriptor, sizeof path, path));
}

/* POSIX, but not ISO C, lets an object's address become a function's. */
#define NEXT(name, ...) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

static bool opens_to_write(int flags)
{
    return (flags & O_CREAT) || (flags & O_ACCMODE) != O_RDONLY;
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const mode_t mode = (flags & O_CREAT) ? va_arg(more, mode_t) : 0;
    va_end(more);
    const bool failed = opens_to_write(flags) ? fails("open", path, (flags & O_CREAT) != 0)
                                              : reading_fails("open", path);
    return failed && told.error ? -1 : NEXT(open, path, flags, mode);
}

int close(int descriptor)
{
    const int flags = fcntl(descriptor, F_GETFL);
    const bool failed =
        flags >= 0 && opens_to_write(flags) && fails_on("close", descriptor, false) && told.error;
    const int status = NEXT(close, descriptor);
    errno = failed ? (int)told.error : errno;
    return failed ? -1 : status;
}

ssize_t write(int descriptor, const void *data, size_t bytes)
{
    const bool failed = fails_on("write", descriptor, true);
    if (failed && told.error)
        return -1;
    return NEXT(write, descriptor, data, failed ? (bytes + 1) / 2 : bytes);
}

ssize_t pwrite(int descriptor, const void *data, size_t bytes, off_t offset)
{
    const bool failed = fails_on("pwrite", descriptor, true);
    if (failed && told.error)
        return -1;
    return NEXT(pwrite, descriptor, data, failed ? (bytes + 1) / 2 : bytes, offset);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset)
{
    const bool failed = fails_on("pwritev", descriptor, true);
    if (failed && told.error)
        return -1;
    return NEXT(pwritev, descriptor, parts, failed ? (count + 1) / 2 : count, offset);
}

ssize_t read(int descriptor, void *data, size_t bytes)
{
    const bool failed = reading_fails_on("read", descriptor);
    if (failed && told.error)
        return -1;
    return NEXT(read, descriptor, data, failed ? (bytes + 1) / 2 : bytes);
}

ssize_t pread(int descriptor, void *data, size_t bytes, off_t offset)
{
    const bool failed = reading_fails_on("pread", descriptor);
    if (failed && told.error)
        return -1;
    return NEXT(pread, descriptor, data, failed ? (bytes + 1) / 2 : bytes, offset);
}

ssize_t preadv(int descriptor, const struct iovec *parts, int count, off_t offset)
{
    const bool failed = reading_fails_on("preadv", descriptor);
    if (failed && told.error)
        return -1;
    return NEXT(preadv, descriptor, parts, failed ? (count + 1) / 2 : count, offset);
}

/* The C library's streams call what they read by from inside, so one that reads is made of the
 * functions above. Its cookie has the descriptor. */
static ssize_t read_stream(void *cookie, char *data, size_t bytes)
{
    return read(*(int *)cookie, data, bytes);
}

static int seek_stream(void *cookie, off64_t *offset, int from)
{
    *offset = lseek(*(int *)cookie, *offset, from);
    return *offset < 0 ? -1 : 0;
}

static int close_stream(void *cookie)
{
    const int descriptor = *(int *)cookie;
    free(cookie);
    return close(descriptor);
}

FILE *fopen(const char *path, const char *mode)
{
    const cookie_io_functions_t functions = {
        .read = read_stream, .seek = seek_stream, .close = close_stream};
    if (mode[0] != 'r' || strchr(mode, '+') || !told.reads || !is_below(path))
        return NEXT(fopen, path, mode);
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    int *cookie = descriptor < 0 ? NULL : malloc(sizeof *cookie);
    if (!cookie)
        return NULL;
    *cookie = descriptor;
    return fopencookie(cookie, "r", functions);
}

/* What a stream holds back reaches the file here. */
int fflush(FILE *stream)
{
    if (stream && fileno(stream) >= 0 && fails_on("fflush", fileno(stream), true) && told.error)
        return EOF;
    return NEXT(fflush, stream);
}

off_t lseek(int descriptor, off_t offset, int from)
{
    return reading_fails_on("lseek", descriptor) && told.error
               ? -1
               : NEXT(lseek, descriptor, offset, from);
}

void *mmap(void *place, size_t bytes, int protection, int flags, int descriptor, off_t offset)
{
    if (descriptor >= 0 && reading_fails_on("mmap", descriptor) && told.error)
        return MAP_FAILED;
    return NEXT(mmap, place, bytes, protection, flags, descriptor, offset);
}

int stat(const char *path, struct stat *about)
{
    return reading_fails("stat", path) && told.error ? -1 : NEXT(stat, path, about);
}

int lstat(const char *path, struct stat *about)
{
    return reading_fails("lstat", path) && told.error ? -1 : NEXT(lstat, path, about);
}

int fstat(int descriptor, struct stat *about)
{
    return reading_fails_on("fstat", descriptor) && told.error ? -1
                                                               : NEXT(fstat, descriptor, about);
}

int fstatvfs(int descriptor, struct statvfs *about)
{
    return reading_fails_on("fstatvfs", descriptor) && told.error
               ? -1
               : NEXT(fstatvfs, descriptor, about);
}

int access(const char *path, int mode)
{
    return reading_fails("access", path) && told.error ? -1 : NEXT(access, path, mode);
}

char *realpath(const char *restrict path, char *restrict found)
{
    return reading_fails("realpath", path) && told.error ? NULL : NEXT(realpath, path, found);
}

DIR *opendir(const char *path)
{
    return reading_fails("opendir", path) && told.error ? NULL : NEXT(opendir, path);
}

struct dirent *readdir(DIR *directory)
{
    return reading_fails_on("readdir", dirfd(directory)) && told.error ? NULL
                                                                       : NEXT(readdir, directory);
}

int fsync(int descriptor)
{
    return fails_on("fsync", descriptor, true) && told.error ? -1 : NEXT(fsync, descriptor);
}

int ftruncate(int descriptor, off_t length)
{
    return fails_on("ftruncate", descriptor, true) && told.error
               ? -1
               : NEXT(ftruncate, descriptor, length);
}

int posix_fallocate(int descriptor, off_t offset, off_t length)
{
    if (fails_on("posix_fallocate", descriptor, true) && told.error)
        return (int)told.error;
    return NEXT(posix_fallocate, descriptor, offset, length);
}

int rename(const char *from, const char *to)
{
    return fails("rename", to, false) && told.error ? -1 : NEXT(rename, from, to);
}

int link(const char *from, const char *to)
{
    return fails("link", to, true) && told.error ? -1 : NEXT(link, from, to);
}

int unlink(const char *path)
{
    return fails("unlink", path, false) && told.error ? -1 : NEXT(unlink, path);
}

int mkdir(const char *path, mode_t mode)
{
    return fails("mkdir", path, true) && told.error ? -1 : NEXT(mkdir, path, mode);
}

/* What libraries made for files of more than 2 GiB call. */
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
ssize_t pwrite64(int, const void *, size_t, off64_t) __attribute__((alias("pwrite")));
ssize_t pread64(int, void *, size_t, off64_t) __attribute__((alias("pread")));
ssize_t preadv64(int, const struct iovec *, int, off64_t) __attribute__((alias("preadv")));
ssize_t pwritev64(int, const struct iovec *, int, off64_t) __attribute__((alias("pwritev")));
int ftruncate64(int, off64_t) __attribute__((alias("ftruncate")));
int posix_fallocate64(int, off64_t, off64_t) __attribute__((alias("posix_fallocate")));
int fstatvfs64(int, struct statvfs64 *) __attribute__((alias("fstatvfs")));
FILE *fopen64(const char *, const char *) __attribute__((alias("fopen")));
off64_t lseek64(int, off64_t, int) __attribute__((alias("lseek")));
void *mmap64(void *, size_t, int, int, int, off64_t) __attribute__((alias("mmap")));
int stat64(const char *, struct stat64 *) __attribute__((alias("stat")));
int lstat64(const char *, struct stat64 *) __attribute__((alias("lstat")));
int fstat64(int, struct stat64 *) __attribute__((alias("fstat")));
struct dirent64 *readdir64(DIR *) __attribute__((alias("readdir")));
