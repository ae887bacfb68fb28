/* MPI behind the contract of comm.h. Long messages go in pieces of at most PIECE elements, since
 * MPI-3.1 counts are ints. */
#include "comm/comm.h"

#include "base/crash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/share.h"
#include "comm/launcher.h"

#include <mpi.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 24, BLOCK = 1 << 15, MESSAGE_BYTES = 2048, NAME_BYTES = 512 };

struct td_comm {
    MPI_Comm mpi;
    int rank;
    int size;
    int size_on_node;
    char name[NAME_BYTES];      /* before this rank's last words */
    atomic_uint_fast64_t marks; /* one where a collective begins, one where it ends */
    td_comm_traffic traffic;
};

static void check(int code, const char *call)
{
    if (code == MPI_SUCCESS)
        return;
    char reason[MPI_MAX_ERROR_STRING] = "";
    int length;
    MPI_Error_string(code, reason, &length);
    td_abort("%s failed: %s", call, reason);
}

#define CHECK(call) check((call), #call)

/* A collective call on comm, which a watch may see begin and end. */
#define COLLECTIVE(comm, call)                                                                     \
    do {                                                                                           \
        atomic_fetch_add(&(comm)->marks, 1);                                                       \
        CHECK(call);                                                                               \
        atomic_fetch_add(&(comm)->marks, 1);                                                       \
    } while (0)

static void count(td_comm *comm, size_t bytes)
{
    comm->traffic.calls++;
    comm->traffic.bytes += (int64_t)bytes;
}

static void end_every_rank(void)
{
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static td_comm *wrap(MPI_Comm mpi)
{
    td_comm *comm = TD_NEW(td_comm, 1);
    comm->mpi = mpi;
    CHECK(MPI_Comm_set_errhandler(mpi, MPI_ERRORS_RETURN));
    CHECK(MPI_Comm_rank(mpi, &comm->rank));
    CHECK(MPI_Comm_size(mpi, &comm->size));
    return comm;
}

static int count_on_node(MPI_Comm mpi)
{
    MPI_Comm node;
    int size;
    CHECK(MPI_Comm_split_type(mpi, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
    CHECK(MPI_Comm_size(node, &size));
    CHECK(MPI_Comm_free(&node));
    return size;
}

td_comm *td_comm_start(void)
{
    int provided;
    td_crash_start(); /* first: Open MPI's own handlers leave one that is there alone */
    td_launcher_spare_alone();
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    td_abort_setup(end_every_rank);
    if (provided < MPI_THREAD_FUNNELED)
        td_abort("this MPI library was built without threads (MPI_THREAD_FUNNELED)");
    MPI_Comm mpi;
    CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &mpi));
    td_comm *comm = wrap(mpi);
    comm->size_on_node = count_on_node(mpi);
    char host[256] = "?";
    gethostname(host, sizeof host - 1);
    if (comm->size > 1)
        snprintf(comm->name, sizeof comm->name, "rank %d on %s: ", comm->rank, host);
    td_log_setup(comm->rank == 0, comm->name);
    return comm;
}

void td_comm_stop(td_comm *comm)
{
    td_comm_free(comm);
    td_log_setup(true, "");
    td_abort_setup(NULL);
    MPI_Finalize();
}

td_comm *td_comm_alone(td_comm *comm)
{
    MPI_Comm mpi;
    (void)comm;
    CHECK(MPI_Comm_dup(MPI_COMM_SELF, &mpi));
    td_comm *alone = wrap(mpi);
    alone->size_on_node = 1;
    return alone;
}

void td_comm_free(td_comm *comm)
{
    if (!comm)
        return;
    CHECK(MPI_Comm_free(&comm->mpi));
    td_free(comm);
}

int td_comm_rank(const td_comm *comm)
{
    return comm->rank;
}

int td_comm_size(const td_comm *comm)
{
    return comm->size;
}

int td_comm_size_on_node(const td_comm *comm)
{
    return comm->size_on_node;
}

td_comm_activity td_comm_activity_of(const td_comm *comm)
{
    const uint64_t marks = atomic_load(&comm->marks);
    return (td_comm_activity){.collectives = (marks + 1) / 2, .inside = marks % 2 == 1};
}

td_comm_traffic td_comm_traffic_of(const td_comm *comm)
{
    return comm->traffic;
}

void td_comm_share(const td_comm *comm, int64_t n, int64_t *first, int64_t *count)
{
    *first = td_share(n, comm->rank, comm->size);
    *count = td_share(n, comm->rank + 1, comm->size) - *first;
}

td_status td_comm_agree(td_comm *comm, td_status mine)
{
    struct {
        int status;
        int rank;
    } worst, own = {(int)mine, comm->rank};
    COLLECTIVE(comm, MPI_Allreduce(&own, &worst, 1, MPI_2INT, MPI_MAXLOC, comm->mpi));
    count(comm, sizeof worst);
    if (worst.status == TD_OK)
        return TD_OK;
    char message[MESSAGE_BYTES];
    snprintf(message, sizeof message, "%s", td_message());
    COLLECTIVE(comm, MPI_Bcast(message, MESSAGE_BYTES, MPI_CHAR, worst.rank, comm->mpi));
    return td_fail((td_status)worst.status, "%s", message);
}

void td_comm_barrier(td_comm *comm)
{
    COLLECTIVE(comm, MPI_Barrier(comm->mpi));
}

/* The length of the piece that starts at done. */
static int piece_of(size_t n, size_t done)
{
    return (int)(n - done < PIECE ? n - done : PIECE);
}

void td_comm_broadcast(td_comm *comm, int root, void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes; done += PIECE) {
        const int piece = piece_of(bytes, done);
        COLLECTIVE(comm, MPI_Bcast((char *)data + done, piece, MPI_BYTE, root, comm->mpi));
        count(comm, comm->rank == root ? 0 : (size_t)piece);
    }
}

