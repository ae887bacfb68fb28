/* Interactions in memory: a frame, and pointers to the fields of it that every step reads. Training
 * rows are most of what a rank holds beside its tables, so a field that nobody reads is not held.
 *
 * All functions are Local.
 */
#ifndef TD_DATA_ROWS_H
#define TD_DATA_ROWS_H

#include "data/derive.h"
#include "data/frame.h"
#include "data/schema.h"

#include <stdint.h>

/* The name of a field that no schema has. */
#define TD_FIELD_ROW    ".row"
#define TD_FIELD_WEIGHT ".weight"

/* Plain data; each pointer is to count values of the frame, NULL for a field that it lacks. */
typedef struct {
    td_frame frame; /* fields by the schema's names, derived ones, TD_FIELD_ROW and _WEIGHT */
    int64_t count;
    int32_t *user;      /* id: row of the user table */
    int32_t *item;      /* id: row of the item table */
    int64_t *row;       /* the row's number in the input: what orders it within its shard */
    float *rating;      /* the label */
    float *weight;      /* by its role, else TD_FIELD_WEIGHT */
    int64_t *timestamp; /* seconds since 1970 */
} td_rows;

/* Points to the frame's fields, which have the roles that schema says. */
void td_rows_bind(td_rows *rows, const td_schema *schema);

/* Adds weights of 1, in TD_FIELD_WEIGHT, where rows have none. */
void td_rows_add_weights(td_rows *rows);

/* Adds what is not there: weights of 1, and 0 for all else. */
void td_rows_complete(td_rows *rows);

/* Allocates count complete rows; td_rows_free frees them. */
td_rows td_rows_allocate(int64_t count);
void td_rows_free(td_rows *rows);

/* Appends rows [first, first + count) of from, of the same fields, for which there must be room.
 * Both may be the same rows, if those appended so far lie before first. */
void td_rows_append(td_rows *rows, const td_rows *from, int64_t first, int64_t count);

/* Adds the fields that are derived from those of rows. */
void td_rows_derive(td_rows *rows, const td_schema *schema, const td_derivations *derivations);

/* The same, in place of what they are derived from, unless that has another role, too. */
void td_rows_replace_derived(td_rows *rows, const td_schema *schema,
                             const td_derivations *derivations);

#endif
