/* What the ranks promise each other: the same sums, lists and verdicts on every one. */
#include "comm/comm.h"

#include "base/memory.h"
#include "base/memory_plan.h"
#include "comm/shared_memory.h"
#include "job.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

MPI_SUITE(comm)

/* Asserts on every rank or on none: a rank that fails alone would leave the others waiting. */
static void assert_on_all(td_comm *comm, bool holds, const char *what)
{
    td_status worst = td_comm_agree(comm, holds ? TD_OK : td_fail(TD_ERR_INPUT, "%s", what));
    cr_assert_eq(worst, TD_OK, "%s", td_message());
}

MPI_TEST(comm, reductions_and_gathers)
{
    td_comm *comm = job_comm();
    int rank = td_comm_rank(comm), size = td_comm_size(comm);

    int64_t sums[2] = {rank + 1, INT64_MIN / 8};
    td_comm_sum(comm, 2, sums);
    assert_on_all(comm, sums[0] == size * (size + 1) / 2 && sums[1] == INT64_MIN / 8 * size, "sum");

    td_magnitude largest[2] = {(td_magnitude)rank, rank == 0 ? 0x7fc00000U : 0};
    td_comm_max(comm, 2, largest);
    assert_on_all(comm, largest[0] == (td_magnitude)(size - 1) && largest[1] == 0x7fc00000U, "max");

    int32_t mine[8];
    for (int i = 0; i < rank; i++) /* rank r gives r elements: none from rank 0 */
        mine[i] = 10 * rank + i;
    size_t total;
    int32_t *all = td_comm_allgatherv(comm, mine, (size_t)rank, sizeof *mine, &total);
    bool right = total == (size_t)(size * (size - 1) / 2);
    for (int r = 0, place = 0; r < size; r++)
        for (int i = 0; i < r; i++)
            right = right && all[place++] == 10 * r + i;
    td_free(all);
    assert_on_all(comm, right, "gather_all");

    int64_t first, count, before = 0;
    td_comm_share(comm, 1000003, &first, &count);
    int64_t counts = count;
    td_comm_sum(comm, 1, &counts);
    before = rank == 0 ? first : 0;
    assert_on_all(comm, counts == 1000003 && before == 0, "share");

    enum { OWNED = 100000 }; /* several blocks; rank r owns r thirds: rank 0 nothing */
    size_t offsets[8] = {0};
    for (int r = 0; r < size; r++)
        offsets[r + 1] = offsets[r] + OWNED / 3 * (size_t)r;
    int64_t *owned = TD_NEW(int64_t, offsets[size]);
    for (size_t i = 0; i < offsets[size]; i++)
        owned[i] = (int64_t)i * (rank + 1);
    td_comm_reduce_scatter(comm, offsets, owned);
    right = true;
    for (size_t i = offsets[rank]; i < offsets[rank + 1]; i++)
        right = right && owned[i] == (int64_t)i * size * (size + 1) / 2;
    td_free(owned);
    assert_on_all(comm, right, "sum_to_owners");

    char word[8] = "";
    if (rank == size - 1)
        strcpy(word, "root");
    td_comm_broadcast(comm, size - 1, word, sizeof word);
    assert_on_all(comm, strcmp(word, "root") == 0, "broadcast");
}

/* Rank r holds 3 r rows of a few bytes from row 3 (0 + .. + r - 1) on; row w is full of w. */
static bool fetches(td_comm *comm, td_range wanted)
{
    enum { BYTES = 5 };
    const int64_t rank = td_comm_rank(comm), size = td_comm_size(comm);
    const td_range held = {3 * rank * (rank - 1) / 2, 3 * rank};
    const int64_t rows = 3 * size * (size - 1) / 2;
    char mine[64 * BYTES], found[64 * BYTES];
    for (int64_t i = 0; i < held.count; i++)
        memset(mine + i * BYTES, (int)(held.first + i), BYTES);
    memset(found, 'x', sizeof found);
    td_comm_fetch_rows(comm, BYTES, held, mine, wanted, found);
    bool right = true;
    for (int64_t i = 0; i < wanted.count * BYTES; i++) {
        const int64_t row = wanted.first + i / BYTES;
        right = right && found[i] == (row < rows ? (char)row : 'x');
    }
    return right && found[wanted.count * BYTES] == 'x';
}

