/* What may be replaced is what an export could have written: anything else was put there by
 * someone, and stays. */
#include "serve/export_folder.h"

#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/temporaries.h"
#include "store/text_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Whether the folder's export.json is of an export. */
static bool is_described(const char *path)
{
    enum { LONGEST = 1 << 16 };
    char *text;
    if (td_read_text(td_run_file(path, "export.json").path, LONGEST, &text) != TD_OK)
        return false;
    const bool is_ours = strstr(text, "\"tandem-export\"") != NULL;
    td_free(text);
    return is_ours;
}

/* Whether an export writes a file of this name. */
static bool is_of_export(const char *name)
{
    static const char *const texts[] = {"export.json", "users.txt", "items.txt", "titles.txt",
                                        "tokens.txt"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i]) == 0)
            return true;
    return name[0] != '.' &&
           td_ends_with(name, ".npy"); /* of tensors and fields, whose names differ */
}

/* What a folder holds: whether anything, and the first name that no export writes. */
static td_status look_into(const char *path, bool *is_empty, td_path *foreign)
{
    td_look what;
    td_folder folder = {0};
    TD_TRY(td_look_at(path, &what));
    td_status status = what == TD_LOOK_NOTHING ? TD_OK : td_folder_read(path, &folder);
    *is_empty = folder.count == 0;
    foreign->path[0] = '\0';
    for (size_t n = 0; n < folder.count && !foreign->path[0]; n++)
        if (!is_of_export(folder.name[n]))
            snprintf(foreign->path, sizeof foreign->path, "%s", folder.name[n]);
    td_folder_free(&folder);
    return status;
}

static td_status check_target(const char *path)
{
    bool is_empty;
    td_path foreign;
    const td_status status = look_into(path, &is_empty, &foreign);
    if (status != TD_OK)
        return td_fail(status, "cannot write the export %s", td_message());
    if (!is_empty && !is_described(path))
        return td_fail(
            TD_ERR_FILE,
            "%s is a folder, but no export (it has no export.json of one), and stays as it "
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
    td_temporaries_hold();
    const int reason = mkdir(folder->temporary.path, 0777) == 0 ? 0 : errno;
    if (reason == 0)
        td_temporary_add(folder->temporary.path);
    td_temporaries_release();
    if (reason == 0)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "cannot write the export %s: making %s: %s", path,
                   folder->temporary.path, strerror(reason));
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
    td_temporary_drop(path);
}

td_status td_export_folder_commit(const td_export_folder *folder)
{
    const char *target = folder->target.path;
    const td_path old = beside(&folder->target, "old");
    td_temporaries_hold();
    const bool had_old = rename(target, old.path) == 0;
    const bool is_there =
        (had_old || errno == ENOENT) && rename(folder->temporary.path, target) == 0;
    const int reason = errno;
    if (is_there)
        td_temporary_drop(folder->temporary.path);
    else if (had_old)
        rename(old.path, target);
    td_temporaries_release();
    if (is_there && had_old)
        remove_folder(old.path);
    if (is_there)
        return TD_OK;
    td_export_folder_discard(folder);
    return td_fail(TD_ERR_FILE, "cannot put the export at %s: %s", target, strerror(reason));
}

void td_export_folder_discard(const td_export_folder *folder)
{
    remove_folder(folder->temporary.path);
}
