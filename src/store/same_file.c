/* One gather tells every rank what all ranks have open, so that all take the same turns: nothing
 * more for one file on all of them, checksums only where files are others of equal length. */
#include "store/same_file.h"

#include "base/memory.h"
#include "store/checksum.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* What one rank has open. */
typedef struct {
    int node;
    uint64_t device; /* the node's own number of the file system */
    uint64_t system; /* the file system's id, which nodes may share */
    uint64_t inode;
    int64_t bytes;
    struct timespec modified, changed;
} identity;

bool td_same_file_is_at(int descriptor, const char *path)
{
    struct stat ours, there;
    if (fstat(descriptor, &ours) != 0 || stat(path, &there) != 0) {
        errno = errno == ESTALE ? ENOENT : errno; /* NFS: it was removed under our hands */
        return false;
    }
    errno = ENOENT;
    return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

td_status td_same_file_agree(td_comm *comm, td_status opened)
{
    td_status first = opened, mine = opened;
    td_comm_broadcast(comm, 0, &first, sizeof first);
    if (first == TD_OK && opened != TD_OK)
        mine = td_fail(TD_ERR_MISMATCH,
                       "rank %d on %s does not see what rank 0 sees: %s; all ranks must read the "
                       "same data",
                       td_comm_rank(comm), td_comm_host(comm), td_message());
    return td_comm_agree(comm, mine);
}

static td_status identify(const td_comm *comm, const char *path, int descriptor, identity *file)
{
    struct stat about;
    struct statvfs system;
    if (fstat(descriptor, &about) != 0 || fstatvfs(descriptor, &system) != 0)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    *file = (identity){td_comm_node(comm), about.st_dev,  system.f_fsid, about.st_ino,
                       about.st_size,      about.st_mtim, about.st_ctim};
    return TD_OK;
}

static bool is_equal_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* On one node a file may grow between two looks at it, and stays one file. */
static bool is_same(const identity *a, const identity *b)
{
    if (a->inode != b->inode)
        return false;
    if (a->node == b->node)
        return a->device == b->device;
    return a->system == b->system && a->bytes == b->bytes &&
           is_equal_time(a->modified, b->modified) && is_equal_time(a->changed, b->changed);
}

/* The lowest rank that has the same file. */
static int holder_of(const identity *files, int rank)
{
    int holder = 0;
    while (!is_same(&files[holder], &files[rank]))
        holder++;
    return holder;
}

static td_status differ(const td_comm *comm, const char *path, const char *mine, const char *first)
{
    return td_fail(TD_ERR_MISMATCH,
                   "%s: rank %d sees another file on %s (%s) than rank 0 (%s); all ranks must read "
                   "the same data",
                   path, td_comm_rank(comm), td_comm_host(comm), mine, first);
}

static td_status compare_lengths(const td_comm *comm, const char *path, int64_t mine, int64_t first)
{
    char my_text[32], first_text[32];
    if (mine == first)
        return TD_OK;
    snprintf(my_text, sizeof my_text, "%" PRId64 " bytes", mine);
    snprintf(first_text, sizeof first_text, "%" PRId64 " bytes", first);
    return differ(comm, path, my_text, first_text);
}

/* Collective. Compares all bytes of copies of equal length. */
static td_status compare_bytes(td_comm *comm, const char *path, int descriptor, int holder)
{
    const int rank = td_comm_rank(comm);
    uint64_t mine = 0;
    size_t ranks;
    td_status status = TD_OK;
    if (holder == rank)
        status = td_checksum_descriptor(path, descriptor, &mine);
    TD_TRY(td_comm_agree(comm, status));
    uint64_t *sums = td_comm_allgatherv(comm, &mine, 1, sizeof mine, &ranks);
    if (sums[holder] != sums[0]) {
        char my_text[32], first_text[32];
        snprintf(my_text, sizeof my_text, "checksum %016" PRIx64, sums[holder]);
        snprintf(first_text, sizeof first_text, "checksum %016" PRIx64, sums[0]);
        status = differ(comm, path, my_text, first_text);
    }
    td_free(sums);
    return td_comm_agree(comm, status);
}

td_status td_same_file_check(td_comm *comm, const char *path, int descriptor)
{
    identity mine;
    size_t ranks;
    if (td_comm_size(comm) == 1)
        return TD_OK;
    memset(&mine, 0, sizeof mine);
    TD_TRY(td_comm_agree(comm, identify(comm, path, descriptor, &mine)));
    identity *files = td_comm_allgatherv(comm, &mine, 1, sizeof mine, &ranks);
    const int holder = holder_of(files, td_comm_rank(comm));
    bool all_same = true;
    td_status status = TD_OK;
    for (size_t r = 1; r < ranks; r++)
        all_same = all_same && is_same(&files[0], &files[r]);
    if (holder != 0)
        status = compare_lengths(comm, path, mine.bytes, files[0].bytes);
    td_free(files);
    TD_TRY(td_comm_agree(comm, status));
    return all_same ? TD_OK : compare_bytes(comm, path, descriptor, holder);
}