MPI_TEST(comm, rows_go_to_whoever_wants_them)
{
    td_comm *comm = job_comm();
    const int64_t rank = td_comm_rank(comm);
    assert_on_all(comm, fetches(comm, (td_range){0, 20}), "all rows, and some that are not");
    assert_on_all(comm, fetches(comm, (td_range){0, 0}), "none");
    assert_on_all(comm, fetches(comm, (td_range){2 * rank, 5 - rank}), "each its own");
    assert_on_all(comm, fetches(comm, (td_range){4, rank == 0 ? 9 : 0}), "rank 0 alone");
}

/* More bytes than one message has. */
MPI_TEST(comm, long_rows_go_in_pieces)
{
    enum { WORDS = 3 << 20 };
    td_comm *comm = job_comm();
    const int64_t rank = td_comm_rank(comm), size = td_comm_size(comm);
    int64_t *mine = TD_NEW(int64_t, WORDS), *found = TD_NEW(int64_t, WORDS);
    for (int64_t i = 0; i < WORDS; i++)
        mine[i] = rank * WORDS + i;
    const int64_t next = (rank + 1) % size;
    td_comm_fetch_rows(comm, WORDS * sizeof *mine, (td_range){rank, 1}, mine, (td_range){next, 1},
                       found);
    bool right = true;
    for (int64_t i = 0; i < WORDS; i++)
        right = right && found[i] == next * WORDS + i;
    assert_on_all(comm, right, "long rows");
    td_free(mine);
    td_free(found);
}

/* Sums, maxima and gathers of n elements; the value of element i of rank r is r + i. */
static bool joins(td_comm *comm, size_t n)
{
    const int rank = td_comm_rank(comm), size = td_comm_size(comm);
    int64_t *sums = TD_NEW(int64_t, n);
    int32_t *counts = TD_NEW(int32_t, n);
    td_magnitude *largest = TD_NEW(td_magnitude, n);
    for (size_t i = 0; i < n; i++) {
        sums[i] = (int64_t)((uint64_t)INT64_MAX - 4 + (uint64_t)rank + i); /* may wrap, as exact
                                                                              sums do */
        counts[i] = (int32_t)i - rank;
        largest[i] = (td_magnitude)i + ((i + (size_t)rank) % 3 == 0 ? 1U << 31 : 0);
    }
    td_comm_sum(comm, n, sums);
    td_comm_sum_counts(comm, n, counts);
    td_comm_max(comm, n, largest);
    const int64_t ranks = size * (size - 1) / 2;
    bool right = true;
    for (size_t i = 0; i < n; i++) {
        bool is_large = false;
        for (size_t r = 0; r < (size_t)size; r++)
            is_large = is_large || (i + r) % 3 == 0;
        const uint64_t sum = (uint64_t)size * ((uint64_t)INT64_MAX - 4 + i) + (uint64_t)ranks;
        right = right && (uint64_t)sums[i] == sum && counts[i] == size * (int32_t)i - ranks &&
                largest[i] == i + (is_large ? 1U << 31 : 0);
    }
    td_free(sums);
    td_free(counts);
    td_free(largest);
    return right;
}

/* Rank r gives r n elements of three bytes. */
static bool gathers(td_comm *comm, size_t n)
{
    enum { BYTES = 3 };
    const size_t rank = (size_t)td_comm_rank(comm), size = (size_t)td_comm_size(comm);
    size_t total, place = 0;
    char *mine = TD_NEW(char, BYTES *rank *n);
    for (size_t i = 0; i < BYTES * rank * n; i++)
        mine[i] = (char)(i % 101 + rank);
    char *all = td_comm_allgatherv(comm, mine, rank * n, BYTES, &total);
    bool right = total == size * (size - 1) / 2 * n;
    for (size_t r = 0; r < size; r++)
        for (size_t i = 0; i < BYTES * r * n; i++)
            right = right && all[place++] == (char)(i % 101 + r);
    td_free(mine);
    td_free(all);
    return right;
}

/* A round's worth, which is at most a megabyte, more, and less. */
MPI_TEST(comm, many_elements_come_as_few_do)
{
    td_comm *comm = job_comm();
    const size_t numbers[] = {0, 1, 256, 257, 8191, 32768, 131072, 131073, 700001};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_on_all(comm, joins(comm, numbers[i]), "sums and maxima");
        assert_on_all(comm, gathers(comm, numbers[i]), "gathers");
    }
}

