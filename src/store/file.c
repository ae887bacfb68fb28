/* The life of a file: created or opened, brought from phase to phase, published or discarded; and
 * its errors, said and shared. */
#include "store/file_parts.h"

#include "base/log.h"
#include "base/memory.h"
#include "store/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values move between memory and file as "
                                                          "they are");

/* More than HDF5 adds to a file for one group, dataset or attribute. */
enum { SPARE_BYTES = 1 << 16 };

enum { REASON_BYTES = 256, WHAT_BYTES = 1024 };

/* Why HDF5 refused; whether since a call to the system failed. */
typedef struct {
    char text[REASON_BYTES];
    bool is_the_systems;
} hdf5_reason;

static bool is_first(const td_file *file)
{
    return td_comm_rank(file->comm) == 0;
}

const char *td_file_path(const td_file *file)
{
    return file->path;
}

td_comm *td_file_comm(const td_file *file)
{
    return file->comm;
}

/* How files are opened: by each rank for itself, since a collective call of MPI-IO's of which one
 * rank's part fails leaves the others waiting for it. HDF5's own locks are off: they fail on shared
 * file systems mounted without flock, and no file is written under a name that another job reads.
 */
static hid_t access_list(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    herr_t refused = 0;
    refused |= H5Pset_libver_bounds(list, H5F_LIBVER_V18, H5F_LIBVER_V18);
    refused |= H5Pset_file_locking(list, false, true);
    refused |= H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
    TD_ASSERT(refused >= 0);
    return list;
}

td_status td_file_open_hdf5(td_file *file, const char *path, unsigned mode)
{
    hid_t list = access_list();
    file->id = H5Fopen(path, mode, list);
    td_status status = TD_OK;
    if (file->id < 0)
        status = td_file_fail(file, file->phase == TD_FILE_READ ? TD_ERR_FORMAT : TD_ERR_FILE,
                              "HDF5 cannot open it");
    H5Pclose(list);
    return status;
}

static td_status close_hdf5(td_file *file)
{
    if (file->id < 0)
        return TD_OK;
    herr_t refused = H5Fclose(file->id);
    file->id = H5I_INVALID_HID;
    return refused < 0 ? td_file_fail(file, TD_ERR_FILE, "closing it failed") : TD_OK;
}

hid_t td_file_creation_list(hid_t kind)
{
    hid_t list = H5Pcreate(kind);
    herr_t refused = H5Pset_obj_track_times(list, false);
    refused |= H5Pset_attr_phase_change(list, UINT16_MAX, 0);
    if (kind != H5P_DATASET_CREATE)
        refused |= H5Pset_link_phase_change(list, UINT16_MAX, 0);
    TD_ASSERT(refused >= 0);
    return list;
}

static td_status create_hdf5(td_file *file)
{
    hid_t list = access_list();
    hid_t creation = td_file_creation_list(H5P_FILE_CREATE);
    file->id = H5Fcreate(file->temporary, H5F_ACC_TRUNC, creation, list);
    td_status status = TD_OK;
    if (file->id < 0)
        status = td_file_fail(file, TD_ERR_FILE, "HDF5 cannot create it");
    H5Pclose(creation);
    H5Pclose(list);
    return status;
}

td_status td_file_reserve(td_file *file, uint64_t bytes)
{
    haddr_t end;
    if (H5Fget_eoa(file->id, &end) < 0)
        return td_file_fail(file, TD_ERR_FILE, "its length is unknown");
    if (bytes > INT64_MAX - SPARE_BYTES - end)
        return td_fail(TD_ERR_FILE, "cannot write %s: %s", file->path, strerror(EFBIG));
    const int64_t needed = (int64_t)(end + bytes + SPARE_BYTES);
    if (needed <= file->reserved)
        return TD_OK;
    int reason = posix_fallocate(file->descriptor, file->reserved, needed - file->reserved);
    if (reason != 0)
        return td_fail(TD_ERR_FILE, "cannot write %s: no room for %llu bytes more: %s", file->path,
                       (unsigned long long)bytes, strerror(reason));
    file->reserved = needed;
    return TD_OK;
}

