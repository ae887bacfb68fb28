/* What a step moves between ranks: touched rows to all, column gradients to their owners; dense
 * gradients to all, or to owners who give their values to all. */
#include "kernels.h"

#include "base/memory.h"
#include "base/timer.h"

#include <stdio.h>

enum { ROUNDS = 15 };

typedef struct {
    td_comm *comm;
    size_t rows; /* of this rank */
    size_t width;
    td_exact *sums;
    int32_t *ids;
    size_t *offsets;
} exchange;

static exchange exchange_create(td_comm *comm, size_t rows, size_t width)
{
    const size_t size = (size_t)td_comm_size(comm);
    exchange e = {comm,
                  rows,
                  width,
                  TD_NEW(td_exact, rows * width * size),
                  TD_NEW(int32_t, rows),
                  TD_NEW(size_t, size + 1)};
    for (size_t r = 0; r <= size; r++)
        e.offsets[r] = r * rows * width;
    return e;
}

static void exchange_free(exchange *e)
{
    td_free(e->sums);
    td_free(e->ids);
    td_free(e->offsets);
}

/* As a step exchanges a table: rows, then their sums. */
static void gather_rows(exchange *e)
{
    size_t total;
    td_free(td_comm_allgatherv(e->comm, e->ids, e->rows, sizeof *e->ids, &total));
    td_free(td_comm_allgatherv(e->comm, e->sums, e->rows, e->width * sizeof *e->sums, &total));
}

static void sum_to_owners(exchange *e)
{
    td_comm_reduce_scatter(e->comm, e->offsets, e->sums);
}

/* The seconds of the fastest of some rounds; the slowest rank's count. */
static double seconds_of(exchange *e, void (*work)(exchange *))
{
    double best = 1e30;
    for (int i = 0; i < ROUNDS; i++) {
        td_comm_barrier(e->comm);
        const double begin = td_seconds();
        work(e);
        td_comm_barrier(e->comm);
        const double seconds = td_seconds() - begin;
        best = seconds < best ? seconds : best;
    }
    return best;
}

static void measure(td_comm *comm, size_t rows, size_t width)
{
    exchange e = exchange_create(comm, rows, width);
    const double others = td_comm_size(comm) - 1, elements = (double)(rows * width);
    const double gathered =
        others * (double)rows * (double)(sizeof *e.ids + width * sizeof *e.sums);
    const double summed = others * elements * sizeof *e.sums;
    const double gather = seconds_of(&e, gather_rows), sum = seconds_of(&e, sum_to_owners);
    if (td_comm_rank(comm) == 0)
        printf("%6zu %6zu %12.0f %10.0f %8.2f %12.0f %10.0f %8.2f\n", rows, width, gathered,
               1e9 * gather, 1e9 * gather / elements, summed, 1e9 * sum, 1e9 * sum / elements);
    exchange_free(&e);
}

static void sum_to_all(exchange *e)
{
    td_comm_sum(e->comm, e->offsets[td_comm_size(e->comm)], e->sums);
}

/* Sums as they come give the values that go on: what these are costs nothing. */
static void sum_to_owners_and_gather(exchange *e)
{
    td_comm_reduce_scatter(e->comm, e->offsets, e->sums);
    const int64_t *mine = e->sums + e->offsets[td_comm_rank(e->comm)] / 2; /* half as long */
    float *all = TD_NEW(float, e->offsets[td_comm_size(e->comm)]);
    td_comm_allgatherv_into(e->comm, mine, sizeof *all, e->offsets, all);
    td_free(all);
}

static void measure_dense(td_comm *comm, size_t elements)
{
    const size_t size = (size_t)td_comm_size(comm);
    exchange e = exchange_create(comm, elements / size, 1);
    const double all = seconds_of(&e, sum_to_all), owned = seconds_of(&e, sum_to_owners_and_gather);
    if (td_comm_rank(comm) == 0)
        printf("%9zu %12.0f %12.0f %8.2f\n", elements, 1e9 * all, 1e9 * owned, all / owned);
    exchange_free(&e);
}

void bench_exchange(td_comm *comm)
{
    static const size_t rows[] = {128, 1024, 8192}, widths[] = {32, 64};
    if (td_comm_rank(comm) == 0)
        printf("%d ranks; a rank has this many rows, and receives this many bytes\n"
               "%13s %32s %32s\n%6s %6s %12s %10s %8s %12s %10s %8s\n",
               td_comm_size(comm), "", "rows to all", "sums to owners", "rows", "width", "bytes",
               "ns", "an elem.", "bytes", "ns", "an elem.");
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
            measure(comm, rows[r], widths[w]);
    if (td_comm_rank(comm) == 0)
        printf("\ndense gradients of all ranks\n%9s %12s %12s %8s\n", "elements", "sum, ns",
               "owners, ns", "times");
    for (size_t elements = 1 << 10; elements <= 1 << 22; elements *= 4)
        measure_dense(comm, elements);
}
