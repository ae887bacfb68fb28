/* Interactions in memory, one array per column. Training rows are most of what a rank holds beside
 * its tables, so a column that nobody reads is not held.
 *
 * All functions are Local.
 */
#ifndef TD_DATA_ROWS_H
#define TD_DATA_ROWS_H

#include "data/derive.h"

#include <stdint.h>

/* The columns that may be left out, to be joined by |. */
enum {
    TD_COLUMN_RATING = 1,
    TD_COLUMN_WEIGHT = 2,
    TD_COLUMN_TIMESTAMP = 4,
    TD_COLUMN_MOMENT = 8, /* bucket and time */
    TD_COLUMNS_ALL = 15
};

/* Plain data; each column has count elements, or is NULL if it was left out. */
typedef struct {
    int64_t count;
    int32_t *user;      /* id: row of the user table */
    int32_t *item;      /* id: row of the item table */
    int64_t *row;       /* the row's number in the input: what orders it within its shard */
    float *rating;      /* 0 where the file has none */
    float *weight;      /* 1 where the file has none */
    int64_t *timestamp; /* seconds since 1970; 0 where the file has none */
    int32_t *bucket;    /* of the model's time features: 0 until td_rows_set_times */
    float *time;        /* the same: the normalized timestamp */
} td_rows;

/* Allocates count rows with these of the columns, weights 1 and all else 0; td_rows_free frees
 * them. */
td_rows td_rows_allocate(int64_t count, int columns);
void td_rows_free(td_rows *rows);

/* Appends rows [first, first + count) of from, for which there must be room. A column that either
 * lacks keeps what it has. Both may be the same rows, if those appended so far lie before first. */
void td_rows_append(td_rows *rows, const td_rows *from, int64_t first, int64_t count);

/* Brings rows [first, first + count) into another order: the one that was at first + places[i]
 * comes to first + i. */
void td_rows_reorder(td_rows *rows, int64_t first, int64_t count, const int64_t *places);

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