/* Collectives one after the other, while some ranks come late to some of them. */
MPI_TEST(comm, late_ranks_get_what_the_others_have)
{
    td_comm *comm = job_comm();
    const struct timespec late = {0, 3000000};
    const int64_t rank = td_comm_rank(comm), size = td_comm_size(comm);
    bool right = true;
    for (int64_t i = 0; i < 400; i++) {
        if (i % 20 == rank)
            nanosleep(&late, NULL);
        const int64_t n = 1 + i * 37 % 700;
        int64_t sums[700];
        for (int64_t k = 0; k < n; k++)
            sums[k] = i + rank * k;
        td_comm_sum(comm, (size_t)n, sums);
        for (int64_t k = 0; k < n; k++)
            right = right && sums[k] == size * i + k * (size * (size - 1) / 2);
        right = right && td_comm_max_count(comm, i * rank) == i * (size - 1);
        if (i % 7 == 0)
            td_comm_barrier(comm);
    }
    assert_on_all(comm, right, "late ranks");
}

/* Tells whether this rank got so much since before; brings before up to now. */
static bool got(const td_comm *comm, td_comm_traffic *before, int64_t calls, int64_t bytes)
{
    const td_comm_traffic now = td_comm_traffic_of(comm);
    const bool right = now.calls - before->calls == calls && now.bytes - before->bytes == bytes;
    *before = now;
    return right;
}

MPI_TEST(comm, traffic_is_what_others_had)
{
    enum { EACH = 40000, BLOCKS = 2 }; /* elements of each rank's own, in blocks of 2^15 */
    td_comm *comm = job_comm();
    const int rank = td_comm_rank(comm), size = td_comm_size(comm), others = size - 1;
    int64_t *sums = TD_NEW(int64_t, (size_t)size * EACH), mine[8] = {0};
    size_t offsets[8], total;
    for (int r = 0; r <= size; r++)
        offsets[r] = (size_t)r * EACH;
    td_comm_traffic before = td_comm_traffic_of(comm);
    td_comm_sum(comm, 5, sums); /* nothing is sent alone */
    bool right = got(comm, &before, others > 0, others > 0 ? 40 : 0);
    td_free(td_comm_allgatherv(comm, mine, (size_t)rank + 1, sizeof *mine, &total));
    right = right && got(comm, &before, 2, 8 * others + 8 * (size * (size + 1) / 2 - rank - 1));
    int64_t *all = TD_NEW(int64_t, (size_t)size * EACH);
    const int64_t taken = td_allocations();
    td_comm_allgatherv_into(comm, sums, sizeof *sums, offsets, all);
    right = right && got(comm, &before, 1, (int64_t)others * 8 * EACH);
    td_comm_sum_counts(comm, 5, (int32_t[]){1, 2, 3, 4, 5});
    right = right && got(comm, &before, others > 0, others > 0 ? 20 : 0);
    td_comm_reduce_scatter(comm, offsets, sums);
    right = right && got(comm, &before, others * BLOCKS, (int64_t)others * 8 * EACH);
    int64_t starts[8], came[8]; /* a byte to each rank, nothing to oneself */
    for (int r = 0; r <= size; r++)
        starts[r] = r - (r > rank);
    td_comm_recv_offsets(comm, starts, came);
    right = right && got(comm, &before, 1, 8 * others);
    td_comm_alltoallv_into(comm, 1, mine, starts, starts, all); /* comes as it goes */
    right = right && got(comm, &before, others, others);
    right = right && td_allocations() == taken; /* none of these takes memory */
    td_free(td_comm_alltoallv(comm, 1, mine, starts, came));
    right = right && got(comm, &before, 1 + others, 9 * others);
    td_comm_broadcast(comm, 0, sums, 100);
    right = right && got(comm, &before, 1, rank == 0 ? 0 : 100);
    td_free(sums);
    td_free(all);
    assert_on_all(comm, right, "traffic");
}

MPI_TEST(comm, agreement_takes_the_worst_and_its_message)
{
    td_comm *comm = job_comm();
    int rank = td_comm_rank(comm), size = td_comm_size(comm);
    cr_assert_eq(td_comm_agree(comm, TD_OK), TD_OK);
    td_status mine = rank == size - 1 ? td_fail(TD_ERR_FORMAT, "bad file of rank %d", rank)
                                      : td_fail(TD_ERR_INPUT, "bad input of rank %d", rank);
    td_status worst = td_comm_agree(comm, mine);
    char expected[64];
    snprintf(expected, sizeof expected, "bad file of rank %d", size - 1);
    bool right = worst == TD_ERR_FORMAT && strcmp(td_message(), expected) == 0;
    assert_on_all(comm, right, "status and message of the worst rank");
}

/* Rank r sends to rank t as many numbers as it says; every number tells where it is from. */
static int64_t count_for(int from, int to, int64_t unit)
{
    return from == 1 ? 0 : unit * (from + 2 * to);
}

