/* A shared block, and a meeting on a futex. */
#include "comm/node_memory.h"

#include "base/memory.h"
#include "base/timer.h"
#include "comm/comm_parts.h"
#include "comm/shared_block.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Two parts of a rank, for rounds in turns. A part fits the cache of a core, and holds more than
 * the offsets that an exchange begins with; all parts are this at the most, unless ranks are very
 * many. */
enum {
    ALIGNMENT = 64,
    MOST_RANKS = 4096,
    LEAST_ROOM = 64 << 10,
    MOST_ROOM = 256 << 10,
    ALL_PARTS = 16 << 20,
};

/* In seconds: for so long a rank that waits, and has a core to itself, lets others run between two
 * looks. To sleep and to be woken take some ten microseconds, and more on a virtual machine. */
static const double patience = 0.3e-3;

/* Each in a cache line of its own. A rank waits on the word `meetings`, the number of those that
 * ended. */
typedef struct {
    _Alignas(ALIGNMENT) atomic_uint meetings;
    _Alignas(ALIGNMENT) atomic_int arrived;
    _Alignas(ALIGNMENT) atomic_int sleepers;
    atomic_int lookers;
} meeting_place;

struct td_node_memory {
    td_shared_block block;
    int rank;
    int size;
    int cores; /* that any of the ranks may use */
    meeting_place *place;
    char *parts; /* (2, size, room) */
    size_t room;
    unsigned round; /* the next one's: its parts are those of round % 2 */
};

static size_t room_for(int size)
{
    const size_t room = ALL_PARTS / 2 / (size_t)size / ALIGNMENT * ALIGNMENT;
    if (room < LEAST_ROOM)
        return LEAST_ROOM;
    return room < MOST_ROOM ? room : MOST_ROOM;
}

/* More ranks than MOST_RANKS have no room for the offsets that an exchange begins with. */
td_node_memory *td_node_memory_create(MPI_Comm mpi, int cores)
{
    int size;
    CHECK(MPI_Comm_size(mpi, &size));
    if (size == 1 || size > MOST_RANKS)
        return NULL;
    td_node_memory *m = TD_NEW(td_node_memory, 1);
    m->size = size;
    CHECK(MPI_Comm_rank(mpi, &m->rank));
    m->cores = cores;
    m->room = room_for(m->size);
    if (!td_shared_block_create(mpi, sizeof *m->place + 2 * (size_t)m->size * m->room, &m->block)) {
        td_free(m);
        return NULL;
    }
    m->place = m->block.at;
    m->parts = (char *)(m->place + 1);
    if (m->rank == 0) {
        atomic_init(&m->place->meetings, 0);
        atomic_init(&m->place->arrived, 0);
        atomic_init(&m->place->sleepers, 0);
        atomic_init(&m->place->lookers, 0);
    }
    CHECK(MPI_Barrier(mpi));
    return m;
}

void td_node_memory_free(td_node_memory *m)
{
    if (!m)
        return;
    td_shared_block_free(&m->block);
    td_free(m);
}

int td_node_memory_rank(const td_node_memory *m)
{
    return m->rank;
}

int td_node_memory_size(const td_node_memory *m)
{
    return m->size;
}

size_t td_node_memory_room(const td_node_memory *m)
{
    return m->room;
}

static char *part(const td_node_memory *m, unsigned round, int rank)
{
    return m->parts + (round % 2 * (size_t)m->size + (size_t)rank) * m->room;
}

void *td_node_memory_mine(td_node_memory *m)
{
    return part(m, m->round, m->rank);
}

const void *td_node_memory_part(const td_node_memory *m, int rank)
{
    return part(m, m->round - 1, rank);
}

static void rest(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Looks for a while whether the meeting is over. */
static bool sees_end(const meeting_place *place, unsigned meetings)
{
    enum { LOOKS = 64 };
    const double until = td_seconds() + patience;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (atomic_load_explicit(&place->meetings, memory_order_acquire) != meetings)
                return true;
            rest();
        }
        syscall(SYS_sched_yield); /* to a rank on this core, where the system keeps two there */
    } while (td_seconds() < until);
    return false;
}

/* Where the ranks that still work, and those that look already, leave a core free, this one looks,
 * too. */
static bool ends_soon(td_node_memory *m, int arrived, unsigned meetings)
{
    meeting_place *place = m->place;
    const int free_cores = m->cores - (m->size - arrived);
    const bool ends =
        atomic_fetch_add(&place->lookers, 1) < free_cores && sees_end(place, meetings);
    atomic_fetch_sub(&place->lookers, 1);
    return ends;
}

/* The kernel puts this rank to sleep only while the word is still what it was: who counts up first
 * and looks for sleepers then misses none. */
static void sleep_until_over(meeting_place *place, unsigned meetings)
{
    atomic_fetch_add(&place->sleepers, 1);
    while (atomic_load(&place->meetings) == meetings)
        syscall(SYS_futex, &place->meetings, FUTEX_WAIT, meetings, NULL, NULL, 0);
    atomic_fetch_sub(&place->sleepers, 1);
}

/* The last one to arrive. */
static void end_meeting(meeting_place *place)
{
    atomic_store(&place->arrived, 0);
    atomic_fetch_add(&place->meetings, 1);
    if (atomic_load(&place->sleepers) > 0)
        syscall(SYS_futex, &place->meetings, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void td_node_memory_meet(td_node_memory *m)
{
    meeting_place *place = m->place;
    const unsigned meetings = atomic_load(&place->meetings); /* before this rank is counted */
    const int arrived = atomic_fetch_add(&place->arrived, 1) + 1;
    m->round++;
    if (arrived == m->size)
        end_meeting(place);
    else if (!ends_soon(m, arrived, meetings))
        sleep_until_over(place, meetings);
}
