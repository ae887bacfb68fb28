#include "prepare/vector_files.h"

#include "base/memory.h"
#include "base/range.h"
#include "store/npy.h"
#include "store/same_file.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { AT_ONCE = 1 << 16 }; /* numbers that are read */

/* Collective. Opens a field's file, which stands in the folder of the table's first one. */
static td_status open_file(td_comm *comm, const td_source_table *table, td_source_field *field)
{
    const char *slash = *field->file == '/' ? NULL : strrchr(table->form.path, '/');
    char *path = td_print_text("%.*s%s", slash ? (int)(slash + 1 - table->form.path) : 0,
                               table->form.path, field->file);
    td_status status = td_same_file_agree(comm, td_npy_open(path, &field->vectors));
    if (status == TD_OK)
        status = td_same_file_check(comm, path, td_npy_descriptor(field->vectors));
    td_free(path);
    return status;
}

static td_status find_width(td_source_field *field)
{
    const char *path = td_npy_path(field->vectors);
    const int64_t columns = td_npy_shape(field->vectors).columns;
    if (columns > TD_VECTOR_MOST)
        return td_fail(TD_ERR_INPUT, "%s: expected at most %d numbers in a row, found %" PRId64,
                       path, TD_VECTOR_MOST, columns);
    if (field->width > 0 && field->width != columns)
        return td_fail(TD_ERR_INPUT,
                       "%s: expected %" PRId64 " numbers in a row, as the width of %s says; found "
                       "%" PRId64,
                       path, field->width, field->name, columns);
    field->width = columns;
    return TD_OK;
}

td_status td_vector_files_find(td_comm *comm, td_source_table *table)
{
    for (size_t f = 0; f < table->count; f++) {
        if (!table->fields[f].file)
            continue;
        TD_TRY(open_file(comm, table, &table->fields[f]));
        TD_TRY(td_comm_agree(comm, find_width(&table->fields[f])));
    }
    return TD_OK;
}

/* All numbers of a row are finite, or all are NaN. */
static td_status check_row(const char *path, int64_t row, int64_t width, const float *values)
{
    int64_t finite = 0, missing = 0;
    for (int64_t i = 0; i < width; i++) {
        finite += isfinite(values[i]) != 0;
        missing += isnan(values[i]) != 0;
    }
    if (finite == width || missing == width)
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "%s: expected finite 32-bit numbers, or NaN alone in a row that has none; found "
                   "others in row %" PRId64 ", counted from 0",
                   path, row);
}

/* Local. Reads the rows at place, those that stand together at once. */
static td_status read_rows(td_npy_input *npy, int64_t count, const int64_t *place, td_field *field)
{
    const int64_t most = td_larger(1, AT_ONCE / field->width);
    float *values = field->values;
    for (int64_t first = 0, end; first < count; first = end) {
        for (end = first + 1;
             end < count && end - first < most && place[end] == place[end - 1] + 1;)
            end++;
        TD_TRY(td_npy_read(npy, place[first], end - first, values + first * field->width));
        for (int64_t i = first; i < end; i++)
            TD_TRY(check_row(td_npy_path(npy), place[i], field->width, values + i * field->width));
    }
    return TD_OK;
}

static td_status check_length(const td_source_table *table, const td_npy_input *npy, int64_t total)
{
    const int64_t rows = td_npy_shape(npy).rows;
    if (rows == total)
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "%s: expected a row for each of the %" PRId64 " rows of %s, found %" PRId64,
                   td_npy_path(npy), total, table->form.path, rows);
}

td_status td_vector_files_read(td_comm *comm, const td_source_table *table, int64_t total,
                               const int64_t *place, td_frame *frame)
{
    for (size_t f = 0; f < table->count; f++) {
        td_npy_input *npy = table->fields[f].vectors;
        if (!npy)
            continue;
        td_status status = check_length(table, npy, total);
        if (status == TD_OK)
            status =
                read_rows(npy, frame->count, place, td_frame_find(frame, table->fields[f].name));
        TD_TRY(td_comm_agree(comm, status));
    }
    return TD_OK;
}