/* Reduces n elements of size bytes each, in place. */
static void reduce_all(td_comm *comm, size_t n, size_t size, void *elements, MPI_Datatype type,
                       MPI_Op op)
{
    for (size_t done = 0; done < n && comm->size > 1; done += PIECE) {
        const int piece = piece_of(n, done);
        COLLECTIVE(comm, MPI_Allreduce(MPI_IN_PLACE, (char *)elements + done * size, piece, type,
                                       op, comm->mpi));
        count(comm, (size_t)piece * size);
    }
}

void td_comm_sum(td_comm *comm, size_t n, int64_t *sums)
{
    reduce_all(comm, n, sizeof *sums, sums, MPI_INT64_T, MPI_SUM);
}

void td_comm_sum_counts(td_comm *comm, size_t n, int32_t *counts)
{
    reduce_all(comm, n, sizeof *counts, counts, MPI_INT32_T, MPI_SUM);
}

void td_comm_sum_before(td_comm *comm, size_t n, const int64_t *mine, int64_t *before)
{
    for (size_t done = 0; done < n && comm->size > 1; done += PIECE) {
        const int piece = piece_of(n, done);
        COLLECTIVE(comm,
                   MPI_Exscan(mine + done, before + done, piece, MPI_INT64_T, MPI_SUM, comm->mpi));
        count(comm, (size_t)piece * sizeof *before);
    }
    if (comm->rank == 0) /* to whom MPI_Exscan gives nothing */
        memset(before, 0, n * sizeof *before);
}

void td_comm_max(td_comm *comm, size_t n, td_magnitude *largest)
{
    reduce_all(comm, n, sizeof *largest, largest, MPI_UINT32_T, MPI_MAX);
}

/* Each rank's part by one broadcast: no displacement or count that an int must hold. */
static void broadcast_parts(td_comm *comm, const size_t *starts, size_t size, char *all)
{
    for (int root = 0; root < comm->size; root++)
        td_comm_broadcast(comm, root, all + starts[root] * size,
                          (starts[root + 1] - starts[root]) * size);
}

static void gather_parts(td_comm *comm, const size_t *starts, size_t size, const void *mine,
                         char *all)
{
    int *counts = TD_NEW(int, (size_t)comm->size);
    int *places = TD_NEW(int, (size_t)comm->size);
    for (int r = 0; r < comm->size; r++) {
        counts[r] = (int)((starts[r + 1] - starts[r]) * size);
        places[r] = (int)(starts[r] * size);
    }
    COLLECTIVE(comm, MPI_Allgatherv(mine, counts[comm->rank], MPI_BYTE, all, counts, places,
                                    MPI_BYTE, comm->mpi));
    count(comm, starts[comm->size] * size - (size_t)counts[comm->rank]);
    td_free(counts);
    td_free(places);
}

