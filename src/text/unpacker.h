/* What unpacks one format of packed files: gzip, xz or zstd (unpack_*.c), through its library. All
 * functions are Local. */
#ifndef TD_TEXT_UNPACKER_H
#define TD_TEXT_UNPACKER_H

#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Packed bytes that wait, and room for unpacked ones; unpacking moves both on. */
typedef struct {
    const unsigned char *in;
    size_t in_left;
    unsigned char *out;
    size_t out_left;
} td_packed;

typedef struct {
    const char *name;
    const char *magic; /* the first bytes of each stream */
    size_t magic_length;

    /* Returns a state before a stream's first byte. */
    void *(*start)(void);
    void (*stop)(void *state);

    /* Unpacks until the input is used up, the room is full, or the stream ends (*ended, with what
     * follows it left in packed->in). TD_ERR_INPUT, with a reason that fits after "PATH: ". */
    td_status (*unpack)(void *state, td_packed *packed, bool *ended);
} td_unpacker;

extern const td_unpacker td_unpacker_gzip;
extern const td_unpacker td_unpacker_xz;
extern const td_unpacker td_unpacker_zstd;

#endif
