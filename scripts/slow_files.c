/* For scripts/chaos: every call that brings a file of a checkpoints folder onto the disk takes
 * SLOW_FILES_MS milliseconds longer, so that a kill at a random moment often falls into one.
 * Loaded by LD_PRELOAD; not part of the program. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static void wait_a_little(void)
{
    const char *text = getenv("SLOW_FILES_MS");
    long ms = text ? strtol(text, NULL, 10) : 0;
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void wait_if_ours(int descriptor)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    if (strstr(path, "/checkpoints"))
        wait_a_little();
}

/* POSIX, but not ISO C, lets an object's address become a function's. */
#define NEXT(name, ...) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

ssize_t pwrite(int descriptor, const void *data, size_t bytes, off_t offset)
{
    wait_if_ours(descriptor);
    return NEXT(pwrite, descriptor, data, bytes, offset);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset)
{
    wait_if_ours(descriptor);
    return NEXT(pwritev, descriptor, parts, count, offset);
}

int fsync(int descriptor)
{
    wait_if_ours(descriptor);
    return NEXT(fsync, descriptor);
}

int ftruncate(int descriptor, off_t length)
{
    wait_if_ours(descriptor);
    return NEXT(ftruncate, descriptor, length);
}

int rename(const char *from, const char *to)
{
    if (strstr(to, "checkpoints/"))
        wait_a_little();
    int status = NEXT(rename, from, to);
    if (strstr(to, "checkpoints/"))
        wait_a_little();
    return status;
}