void td_comm_starts(td_comm *comm, size_t n, size_t *starts)
{
    uint64_t own = n, *counts = TD_NEW(uint64_t, (size_t)comm->size);
    COLLECTIVE(comm, MPI_Allgather(&own, 1, MPI_UINT64_T, counts, 1, MPI_UINT64_T, comm->mpi));
    count(comm, (size_t)(comm->size - 1) * sizeof own);
    starts[0] = 0;
    for (int r = 0; r < comm->size; r++)
        starts[r + 1] = starts[r] + counts[r];
    td_free(counts);
}

void *td_comm_gather_known(td_comm *comm, const void *mine, size_t size, const size_t *starts)
{
    const size_t n = starts[comm->rank + 1] - starts[comm->rank];
    char *all = td_allocate(starts[comm->size], size);
    if (starts[comm->size] * size <= INT32_MAX) {
        gather_parts(comm, starts, size, mine, all);
    } else {
        memcpy(all + starts[comm->rank] * size, mine, n * size);
        broadcast_parts(comm, starts, size, all);
    }
    return all;
}

void *td_comm_gather_all(td_comm *comm, const void *mine, size_t n, size_t size, size_t *total)
{
    size_t *starts = TD_NEW(size_t, (size_t)comm->size + 1);
    td_comm_starts(comm, n, starts);
    void *all = td_comm_gather_known(comm, mine, size, starts);
    *total = starts[comm->size];
    td_free(starts);
    return all;
}

static void add_block(size_t n, const int64_t *parts, int64_t *sums)
{
    for (size_t i = 0; i < n; i++)
        sums[i] = (int64_t)((uint64_t)sums[i] + (uint64_t)parts[i]);
}

/* The block of [first, end) that comes after done elements: empty once they are all done. */
static int block_of(size_t first, size_t end, size_t done)
{
    size_t left = end - first > done ? end - first - done : 0;
    return (int)(left < BLOCK ? left : BLOCK);
}

/* Sends to's part and adds from's share of our own, in blocks that stay in cache. */
static void exchange_parts(td_comm *comm, int to, int from, const size_t *offsets, int64_t *sums,
                           int64_t *buffer)
{
    const size_t mine = offsets[comm->rank], mine_end = offsets[comm->rank + 1];
    const size_t theirs = offsets[to], theirs_end = offsets[to + 1];
    for (size_t done = 0;; done += BLOCK) {
        int out = block_of(theirs, theirs_end, done), in = block_of(mine, mine_end, done);
        if (out == 0 && in == 0)
            return;
        CHECK(MPI_Sendrecv(sums + theirs + done, out, MPI_INT64_T, out ? to : MPI_PROC_NULL, 0,
                           buffer, in, MPI_INT64_T, in ? from : MPI_PROC_NULL, 0, comm->mpi,
                           MPI_STATUS_IGNORE));
        if (in > 0)
            count(comm, (size_t)in * sizeof *sums);
        add_block((size_t)in, buffer, sums + mine + done);
    }
}

void td_comm_sum_to_owners(td_comm *comm, const size_t *offsets, int64_t *sums)
{
    int64_t *buffer = TD_NEW(int64_t, BLOCK);
    atomic_fetch_add(&comm->marks, 1); /* as one: the number of messages differs by rank */
    for (int distance = 1; distance < comm->size; distance++) {
        int to = (comm->rank + distance) % comm->size;
        int from = (comm->rank - distance + comm->size) % comm->size;
        exchange_parts(comm, to, from, offsets, sums, buffer);
    }
    atomic_fetch_add(&comm->marks, 1);
    td_free(buffer);
}

