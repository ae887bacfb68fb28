/* What a cell of categories says: names one after the other, each with a weight, and what a cell of
 * a vector does. All functions are Local. */
#ifndef TD_PREPARE_CELL_H
#define TD_PREPARE_CELL_H

#include "base/str.h"
#include "prepare/source.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads a finite number, whose decimals stand behind a comma, and no point, where the field says
 * so, and whose digits before them may be in groups of three (1.662,94), all of them or none. */
bool td_cell_number(const td_source_field *field, td_str cell, float *value);

/* Goes from name to name; begins with the field and its cell. */
typedef struct {
    const td_source_field *field;
    td_str cell;
    size_t next; /* where the next part of the cell begins */
    td_str part; /* between two separators, without its weight */
    size_t step; /* where the next step of its path begins; above its length: there is none */

    td_str name;
    float weight;  /* 1 where none is told */
    bool is_wrong; /* a weight is not a finite number above 0 */
} td_cell_names;

td_cell_names td_cell_begin(const td_source_field *field, td_str cell);

/* Finds the next name, which is not empty: parts between separators, or the prefixes of each part
 * that is a path (a/b: a, then a/b), cut to as many characters as the field keeps. */
bool td_cell_next(td_cell_names *cell);

/* Returns as many characters of a name, which is UTF-8, as the field keeps. */
td_str td_cell_prefix(const td_source_field *field, td_str name);

/* Reads as many numbers as the field is wide, with its separator between them, or with commas in
 * brackets; false if the cell has others. */
bool td_cell_vector(const td_source_field *field, td_str cell, float *values);

#endif
