/* Rows are gathered into their order block by block. Lists are told by where they end: the end of
 * row i stands at place i + 1, and the rank that has row 0 writes the 0 before it too. */
#include "data/frame_file.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>

enum { BLOCK = 1 << 20, NAME_BYTES = 160 };

typedef struct {
    char text[NAME_BYTES];
} dataset_name;

static dataset_name name_in(const char *group, const char *name, const char *part)
{
    dataset_name full;
    snprintf(full.text, sizeof full.text, "%s/%s%s%s", group, name, *part ? "/" : "", part);
    return full;
}

/* The dataset of a field's values, and that of its offsets. */
static dataset_name values_in(const char *group, const td_field *field)
{
    const char *part = field->type == TD_UINT8 ? "bytes" : "values";
    return name_in(group, field->name, field->offsets ? part : "");
}

static dataset_name offsets_in(const char *group, const td_field *field, bool has_values)
{
    return name_in(group, field->name, has_values ? "offsets" : "");
}

static td_shape shape_of(const td_field *field, int64_t elements)
{
    return (td_shape){field->type, elements, field->width == 1 ? 0 : field->width};
}

/* The elements of count rows from place first on in a table's order. */
static int64_t count_elements(const td_file_table *table, const td_field *field, td_range rows)
{
    if (!field->offsets)
        return rows.count;
    if (!table->order)
        return field->offsets[td_range_end(rows)] - field->offsets[rows.first];
    int64_t elements = 0;
    for (int64_t i = rows.first; i < td_range_end(rows); i++)
        elements += field->offsets[table->order[i] + 1] - field->offsets[table->order[i]];
    return elements;
}

/* The rows of a run, by their places on this rank. */
static td_range rows_of_run(const td_file_table *table, int run)
{
    return (td_range){run == 0 ? 0 : table->run[0].count, table->run[run].count};
}

td_status td_file_table_make(td_file *file, const td_file_table *table)
{
    for (size_t f = 0; f < table->fields; f++) {
        const td_field *field = &table->field[f];
        int64_t elements = count_elements(table, field, rows_of_run(table, 0)) +
                           count_elements(table, field, rows_of_run(table, 1));
        td_comm_sum(td_file_comm(file), 1, &elements);
        if (field->offsets)
            TD_TRY(td_file_make(file, offsets_in(table->group, field, field->values != NULL).text,
                                (td_shape){TD_INT64, table->rows + 1, 0}));
        if (field->values)
            TD_TRY(
                td_file_make(file, values_in(table->group, field).text, shape_of(field, elements)));
    }
    return TD_OK;
}

/* A field on its way. */
typedef struct {
    td_file *file;
    const td_file_table *table;
    const td_field *field;
    dataset_name values, offsets;
    int64_t row;     /* in the file: where the next block comes */
    int64_t element; /* likewise */
    void *block;     /* elements in their order; NULL if they are in it */
} writing;

/* Writes the ends of n lists, whose offsets in memory these are. */
static td_status write_ends(const writing *w, int64_t n, const int64_t *offsets)
{
    const bool is_none = w->table->rows == 0 && td_comm_rank(td_file_comm(w->file)) == 0;
    const int64_t leads = w->row == 0 && (n > 0 || is_none);
    int64_t *ends = TD_NEW(int64_t, (size_t)n + 1);
    for (int64_t i = 0; i <= n; i++)
        ends[i] = w->element + offsets[i] - offsets[0];
    td_status status = td_file_write_rows(w->file, w->offsets.text, w->row + 1 - leads, n + leads,
                                          ends + 1 - leads);
    td_free(ends);
    return status;
}

/* Writes elements that stand together, those of the next lists or rows. */
static td_status write_values(const writing *w, int64_t elements, const void *values)
{
    if (!values)
        return TD_OK;
    return td_file_write_rows(w->file, w->values.text, w->element, elements, values);
}

/* Writes rows, by their places on this rank, whose lists are gathered. */
static td_status write_lists(const writing *w, td_range rows, int64_t elements)
{
    const int64_t *order = w->table->order;
    const td_field *field = w->field;
    if (!order) {
        const int64_t *offsets = field->offsets + rows.first;
        const char *values = field->values;
        TD_TRY(write_ends(w, rows.count, offsets));
        return write_values(w, elements,
                            values ? values + (size_t)*offsets * td_field_size(field) : NULL);
    }
    td_field picked = td_field_gather(field, rows.count, order + rows.first);
    td_status status = write_ends(w, rows.count, picked.offsets);
    if (status == TD_OK)
        status = write_values(w, elements, picked.values);
    td_field_free(&picked);
    return status;
}

static td_status write_elements(const writing *w, td_range rows)
{
    const td_field *field = w->field;
    if (!w->table->order)
        return write_values(
            w, rows.count, (const char *)field->values + (size_t)rows.first * td_field_size(field));
    td_field_copy(field, rows.count, w->table->order + rows.first, w->block);
    return write_values(w, rows.count, w->block);
}

static td_status write_block(writing *w, td_range rows)
{
    const int64_t elements = count_elements(w->table, w->field, rows);
    TD_TRY(w->field->offsets ? write_lists(w, rows, elements) : write_elements(w, rows));
    w->row += rows.count;
    w->element += elements;
    return TD_OK;
}

/* Every rank writes as many blocks as the one with most; of offsets one at least. */
static td_status write_run(writing *w, td_range rows)
{
    td_comm *comm = td_file_comm(w->file);
    int64_t blocks = td_comm_max_count(comm, (rows.count + BLOCK - 1) / BLOCK);
    if (w->field->offsets && w->table->rows == 0)
        blocks = 1;
    for (int64_t b = 0; b < blocks; b++) {
        const int64_t done = td_smaller(b * BLOCK, rows.count);
        const td_range next = {rows.first + done, td_smaller(rows.count - done, BLOCK)};
        TD_TRY(write_block(w, next));
    }
    return TD_OK;
}

