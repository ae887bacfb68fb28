/* Opening a file for reading: looked at before HDF5 gets it, and one and the same file on all
 * ranks, whatever takes its name meanwhile. */
#include "store/file_parts.h"

#include "base/look.h"
#include "base/memory.h"
#include "store/same_file.h"
#include "store/walk/file_structure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often a file may be replaced while it is opened: an opening takes a millisecond. */
enum { TRIES = 50 };

static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

/* What is no regular file, such as a pipe, is not waited for. The caller closes *descriptor, also
 * after a failure, unless it is -1. */
static td_status open_regular(const char *path, int *descriptor, uint64_t *bytes)
{
    struct stat about = {0};
    *descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (*descriptor < 0)
        return td_fail(TD_ERR_FILE, "cannot open %s: %s", path, strerror(errno));
    if (fstat(*descriptor, &about) != 0)
        return td_fail(TD_ERR_FILE, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return td_fail(TD_ERR_FILE, "cannot open %s: %s, where a file was expected", path,
                       S_ISDIR(about.st_mode) ? "it is a folder" : "it is no regular file");
    *bytes = (uint64_t)about.st_size;
    return TD_OK;
}

/* What is no HDF5 file gets a plain word. */
static td_status check_start(const char *path, int descriptor, const char *wanted)
{
    unsigned char start[sizeof signature + 1];
    const ssize_t got = td_read_at(descriptor, start, sizeof start, 0);
    if (got < 0)
        return td_fail(TD_ERR_FILE, "cannot read %s: %s", path, strerror(errno));
    if (got < (ssize_t)sizeof start || memcmp(start, signature, sizeof signature) != 0)
        return td_fail(TD_ERR_FORMAT, "%s is %s, where a %s file was expected", path,
                       got == 0 ? "empty" : "no HDF5 file", wanted);
    if (start[sizeof signature] != 2)
        return td_fail(TD_ERR_FORMAT, "%s has version %d of HDF5's own format; a %s file has 2",
                       path, start[sizeof signature], wanted);
    return TD_OK;
}

/* Collective. Every rank keeps the file open until HDF5 has it, so that its inode cannot come
 * again. Since all have the same one, the first looks into it for all. */
static td_status look_at(td_file *file, const char *format, int *descriptor)
{
    uint64_t bytes = 0;
    TD_TRY(td_same_file_agree(file->comm, open_regular(file->path, descriptor, &bytes)));
    TD_TRY(td_same_file_check(file->comm, file->path, *descriptor));
    td_status status = TD_OK;
    if (td_comm_rank(file->comm) == 0) {
        status = check_start(file->path, *descriptor, format ? format : "tandem");
        if (status == TD_OK)
            status = td_file_check_structure(file->path, *descriptor, bytes);
    }
    return td_file_agree(file, status);
}

/* Whether the path still names the file that a rank has open. As HDF5 opens paths, it has opened
 * another one if not, or may have. */
static bool is_replaced(const char *path, int descriptor)
{
    struct stat ours, theirs;
    return descriptor >= 0 && fstat(descriptor, &ours) == 0 &&
           (stat(path, &theirs) != 0 || ours.st_dev != theirs.st_dev ||
            ours.st_ino != theirs.st_ino);
}

/* Collective. Opens what the path names at this moment; tells whether any rank saw it replaced
 * after it had looked at it, in which case the status means nothing. */
static td_status try_to_open(td_file *file, const char *format, bool *replaced)
{
    int descriptor = -1;
    td_status status = look_at(file, format, &descriptor);
    if (status == TD_OK)
        status = td_file_agree(file, td_file_open_hdf5(file, file->path, H5F_ACC_RDONLY));
    *replaced = td_comm_any(file->comm, is_replaced(file->path, descriptor));
    if (descriptor >= 0)
        close(descriptor);
    return status;
}

static td_status check_format(td_file *file, const char *format, int64_t version)
{
    char *found = NULL;
    TD_TRY(td_file_get_text(file, "", "format", &found));
    td_status status = TD_OK;
    if (strcmp(found, format) != 0)
        status = td_fail(TD_ERR_FORMAT, "%s is a '%.40s' file, where a '%s' file was expected",
                         file->path, found, format);
    td_free(found);
    TD_TRY(status);
    int64_t number = 0;
    TD_TRY(td_file_get_int(file, "", "version", &number));
    if (number != version)
        return td_fail(TD_ERR_FORMAT,
                       "%s has version %lld of the '%s' format; this tandem reads version %lld%s",
                       file->path, (long long)number, format, (long long)version,
                       number < version ? ": make it again" : "");
    return TD_OK;
}

/* Collective. Opens the file, again where it was replaced meanwhile. */
static td_status open_whole(td_comm *comm, const char *path, const char *format, td_file **file)
{
    for (int left = TRIES; left > 0; left--) {
        bool replaced;
        *file = td_file_new(comm, path, TD_FILE_READ);
        td_status status = try_to_open(*file, format, &replaced);
        if (!replaced)
            return status;
        td_file_discard(*file);
    }
    *file = NULL;
    return td_fail(TD_ERR_FILE, "cannot open %s: it was replaced %d times meanwhile", path, TRIES);
}

td_status td_file_open(td_comm *comm, const char *path, const char *format, int64_t version,
                       td_file **out)
{
    td_file *file;
    td_status status = open_whole(comm, path, format, &file);
    if (status == TD_OK && format)
        status = check_format(file, format, version);
    if (status != TD_OK)
        td_file_discard(file);
    else
        *out = file;
    return status;
}

/* Collective. Returns whether a file of the format is there. */
static bool is_of_format(td_comm *comm, const char *path, const char *format)
{
    td_file *file;
    char *found = NULL;
    if (td_file_open(comm, path, NULL, 0, &file) != TD_OK)
        return false;
    const bool same =
        td_file_get_text(file, "", "format", &found) == TD_OK && strcmp(found, format) == 0;
    td_free(found);
    td_file_discard(file);
    return same;
}

td_status td_file_check_place(td_comm *comm, const char *path, const char *format)
{
    bool is_empty = true;
    const bool first = td_comm_rank(comm) == 0;
    TD_TRY(td_comm_agree(comm, first ? td_look_for_content(path, &is_empty) : TD_OK));
    if (!td_comm_any(comm, !is_empty) || is_of_format(comm, path, format))
        return TD_OK;
    return td_fail(TD_ERR_FILE,
                   "%s is there and is no whole '%s' file, so it is not replaced; give another "
                   "name, or remove it first",
                   path, format);
}
