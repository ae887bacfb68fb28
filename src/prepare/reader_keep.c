/* A row's values, put behind those of the frame. */
#include "base/memory.h"
#include "data/names.h"
#include "prepare/cell.h"
#include "prepare/reader_row.h"

#include <string.h>

/* Room for the values of a list at hand, ids or floats. */
static void *room_for(td_row *row, size_t count)
{
    return td_buffer_fit(&row->list, count, sizeof(int32_t));
}

/* The number of a name, which is new perhaps. */
static int32_t number_of(const td_row_field *field, td_str name)
{
    return field->names ? td_vocabulary_add(field->names, name)
                        : td_names_hash(name, field->buckets);
}

/* Gives the names of a field that have none yet their numbers. */
static void number_pending(td_vocabulary *names, td_pending_names *pending, int32_t *ids)
{
    int32_t numbers[TD_PENDING_NAMES];
    td_vocabulary_add_strings(names, &pending->names, numbers);
    for (int64_t i = 0; i < pending->names.count; i++)
        ids[pending->row[i]] = numbers[i];
    pending->names.count = 0;
}

static void keep_name(td_row *row, const td_row_field *of, td_field *field, int64_t at)
{
    td_str name = row->cells[of->column];
    td_pending_names *pending = of->pending;
    int32_t *ids = field->values;
    ids[at] = 0;
    if (name.length == 0)
        return;
    if (of->has_prefix)
        name = td_cell_prefix(of->source, name);
    td_strings *names = pending ? &pending->names : NULL;
    if (pending && (names->count == TD_PENDING_NAMES ||
                    names->offsets[names->count] + (int64_t)name.length > TD_PENDING_BYTES))
        number_pending(of->names, pending, ids);
    if (!pending || name.length > TD_PENDING_BYTES) {
        ids[at] = number_of(of, name);
        return;
    }
    pending->row[names->count] = at;
    memcpy(names->bytes + names->offsets[names->count], name.text, name.length);
    names->offsets[names->count + 1] = names->offsets[names->count] + (int64_t)name.length;
    names->count++;
}

static void keep_names(td_row *row, const td_row_field *of, td_field *field, int64_t at)
{
    td_cell_names names = td_cell_begin(of->source, row->cells[of->column]);
    int32_t *ids = room_for(row, 1 + names.cell.length);
    int64_t count = 0;
    while (td_cell_next(&names))
        ids[count++] = number_of(of, names.name);
    td_field_put_list(field, at, count, ids);
}

/* The categories whose flags are 1. */
static void keep_flags(td_row *row, const td_row_field *of, td_field *field, int64_t at)
{
    const td_source_field *source = of->source;
    const td_str *cells = row->cells + of->column;
    int32_t *ids = room_for(row, source->columns);
    int64_t count = 0;
    for (size_t c = 0; c < source->columns; c++)
        if (cells[c].length == 1 && *cells[c].text == '1')
            ids[count++] = number_of(of, (td_str){source->flags[c], strlen(source->flags[c])});
    td_field_put_list(field, at, count, ids);
}

/* The weights of a cell's categories, in their order. */
static void keep_weights(td_row *row, const td_row_field *of, td_field *field, int64_t at)
{
    td_cell_names names = td_cell_begin(of->source, row->cells[of->column]);
    float *weights = room_for(row, names.cell.length);
    int64_t count = 0;
    while (td_cell_next(&names))
        weights[count++] = names.weight;
    td_field_put_list(field, at, count, weights);
}

/* The tokens of a text, as categories. */
static void keep_tokens(td_row *row, const td_row_field *of, td_field *field, int64_t at)
{
    td_tokens_cut(&row->tokens, row->cells[of->column]);
    int32_t *ids = room_for(row, row->tokens.count);
    for (size_t t = 0; t < row->tokens.count; t++)
        ids[t] = number_of(of, row->tokens.tokens[t]);
    td_field_put_list(field, at, (int64_t)row->tokens.count, ids);
}

static void keep_missing(td_field *field, int64_t at)
{
    if (field->offsets)
        field->offsets[at + 1] = field->offsets[at];
    else
        td_missing_fill(field->type, field->width,
                        (char *)field->values + (size_t)at * td_field_size(field));
}

static void keep_list(td_row *row, const td_row_field *of, td_field *field, int64_t at)
{
    const td_str cell = row->cells[of->column];
    if (of->keep == TD_KEEP_NAMES)
        keep_names(row, of, field, at);
    else if (of->keep == TD_KEEP_FLAGS)
        keep_flags(row, of, field, at);
    else if (of->keep == TD_KEEP_WEIGHTS)
        keep_weights(row, of, field, at);
    else if (of->keep == TD_KEEP_TOKENS)
        keep_tokens(row, of, field, at);
    else
        td_field_put_list(field, at, (int64_t)cell.length, cell.text);
}

void td_row_keep(td_row *row)
{
    td_frame *frame = &row->records->frame;
    if (frame->count == frame->room)
        td_frame_grow(frame);
    const int64_t at = frame->count++;
    for (size_t f = 0; f < row->count; f++) {
        const td_row_field *of = &row->fields[f];
        td_field *field = &frame->field[f];
        const td_keep what = of->is_missing ? TD_KEEP_MISSING : of->keep;
        switch (what) {
        case TD_KEEP_MISSING:
            keep_missing(field, at);
            break;
        case TD_KEEP_KNOWN:
            ((int32_t *)field->values)[at] = of->id;
            break;
        case TD_KEEP_NAME:
            keep_name(row, of, field, at);
            break;
        case TD_KEEP_NUMBER:
            ((float *)field->values)[at] = of->number;
            break;
        case TD_KEEP_TIME:
            ((int64_t *)field->values)[at] = of->time;
            break;
        case TD_KEEP_VECTOR:
            memcpy((float *)field->values + at * field->width, of->vector, td_field_size(field));
            break;
        case TD_KEEP_NAMES:
        case TD_KEEP_FLAGS:
        case TD_KEEP_WEIGHTS:
        case TD_KEEP_BYTES:
        case TD_KEEP_TOKENS:
            keep_list(row, of, field, at);
            break;
        }
    }
    if (row->keeps_place)
        ((int64_t *)frame->field[row->count].values)[at] = row->met - 1;
}

void td_row_number_names(td_row *row)
{
    for (size_t f = 0; f < row->count; f++)
        if (row->fields[f].pending)
            number_pending(row->fields[f].names, row->fields[f].pending,
                           row->records->frame.field[f].values);
}
