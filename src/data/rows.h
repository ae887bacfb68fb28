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

/* Names of fields that no schema has. */
#define TD_FIELD_ROW    ".row"
#define TD_FIELD_BUCKET ".bucket"
#define TD_FIELD_TIME   ".time"

/* Plain data; each pointer is to count values of the frame, NULL for a field that it lacks. */
typedef struct {
    td_frame frame; /* fields by the schema's names, and TD_FIELD_ROW */
    int64_t count;
    int32_t *user;      /* id: row of the user table */
    int32_t *item;      /* id: row of the item table */
    int64_t *row;       /* the row's number in the input: what orders it within its shard */
    float *rating;      /* the label */
    float *weight;      /* likewise by its role */
    int64_t *timestamp; /* seconds since 1970 */
    int32_t *bucket;    /* of the model's time features: 0 until td_rows_set_times */
    float *time;        /* the same: the normalized timestamp */
} td_rows;

/* Points to the frame's fields, which have the roles that schema says. */
void td_rows_bind(td_rows *rows, const td_schema *schema);

/* Adds what is not there: weights of 1, and 0 for all else. */
void td_rows_complete(td_rows *rows);

/* Allocates count complete rows; td_rows_free frees them. */
td_rows td_rows_allocate(int64_t count);
void td_rows_free(td_rows *rows);

/* Appends rows [first, first + count) of from, of the same fields, for which there must be room.
 * Both may be the same rows, if those appended so far lie before first. */
void td_rows_append(td_rows *rows, const td_rows *from, int64_t first, int64_t count);

/* Sets the bucket and the normalized time of every row from its timestamp. */
void td_rows_set_times(td_rows *rows, const td_time_scale *scale);

/* The same, in place of the timestamps, which are freed. */
void td_rows_replace_times(td_rows *rows, const td_time_scale *scale);

/* Returns the scale of derived times, NULL if none is derived. */
const td_time_scale *td_derived_times(const td_derivations *derivations);

/* Returns the buckets and times of rows as the fields of a frame, which lie in fields. */
enum { TD_CONTEXT_FIELDS = 2 };
td_frame td_rows_context(const td_rows *rows, td_field fields[TD_CONTEXT_FIELDS]);

#endif
