/* Lengths first, then bytes: where a string begins differs from rank to rank. */
#include "comm/strings.h"

#include "base/memory.h"

static int64_t *lengths_of(const td_strings *strings)
{
    int64_t *lengths = TD_NEW(int64_t, (size_t)strings->count);
    for (int64_t i = 0; i < strings->count; i++)
        lengths[i] = strings->offsets[i + 1] - strings->offsets[i];
    return lengths;
}

static td_strings strings_of(int64_t count, const int64_t *lengths)
{
    td_strings strings = {.count = count, .offsets = TD_NEW(int64_t, (size_t)count + 1)};
    for (int64_t i = 0; i < count; i++)
        strings.offsets[i + 1] = strings.offsets[i] + lengths[i];
    return strings;
}

td_strings td_strings_allgatherv(td_comm *comm, const td_strings *mine)
{
    size_t count, bytes;
    int64_t *own = lengths_of(mine);
    int64_t *lengths = td_comm_allgatherv(comm, own, (size_t)mine->count, sizeof *own, &count);
    td_strings all = strings_of((int64_t)count, lengths);
    all.bytes =
        td_comm_allgatherv(comm, mine->bytes, (size_t)mine->offsets[mine->count], 1, &bytes);
    td_free(own);
    td_free(lengths);
    return all;
}

td_strings td_strings_alltoallv(td_comm *comm, const td_strings *mine, const int64_t *send_offsets,
                                int64_t *recv_offsets)
{
    int size = td_comm_size(comm);
    int64_t *send_bytes = TD_NEW(int64_t, 2 * ((size_t)size + 1)),
            *recv_bytes = send_bytes + size + 1;
    int64_t *own = lengths_of(mine);
    int64_t *lengths = td_comm_alltoallv(comm, sizeof *own, own, send_offsets, recv_offsets);
    td_strings strings = strings_of(recv_offsets[size], lengths);
    for (int r = 0; r <= size; r++)
        send_bytes[r] = mine->offsets[send_offsets[r]];
    strings.bytes = td_comm_alltoallv(comm, 1, mine->bytes, send_bytes, recv_bytes);
    td_free(send_bytes);
    td_free(own);
    td_free(lengths);
    return strings;
}
