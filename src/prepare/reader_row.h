/* A row of a table while it is read: what each field asks of its cells is decided before the first
 * row (reader_fields.c), which is then looked at in full (reader_look.c) before anything of it is
 * kept (reader_keep.c). All functions are Local. */
#ifndef TD_PREPARE_READER_ROW_H
#define TD_PREPARE_READER_ROW_H

#include "base/memory.h"
#include "base/str.h"
#include "data/tokens.h"
#include "data/vocabulary.h"
#include "prepare/reader.h"
#include "prepare/source.h"
#include "text/lines.h"
#include "text/table.h"
#include "text/time_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is asked of a cell. */
typedef enum {
    TD_LOOK_KEY,   /* a user or an item, which must be there */
    TD_LOOK_KNOWN, /* one of known names */
    TD_LOOK_NAME,  /* a name: there must be a number for a new one */
    TD_LOOK_NUMBER,
    TD_LOOK_TIME,
    TD_LOOK_FLAGS,   /* cells of 0 and 1, side by side */
    TD_LOOK_VECTOR,  /* width numbers */
    TD_LOOK_WEIGHTS, /* names with weights */
    TD_LOOK_NOTHING
} td_look;

/* What becomes of it. */
typedef enum {
    TD_KEEP_MISSING,
    TD_KEEP_KNOWN, /* the id that was found */
    TD_KEEP_NAME,  /* the number of a name, or its hash */
    TD_KEEP_NAMES,
    TD_KEEP_FLAGS,
    TD_KEEP_NUMBER,
    TD_KEEP_TIME,
    TD_KEEP_VECTOR,
    TD_KEEP_WEIGHTS,
    TD_KEEP_BYTES, /* a text as it is */
    TD_KEEP_TOKENS
} td_keep;

enum { TD_PENDING_NAMES = 32, TD_PENDING_BYTES = 1 << 12 };

/* Names of rows that were kept, which get their numbers together, in this order. */
typedef struct {
    td_strings names;              /* with room for TD_PENDING_NAMES, of TD_PENDING_BYTES */
    int64_t row[TD_PENDING_NAMES]; /* in the frame */
} td_pending_names;

/* A cell of time that was read, so that the same one again is not. */
typedef struct {
    size_t length; /* 0: there is none */
    char text[32];
} td_read_time;

/* A field, and its value in the row at hand. */
typedef struct {
    const td_source_field *source; /* NULL for the key of a side table */
    td_look look;
    td_keep keep;
    size_t column;
    const char *key;            /* what messages call a user or an item */
    const td_vocabulary *known; /* names that alone are good */
    td_vocabulary *names; /* what names are added to; NULL for hashes, known ones and numbers */
    td_pending_names *pending; /* of KEEP_NAME, unless they are hashes; else NULL */
    int64_t buckets;           /* of hashes */
    bool has_prefix;           /* that is kept of names */
    bool may_miss, is_missing;
    td_time_form time_form;
    td_read_time last; /* whose value is time */
    int32_t id;
    float number;
    int64_t time;
    float *vector; /* (source->width) */
} td_row_field;

/* A row of the table; begins as {.records}, whose frame gets a field for each of its own. */
typedef struct {
    td_records *records;
    td_str *cells; /* (form.columns) of the row */
    bool is_json;
    size_t count;
    td_row_field *fields; /* (count) as in the frame */
    td_row_field **order; /* (count) as they are looked at: users and items, other names, others */
    size_t keys;          /* users and items, whose slots are fetched early */
    int64_t met;          /* rows of the table so far, bad ones included */
    bool keeps_place;     /* the frame has a last field, of each row's place among these */
    td_buffer list;       /* its values at hand */
    td_tokenizer tokens;
} td_row;

/* Adds a field of a table of these, which stands in this column, to a row whose fields have room
 * for one more, and to its records, and returns it; the key of a side table has no source (NULL).
 */
td_row_field *td_row_add_field(td_row *row, td_of of, const td_row_judge *judge,
                               const td_source_field *source, td_role role, size_t column);

/* Puts the fields in the order that they are looked at, as they stand in td_look: what is wrong
 * with names is said rather than with numbers. */
void td_row_put_in_order(td_row *row);

/* Frees the fields, not what was read. */
void td_row_free_fields(td_row *row);

/* Looks at the cells of a row: TD_ERR_INPUT for what is wrong, with the line's place; of names
 * rather than of numbers. */
td_status td_row_look(td_row *row, const td_line *line);

/* Adds the row, which was looked at, to the records' frame. Its names may get their numbers with
 * those of later rows, or by td_row_number_names, which follows the last one. */
void td_row_keep(td_row *row);
void td_row_number_names(td_row *row);

/* The form of a field of times: as its source says, or with the unit of its first values, by their
 * size. A guess of another unit than seconds is said; a column that begins with dates has no unit.
 */
td_time_form td_row_guess_time(const td_table *table, const char *path,
                               const td_source_field *source);

/* TD_ERR_INPUT if half of the first cells or more look like lists of names. */
td_status td_row_check_names(const td_table *table, const char *path,
                             const td_source_field *source);

#endif
