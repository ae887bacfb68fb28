#include "data/frame_alltoallv.h"

#include "base/memory.h"
#include "comm/partition.h"

/* Where the rows go. */
typedef struct {
    td_comm *comm;
    const int32_t *to;
    const int64_t *send_offsets; /* (size + 1) */
    const int64_t *recv_offsets; /* (size + 1) */
    td_buffer sorted;            /* a field's values in the order in which they go */
} journey;

/* What comes takes the place of what went, if there is room. */
static void send_values(journey *j, td_field *field)
{
    const int ranks = td_comm_size(j->comm);
    const int64_t sent = j->send_offsets[ranks], came = j->recv_offsets[ranks];
    const size_t size = td_field_size(field);
    void *sorted = td_buffer_fit(&j->sorted, (size_t)sent, size);
    td_partition_into(ranks, j->send_offsets, j->to, size, field->values, sorted);
    if (came > field->room) {
        td_free(field->values);
        field->values = td_allocate_unset((size_t)came, size);
        field->room = came;
    }
    td_comm_alltoallv_into(j->comm, size, sorted, j->send_offsets, j->recv_offsets, field->values);
}

/* Returns the rows in the order in which they go. */
static int64_t *find_order(const journey *j, int64_t rows)
{
    int64_t *places = TD_NEW(int64_t, (size_t)rows);
    for (int64_t i = 0; i < rows; i++)
        places[i] = i;
    int64_t *order =
        td_partition(td_comm_size(j->comm), j->send_offsets, j->to, sizeof *places, places);
    td_free(places);
    return order;
}

/* Lengths go first, then what the lists hold. */
static void send_lists(const journey *j, int64_t rows, td_field *field)
{
    const int size = td_comm_size(j->comm);
    int64_t *order = find_order(j, rows), *lengths = TD_NEW(int64_t, (size_t)rows);
    int64_t *sent = TD_NEW(int64_t, 2 * ((size_t)size + 1)), *came = sent + size + 1;
    td_field sorted = td_field_gather(field, rows, order);
    for (int64_t i = 0; i < rows; i++)
        lengths[i] = sorted.offsets[i + 1] - sorted.offsets[i];
    for (int r = 0; r <= size; r++)
        sent[r] = sorted.offsets[j->send_offsets[r]];
    td_free(field->values);
    td_free(field->offsets);
    field->values = td_comm_alltoallv(j->comm, td_field_size(field), sorted.values, sent, came);
    field->room = came[size];
    const int64_t count = j->recv_offsets[size];
    int64_t *arrived = TD_NEW(int64_t, (size_t)count);
    td_comm_alltoallv_into(j->comm, sizeof *lengths, lengths, j->send_offsets, j->recv_offsets,
                           arrived);
    field->offsets = TD_NEW(int64_t, (size_t)count + 1);
    for (int64_t i = 0; i < count; i++)
        field->offsets[i + 1] = field->offsets[i] + arrived[i];
    td_field_free(&sorted);
    td_free(order);
    td_free(lengths);
    td_free(arrived);
    td_free(sent);
}

void td_frame_alltoallv(td_comm *comm, const int32_t *to, td_frame *frame)
{
    const int size = td_comm_size(comm);
    if (size == 1)
        return;
    int64_t *offsets = td_partition_offsets(size, frame->count, to);
    int64_t *came = TD_NEW(int64_t, (size_t)size + 1);
    journey j = {comm, to, offsets, came, {0}};
    td_comm_recv_offsets(comm, offsets, came);
    for (size_t f = 0; f < frame->fields; f++) {
        if (frame->field[f].offsets)
            send_lists(&j, frame->count, &frame->field[f]);
        else
            send_values(&j, &frame->field[f]);
    }
    frame->count = frame->room = came[size];
    td_buffer_free(&j.sorted);
    td_free(offsets);
    td_free(came);
}
