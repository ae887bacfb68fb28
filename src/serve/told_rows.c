/* Cells of a block, sent whole, and read as one table; row by row where one of them is wrong. */
#include "serve/told_rows.h"

#include "base/memory.h"
#include "comm/strings.h"

#include <inttypes.h>

td_told_rows td_told_rows_create(td_comm *comm, const td_trained_model *trained,
                                 const td_known_names *known, td_unknown unknown)
{
    const td_schema *schema = trained->model_data.schema;
    td_told_rows told = {.comm = comm,
                         .given = td_given_begin(trained->data, known, TD_OF_ROW, unknown),
                         .field = TD_NEW(const char *, schema->count),
                         .column = TD_NEW(const char *, schema->count)};
    for (size_t f = 0; f < schema->count; f++)
        if (td_given_can_be(&told.given, &schema->fields[f]) &&
            td_spec_reads(trained->model_data.spec, &schema->fields[f]))
            told.field[told.fields++] = schema->fields[f].name;
    return told;
}

void td_told_rows_free(td_told_rows *told)
{
    if (told->stream)
        td_text_writer_close(told->stream);
    td_free(told->bytes);
    td_free(told->unknown_value);
    td_given_free(&told->given);
    td_free(told->field);
    td_free(told->column);
    td_free(told->line);
    td_free(told->offsets);
    *told = (td_told_rows){.comm = NULL};
}

void td_told_rows_begin(td_told_rows *told, const td_pair_table *table, int64_t capacity)
{
    const size_t *found = table ? td_pair_table_more(table, &told->columns) : NULL;
    td_comm_broadcast(told->comm, 0, &told->columns, sizeof told->columns);
    for (size_t c = 0; c < told->columns; c++) {
        size_t place = found ? found[c] : 0;
        td_comm_broadcast(told->comm, 0, &place, sizeof place);
        told->column[c] = told->field[place];
    }
    told->line = TD_NEW(int64_t, (size_t)capacity);
    told->offsets = TD_NEW(int64_t, (size_t)capacity * told->columns + 1);
}

void td_told_rows_add(td_told_rows *told, const td_asked_pair *pair)
{
    if (told->columns == 0)
        return;
    if (!told->stream)
        told->stream = td_text_writer(&told->bytes, &told->size);
    for (size_t c = 0; c < told->columns; c++) {
        const size_t place = (size_t)told->count * told->columns + c;
        fwrite(pair->more[c].text, 1, pair->more[c].length, told->stream);
        told->offsets[place + 1] = told->offsets[place] + (int64_t)pair->more[c].length;
    }
    told->line[told->count++] = pair->line;
}

/* C: the cells of the block, on every rank, and where they are from. */
static td_strings send(td_told_rows *told)
{
    if (told->stream)
        td_text_writer_close(told->stream);
    told->stream = NULL;
    const td_strings mine = {.count = told->count * (int64_t)told->columns,
                             .offsets = told->offsets,
                             .bytes = told->bytes};
    const td_strings cells = td_strings_allgatherv(told->comm, &mine);
    td_free(told->bytes);
    told->bytes = NULL;
    told->count = cells.count / (int64_t)told->columns;
    td_comm_broadcast(told->comm, 0, told->line, (size_t)told->count * sizeof *told->line);
    return cells;
}

/* C: adds rows of the block to what is given. */
static td_status tell(td_told_rows *told, const char *path, const td_strings *cells, int64_t first,
                      int64_t rows)
{
    td_line *lines = TD_NEW(td_line, (size_t)rows);
    td_str *cell = TD_NEW(td_str, (size_t)rows * told->columns);
    for (int64_t i = 0; i < rows; i++)
        lines[i] = (td_line){.path = path, .number = told->line[first + i]};
    for (size_t i = 0; i < (size_t)rows * told->columns; i++)
        cell[i] = td_string_at(cells, first * (int64_t)told->columns + (int64_t)i);
    char *where =
        rows == 1 ? td_print_text("%s:%" PRId64, path, lines->number) : td_copy_text(path);
    const td_status status =
        td_given_take_cells(where, told->columns, told->column, rows, lines, cell, &told->given);
    td_free(where);
    td_free(lines);
    td_free(cell);
    return status;
}

td_status td_told_rows_take(td_told_rows *told, const char *path, int64_t *count)
{
    td_given *given = &told->given;
    if (told->columns == 0 || *count == 0)
        return TD_OK;
    td_strings cells = send(told);
    td_given_free(given);
    *given = td_given_begin(given->data, given->known, given->of, given->unknown);
    td_status status = tell(told, path, &cells, 0, told->count);
    if (status != TD_OK) /* which pair is it? */
        for (*count = 0; tell(told, path, &cells, *count, 1) == TD_OK;)
            ++*count;
    told->unknown_values += given->unknown_values;
    if (!told->unknown_value) {
        told->unknown_value = given->unknown_value;
        given->unknown_value = NULL;
    }
    td_strings_free(&cells);
    told->count = 0;
    return status;
}
