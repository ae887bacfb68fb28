/* The walk from the superblock to every object's header. Every piece of the file is claimed by what
 * it belongs to, before it is read: the claims cannot be more than the file is long, so that
 * neither a circle of links nor a size that is a lie costs time or memory. */
#include "store/walk/file_structure.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Their bytes: the superblock's; of a header's first chunk before its size; of a checksum; of a
 * chunk's signature. Groups nested deeper than DEPTH, and longer names, are none of ours. */
enum { SUPERBLOCK = 48, PREFIX = 6, CHECKSUM = 4, SIGNATURE = 4, DEPTH = 16, NAME = 512 };

typedef struct {
    const char *path;
    int descriptor;
    uint64_t bytes;
    uint64_t claimed;
    size_t count;
    td_extent *claims;
} walk;

static td_status refuse(const walk *w, const char *name, const char *what)
{
    return td_fail(TD_ERR_FORMAT, "%s: '%s' %s", w->path, *name ? name : "/", what);
}

static td_status claim(walk *w, const char *name, td_extent part)
{
    if (part.start > w->bytes || part.length > w->bytes - part.start)
        return refuse(w, name, "goes beyond the end of the file");
    if (part.length > w->bytes - w->claimed)
        return refuse(w, name, "shares bytes with another object");
    w->claims = td_grow(w->claims, w->count, sizeof *w->claims);
    w->claims[w->count++] = part;
    w->claimed += part.length;
    return TD_OK;
}

static td_status read_at(const walk *w, uint64_t start, size_t length, unsigned char *bytes)
{
    while (length > 0) {
        const ssize_t got = pread(w->descriptor, bytes, length, (off_t)start);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return td_fail(TD_ERR_FILE, "cannot read %s: %s", w->path,
                           got < 0 ? strerror(errno) : "it became shorter");
        bytes += got;
        length -= (size_t)got;
        start += (uint64_t)got;
    }
    return TD_OK;
}

/* Reads one chunk of a header, the first skip and the last CHECKSUM bytes of which are no messages.
 * Every chunk begins with its signature. */
static td_status read_chunk(walk *w, const char *name, td_extent chunk, size_t skip,
                            const char *signature, td_header *header)
{
    const char *wrong = "is damaged: its header is too short";
    if (chunk.length < skip + CHECKSUM)
        return refuse(w, name, wrong);
    TD_TRY(claim(w, name, chunk));
    unsigned char *bytes = TD_NEW(unsigned char, chunk.length);
    td_status status = read_at(w, chunk.start, chunk.length, bytes);
    if (status == TD_OK) {
        wrong = "is damaged: a part of its header is missing";
        if (memcmp(bytes, signature, SIGNATURE) == 0)
            wrong = td_header_add(header,
                                  (td_bytes){bytes + skip, chunk.length - skip - CHECKSUM, false});
        if (wrong)
            status = refuse(w, name, wrong);
    }
    td_free(bytes);
    return status;
}

/* Finds the first chunk of the header at an address: its length, and how many bytes come before its
 * messages. */
static td_status find_first_chunk(const walk *w, const char *name, td_extent *chunk, size_t *before)
{
    enum { SIZE_BITS = 3, PHASE_CHANGE = 16, PHASE_CHANGE_BYTES = 4, MOST = PREFIX + 4 + 8 };
    unsigned char start[MOST];
    if (chunk->start > w->bytes || w->bytes - chunk->start < MOST)
        return refuse(w, name, "goes beyond the end of the file");
    TD_TRY(read_at(w, chunk->start, MOST, start));
    td_bytes bytes = {start + SIGNATURE, MOST - SIGNATURE, false};
    const uint64_t version = td_bytes_take(&bytes, 1), flags = td_bytes_take(&bytes, 1);
    if (version != 2 || flags & ~(uint64_t)(SIZE_BITS | PHASE_CHANGE))
        return refuse(w, name,
                      "is damaged, or written by another program or another version of it");
    const size_t size_bytes = (size_t)1 << (flags & SIZE_BITS);
    if (flags & PHASE_CHANGE)
        td_bytes_take(&bytes, PHASE_CHANGE_BYTES);
    const uint64_t size = td_bytes_take(&bytes, size_bytes);
    *before = (size_t)(bytes.at - start);
    if (__builtin_add_overflow(size, *before + CHECKSUM, &chunk->length))
        return refuse(w, name, "goes beyond the end of the file");
    return TD_OK;
}

