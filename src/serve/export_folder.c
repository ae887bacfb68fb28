/* What may be replaced is what an export could have written: anything else was put there by
 * someone, and stays. */
#include "serve/export_folder.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *name, const char *end)
{
    const size_t length = strlen(name), tail = strlen(end);
    return length > tail && strcmp(name + length - tail, end) == 0;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* What an open folder holds: whether export.json, and the first name that no export writes. */
static void look_into(DIR *directory, bool *is_export, bool *is_empty, td_path *foreign)
{
    *is_export = false;
    *is_empty = true;
    foreign->path[0] = '\0';
    for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        const char *name = entry->d_name;
        if (is_dots(name))
            continue;
        *is_empty = false;
        if (strcmp(name, "export.json") == 0)
            *is_export = true;
        else if (!ends_with(name, ".npy") && !ends_with(name, ".txt"))
            snprintf(foreign->path, sizeof foreign->path, "%s", name);
    }
}

static td_status check_target(const char *path)
{
    bool is_export, is_empty;
    td_path foreign;
    DIR *directory = opendir(path);
    if (!directory && errno == ENOENT)
        return TD_OK;
    if (!directory)
        return td_fail(TD_ERR_FILE, "cannot write the export %s: %s", path, strerror(errno));
    look_into(directory, &is_export, &is_empty, &foreign);
    closedir(directory);
    if (!is_empty && !is_export)
        return td_fail(TD_ERR_FILE,
                       "%s is a folder, but no export (it has no export.json), and stays as it "
                       "is; name another one",
                       path);
    if (foreign.path[0])
        return td_fail(TD_ERR_FILE,
                       "%s has %s, which no export writes, and stays as it is; name another "
                       "folder, or take that out",
                       path, foreign.path);
    return TD_OK;
}

/* "FOLDER/.NAME.KIND-PID" beside "FOLDER/NAME". */
static td_path beside(const td_path *target, const char *kind)
{
    const char *slash = strrchr(target->path, '/');
    const int folder = slash ? (int)(slash - target->path) + 1 : 0;
    td_path path;
    snprintf(path.path, sizeof path.path, "%.*s.%.200s.%s-%ld", folder, target->path,
             target->path + folder, kind, (long)getpid());
    return path;
}

td_status td_export_folder_begin(const char *path, td_export_folder *folder)
{
    enum { ROOM = 256 }; /* for names in the folder */
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 0 || length + ROOM > sizeof folder->target.path)
        return td_fail(TD_ERR_FILE, "cannot write the export '%s': no such path can be", path);
    snprintf(folder->target.path, sizeof folder->target.path, "%.*s", (int)length, path);
    folder->temporary = beside(&folder->target, "tmp");
    TD_TRY(check_target(folder->target.path));
    if (mkdir(folder->temporary.path, 0777) == 0)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "cannot write the export %s: making %s: %s", path,
                   folder->temporary.path, strerror(errno));
}

/* Removes a folder of files. */
static void remove_folder(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return;
    const int folder = dirfd(directory);
    TD_ASSERT(folder >= 0);
    for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
        if (!is_dots(entry->d_name))
            unlinkat(folder, entry->d_name, 0);
    closedir(directory);
    rmdir(path);
}

td_status td_export_folder_commit(const td_export_folder *folder)
{
    const char *target = folder->target.path;
    const td_path old = beside(&folder->target, "old");
    const bool had_old = rename(target, old.path) == 0;
    if ((had_old || errno == ENOENT) && rename(folder->temporary.path, target) == 0) {
        if (had_old)
            remove_folder(old.path);
        return TD_OK;
    }
    const int reason = errno;
    if (had_old)
        rename(old.path, target);
    td_export_folder_discard(folder);
    return td_fail(TD_ERR_FILE, "cannot put the export at %s: %s", target, strerror(reason));
}

void td_export_folder_discard(const td_export_folder *folder)
{
    remove_folder(folder->temporary.path);
}
