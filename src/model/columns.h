/* Candidate embeddings as the columns of a score matrix, cut into tiles of TD_COLUMN_TILE.
 *
 * A column is a distinct item; its weight says how often it counts (its multiplicity in a batch,
 * or in the list of candidates). Columns of no weight that fill the last tile up to whole lanes
 * score -infinity. All functions are Local.
 */
#ifndef TD_MODEL_COLUMNS_H
#define TD_MODEL_COLUMNS_H

#include "base/range.h"
#include "math/kernels.h"

#include <stddef.h>

enum {
    TD_COLUMN_TILE = 512,
    TD_COLUMN_STRIDE = TD_COLUMN_TILE + TD_LANES /* of rows of scores: not a power of two, so that
                                                    a column's elements share no cache set */
};

typedef struct {
    size_t width;    /* of an embedding */
    size_t capacity; /* columns allocated */
    size_t count;
    void *own;      /* the memory of the next three; NULL: it is the caller's */
    float *v;       /* (count, width) */
    float *vt;      /* (tiles, width, TD_COLUMN_STRIDE): each tile transposed, and packed */
    float *packed;  /* (tiles, TD_COLUMN_TILE, width): each tile packed; NULL: nothing rounds */
    float *weights; /* (count), zeros up to whole lanes */
    float *bias; /* (count): what a column's scores start from; zeros unless the caller sets it */
} td_columns;

/* Allocates room for capacity columns, for kernels that round, too, or not; td_columns_free frees
 * it. With room for v, vt and packed of td_columns_bytes, on a cache line, these are there, and the
 * caller frees it after. */
void td_columns_create(td_columns *columns, size_t width, size_t capacity, bool rounds, void *room);
size_t td_columns_bytes(size_t width, size_t capacity, bool rounds);
void td_columns_free(td_columns *columns);

/* Sets the number of columns; v and weights are the caller's to fill. */
void td_columns_resize(td_columns *columns, size_t count);

/* Makes of v what these kernels read (NULL: some that do not round), of some of the tiles; or vt of
 * all, which is that. Threads share the work. */
void td_columns_pack(td_columns *columns, const td_kernels *kernels, td_range tiles);
void td_columns_transpose(td_columns *columns);

/* The columns of a tile as a right operand (columns, width). */
td_view td_columns_right(const td_columns *columns, const td_kernels *kernels, size_t tile);

/* The number of tiles, and of one tile's columns, without and with those that fill it up. */
size_t td_columns_tiles(const td_columns *columns);
size_t td_columns_in_tile(const td_columns *columns, size_t tile);

/* Scores of rows embeddings u (rows, width), packed, for the columns of a tile, bias + u . v:
 * scores (rows, columns of the tile rounded up to whole lanes), rows TD_COLUMN_STRIDE apart. */
void td_columns_score(const td_columns *columns, const td_kernels *kernels, size_t tile,
                      size_t rows, td_view u, float *scores);

/* Returns the same of one row and column, with another bias. */
float td_columns_score_one(const td_columns *columns, const td_kernels *kernels, size_t column,
                           td_view u, float bias);

#endif
