/* HDF5's own structures of a file, looked at before HDF5 reads them.
 *
 * HDF5 trusts what it reads: where a header contradicts itself, release 1.10 may free what it never
 * allocated, or ask for as much memory as the file says. So a file is given to it only if every
 * byte that it will act on is one that tandem could have written. Our files use a small part of
 * HDF5's format (docs/formats.md): a superblock of version 2, object headers of version 2 with
 * their continuations, and values in one piece.
 */
#ifndef TD_STORE_WALK_FILE_STRUCTURE_H
#define TD_STORE_WALK_FILE_STRUCTURE_H

#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Local. Walks through all objects of the open file of so many bytes: each is a group or a dataset
 * of tandem's kind, lies inside the file, and shares no byte with another. TD_ERR_FORMAT if not;
 * TD_ERR_FILE where it cannot be read. The work is bounded by the length of the file. path is for
 * messages. */
td_status td_file_check_structure(const char *path, int descriptor, uint64_t bytes);

/* Bytes that are read from the front; cut: more were wanted than there are. */
typedef struct {
    const unsigned char *at;
    size_t left;
    bool cut;
} td_bytes;

/* Local. Takes a number of n bytes, little-endian; 0 where there are fewer. */
uint64_t td_bytes_take(td_bytes *bytes, size_t n);

/* A piece of the file. */
typedef struct {
    uint64_t start;
    uint64_t length;
} td_extent;

typedef struct {
    char *name;
    uint64_t address; /* of its header */
} td_member;

/* What the header of one object says. */
typedef struct {
    unsigned seen; /* messages that may come only once: bits, by their numbers */
    unsigned rank;
    uint64_t elements;
    uint64_t element_bytes;
    td_extent values;
    size_t member_count;
    td_member *members; /* of a group */
    size_t chunk_count;
    td_extent *chunks; /* where the header goes on */
} td_header;

/* Local. Adds all messages of one chunk of a header. Returns NULL, or what is wrong with it, to be
 * said after the object's name. Free the header with td_header_free. */
const char *td_header_add(td_header *header, td_bytes messages);
void td_header_free(td_header *header);

/* Local. Tells, when all chunks were added, what is wrong with the object; NULL: nothing. */
const char *td_header_judge(const td_header *header);

#endif
