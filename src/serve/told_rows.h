/* What a table of pairs tells of the rows that its pairs would be: the cells of fields of rows that
 * the model reads. Rank 0 reads them, every rank has them, block by block. */
#ifndef TD_SERVE_TOLD_ROWS_H
#define TD_SERVE_TOLD_ROWS_H

#include "run/trained_model.h"
#include "serve/given.h"
#include "serve/pair_table.h"

#include <stdio.h>

typedef struct {
    td_comm *comm;
    td_given given; /* given.frame: what the block tells, a row a pair; no row without columns */
    int64_t unknown_values; /* of all blocks, which are taken for missing, */
    char *unknown_value;    /* and the first of them; NULL */
    size_t fields;          /* that can be told: */
    const char **field;
    size_t columns; /* that the table has of them: */
    const char **column;

    /* Of the block, on rank 0: */
    int64_t count;
    int64_t *line;    /* (capacity) */
    int64_t *offsets; /* (capacity * columns + 1): of the cells */
    FILE *stream;     /* the cells' bytes */
    char *bytes;
    size_t size;
} td_told_rows;

/* Local. Finds what can be told of rows to a model; td_told_rows_free frees it. unknown: what
 * becomes of a category's name that the data lack. */
td_told_rows td_told_rows_create(td_comm *comm, const td_trained_model *trained,
                                 const td_known_names *known, td_unknown unknown);
void td_told_rows_free(td_told_rows *told);

/* Collective. Finds the columns of rank 0's table, which was opened with the fields; blocks have
 * at most so many pairs. */
void td_told_rows_begin(td_told_rows *told, const td_pair_table *table, int64_t capacity);

/* Local, on rank 0. Adds a pair to the block. */
void td_told_rows_add(td_told_rows *told, const td_asked_pair *pair);

/* Collective. Takes the block, and begins the next. TD_ERR_INPUT for a cell that cannot be read, or
 * a name that is not known: *count is then how many pairs come before it. path is for messages. */
td_status td_told_rows_take(td_told_rows *told, const char *path, int64_t *count);

#endif
