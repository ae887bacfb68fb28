/* Rows of a frame by their places: another order, some of them, those that a mask keeps. Lists move
 * as wholes, and their ends are counted again. */
#include "base/memory.h"
#include "data/frame.h"

#include <string.h>

/* size is a constant where this is called, so that an element is one load and one store. */
static inline void pick_sized(size_t size, unsigned char *to, const unsigned char *from,
                              int64_t count, const int64_t *places)
{
    for (int64_t i = 0; i < count; i++)
        memcpy(to + (size_t)i * size, from + (size_t)places[i] * size, size);
}

static void pick(size_t size, void *to, const void *from, int64_t count, const int64_t *places)
{
    if (size == 4)
        pick_sized(4, to, from, count, places);
    else if (size == 8)
        pick_sized(8, to, from, count, places);
    else
        pick_sized(size, to, from, count, places);
}

void td_field_copy(const td_field *field, int64_t count, const int64_t *places, void *values)
{
    pick(td_field_size(field), values, field->values, count, places);
}

/* Writes the lists of rows first + places[i] of from, whose values and offsets these are, to values
 * of to from its element at on, and their ends to ends. */
static void pick_lists(size_t size, unsigned char *to, int64_t at, int64_t *ends,
                       const unsigned char *from, const int64_t *offsets, int64_t count,
                       const int64_t *places)
{
    for (int64_t i = 0; i < count; i++) {
        const int64_t begin = offsets[places[i]], elements = offsets[places[i] + 1] - begin;
        memcpy(to + (size_t)at * size, from + (size_t)begin * size, (size_t)elements * size);
        ends[i] = at += elements;
    }
}

static void reorder_lists(td_field *field, td_range rows, const int64_t *places)
{
    const size_t size = td_field_size(field);
    int64_t *offsets = field->offsets + rows.first, begin = offsets[0];
    const int64_t elements = offsets[rows.count] - begin;
    int64_t *old = TD_NEW(int64_t, (size_t)rows.count + 1);
    unsigned char *copy = td_allocate((size_t)elements, size);
    for (int64_t i = 0; i <= rows.count; i++)
        old[i] = offsets[i] - begin;
    memcpy(copy, td_field_at(field, begin), (size_t)elements * size);
    pick_lists(size, field->values, begin, offsets + 1, copy, old, rows.count, places);
    td_free(old);
    td_free(copy);
}

void td_frame_reorder(td_frame *frame, td_range rows, const int64_t *places)
{
    size_t largest = 0;
    for (size_t f = 0; f < frame->fields; f++)
        if (!frame->field[f].offsets && td_field_size(&frame->field[f]) > largest)
            largest = td_field_size(&frame->field[f]);
    unsigned char *copy = td_allocate((size_t)rows.count, largest);
    for (size_t f = 0; f < frame->fields; f++) {
        td_field *field = &frame->field[f];
        if (field->offsets) {
            reorder_lists(field, rows, places);
            continue;
        }
        const size_t size = td_field_size(field);
        memcpy(copy, td_field_at(field, rows.first), (size_t)rows.count * size);
        pick(size, td_field_at(field, rows.first), copy, rows.count, places);
    }
    td_free(copy);
}

td_field td_field_gather(const td_field *field, int64_t count, const int64_t *places)
{
    td_field picked = {.type = field->type, .width = field->width, .room = count};
    for (int64_t i = 0; field->offsets && i < count; i++)
        picked.room += field->offsets[places[i] + 1] - field->offsets[places[i]] - 1;
    picked.name = td_copy_text(field->name);
    picked.values = td_allocate((size_t)picked.room, td_field_size(field));
    if (!field->offsets) {
        td_field_copy(field, count, places, picked.values);
        return picked;
    }
    picked.offsets = TD_NEW(int64_t, (size_t)count + 1);
    pick_lists(td_field_size(field), picked.values, 0, picked.offsets + 1, field->values,
               field->offsets, count, places);
    return picked;
}

td_frame td_frame_gather(const td_frame *frame, int64_t count, const int64_t *places)
{
    td_frame picked = {.count = count, .room = count};
    for (; picked.fields < frame->fields; picked.fields++) {
        picked.field = td_grow(picked.field, picked.fields, sizeof *picked.field);
        picked.field[picked.fields] = td_field_gather(&frame->field[picked.fields], count, places);
    }
    return picked;
}

/* Moves the lists of the rows that are kept to the front, and their ends. */
static void keep_lists(td_field *field, int64_t rows, const bool *keep)
{
    const size_t size = td_field_size(field);
    int64_t used = 0, first = 0, kept = 0;
    for (int64_t row = 0; row < rows; row++) {
        const int64_t end = field->offsets[row + 1];
        if (keep[row]) {
            memmove(td_field_at(field, used), td_field_at(field, first),
                    (size_t)(end - first) * size);
            used += end - first;
            field->offsets[++kept] = used;
        }
        first = end;
    }
}

/* The same of one element a row; size is a constant where this is called. */
static inline void keep_sized(size_t size, unsigned char *values, int64_t rows, const bool *keep)
{
    unsigned char *to = values;
    for (int64_t row = 0; row < rows; row++, values += size) {
        memmove(to, values, size);
        to += keep[row] ? size : 0;
    }
}

static void keep_rows(td_field *field, int64_t rows, const bool *keep)
{
    const size_t size = td_field_size(field);
    if (field->offsets)
        keep_lists(field, rows, keep);
    else if (size == 4)
        keep_sized(4, field->values, rows, keep);
    else if (size == 8)
        keep_sized(8, field->values, rows, keep);
    else
        keep_sized(size, field->values, rows, keep);
}

void td_frame_keep(td_frame *frame, const bool *keep)
{
    int64_t kept = 0;
    for (size_t f = 0; f < frame->fields; f++)
        keep_rows(&frame->field[f], frame->count, keep);
    for (int64_t row = 0; row < frame->count; row++)
        kept += keep[row];
    frame->count = kept;
}
