/* Distinct ids by marking: place_of holds their places while a list is made. */
#include "comm/row_exchange.h"

#include <stdlib.h>
#include <string.h>

void td_row_exchange_create(td_row_exchange *x, td_comm *comm, int64_t table_rows,
                            const int64_t *owners, bool all_alike, size_t capacity,
                            size_t my_capacity)
{
    const size_t ranks = (size_t)td_comm_size(comm) + 1;
    const int32_t none = -1;
    *x = (td_row_exchange){.comm = comm,
                           .table_rows = table_rows,
                           .all_alike = all_alike,
                           .owners = TD_NEW(int64_t, ranks),
                           .ids = TD_NEW(int32_t, capacity),
                           .send_offsets = TD_NEW(int64_t, ranks),
                           .recv_offsets = TD_NEW(int64_t, ranks),
                           .capacity = capacity,
                           .my_capacity = my_capacity,
                           .own_ids = all_alike ? NULL : TD_NEW(int32_t, my_capacity),
                           .place_of = td_allocate_filled((size_t)table_rows, sizeof none, &none),
                           .elements = TD_NEW(size_t, ranks)};
    memcpy(x->owners, owners, ranks * sizeof *owners);
}

void td_row_exchange_free(td_row_exchange *x)
{
    td_free(x->owners);
    td_free(x->ids);
    td_free(x->send_offsets);
    td_free(x->recv_offsets);
    td_free(x->own_ids);
    td_free(x->place_of);
    td_free(x->elements);
    td_buffer_free(&x->asked_ids);
    td_buffer_free(&x->messages);
}

static int ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void clear_places(int32_t *place_of, const int32_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        place_of[ids[i]] = -1;
}

/* Whether ids are distinct and sorted as they come, as those of one group are. */
static bool are_sorted(size_t n, const int32_t *ids)
{
    size_t i = 1;
    while (i < n && ids[i - 1] < ids[i])
        i++;
    return i >= n;
}

static void number(size_t n, int32_t *places)
{
    for (size_t i = 0; i < n; i++)
        places[i] = (int32_t)i;
}

/* Sorts the distinct of n ids into distinct, and turns the ids into their places there. Returns the
 * number of distinct ones. */
static size_t sort_distinct(int32_t *place_of, size_t n, int32_t *ids, int32_t *distinct)
{
    size_t count = 0;
    if (are_sorted(n, ids)) {
        memcpy(distinct, ids, n * sizeof *ids);
        number(n, ids);
        return n;
    }
    for (size_t i = 0; i < n; i++)
        if (place_of[ids[i]] < 0) {
            place_of[ids[i]] = 0;
            distinct[count++] = ids[i];
        }
    qsort(distinct, count, sizeof *distinct, ascending);
    for (size_t i = 0; i < count; i++)
        place_of[distinct[i]] = (int32_t)i;
    for (size_t i = 0; i < n; i++)
        ids[i] = place_of[ids[i]];
    clear_places(place_of, distinct, count);
    return count;
}

/* Collective. The ids that every rank asks this one for, joined. */
static void ask_owners(td_row_exchange *x)
{
    td_comm_recv_offsets(x->comm, x->send_offsets, x->recv_offsets);
    const size_t n = (size_t)x->recv_offsets[td_comm_size(x->comm)];
    int32_t *asked = td_buffer_fit(&x->asked_ids, n, sizeof *asked);
    td_comm_alltoallv_into(x->comm, sizeof *asked, x->ids, x->send_offsets, x->recv_offsets, asked);
    x->my_count = sort_distinct(x->place_of, n, asked, x->own_ids);
    x->my_ids = x->own_ids;
    x->asked = asked;
}

/* send_offsets (size + 1): ids are ascending, and so are their owners. */
void td_row_exchange_meet(td_row_exchange *x, size_t n, int32_t *ids)
{
    const int rank = td_comm_rank(x->comm), size = td_comm_size(x->comm);
    x->count = sort_distinct(x->place_of, n, ids, x->ids);
    for (int r = 0; r <= size; r++)
        x->send_offsets[r] = (int64_t)td_first_from(x->count, x->ids, x->owners[r]);
    if (!x->all_alike) {
        ask_owners(x);
        return;
    }
    x->my_ids = x->ids + x->send_offsets[rank];
    x->my_count = (size_t)(x->send_offsets[rank + 1] - x->send_offsets[rank]);
}

/* Where each owner's elements begin among those that this rank meets. */
static const size_t *elements_of_owners(td_row_exchange *x, size_t width)
{
    for (int r = 0; r <= td_comm_size(x->comm); r++)
        x->elements[r] = (size_t)x->send_offsets[r] * width;
    return x->elements;
}

size_t td_row_exchange_my_first(const td_row_exchange *x)
{
    return (size_t)x->send_offsets[td_comm_rank(x->comm)];
}

/* What comes stands in the order of its owners, hence of the ids. */
void td_row_exchange_spread(td_row_exchange *x, size_t width, const float *my_rows, float *rows)
{
    if (x->all_alike) {
        td_comm_allgatherv_into(x->comm, my_rows, sizeof *rows, elements_of_owners(x, width), rows);
        return;
    }
    const int64_t n = x->recv_offsets[td_comm_size(x->comm)];
    float *out = td_buffer_fit(&x->messages, (size_t)n * width, sizeof *out);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++)
        memcpy(out + (size_t)i * width, my_rows + (size_t)x->asked[i] * width, width * sizeof *out);
    td_comm_alltoallv_into(x->comm, width * sizeof *out, out, x->recv_offsets, x->send_offsets,
                           rows);
}

/* my_sums (my_count, width) = the sum over the ranks that met each row */
void td_row_exchange_reduce(td_row_exchange *x, size_t width, td_exact *sums, td_exact *my_sums)
{
    if (x->all_alike) {
        const size_t *elements = elements_of_owners(x, width);
        td_comm_reduce_scatter(x->comm, elements, sums);
        const td_exact *mine = sums + elements[td_comm_rank(x->comm)];
        if (my_sums != mine)
            memcpy(my_sums, mine, x->my_count * width * sizeof *my_sums);
        return;
    }
    const int64_t n = x->recv_offsets[td_comm_size(x->comm)];
    td_exact *parts = td_buffer_fit(&x->messages, (size_t)n * width, sizeof *parts);
    td_comm_alltoallv_into(x->comm, width * sizeof *parts, sums, x->send_offsets, x->recv_offsets,
                           parts);
    memset(my_sums, 0, x->my_count * width * sizeof *my_sums);
    for (int64_t i = 0; i < n; i++)
        td_exact_merge(width, parts + (size_t)i * width, my_sums + (size_t)x->asked[i] * width);
}