static td_status read_header(walk *w, const char *name, uint64_t address, td_header *header)
{
    td_extent first = {address, 0};
    size_t before;
    TD_TRY(find_first_chunk(w, name, &first, &before));
    TD_TRY(read_chunk(w, name, first, before, "OHDR", header));
    for (size_t i = 0; i < header->chunk_count; i++)
        TD_TRY(read_chunk(w, name, header->chunks[i], SIGNATURE, "OCHK", header));
    const char *wrong = td_header_judge(header);
    if (wrong)
        return refuse(w, name, wrong);
    return header->values.length > 0 ? claim(w, name, header->values) : TD_OK;
}

static td_status walk_object(walk *w, const char *name, uint64_t address, int depth)
{
    td_header header = {.seen = 0};
    char path[NAME];
    td_status status = read_header(w, name, address, &header);
    if (status == TD_OK && header.member_count > 0 && depth == DEPTH)
        status = refuse(w, name, "is nested more than 16 deep");
    for (size_t i = 0; i < header.member_count && status == TD_OK; i++) {
        const td_member *member = &header.members[i];
        const int length =
            snprintf(path, sizeof path, "%s%s%s", name, *name ? "/" : "", member->name);
        if (length < (int)sizeof path)
            status = walk_object(w, path, member->address, depth + 1);
        else
            status = refuse(w, name, "has a member whose name is longer than 511 bytes");
    }
    td_header_free(&header);
    return status;
}

static int by_start(const void *left, const void *right)
{
    const td_extent *a = left, *b = right;
    return (a->start > b->start) - (a->start < b->start);
}

static td_status check_claims(walk *w)
{
    qsort(w->claims, w->count, sizeof *w->claims, by_start);
    for (size_t i = 1; i < w->count; i++)
        if (w->claims[i - 1].start + w->claims[i - 1].length > w->claims[i].start)
            return td_fail(TD_ERR_FORMAT,
                           "%s is damaged: two of its objects share the byte at %" PRIu64, w->path,
                           w->claims[i].start);
    return TD_OK;
}

/* Sizes and addresses of 8 bytes, nothing before the file or behind it, no extension. */
static td_status read_superblock(walk *w, uint64_t *root)
{
    enum { VERSION = 8, SIZES = 0x080802 };
    unsigned char start[SUPERBLOCK];
    if (w->bytes < SUPERBLOCK)
        return td_fail(TD_ERR_FORMAT, "%s is cut short: it has %" PRIu64 " bytes", w->path,
                       w->bytes);
    TD_TRY(claim(w, "", (td_extent){0, SUPERBLOCK}));
    TD_TRY(read_at(w, 0, SUPERBLOCK, start));
    td_bytes bytes = {start + VERSION, SUPERBLOCK - VERSION, false};
    const uint64_t sizes = td_bytes_take(&bytes, 4), base = td_bytes_take(&bytes, 8);
    const uint64_t extension = td_bytes_take(&bytes, 8), end = td_bytes_take(&bytes, 8);
    *root = td_bytes_take(&bytes, 8);
    if (sizes != SIZES || base != 0 || extension != UINT64_MAX)
        return td_fail(TD_ERR_FORMAT, "%s is damaged, or written by another program", w->path);
    if (end != w->bytes)
        return td_fail(TD_ERR_FORMAT,
                       "%s has %" PRIu64 " bytes, where %" PRIu64 " were written: it is cut short, "
                       "or has something else at its end",
                       w->path, w->bytes, end);
    return TD_OK;
}

td_status td_file_check_structure(const char *path, int descriptor, uint64_t bytes)
{
    walk w = {.path = path, .descriptor = descriptor, .bytes = bytes};
    uint64_t root;
    td_status status = read_superblock(&w, &root);
    if (status == TD_OK)
        status = walk_object(&w, "", root, 0);
    if (status == TD_OK)
        status = check_claims(&w);
    td_free(w.claims);
    return status;
}
