/* Pairs of users and items that someone asks about: text with a header that names the columns user,
 * item and, optionally, timestamp and others that are asked for, among any. Fields are separated by
 * tabs if the header has one, else by commas, and may then be quoted as in RFC 4180.
 *
 * All functions are Local. TD_ERR_FILE: the system refused; TD_ERR_INPUT: a bad header or line,
 * naming its place.
 */
#ifndef TD_SERVE_PAIR_TABLE_H
#define TD_SERVE_PAIR_TABLE_H

#include "base/str.h"
#include "tandem/status.h"
#include "text/fields.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct td_pair_table td_pair_table;

/* A pair, valid until the next is asked for. */
typedef struct {
    int64_t line;
    td_str text; /* the line as it came, without its end */
    td_str user;
    td_str item;
    bool has_time; /* false without the column, or where it is empty */
    int64_t time;
    const td_str *more; /* (columns of td_pair_table_more) */
} td_asked_pair;

/* Opens the text at path ("-": standard input) and reads its header. Of the columns that more
 * names, count of them, pairs have the cells. Close it with td_pair_table_close; NULL may be
 * closed. */
td_status td_pair_table_open(const char *path, size_t count, const char *const *more,
                             td_pair_table **out);
void td_pair_table_close(td_pair_table *table);

/* The header's line, and the character between fields. */
const char *td_pair_table_header(const td_pair_table *table);
char td_pair_table_separator(const td_pair_table *table);

/* Which of the names that were asked for are columns: their places among them; *count is set. */
const size_t *td_pair_table_more(const td_pair_table *table, size_t *count);

/* Takes the next pair; *found is false at the end. */
td_status td_pair_table_next(td_pair_table *table, td_asked_pair *pair, bool *found);

/* Prints text as a field of such a table: in quotes where commas need them; tabs become spaces
 * where tabs separate. */
void td_pair_table_print(const td_pair_table *table, FILE *stream, const char *text);

#endif