static bool exchange_is_right(td_comm *comm, int64_t unit)
{
    int rank = td_comm_rank(comm), size = td_comm_size(comm);
    int64_t starts[8] = {0}, came[8], place = 0;
    for (int to = 0; to < size; to++)
        starts[to + 1] = starts[to] + count_for(rank, to, unit);
    int64_t *mine = TD_NEW(int64_t, (size_t)starts[size]);
    for (int to = 0; to < size; to++)
        for (int64_t i = starts[to]; i < starts[to + 1]; i++)
            mine[i] = 1000000000 * (int64_t)(10 * rank + to) + i - starts[to];
    int64_t *all = td_comm_alltoallv(comm, sizeof *mine, mine, starts, came);
    bool right = came[0] == 0;
    for (int from = 0; from < size; from++) {
        for (int64_t i = 0; i < count_for(from, rank, unit); i++)
            right = right && all[place++] == 1000000000 * (int64_t)(10 * from + rank) + i;
        right = right && came[from + 1] == place;
    }
    td_free(mine);
    td_free(all);
    return right;
}

MPI_TEST(comm, sends_everyone_its_own)
{
    td_comm *comm = job_comm();
    int rank = td_comm_rank(comm);
    assert_on_all(comm, exchange_is_right(comm, 1), "few");
    assert_on_all(comm, exchange_is_right(comm, 0), "nothing");
    assert_on_all(comm, exchange_is_right(comm, 1 << 20), "more than one message can hold");
    int64_t mine[2] = {rank + 1, -rank}, before[2] = {7, 7};
    td_comm_exscan(comm, 2, mine, before);
    bool right = before[0] == rank * (rank + 1) / 2 && before[1] == -rank * (rank - 1) / 2;
    assert_on_all(comm, right, "sums over the ranks below");
}

/* Whether the ranks have memory of their node, which test comm.messages takes from them. */
static bool can_share(td_comm *comm)
{
    return td_comm_size(comm) > 1 && !getenv("TANDEM_SHARED_MEMORY");
}

/* Each rank writes its part of the second piece, all read it. */
MPI_TEST(comm, what_one_writes_to_shared_memory_others_read)
{
    enum { EACH = 1000 };
    td_comm *comm = job_comm();
    const size_t rank = (size_t)td_comm_rank(comm), size = (size_t)td_comm_size(comm);
    const size_t bytes = td_cache_lines(3, 1) + td_cache_lines(size * EACH, 8);
    cr_assert_eq(td_cache_lines(3, 1), TD_CACHE_LINE);
    td_shared_memory *memory = td_shared_memory_create(comm, bytes);
    assert_on_all(comm, (memory != NULL) == can_share(comm), "whether there is shared memory");
    if (!memory)
        return;
    const char *first = td_shared_memory_take(memory, 3, 1);
    int64_t *numbers = td_shared_memory_take(memory, size * EACH, sizeof *numbers);
    bool right = (uintptr_t)numbers % TD_CACHE_LINE == 0 && (char *)numbers - first == 64;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < EACH; i++)
            numbers[rank * EACH + i] = (int64_t)(i + rank) * round;
        td_comm_barrier(comm);
        for (size_t i = 0; i < size * EACH; i++)
            right = right && numbers[i] == (int64_t)(i % EACH + i / EACH) * round;
        td_comm_barrier(comm);
    }
    assert_on_all(comm, right, "numbers of all ranks");
    td_shared_memory_free(memory);
}

/* In a plan it counts once for the node, and is not there. */
MPI_TEST(comm, shared_memory_counts_once_in_a_plan)
{
    td_comm *comm = job_comm();
    td_memory_plan plan = {0};
    const size_t bytes = (size_t)1 << 40;
    td_memory_plan_begin(&plan);
    td_shared_memory *memory = td_shared_memory_create(comm, bytes);
    void *piece = memory ? td_shared_memory_take(memory, bytes, 1) : NULL;
    td_memory_plan_end();
    int64_t counted = 0;
    for (size_t i = 0; i < plan.count; i++)
        counted += (int64_t)plan.need[i].bytes;
    td_comm_sum(comm, 1, &counted);
    const int64_t others = (td_comm_size(comm) - 1) * TD_PLANNED_BLOCK;
    const int64_t expected = can_share(comm) ? (int64_t)bytes + others : 0;
    assert_on_all(comm, counted == expected && (piece != NULL) == can_share(comm), "plan");
    td_shared_memory_free(memory);
    td_memory_plan_free(&plan);
}
