#include "base/look.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* stat or lstat. */
typedef int looker(const char *restrict path, struct stat *restrict about);

static td_status look(looker *see, const char *path, struct stat *about, td_look *what)
{
    *what = TD_LOOK_NOTHING;
    if (see(path, about) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? TD_OK
                   : td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    *what = S_ISREG(about->st_mode)   ? TD_LOOK_FILE
            : S_ISDIR(about->st_mode) ? TD_LOOK_FOLDER
                                      : TD_LOOK_OTHER;
    return TD_OK;
}

td_status td_look_at(const char *path, td_look *what)
{
    struct stat about;
    return look(stat, path, &about, what);
}

td_status td_look_at_name(const char *path, td_look *what)
{
    struct stat about;
    return look(lstat, path, &about, what);
}

td_status td_look_for_same(const char *path, const char *other, bool *same)
{
    struct stat a, b;
    td_look first, second;
    TD_TRY(look(stat, path, &a, &first));
    TD_TRY(look(stat, other, &b, &second));
    *same = first != TD_LOOK_NOTHING && second != TD_LOOK_NOTHING && a.st_dev == b.st_dev &&
            a.st_ino == b.st_ino;
    return TD_OK;
}

td_status td_look_for_content(const char *path, bool *is_empty)
{
    struct stat about;
    td_look what;
    TD_TRY(look(lstat, path, &about, &what));
    *is_empty = what == TD_LOOK_NOTHING || (what == TD_LOOK_FILE && about.st_size == 0);
    return TD_OK;
}

td_status td_look_at_start(const char *path, size_t size, char *start, size_t *length)
{
    FILE *file = fopen(path, "rbe");
    memset(start, 0, size);
    *length = 0;
    if (!file && errno == ENOENT)
        return TD_OK;
    if (!file)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    *length = fread(start, 1, size - 1, file);
    const int reason = ferror(file) ? errno : 0;
    fclose(file);
    return reason == 0 ? TD_OK : td_fail(TD_ERR_FILE, "%s: %s", path, strerror(reason));
}

ssize_t td_read_at(int file, void *bytes, size_t size, off_t at)
{
    size_t done = 0;
    while (done < size) {
        const ssize_t got = pread(file, (char *)bytes + done, size - done, at + (off_t)done);
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

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Reads names up to the end, or the error that errno then is. */
static void read_names(DIR *directory, td_folder *folder)
{
    for (;;) {
        errno = 0; /* the end and an error are both NULL */
        const struct dirent *entry = readdir(directory);
        if (!entry)
            return;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        folder->name = td_grow(folder->name, folder->count, sizeof *folder->name);
        folder->name[folder->count++] = td_copy_text(entry->d_name);
    }
}

td_status td_folder_read(const char *path, td_folder *folder)
{
    *folder = (td_folder){0};
    DIR *directory = opendir(path);
    if (!directory)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    read_names(directory, folder);
    const int reason = errno;
    closedir(directory);
    if (reason != 0)
        return td_fail(TD_ERR_FILE, "%s: its files cannot be listed: %s", path, strerror(reason));
    if (folder->count > 0)
        qsort(folder->name, folder->count, sizeof *folder->name, by_bytes);
    return TD_OK;
}

void td_folder_free(td_folder *folder)
{
    for (size_t n = 0; n < folder->count; n++)
        td_free(folder->name[n]);
    td_free(folder->name);
    *folder = (td_folder){0};
}
