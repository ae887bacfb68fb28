/* Damaged and forged copies of an HDF5 file, each a function of a number. */
#ifndef TESTS_CHAOS_MUTATIONS_H
#define TESTS_CHAOS_MUTATIONS_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    MUTATION_DAMAGE, /* as disks, networks and people make it */
    MUTATION_FORGERY /* the same, with HDF5's checksums made right again, so that it is believed */
} mutation_kind;

/* A file's bytes, and where HDF5's own blocks are among them. */
typedef struct mutation_source mutation_source;

/* Returns NULL where the file cannot be read. Free it with mutation_source_free. */
mutation_source *mutation_source_load(const char *path);
void mutation_source_free(mutation_source *source);

/* How many blocks of HDF5's with a checksum were found. */
size_t mutation_source_blocks(const mutation_source *source);

/* Writes mutation number `number` of the source to path; returns 0 where that fails. */
int mutation_write(const mutation_source *source, mutation_kind kind, uint64_t number,
                   const char *path);

#endif
