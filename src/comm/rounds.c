/* What goes round: whole elements in pieces that fit a part, or the bytes of one rank after the
 * other. How many rounds there are, every rank knows from what is the same on all. */
#include "comm/rounds.h"

#include "base/range.h"

#include <stdbool.h>
#include <string.h>

/* Up to so many elements each rank joins all parts itself, which is one round; with more each joins
 * its share, and a second round gives it to the others. */
enum { FEW = 256, GATHERED_HEAD = 64 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The place of an element. */
static char *at(const void *elements, size_t size, int64_t i)
{
    return (char *)elements + (size_t)i * size;
}

/* Joins what others put of some elements of the piece at hand. */
static void join_parts(const td_node_memory *m, size_t size, td_join *join, td_range range,
                       void *elements)
{
    for (int r = 0; r < td_node_memory_size(m); r++)
        if (r != td_node_memory_rank(m))
            join((size_t)range.count, at(td_node_memory_part(m, r), size, range.first),
                 at(elements, size, range.first));
}

/* The elements of a piece of n that a rank joins. */
static td_range share_of(const td_node_memory *m, size_t n, int rank)
{
    const int ranks = td_node_memory_size(m);
    return td_range_to(td_share((int64_t)n, rank, ranks), td_share((int64_t)n, rank + 1, ranks));
}

/* Gives the others what this rank has joined, and takes what they have. */
static void give_shares(td_node_memory *m, size_t n, size_t size, void *elements)
{
    const td_range mine = share_of(m, n, td_node_memory_rank(m));
    memcpy(td_node_memory_mine(m), at(elements, size, mine.first), (size_t)mine.count * size);
    td_node_memory_meet(m);
    for (int r = 0; r < td_node_memory_size(m); r++) {
        const td_range theirs = share_of(m, n, r);
        if (r != td_node_memory_rank(m))
            memcpy(at(elements, size, theirs.first), td_node_memory_part(m, r),
                   (size_t)theirs.count * size);
    }
}

static void reduce_piece(td_node_memory *m, size_t n, size_t size, td_join *join, void *elements)
{
    memcpy(td_node_memory_mine(m), elements, n * size);
    td_node_memory_meet(m);
    if (n <= FEW) {
        join_parts(m, size, join, td_range_to(0, (int64_t)n), elements);
        return;
    }
    join_parts(m, size, join, share_of(m, n, td_node_memory_rank(m)), elements);
    give_shares(m, n, size, elements);
}

void td_rounds_reduce(td_node_memory *m, size_t n, size_t size, td_join *join, void *elements)
{
    const size_t most = td_node_memory_room(m) / size;
    for (size_t done = 0; done < n; done += most)
        reduce_piece(m, smaller(n - done, most), size, join, (char *)elements + done * size);
}

void td_rounds_allgather(td_node_memory *m, size_t bytes, const void *mine, void *all)
{
    memcpy(td_node_memory_mine(m), mine, bytes);
    td_node_memory_meet(m);
    for (int r = 0; r < td_node_memory_size(m); r++)
        memcpy((char *)all + (size_t)r * bytes, td_node_memory_part(m, r), bytes);
}

/* Bytes of a gathered part that a round takes; before them stands how many elements there are. */
static size_t gathered_room(const td_node_memory *m)
{
    return td_node_memory_room(m) - GATHERED_HEAD;
}

/* Puts what comes after done bytes of n elements at mine, which are so many bytes. */
static void gather_round(td_node_memory *m, size_t n, size_t bytes, size_t done, const void *mine)
{
    char *part = td_node_memory_mine(m);
    memcpy(part, &n, sizeof n);
    if (done < bytes)
        memcpy(part + GATHERED_HEAD, (const char *)mine + done,
               smaller(bytes - done, gathered_room(m)));
    td_node_memory_meet(m);
}

/* Takes what the others put of what comes after done bytes of theirs. */
static void take_gathered(const td_node_memory *m, size_t size, const size_t *offsets, size_t done,
                          char *all)
{
    for (int r = 0; r < td_node_memory_size(m); r++) {
        const size_t theirs = (offsets[r + 1] - offsets[r]) * size;
        if (r != td_node_memory_rank(m) && done < theirs)
            memcpy(all + offsets[r] * size + done,
                   (const char *)td_node_memory_part(m, r) + GATHERED_HEAD,
                   smaller(theirs - done, gathered_room(m)));
    }
}

void td_rounds_gather_begin(td_node_memory *m, size_t n, size_t size, const void *mine,
                            size_t *offsets)
{
    gather_round(m, n, n * size, 0, mine);
    offsets[0] = 0;
    for (int r = 0; r < td_node_memory_size(m); r++) {
        size_t theirs;
        memcpy(&theirs, td_node_memory_part(m, r), sizeof theirs);
        offsets[r + 1] = offsets[r] + theirs;
    }
}

void td_rounds_gather_end(td_node_memory *m, size_t size, const size_t *offsets, const void *mine,
                          void *all)
{
    const int rank = td_node_memory_rank(m);
    const size_t n = offsets[rank + 1] - offsets[rank];
    size_t longest = 0;
    for (int r = 0; r < td_node_memory_size(m); r++)
        longest = larger(longest, (offsets[r + 1] - offsets[r]) * size);
    if (n > 0 && mine != (char *)all + offsets[rank] * size)
        memmove((char *)all + offsets[rank] * size, mine, n * size);
    take_gathered(m, size, offsets, 0, all);
    for (size_t done = gathered_room(m); done < longest; done += gathered_room(m)) {
        gather_round(m, n, n * size, done, mine);
        take_gathered(m, size, offsets, done, all);
    }
}

/* The elements of an owner that go round after those before them. */
static size_t left_of(const size_t *offsets, int owner, size_t done, size_t most)
{
    const size_t count = offsets[owner + 1] - offsets[owner];
    return done < count ? smaller(count - done, most) : 0;
}

/* A part has as much room for each owner. */
void td_rounds_reduce_scatter(td_node_memory *m, size_t size, const size_t *offsets, td_join *join,
                              void *elements)
{
    const int rank = td_node_memory_rank(m), ranks = td_node_memory_size(m);
    const size_t most = td_node_memory_room(m) / size / (size_t)ranks;
    size_t longest = 0;
    for (int r = 0; r < ranks; r++)
        longest = larger(longest, offsets[r + 1] - offsets[r]);
    for (size_t done = 0; done < longest; done += most) {
        for (int owner = 0; owner < ranks; owner++) {
            const size_t n = owner == rank ? 0 : left_of(offsets, owner, done, most);
            if (n > 0)
                memcpy((char *)td_node_memory_mine(m) + (size_t)owner * most * size,
                       (char *)elements + (offsets[owner] + done) * size, n * size);
        }
        td_node_memory_meet(m);
        const size_t n = left_of(offsets, rank, done, most);
        for (int r = 0; r < ranks && n > 0; r++)
            if (r != rank)
                join(n, (const char *)td_node_memory_part(m, r) + (size_t)rank * most * size,
                     (char *)elements + (offsets[rank] + done) * size);
    }
}

void td_rounds_recv_offsets(td_node_memory *m, const int64_t *send_offsets, int64_t *recv_offsets)
{
    const int rank = td_node_memory_rank(m), ranks = td_node_memory_size(m);
    memcpy(td_node_memory_mine(m), send_offsets, ((size_t)ranks + 1) * sizeof *send_offsets);
    td_node_memory_meet(m);
    recv_offsets[0] = 0;
    for (int r = 0; r < ranks; r++) {
        const int64_t *theirs = td_node_memory_part(m, r);
        recv_offsets[r + 1] = recv_offsets[r] + theirs[rank + 1] - theirs[rank];
    }
}

/* The bytes from first to end that go in the round that begins after done of them. */
static td_range now_of(int64_t done, size_t most, int64_t first, int64_t end)
{
    return td_range_overlap(td_range_to(done, done + (int64_t)most), td_range_to(first, end));
}

/* Puts the bytes of the round, but for those that stay here. */
static void put_bytes(char *to, size_t size, int rank, int ranks, const int64_t *offsets,
                      int64_t done, size_t most, const char *mine)
{
    for (int r = 0; r < ranks; r++) {
        const td_range now =
            now_of(done, most, offsets[r] * (int64_t)size, offsets[r + 1] * (int64_t)size);
        if (r != rank && now.count > 0)
            memcpy(to + (now.first - done), mine + now.first, (size_t)now.count);
    }
}

/* A part begins with its rank's offsets; then come bytes, as many in a round as fit, in the order
 * in which they go. */
void td_rounds_alltoallv(td_node_memory *m, size_t size, const void *mine,
                         const int64_t *send_offsets, const int64_t *recv_offsets, void *all)
{
    const int rank = td_node_memory_rank(m), ranks = td_node_memory_size(m);
    const size_t head = ((size_t)ranks + 1) * sizeof *send_offsets;
    const size_t most = td_node_memory_room(m) - head;
    int64_t longest = 0, done = 0;
    do {
        char *part = td_node_memory_mine(m);
        memcpy(part, send_offsets, head);
        put_bytes(part + head, size, rank, ranks, send_offsets, done, most, mine);
        td_node_memory_meet(m);
        for (int r = 0; r < ranks; r++) {
            const int64_t *theirs = td_node_memory_part(m, r);
            const int64_t first = theirs[rank] * (int64_t)size;
            const td_range now = now_of(done, most, first, theirs[rank + 1] * (int64_t)size);
            longest = td_larger(longest, theirs[ranks] * (int64_t)size);
            if (r != rank && now.count > 0)
                memcpy((char *)all + recv_offsets[r] * (int64_t)size + (now.first - first),
                       (const char *)theirs + head + (now.first - done), (size_t)now.count);
        }
        done += (int64_t)most;
    } while (done < longest);
}
