/* The ways of embeddings to those who meet them, and of gradients back. */
#include "train/batch_columns.h"

#include "base/memory.h"

#include <string.h>

/* Where the columns that each rank embeds begin among those that this rank meets. */
static int64_t *starts_of_owners(const td_batch_columns *columns, int size)
{
    int64_t *starts = TD_NEW(int64_t, (size_t)size + 1);
    for (int r = 0; r <= size; r++)
        starts[r] = (int64_t)columns->offsets[r];
    return starts;
}

/* What comes stands in the order of its owners, hence of the items. */
static float *spread_to_askers(const td_batch_columns *columns, td_comm *comm, size_t width,
                               const float *my_v)
{
    const int size = td_comm_size(comm);
    const int64_t asked = columns->asked_offsets[size];
    float *out = td_allocate((size_t)asked * width, sizeof *out);
    int64_t *came = starts_of_owners(columns, size);
#pragma omp parallel for
    for (int64_t i = 0; i < asked; i++)
        memcpy(out + (size_t)i * width, my_v + (size_t)columns->asked[i] * width,
               width * sizeof *out);
    float *v =
        td_comm_alltoallv_known(comm, width * sizeof *out, out, columns->asked_offsets, came);
    td_free(came);
    td_free(out);
    return v;
}

float *td_batch_columns_spread(const td_batch_columns *columns, td_comm *comm, size_t width,
                               const float *my_v)
{
    if (columns->cuts.groups == 1) /* every rank meets all columns */
        return td_comm_allgatherv_known(comm, my_v, width * sizeof *my_v, columns->offsets);
    return spread_to_askers(columns, comm, width, my_v);
}

static void reduce_from_all(const td_batch_columns *columns, td_comm *comm, size_t width,
                            td_exact *dv, td_exact *my_dv)
{
    const size_t rank = (size_t)td_comm_rank(comm), size = (size_t)td_comm_size(comm);
    size_t *offsets = TD_NEW(size_t, size + 1);
    for (size_t r = 0; r <= size; r++)
        offsets[r] = columns->offsets[r] * width;
    td_comm_reduce_scatter(comm, offsets, dv);
    memcpy(my_dv, dv + offsets[rank], columns->my_count * width * sizeof *my_dv);
    td_free(offsets);
}

static void reduce_from_askers(const td_batch_columns *columns, td_comm *comm, size_t width,
                               const td_exact *dv, td_exact *my_dv)
{
    const int size = td_comm_size(comm);
    const int64_t *came = columns->asked_offsets;
    int64_t *starts = starts_of_owners(columns, size);
    td_exact *parts = td_comm_alltoallv_known(comm, width * sizeof *dv, dv, starts, came);
    memset(my_dv, 0, columns->my_count * width * sizeof *my_dv);
    for (int64_t i = 0; i < came[size]; i++)
        td_exact_merge(width, parts + (size_t)i * width, my_dv + (size_t)columns->asked[i] * width);
    td_free(parts);
    td_free(starts);
}

void td_batch_columns_reduce(const td_batch_columns *columns, td_comm *comm, size_t width,
                             td_exact *dv, td_exact *my_dv)
{
    if (columns->cuts.groups == 1)
        reduce_from_all(columns, comm, width, dv, my_dv);
    else
        reduce_from_askers(columns, comm, width, dv, my_dv);
}
