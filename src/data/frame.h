/* Fields of equally many rows: what is read, sent, split, written and checked by one loop per
 * operation, whatever the fields are called and however many there are.
 *
 * A value that is missing is NaN for floating-point numbers, 0 for
 * 32-bit ids and bytes, INT64_MIN for times; a missing list is an empty one. A list of bytes is a
 * text. Plain memory, so that models may read it: frame_alltoallv.h knows ranks, frame_file.h
 * files.
 *
 * All functions are Local.
 */
#ifndef TD_DATA_FRAME_H
#define TD_DATA_FRAME_H

#include "base/range.h"
#include "base/str.h"
#include "base/type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A named column of data. Row i has the element i, or, if it is a list, the elements from
 * offsets[i] to offsets[i + 1]; an element is width values that stand together. */
typedef struct {
    char *name;
    td_type type;
    int64_t width;    /* of an element, at least 1 */
    void *values;     /* (elements, width) */
    int64_t *offsets; /* (rows + 1); NULL: one element a row */
    int64_t room;     /* elements that values has room for */
} td_field;

/* Begins as {0}; td_frame_free frees what it holds. */
typedef struct {
    int64_t count; /* rows */
    int64_t room;  /* rows that there is room for in every field */
    size_t fields;
    td_field *field; /* (fields), in the order in which they were added */
} td_frame;

void td_frame_free(td_frame *frame);

/* Adds a field of this name, which no other has, and returns it: all its values are missing. A
 * pointer to a field lasts until the next one is added or removed. */
td_field *td_frame_add(td_frame *frame, const char *name, td_type type, int64_t width);

/* The same of lists, all empty. */
td_field *td_frame_add_list(td_frame *frame, const char *name, td_type type, int64_t width);

/* The same of values for count rows, and offsets unless NULL; takes both over. An empty frame
 * without fields gets count rows. */
td_field *td_frame_take(td_frame *frame, const char *name, td_type type, int64_t width,
                        int64_t count, void *values, int64_t *offsets);

/* Adds the fields of another frame, without its rows: all values are missing. */
void td_frame_add_like(td_frame *frame, const td_frame *other);

/* Frees a field, if there is one of this name. */
void td_frame_remove(td_frame *frame, const char *name);

/* Returns the field of this name, NULL if there is none; and its values. */
td_field *td_frame_find(const td_frame *frame, const char *name);
void *td_frame_values(const td_frame *frame, const char *name);

/* Makes room for so many rows, one field after the other, so that one at most is there twice. */
void td_frame_reserve(td_frame *frame, int64_t rows);

/* The same for one more row at least, by half as much again as there was. */
void td_frame_grow(td_frame *frame);

/* Adds rows whose values are all missing. */
void td_frame_extend(td_frame *frame, int64_t rows);

/* Puts so many elements into the list of a row, the last that has any so far. */
void td_field_put_list(td_field *field, int64_t row, int64_t elements, const void *values);

/* Appends rows of another frame, field by field of the same name and type; values that it lacks are
 * missing. Both may be the same frame, if its rows so far lie before those rows. */
void td_frame_append(td_frame *frame, const td_frame *from, td_range rows);

/* Brings rows into another order: the one that was at rows.first + places[i] comes to
 * rows.first + i. Ranges that do not overlap may be reordered at once. */
void td_frame_reorder(td_frame *frame, td_range rows, const int64_t *places);

/* Leaves the rows that keep (rows) says, in their order. */
void td_frame_keep(td_frame *frame, const bool *keep);

/* Returns a frame of the same fields whose row i is row places[i] of this one; free it. */
td_frame td_frame_gather(const td_frame *frame, int64_t count, const int64_t *places);

/* Copies the elements of rows places[i] of a field that is no list to values. */
void td_field_copy(const td_field *field, int64_t count, const int64_t *places, void *values);

/* Returns a field like this one of those rows; td_field_free frees it. */
td_field td_field_gather(const td_field *field, int64_t count, const int64_t *places);
void td_field_free(td_field *field);

/* Tells whether two frames have the same fields in the same order with the same bytes. */
bool td_frame_equal(const td_frame *a, const td_frame *b);

/* Tells whether two rows have the same bytes in all fields. */
bool td_frame_same_rows(const td_frame *frame, int64_t a, int64_t b);

/* Returns the elements of a field's first rows. */
static inline int64_t td_field_elements(const td_field *field, int64_t rows)
{
    return field->offsets ? field->offsets[rows] : rows;
}

/* Returns the bytes of an element. */
static inline size_t td_field_size(const td_field *field)
{
    return td_type_size(field->type) * (size_t)field->width;
}

/* Returns where the element at place is, or would be. */
static inline unsigned char *td_field_at(const td_field *field, int64_t place)
{
    return (unsigned char *)field->values + (size_t)place * td_field_size(field);
}

/* Sets so many values to the missing one of their type. */
void td_missing_fill(td_type type, int64_t count, void *values);

/* Returns how many of count values are the missing one of their type. */
int64_t td_missing_count(td_type type, int64_t count, const void *values);

/* Tells whether a value is. */
static inline bool td_missing_is(td_type type, const void *value)
{
    return td_missing_count(type, 1, value) == 1;
}

/* Tells whether the value of a row is. Of a vector, whether its first number is. */
static inline bool td_field_is_missing(const td_field *field, int64_t row)
{
    if (field->offsets)
        return field->offsets[row + 1] == field->offsets[row];
    return td_missing_is(field->type, td_field_at(field, row));
}

/* Returns the texts of a field that is a list of bytes, which it keeps. */
td_strings td_field_strings(const td_field *field, int64_t rows);

#endif
