/* The job's ranks, and what MPI's own collectives do for them. */
#include "comm/comm_parts.h"

#include "base/crash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "base/temporaries.h"
#include "comm/launcher.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 2048 };

void td_comm_check(int code, const char *call)
{
    if (code == MPI_SUCCESS)
        return;
    char reason[MPI_MAX_ERROR_STRING] = "";
    int length;
    MPI_Error_string(code, reason, &length);
    td_abort("%s failed: %s", call, reason);
}

/* MPICH's launcher drops what it has not read yet when a job ends: the last words come first. */
static void end_every_rank(void)
{
    enum { MICROSECONDS = 100000 };
    usleep(MICROSECONDS);
    MPI_Abort(MPI_COMM_WORLD, 1);
}

/* C: how many cores any of the ranks of a node may use. */
static int count_cores(MPI_Comm node)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) /* more than 1,024 cores */
        for (int core = 0; core < CPU_SETSIZE; core++)
            CPU_SET((size_t)core, &cores);
    CHECK(MPI_Allreduce(MPI_IN_PLACE, &cores, sizeof cores, MPI_BYTE, MPI_BOR, node));
    return CPU_COUNT(&cores);
}

/* C: who is on this rank's node; where all are, the memory that they share. */
static void find_node(td_comm *comm)
{
    MPI_Comm node;
    int here;
    CHECK(MPI_Comm_split_type(comm->mpi, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
    comm->node = comm->rank;
    CHECK(MPI_Bcast(&comm->node, 1, MPI_INT, 0, node));
    CHECK(MPI_Comm_size(node, &here));
    comm->cores = count_cores(node);
    CHECK(MPI_Comm_free(&node));
    CHECK(MPI_Allreduce(MPI_IN_PLACE, &here, 1, MPI_INT, MPI_MIN, comm->mpi));
    if (here == comm->size)
        comm->memory = td_node_memory_create(comm->mpi, comm->cores);
}

/* C */
static td_comm *wrap(MPI_Comm mpi)
{
    td_comm *comm = TD_NEW(td_comm, 1);
    comm->mpi = mpi;
    CHECK(MPI_Comm_set_errhandler(mpi, MPI_ERRORS_RETURN));
    CHECK(MPI_Comm_rank(mpi, &comm->rank));
    CHECK(MPI_Comm_size(mpi, &comm->size));
    if (gethostname(comm->host, sizeof comm->host - 1) != 0)
        snprintf(comm->host, sizeof comm->host, "?");
    comm->counts = TD_NEW(int, (size_t)comm->size);
    comm->places = TD_NEW(int, (size_t)comm->size);
    comm->each = TD_NEW(int64_t, (size_t)comm->size);
    comm->offsets = TD_NEW(size_t, (size_t)comm->size + 1);
    comm->block = comm->size > 1 ? TD_NEW(int64_t, BLOCK) : NULL;
    find_node(comm); /* C */
    return comm;
}

/* A launcher that this MPI does not understand starts many jobs of one rank, each of which would do
 * all of the work, into the same files. Each says so, since to none of them there is another. */
static void check_size(void)
{
    int size;
    const int expected = td_launcher_size();
    CHECK(MPI_Comm_size(MPI_COMM_WORLD, &size));
    if (size > 1 || expected <= 1)
        return;
    MPI_Finalize();
    td_abort("error: %d tasks were started together, but to MPI this one is alone: start them by "
             "`srun --mpi=pmix`, with an Open MPI that was built with PMIx, or by this MPI's own "
             "mpirun; `mpirun -n 1` is for one process (docs/install.md)",
             expected);
}

td_comm *td_comm_start(void)
{
    int provided;
    td_crash_start(); /* first: Open MPI's own handlers leave one that is there alone */
    td_temporaries_start();
    signal(SIGXFSZ, SIG_IGN); /* the write that went too far says so, and where nobody reads */
    signal(SIGPIPE, SIG_IGN);
    td_launcher_end_with_it();
    td_launcher_spare_alone();
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    check_size();
    td_abort_setup(end_every_rank);
    if (provided < MPI_THREAD_FUNNELED)
        td_abort("this MPI library was built without threads (MPI_THREAD_FUNNELED)");
    MPI_Comm mpi;
    CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &mpi));
    td_comm *comm = wrap(mpi);
    if (comm->size > 1)
        snprintf(comm->name, sizeof comm->name, "rank %d on %s: ", comm->rank, comm->host);
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

/* Open MPI says one line of it; of MPICH's, which are what it was built with, the first is the
 * version. */
char *td_comm_library(void)
{
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length, version, subversion;
    MPI_Get_library_version(text, &length);
    MPI_Get_version(&version, &subversion);
    text[strcspn(text, "\n")] = 0;
    for (char *tab = strchr(text, '\t'); tab; tab = strchr(tab, '\t'))
        *tab = ' ';
    return td_print_text("%s (MPI %d.%d)", text, version, subversion);
}

td_comm *td_comm_alone(td_comm *comm)
{
    MPI_Comm mpi;
    (void)comm;
    CHECK(MPI_Comm_dup(MPI_COMM_SELF, &mpi));
    return wrap(mpi);
}

void td_comm_free(td_comm *comm)
{
    if (!comm)
        return;
    td_node_memory_free(comm->memory);
    CHECK(MPI_Comm_free(&comm->mpi));
    td_free(comm->counts);
    td_free(comm->places);
    td_free(comm->each);
    td_free(comm->offsets);
    td_free(comm->block);
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

int td_comm_node(const td_comm *comm)
{
    return comm->node;
}

int td_comm_cores(const td_comm *comm)
{
    return comm->cores;
}

const char *td_comm_host(const td_comm *comm)
{
    return comm->host;
}

char *td_comm_hosts(td_comm *comm)
{
    size_t count, bytes;
    char *text;
    const bool is_first = comm->node == comm->rank;
    char(*names)[HOST_BYTES] =
        td_comm_allgatherv(comm, comm->host, is_first, sizeof comm->host, &count);
    FILE *to = td_text_writer(&text, &bytes);
    for (size_t i = 0; i < count; i++)
        fprintf(to, "%s%s", i > 0 ? " " : "", names[i]);
    td_text_writer_close(to);
    td_free(names);
    return text;
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
    /* The worst status, and of those who have it the lowest rank. */
    const int64_t worst = td_comm_max_count(comm, ((int64_t)mine << 32) | (INT32_MAX - comm->rank));
    const td_status status = (td_status)(worst >> 32);
    if (status == TD_OK)
        return TD_OK;
    char message[MESSAGE_BYTES];
    snprintf(message, sizeof message, "%s", td_message());
    COLLECTIVE(comm,
               MPI_Bcast(message, MESSAGE_BYTES, MPI_CHAR, INT32_MAX - (int32_t)worst, comm->mpi));
    return td_fail(status, "%s", message);
}

void td_comm_barrier(td_comm *comm)
{
    if (comm->memory)
        AS_ONE(comm, td_node_memory_meet(comm->memory));
    else
        COLLECTIVE(comm, MPI_Barrier(comm->mpi));
}

void td_comm_broadcast(td_comm *comm, int root, void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes; done += PIECE) {
        const int piece = piece_of(bytes, done);
        COLLECTIVE(comm, MPI_Bcast((char *)data + done, piece, MPI_BYTE, root, comm->mpi));
        count(comm, comm->rank == root ? 0 : (size_t)piece);
    }
}

void td_comm_add(size_t n, const void *from, void *into)
{
    const uint64_t *terms = from; /* as unsigned ones they may wrap */
    uint64_t *sums = into;
    for (size_t i = 0; i < n; i++)
        sums[i] += terms[i];
}

static void add_counts(size_t n, const void *from, void *into)
{
    const int32_t *terms = from;
    int32_t *sums = into;
    for (size_t i = 0; i < n; i++)
        sums[i] += terms[i];
}

static void take_larger_magnitudes(size_t n, const void *from, void *into)
{
    const td_magnitude *others = from;
    td_magnitude *largest = into;
    for (size_t i = 0; i < n; i++)
        largest[i] = others[i] > largest[i] ? others[i] : largest[i];
}

static void take_larger(size_t n, const void *from, void *into)
{
    const int64_t *others = from;
    int64_t *largest = into;
    for (size_t i = 0; i < n; i++)
        largest[i] = td_larger(others[i], largest[i]);
}

/* How the elements of all ranks become one: by rounds, or by messages. */
typedef struct {
    size_t size;
    td_join *join;
    MPI_Datatype type;
    MPI_Op op;
} reduction;

/* Reduces n elements in place. */
static void reduce_all(td_comm *comm, reduction by, size_t n, void *elements)
{
    if (comm->size == 1)
        return;
    count_pieces(comm, n, PIECE, by.size);
    if (comm->memory) {
        AS_ONE(comm, td_rounds_reduce(comm->memory, n, by.size, by.join, elements));
        return;
    }
    for (size_t done = 0; done < n; done += PIECE)
        COLLECTIVE(comm, MPI_Allreduce(MPI_IN_PLACE, (char *)elements + done * by.size,
                                       piece_of(n, done), by.type, by.op, comm->mpi));
}

void td_comm_sum(td_comm *comm, size_t n, int64_t *sums)
{
    const reduction sum = {sizeof *sums, td_comm_add, MPI_INT64_T, MPI_SUM};
    reduce_all(comm, sum, n, sums);
}

void td_comm_sum_counts(td_comm *comm, size_t n, int32_t *counts)
{
    const reduction sum = {sizeof *counts, add_counts, MPI_INT32_T, MPI_SUM};
    reduce_all(comm, sum, n, counts);
}

void td_comm_exscan(td_comm *comm, size_t n, const int64_t *mine, int64_t *before)
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
    const reduction maximum = {sizeof *largest, take_larger_magnitudes, MPI_UINT32_T, MPI_MAX};
    reduce_all(comm, maximum, n, largest);
}

int64_t td_comm_max_count(td_comm *comm, int64_t mine)
{
    const reduction maximum = {sizeof mine, take_larger, MPI_INT64_T, MPI_MAX};
    reduce_all(comm, maximum, 1, &mine);
    return mine;
}

bool td_comm_any(td_comm *comm, bool mine)
{
    return td_comm_max_count(comm, mine) != 0;
}