static td_status write_runs(writing *w)
{
    td_comm *comm = td_file_comm(w->file);
    int64_t before_run = 0;
    for (int run = 0; run < 2; run++) {
        const td_range rows = rows_of_run(w->table, run);
        int64_t elements = count_elements(w->table, w->field, rows);
        td_comm_exscan(comm, 1, &elements, &w->element);
        w->element += before_run;
        w->row = w->table->run[run].first;
        TD_TRY(write_run(w, rows));
        td_comm_sum(comm, 1, &elements);
        before_run += elements;
    }
    return TD_OK;
}

static td_status write_field(td_file *file, const td_file_table *table, const td_field *field)
{
    const int64_t most = td_larger(table->run[0].count, table->run[1].count);
    writing w = {.file = file,
                 .table = table,
                 .field = field,
                 .values = values_in(table->group, field),
                 .offsets = offsets_in(table->group, field, field->values != NULL)};
    if (table->order && !field->offsets)
        w.block = td_allocate((size_t)td_smaller(most, BLOCK), td_field_size(field));
    const td_status status = write_runs(&w);
    td_free(w.block);
    return status;
}

td_status td_file_table_write(td_file *file, const td_file_table *table)
{
    for (size_t f = 0; f < table->fields; f++)
        TD_TRY(write_field(file, table, &table->field[f]));
    return TD_OK;
}

static td_status check_shape(td_file *file, const char *name, td_shape expected, bool any_rows)
{
    td_shape found;
    TD_TRY(td_file_shape(file, name, &found));
    if (found.type == expected.type && (any_rows || found.rows == expected.rows) &&
        found.columns == expected.columns)
        return TD_OK;
    return td_fail(TD_ERR_FORMAT,
                   "%s: expected '%s' with %" PRId64 " values of %zu bytes, found %" PRId64
                   " of %zu",
                   td_file_path(file), name, any_rows ? found.rows : expected.rows,
                   td_shape_row_bytes(expected), found.rows, td_shape_row_bytes(found));
}

td_status td_frame_check(td_file *file, const char *group, const td_frame *frame, int64_t rows)
{
    for (size_t f = 0; f < frame->fields; f++) {
        const td_field *field = &frame->field[f];
        if (field->offsets)
            TD_TRY(check_shape(file, offsets_in(group, field, true).text,
                               (td_shape){TD_INT64, rows + 1, 0}, false));
        TD_TRY(check_shape(file, values_in(group, field).text, shape_of(field, rows),
                           field->offsets != NULL));
    }
    return TD_OK;
}

td_status td_offsets_check(const td_file *file, const char *name, int64_t table_rows, int64_t first,
                           int64_t count, const int64_t *offsets, int64_t before, int64_t total)
{
    for (int64_t i = 0; i < count; i++) {
        const bool is_first = first + i == 0, is_last = first + i == table_rows;
        if (offsets[i] < before || offsets[i] > total || (is_first && offsets[i] != 0) ||
            (is_last && offsets[i] != total))
            return td_fail(TD_ERR_FORMAT,
                           "%s: '%s' do not rise from 0 to %" PRId64 ": found %" PRId64
                           " at place %" PRId64,
                           td_file_path(file), name, total, offsets[i], first + i);
        before = offsets[i];
    }
    return TD_OK;
}

td_status td_offsets_read(td_file *file, const char *name, int64_t table_rows, td_range rows,
                          int64_t total, int64_t *begin, int64_t **out)
{
    int64_t *offsets = TD_NEW(int64_t, (size_t)rows.count + 1);
    const int64_t count = rows.count > 0 ? rows.count + 1 : 0;
    td_status status = td_file_read_rows(file, name, TD_INT64, rows.first, count, offsets);
    if (status == TD_OK)
        status =
            td_comm_agree(td_file_comm(file), td_offsets_check(file, name, table_rows, rows.first,
                                                               count, offsets, 0, total));
    if (status != TD_OK) {
        td_free(offsets);
        return status;
    }
    *begin = offsets[0];
    for (int64_t i = rows.count; i >= 0; i--)
        offsets[i] -= offsets[0];
    *out = offsets;
    return TD_OK;
}

/* Reads the lists of rows. */
static td_status read_lists(td_file *file, const char *group, int64_t table_rows, td_range rows,
                            td_field *field)
{
    const dataset_name values = values_in(group, field);
    int64_t *offsets, begin;
    td_shape shape;
    TD_TRY(td_file_shape(file, values.text, &shape));
    TD_TRY(td_offsets_read(file, offsets_in(group, field, true).text, table_rows, rows, shape.rows,
                           &begin, &offsets));
    td_free(field->offsets);
    td_free(field->values);
    field->offsets = offsets;
    field->room = offsets[rows.count];
    field->values = td_allocate((size_t)field->room, td_field_size(field));
    return td_file_read_rows(file, values.text, field->type, begin, field->room, field->values);
}

td_status td_frame_read(td_file *file, const char *group, int64_t table_rows, td_range rows,
                        td_frame *frame)
{
    frame->count = frame->room = rows.count;
    for (size_t f = 0; f < frame->fields; f++) {
        td_field *field = &frame->field[f];
        if (field->offsets) {
            TD_TRY(read_lists(file, group, table_rows, rows, field));
            continue;
        }
        td_free(field->values);
        field->room = rows.count;
        field->values = td_allocate((size_t)rows.count, td_field_size(field));
        TD_TRY(td_file_read_rows(file, values_in(group, field).text, field->type, rows.first,
                                 rows.count, field->values));
    }
    return TD_OK;
}
