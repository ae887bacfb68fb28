/* What somebody tells of users or items that the data need not have, or of rows: values of fields,
 * read as prepare reads them.
 */
#ifndef TD_SERVE_GIVEN_H
#define TD_SERVE_GIVEN_H

#include "base/str.h"
#include "comm/comm.h"
#include "data/dataset.h"
#include "data/frame.h"
#include "serve/known_names.h"
#include "tandem/trained_model.h"
#include "text/lines.h"

#include <stdbool.h>
#include <stdint.h>

/* Begins with td_given_begin; td_given_free frees what it holds. */
typedef struct {
    td_dataset *data;
    const td_known_names *known;
    td_of of;           /* users, of whom fields of rows may be told, too; or items; or rows */
    td_unknown unknown; /* what becomes of a category's or a history's name that the data lack:
                           TD_ERR_INPUT, with the nearest; or it is missing, and counted */
    int64_t unknown_values;
    char *unknown_value; /* the first of them, with its field; NULL: there is none */
    td_frame frame;      /* the fields that can be given, as the data file has them; row i is of */
    char **name;         /* (frame.count) this user or item, or its place */
} td_given;

/* known is kept by reference. */
td_given td_given_begin(td_dataset *data, const td_known_names *known, td_of of,
                        td_unknown unknown);
void td_given_free(td_given *given);

/* Collective. Reads a table, a user or item a line. Without a schema its first line names its
 * columns, with commas or tabs between, or each line is an object of JSON: fields of the data by
 * their names, of which that of users or items has their names (else they are called by their
 * places, from 1), and a user's `history`, names of items. With the text of a schema
 * (docs/formats.md) at the path schema, it is read as that says of users or items. TD_ERR_FILE,
 * TD_ERR_INPUT, naming the nearest field or value; TD_ERR_CONFIG for a bad schema. */
td_status td_given_read(td_comm *comm, const char *path, const char *schema, td_given *given);

/* Local. Says that so many values, of which one is such, are taken for missing, if there are any.
 */
void td_given_tell_unknown(const char *where, int64_t count, const char *such);

/* Local. Tells whether something of a field can be told. */
bool td_given_can_be(const td_given *given, const td_schema_field *field);

/* Collective, the same on every rank. Reads rows of cells (rows, columns): fields by their names;
 * where all of it is from, and each row (rows), for messages. */
td_status td_given_take_cells(const char *where, size_t columns, const char *const *names,
                              int64_t rows, const td_line *lines, const td_str *cells,
                              td_given *given);

/* Collective, the same on every rank. Reads one user, item or row: "age=30,occupation=artist", ""
 * for nothing; and a user's history, names of items, of which there may be none, and where they are
 * from, for messages. */
td_status td_given_parse(const char *text, const char *where, const td_strings *history,
                         td_given *given);

#endif
