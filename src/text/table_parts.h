/* What the files of table share. */
#ifndef TD_TEXT_TABLE_PARTS_H
#define TD_TEXT_TABLE_PARTS_H

#include "text/files.h"
#include "text/json_cells.h"
#include "text/table.h"

/* Where the cells are in the lines of one file. */
typedef struct {
    int64_t header; /* its line's number, 0 if there is none */
    char *text;     /* the header's */
    size_t length;
    size_t width;   /* fields of a line, 0 if not known yet */
    size_t last;    /* the wanted column with the highest number */
    size_t *column; /* (form.count) of the wanted ones, from 0 */
} td_table_layout;

struct td_table {
    td_table_form form; /* completed */
    td_files *files;
    size_t first;             /* the file that is the pattern of the others */
    td_table_layout *layouts; /* (form.files) without header the first one's is that of all */
    td_table_layout *layout;  /* of the line at hand */
    size_t room;
    td_str *fields; /* (room) those of a line, up to the last wanted one, or all of LISTS */
    size_t listed;  /* fields of the line of LISTS; those before item were taken */
    size_t item;
    td_line line; /* the line of LISTS at hand */
    td_status list_status;
    td_json_cells *json;
    size_t sampled;
    char **sample; /* (SAMPLE_ROWS, form.count) NULL of other cells than TIME and NAME */
};

/* Local. Makes room for the fields of a line. */
void td_table_make_room(td_table *table, size_t fields);

/* Local. Cuts a copy of a header, which the fields are in; the caller frees copy's text and the
 * fields. */
td_status td_table_cut_header(const td_table *table, const td_line *line, td_line *copy,
                              td_str **fields, size_t *count);

/* Local. Refuses columns that are a guess where others might be meant, and says what of a table
 * without header is not read, unless the form told how wide a line is (header_asked). */
td_status td_table_judge_columns(const td_table *table, bool header_asked);

#endif