/* Gives the file the length that HDF5 sees, every block of it on the disk. */
static td_status fit_length(td_file *file)
{
    TD_TRY(td_file_open_hdf5(file, file->temporary, H5F_ACC_RDONLY));
    haddr_t end;
    td_status status = TD_OK;
    if (H5Fget_eoa(file->id, &end) < 0)
        status = td_file_fail(file, TD_ERR_FILE, "its length is unknown");
    td_status closed = close_hdf5(file);
    TD_TRY(status);
    TD_TRY(closed);
    int reason = ftruncate(file->descriptor, (off_t)end) == 0 ? 0 : errno;
    if (reason == 0)
        reason = posix_fallocate(file->descriptor, 0, (off_t)end);
    if (reason != 0)
        return td_fail(TD_ERR_FILE, "cannot write %s: %s", file->path, strerror(reason));
    file->reserved = (int64_t)end;
    return TD_OK;
}

/* Brings what this rank wrote onto the disk. */
static td_status sync_temporary(const td_file *file)
{
    if (file->descriptor < 0 || fsync(file->descriptor) == 0)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "cannot write %s: syncing %s: %s", file->path, file->temporary,
                   strerror(errno));
}

/* Collective. Leaves the phase that the file is in: no rank has it open in HDF5 afterwards. On
 * NFS what rank 0 wrote must not come after what other nodes write, and they must see what was
 * written. */
static td_status leave_phase(td_file *file)
{
    td_status status = close_hdf5(file);
    if (status == TD_OK && file->phase == TD_FILE_SHAPE && is_first(file))
        status = fit_length(file);
    if (status == TD_OK && (file->unseen || file->phase == TD_FILE_SHAPE) &&
        td_comm_size(file->comm) > 1)
        status = sync_temporary(file);
    return td_file_agree(file, status);
}

/* Every rank gets a descriptor of the file that rank 0 made. */
static td_status reach_temporary(td_file *file)
{
    if (file->descriptor < 0)
        file->descriptor = open(file->temporary, O_WRONLY | O_CLOEXEC);
    if (file->descriptor >= 0)
        return TD_OK;
    return td_fail(TD_ERR_FILE,
                   "cannot write %s: rank %d cannot reach %s: %s; all ranks must share the folder",
                   file->path, td_comm_rank(file->comm), file->temporary, strerror(errno));
}

td_status td_file_enter(td_file *file, td_file_phase phase)
{
    TD_ASSERT(file->temporary != NULL);
    if (file->phase == phase)
        return TD_OK;
    TD_TRY(leave_phase(file));
    file->phase = phase;
    td_status status = TD_OK;
    file->unseen = false;
    if (phase == TD_FILE_FILL) {
        status = reach_temporary(file);
        if (status == TD_OK)
            status = td_file_open_hdf5(file, file->temporary, H5F_ACC_RDONLY);
    } else if (is_first(file)) {
        status = td_file_open_hdf5(file, file->temporary, H5F_ACC_RDWR);
    }
    return td_file_agree(file, status);
}

td_status td_file_enter_readable(td_file *file)
{
    if (file->phase == TD_FILE_READ)
        return TD_OK;
    if (file->phase == TD_FILE_FILL && file->unseen)
        TD_TRY(td_file_enter(file, TD_FILE_SHAPE));
    return td_file_enter(file, TD_FILE_FILL);
}

td_file *td_file_new(td_comm *comm, const char *path, td_file_phase phase)
{
    td_file *file = TD_NEW(td_file, 1);
    file->comm = comm;
    file->path = td_copy_text(path);
    file->descriptor = -1;
    file->id = H5I_INVALID_HID;
    file->phase = phase;
    return file;
}

static void free_file(td_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    td_free(file->temporary);
    td_free(file->path);
    td_free(file);
}

/* Collective. Rank 0 makes the temporary file and tells its name. */
static td_status begin_temporary(td_file *file)
{
    TD_TRY(td_file_agree(
        file, is_first(file) ? td_replace_begin(file->path, &file->temporary, &file->descriptor)
                             : TD_OK));
    size_t bytes = is_first(file) ? strlen(file->temporary) + 1 : 0;
    td_comm_broadcast(file->comm, 0, &bytes, sizeof bytes);
    if (!is_first(file))
        file->temporary = TD_NEW(char, bytes);
    td_comm_broadcast(file->comm, 0, file->temporary, bytes);
    return TD_OK;
}