/* Sends out to one rank and takes in from another, in pieces whose length an int can hold. */
static void exchange_bytes(td_comm *comm, int to, size_t out_bytes, const char *out, int from,
                           size_t in_bytes, char *in)
{
    while (out_bytes > 0 || in_bytes > 0) {
        int going = piece_of(out_bytes, 0), coming = piece_of(in_bytes, 0);
        CHECK(MPI_Sendrecv(out, going, MPI_BYTE, going ? to : MPI_PROC_NULL, 0, in, coming,
                           MPI_BYTE, coming ? from : MPI_PROC_NULL, 0, comm->mpi,
                           MPI_STATUS_IGNORE));
        if (coming > 0 && from != comm->rank)
            count(comm, (size_t)coming);
        out += going;
        out_bytes -= (size_t)going;
        in += coming;
        in_bytes -= (size_t)coming;
    }
}

/* Sets came to where each rank's elements begin among all that come. */
static void exchange_counts(td_comm *comm, const int64_t *starts, int64_t *came)
{
    int64_t *counts = TD_NEW(int64_t, (size_t)comm->size);
    for (int r = 0; r < comm->size; r++)
        counts[r] = starts[r + 1] - starts[r];
    came[0] = 0;
    COLLECTIVE(comm, MPI_Alltoall(counts, 1, MPI_INT64_T, came + 1, 1, MPI_INT64_T, comm->mpi));
    count(comm, (size_t)(comm->size - 1) * sizeof *counts);
    for (int r = 0; r < comm->size; r++)
        came[r + 1] += came[r];
    td_free(counts);
}

void *td_comm_exchange_known(td_comm *comm, size_t size, const void *mine, const int64_t *starts,
                             const int64_t *came)
{
    char *all = td_allocate((size_t)came[comm->size], size);
    const char *out = mine;
    size_t own = (size_t)starts[comm->rank] * size, own_in = (size_t)came[comm->rank] * size;
    memcpy(all + own_in, out + own, (size_t)starts[comm->rank + 1] * size - own);
    atomic_fetch_add(&comm->marks, 1); /* as one: the number of messages differs by rank */
    for (int distance = 1; distance < comm->size; distance++) {
        int to = (comm->rank + distance) % comm->size;
        int from = (comm->rank - distance + comm->size) % comm->size;
        exchange_bytes(
            comm, to, (size_t)(starts[to + 1] - starts[to]) * size, out + (size_t)starts[to] * size,
            from, (size_t)(came[from + 1] - came[from]) * size, all + (size_t)came[from] * size);
    }
    atomic_fetch_add(&comm->marks, 1);
    return all;
}

void *td_comm_exchange(td_comm *comm, size_t size, const void *mine, const int64_t *starts,
                       int64_t *came)
{
    exchange_counts(comm, starts, came);
    return td_comm_exchange_known(comm, size, mine, starts, came);
}

static td_row_run overlap(td_row_run a, td_row_run b)
{
    const int64_t a_end = a.first + a.count, b_end = b.first + b.count;
    const int64_t first = a.first > b.first ? a.first : b.first;
    const int64_t end = a_end < b_end ? a_end : b_end;
    return (td_row_run){first, end > first ? end - first : 0};
}

void td_comm_fetch_rows(td_comm *comm, size_t bytes, td_row_run held, const void *mine,
                        td_row_run wanted, void *rows)
{
    struct runs {
        td_row_run held;
        td_row_run wanted;
    } own = {held, wanted};
    size_t total;
    struct runs *all = td_comm_gather_all(comm, &own, 1, sizeof own, &total);
    atomic_fetch_add(&comm->marks, 1); /* as one: the number of messages differs by rank */
    for (int distance = 0; distance < comm->size; distance++) {
        const int to = (comm->rank + distance) % comm->size;
        const int from = (comm->rank - distance + comm->size) % comm->size;
        const td_row_run out = overlap(held, all[to].wanted), in = overlap(all[from].held, wanted);
        const size_t skipped = out.count > 0 ? (size_t)(out.first - held.first) * bytes : 0;
        const size_t place = in.count > 0 ? (size_t)(in.first - wanted.first) * bytes : 0;
        exchange_bytes(comm, to, (size_t)out.count * bytes, (const char *)mine + skipped, from,
                       (size_t)in.count * bytes, (char *)rows + place);
    }
    atomic_fetch_add(&comm->marks, 1);
    td_free(all);
}
