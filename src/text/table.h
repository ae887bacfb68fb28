/* Text files of one table: rows of cells in columns, of which some are wanted, and their bad lines.
 * All functions are Local but those that are said to be Collective.
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

/* What the lines are. AUTO: the start of the first file tells, and it is said. */
typedef enum {
    TD_TABLE_AUTO,
    TD_TABLE_DELIMITED, /* a row of fields with separators */
    TD_TABLE_JSONL, /* a JSON object; columns are names of its members, with dots for nested ones */
    TD_TABLE_LISTS  /* the first field and a list of others: a row of two columns, "1" and "2", for
                       each of these */
} td_table_kind;

/* What the first line is. AUTO: a header if a column is asked for by name, or if it must be one. */
typedef enum { TD_FIRST_AUTO, TD_FIRST_HEADER, TD_FIRST_ROW } td_first_line;

/* What the cells of a column must be; NAME: a text of which the first rows are kept, too. */
typedef enum { TD_CELL_TEXT, TD_CELL_NAME, TD_CELL_NUMBER, TD_CELL_TIME } td_cell;

/* How to read a table. */
typedef struct {
    char *path;   /* what messages call it: its first file; NULL if there is no such table */
    bool is_file; /* the first one was a regular file when it was looked for, no stream */
    size_t files; /* 1 or more */
    char **file;  /* (files) their paths (text/files.h) */
    td_table_kind kind;
    const char *encoding; /* NULL is UTF-8; "auto", latin1, and what iconv knows (encoding.h) */
    td_field_form fields; /* not of JSONL */
    bool lines_in_quotes; /* fields in quotes may hold line ends; one rank reads a file then */
    const char *comment;  /* lines that begin with it are none; NULL: all are lines */
    td_first_line first_line;
    bool is_doubtful;     /* of table_columns.h: what the first line is was guessed, by little */
    bool ragged;          /* a line may have any number of fields, from those that are wanted up */
    size_t width;         /* fields of a line; 0: as many as the first line has. Not if ragged */
    bool is_guess[2];     /* nobody said that the first column is the user, the second the item:
                             refused where a header says otherwise, or none says so and there are
                             others that are not wanted */
    bool is_by_schema;    /* it says the columns: TD_ERR_CONFIG where options are TD_ERR_USAGE */
    size_t count;         /* of the wanted columns */
    const char **columns; /* (count) each by its name in the header or its number from 1 */
    const td_cell *cells; /* (count) NULL: all are texts */
} td_table_form;

typedef struct td_table td_table;

/* Collective. Opens the table on every rank, which must all see the same files (text/files.h),
 * completes its form, and finds the wanted columns in the header of each file: by their names, and
 * what is asked for by number by the name that the first header has there. form must outlive it.
 * TD_ERR_FILE, TD_ERR_MISMATCH, TD_ERR_USAGE, or TD_ERR_INPUT for an empty file, what is no text of
 * lines, or a header without a wanted column. Close it with td_table_close. */
td_status td_table_open(td_comm *comm, const td_table_form *form, td_table **out);

/* Collective. The same with files that are open (table_columns.h), which become the table's. */
struct td_files;
td_status td_table_open_files(td_comm *comm, const td_table_form *form, struct td_files *files,
                              td_table **out);
void td_table_close(td_table *table);

/* What a form that is complete is called: jsonl, lists, csv, tsv, blanks (runs of them separate) or
 * delimited. */
const char *td_table_form_name(const td_table_form *form);

/* What the form was completed to. */
td_table_kind td_table_kind_of(const td_table *table);

/* Cells of TIME and NAME of the first rows, to judge a column by: cell c of row i, below the count.
 */
size_t td_table_sample_count(const td_table *table);
td_str td_table_sample_cell(const td_table *table, size_t row, size_t c);

/* Collective. Finds this rank's share of the rows. They read as the whole does, line by line, if at
 * most bad_lines bad ones may be left out. Without it, every rank has all of them. */
td_status td_table_share(td_comm *comm, td_table *table, int64_t bad_lines);

/* No more lines begin in the share; 0 if that is not known. */
int64_t td_table_most_lines(const td_table *table);

/* Makes the first row of the share the next one; also a second time, but not of a stream. */
void td_table_begin(td_table *table);

/* Takes the next row's line, as td_lines_next does. Headers, also those further down, comments and
 * empty lines are none. */
td_status td_table_next(td_table *table, td_line *line, bool *found);

/* The place, among the form's files, of the file that the last line is of. */
size_t td_table_file(const td_table *table);

/* Cuts the row and sets cells, (form->count), to those of the wanted columns. TD_ERR_INPUT if it is
 * a bad one. In JSONL, what is absent or null is empty, true is 1, false is 0, and the elements of
 * a list are joined by TD_CELL_LIST. */
td_status td_table_cut(td_table *table, const td_line *line, td_str *cells);

/* Of JSONL: whether any object that was cut has had a wanted column; and the name that is nearest
 * to it of those that the first ones have, NULL if they have none. */
bool td_table_met(const td_table *table, size_t c);
const char *td_table_nearest(const td_table *table, size_t c);

#define TD_CELL_LIST '\x1f'

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