static td_status begin_contents(td_file *file, const char *format, int64_t version)
{
    td_status status = TD_OK;
    if (is_first(file)) {
        status = create_hdf5(file);
        if (status == TD_OK)
            status = td_file_reserve(file, 0);
    }
    TD_TRY(td_file_agree(file, status));
    TD_TRY(td_file_set_text(file, "", "format", format));
    return td_file_set_int(file, "", "version", version);
}

td_status td_file_create(td_comm *comm, const char *path, const char *format, int64_t version,
                         td_file **out)
{
    td_file *file = td_file_new(comm, path, TD_FILE_SHAPE);
    td_status status = begin_temporary(file);
    if (status == TD_OK)
        status = begin_contents(file, format, version);
    if (status != TD_OK)
        td_file_discard(file);
    else
        *out = file;
    return status;
}

void td_file_discard(td_file *file)
{
    if (!file)
        return;
    if (file->id >= 0)
        H5Fclose(file->id); /* not close_hdf5, which may replace the message of what went wrong */
    if (file->temporary && is_first(file))
        td_replace_discard(file->temporary);
    if (file->temporary)
        td_comm_barrier(file->comm); /* it is gone before any rank goes on */
    free_file(file);
}

void td_file_set_guard(td_file *file, const td_file_guard *guard)
{
    file->guard = guard;
}

/* Rank 0's part of publishing: the rename follows the question at once. */
static td_status give_final_name(td_file *file)
{
    td_status status = file->guard ? file->guard->may_publish(file->guard->context) : TD_OK;
    if (status == TD_OK)
        return td_replace_commit(file->temporary, file->path);
    td_replace_discard(file->temporary);
    return status;
}

td_status td_file_publish(td_file *file)
{
    TD_ASSERT(file->temporary != NULL);
    td_status status = TD_OK;
    if (file->failed)
        status = td_fail(TD_ERR_FILE, "%s is not written: an earlier step failed", file->path);
    else
        status = leave_phase(file);
    if (status == TD_OK)
        status = td_file_agree(file, sync_temporary(file));
    if (status == TD_OK) {
        if (is_first(file))
            status = give_final_name(file);
        status = td_comm_agree(file->comm, status);
        td_free(file->temporary); /* renamed or removed */
        file->temporary = NULL;
    }
    td_file_discard(file);
    return status;
}

/* Of "file write failed: time = .., errno = 5, error message = 'Input/output error', .." keeps
 * "file write failed: Input/output error": the rest is for HDF5's authors, and has a line end. */
static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *context)
{
    static const char mark[] = "error message = '";
    const char *text = error->desc ? error->desc : "", *cause = strstr(text, mark);
    hdf5_reason *reason = context;
    if (n != 0)
        return 0;
    reason->is_the_systems = cause || strstr(text, "can't retrieve stat info");
    if (cause)
        snprintf(reason->text, REASON_BYTES, "%.*s: %.*s", (int)strcspn(text, ":,"), text,
                 (int)strcspn(cause + sizeof mark - 1, "'"), cause + sizeof mark - 1);
    else
        snprintf(reason->text, REASON_BYTES, "%s", text);
    return 0;
}

td_status td_file_fail(const td_file *file, td_status status, const char *what, ...)
{
    hdf5_reason reason = {.text = ""};
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &reason);
    char text[WHAT_BYTES];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    return td_fail(reason.is_the_systems ? TD_ERR_FILE : status, "%s: %s%s%s%s", file->path, text,
                   *reason.text ? " (HDF5: " : "", reason.text, *reason.text ? ")" : "");
}

td_status td_file_agree(td_file *file, td_status mine)
{
    td_status status = td_comm_agree(file->comm, mine);
    file->failed = file->failed || status != TD_OK;
    return status;
}

/* A file that cannot be closed, since its disk fails say, stays in HDF5's tables, and HDF5 would
 * try again as MPI ends, and crash. It does not where it has begun before MPI and without asking
 * for the process's end: so it begins before main, for the program and for whoever links the
 * library. */
__attribute__((constructor)) static void begin_before_mpi(void)
{
    H5dont_atexit();
    H5open();
}

char *td_file_library(void)
{
    unsigned major, minor, release;
    H5get_libversion(&major, &minor, &release);
    return td_print_text("%u.%u.%u", major, minor, release);
}
