/* A text file of fields in columns, of which some are wanted, and its bad lines. All functions but
 * td_table_open are Local.
 */
#ifndef TD_TEXT_TABLE_H
#define TD_TEXT_TABLE_H

#include "base/str.h"
#include "comm/comm.h"
#include "tandem/status.h"
#include "text/fields.h"
#include "text/lines.h"

#include <stdbool.h>
#include <stdint.h>

/* How to read a table. */
typedef struct {
    char *path; /* the table's own; NULL if there is no such file */
    td_encoding encoding;
    const char *separator;
    bool quoted;          /* fields as in RFC 4180 */
    bool header;          /* the first line names the columns */
    bool ragged;          /* a line may have any number of fields, from those that are wanted up */
    size_t width;         /* fields of a line; 0: as many as the first line has. Not if ragged */
    size_t count;         /* of the wanted columns */
    const char **columns; /* (count) each by its name in the header or its number from 1 */
} td_table_form;

typedef struct td_table td_table;

/* Collective. Opens the table on every rank, which must all see the same file (store/same_file.h),
 * and finds the wanted columns; form must outlive it. TD_ERR_FILE, TD_ERR_MISMATCH, or TD_ERR_INPUT
 * for an empty file or a header without a wanted column. Close it with td_table_close. */
td_status td_table_open(td_comm *comm, const td_table_form *form, td_table **out);
void td_table_close(td_table *table);

/* The table's lines, for what td_table_select needs to know. */
td_lines *td_table_lines(td_table *table);

/* Reads on until what the lines that follow are judged by is known: how many fields they have, and
 * that a byte-order mark is there. At most tries bad lines are read, which are judged later. */
void td_table_look_ahead(td_table *table, int64_t tries);

/* Goes on with the rows of one part of the file, as td_lines_select does: the header is none. */
td_status td_table_select(td_table *table, int64_t begin, int64_t end, int64_t ends);

/* Takes the next line, as td_lines_next does. */
td_status td_table_next(td_table *table, td_line *line, bool *found);

/* Cuts a line and sets fields, (form->count), to those of the wanted columns. TD_ERR_INPUT if it is
 * a bad one. */
td_status td_table_cut(td_table *table, const td_line *line, td_str *fields);

enum { TD_BAD_LINES_SHOWN = 10, TD_BAD_LINE_BYTES = 2048 };

/* Bad lines, of which some may be left out. Begins as {limit}. */
typedef struct {
    int64_t limit;
    int64_t skipped;
    int64_t shown; /* the first of them: */
    char message[TD_BAD_LINES_SHOWN][TD_BAD_LINE_BYTES];
} td_bad_lines;

/* Answers to a line that gave the thread's last message: TD_OK and counted if one more may be left
 * out, else TD_ERR_INPUT with that message and what to do about it. */
td_status td_bad_lines_skip(td_bad_lines *bad, const td_line *line);

/* Adds to the lines that are shown, as many as there is room for. */
void td_bad_lines_show(td_bad_lines *bad, size_t count, char (*message)[TD_BAD_LINE_BYTES]);

/* Warns of the lines that were left out. */
void td_bad_lines_tell(const td_bad_lines *bad);

#endif
