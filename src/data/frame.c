/* Whatever is done to a row is done to each field. Elements are bytes of a known size here; their
 * types matter only where values are missing. */
#include "data/frame.h"

#include "base/log.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

void td_field_free(td_field *field)
{
    td_free(field->name);
    td_free(field->values);
    td_free(field->offsets);
    *field = (td_field){0};
}

void td_frame_free(td_frame *frame)
{
    for (size_t f = 0; f < frame->fields; f++)
        td_field_free(&frame->field[f]);
    td_free(frame->field);
    *frame = (td_frame){0};
}

static td_field *add(td_frame *frame, const char *name, td_type type, int64_t width)
{
    TD_ASSERT(width > 0 && !td_frame_find(frame, name));
    frame->field = td_grow(frame->field, frame->fields, sizeof *frame->field);
    td_field *field = &frame->field[frame->fields++];
    *field = (td_field){.name = td_copy_text(name), .type = type, .width = width};
    return field;
}

static void set_missing(td_field *field, int64_t first, int64_t count)
{
    td_missing_fill(field->type, count * field->width, td_field_at(field, first));
}

td_field *td_frame_add(td_frame *frame, const char *name, td_type type, int64_t width)
{
    td_field *field = add(frame, name, type, width);
    field->room = frame->room;
    field->values = td_allocate((size_t)field->room, td_field_size(field));
    set_missing(field, 0, frame->count);
    return field;
}

td_field *td_frame_add_list(td_frame *frame, const char *name, td_type type, int64_t width)
{
    td_field *field = add(frame, name, type, width);
    field->room = frame->room;
    field->values = td_allocate((size_t)field->room, td_field_size(field));
    field->offsets = TD_NEW(int64_t, (size_t)frame->room + 1);
    return field;
}

td_field *td_frame_take(td_frame *frame, const char *name, td_type type, int64_t width,
                        int64_t count, void *values, int64_t *offsets)
{
    if (frame->fields == 0)
        frame->count = frame->room = count;
    TD_ASSERT(count == frame->count && frame->room == count);
    td_field *field = add(frame, name, type, width);
    field->values = values;
    field->offsets = offsets;
    field->room = td_field_elements(field, count);
    return field;
}

void td_frame_add_like(td_frame *frame, const td_frame *other)
{
    for (size_t f = 0; f < other->fields; f++) {
        const td_field *like = &other->field[f];
        if (like->offsets)
            td_frame_add_list(frame, like->name, like->type, like->width);
        else
            td_frame_add(frame, like->name, like->type, like->width);
    }
}

void td_frame_remove(td_frame *frame, const char *name)
{
    td_field *field = td_frame_find(frame, name);
    if (!field)
        return;
    const size_t after = frame->fields - 1 - (size_t)(field - frame->field);
    td_field_free(field);
    memmove(field, field + 1, after * sizeof *field);
    frame->fields--;
}

td_field *td_frame_find(const td_frame *frame, const char *name)
{
    for (size_t f = 0; f < frame->fields; f++)
        if (strcmp(frame->field[f].name, name) == 0)
            return &frame->field[f];
    return NULL;
}

void *td_frame_values(const td_frame *frame, const char *name)
{
    const td_field *field = td_frame_find(frame, name);
    return field ? field->values : NULL;
}

static void reserve_elements(td_field *field, int64_t used, int64_t room)
{
    if (room <= field->room)
        return;
    field->values = td_reallocate(field->values, (size_t)used, (size_t)room, td_field_size(field));
    field->room = room;
}

void td_frame_reserve(td_frame *frame, int64_t rows)
{
    if (rows <= frame->room)
        return;
    for (size_t f = 0; f < frame->fields; f++) {
        td_field *field = &frame->field[f];
        if (field->offsets)
            field->offsets = td_reallocate(field->offsets, (size_t)frame->count + 1,
                                           (size_t)rows + 1, sizeof(int64_t));
        else
            reserve_elements(field, frame->count, rows);
    }
    frame->room = rows;
}

/* Half as much again, or what is needed at least. */
static int64_t grown(int64_t room, int64_t needed)
{
    return td_larger(needed, room + room / 2);
}

void td_frame_grow(td_frame *frame)
{
    td_frame_reserve(frame, grown(frame->room, frame->count + 1));
}

void td_frame_extend(td_frame *frame, int64_t rows)
{
    const int64_t first = frame->count;
    td_frame_reserve(frame, first + rows);
    for (size_t f = 0; f < frame->fields; f++) {
        td_field *field = &frame->field[f];
        if (!field->offsets)
            set_missing(field, first, rows);
        for (int64_t i = first; field->offsets && i < first + rows; i++)
            field->offsets[i + 1] = field->offsets[first];
    }
    frame->count += rows;
}

void td_field_put_list(td_field *field, int64_t row, int64_t elements, const void *values)
{
    const int64_t used = field->offsets[row];
    if (used + elements > field->room)
        reserve_elements(field, used, grown(field->room, used + elements));
    if (elements > 0) /* of an empty list there need be no values */
        memcpy(td_field_at(field, used), values, (size_t)elements * td_field_size(field));
    field->offsets[row + 1] = used + elements;
}

/* Appends the lists of rows to the first count ones of a field. */
static void append_lists(td_field *to, int64_t count, const td_field *from, td_range rows)
{
    const int64_t begin = from->offsets[rows.first], used = to->offsets[count];
    const int64_t elements = from->offsets[td_range_end(rows)] - begin;
    if (used + elements > to->room)
        reserve_elements(to, used, grown(to->room, used + elements));
    memmove(td_field_at(to, used), td_field_at(from, begin), (size_t)elements * td_field_size(to));
    for (int64_t i = 0; i < rows.count; i++)
        to->offsets[count + i + 1] = from->offsets[rows.first + i + 1] - begin + used;
}

static void append_missing(td_field *to, int64_t count, int64_t rows)
{
    if (!to->offsets)
        set_missing(to, count, rows);
    for (int64_t i = 0; to->offsets && i < rows; i++)
        to->offsets[count + i + 1] = to->offsets[count];
}

/* Frames of equal fields have them in the same places. */
static const td_field *find_like(const td_frame *frame, size_t place, const td_field *like)
{
    if (place < frame->fields && strcmp(frame->field[place].name, like->name) == 0)
        return &frame->field[place];
    return td_frame_find(frame, like->name);
}

void td_frame_append(td_frame *frame, const td_frame *from, td_range rows)
{
    td_frame_reserve(frame, frame->count + rows.count);
    for (size_t f = 0; f < frame->fields; f++) {
        td_field *to = &frame->field[f];
        const td_field *source = find_like(from, f, to);
        TD_ASSERT(!source || (source->type == to->type && source->width == to->width &&
                              !source->offsets == !to->offsets));
        if (!source)
            append_missing(to, frame->count, rows.count);
        else if (to->offsets)
            append_lists(to, frame->count, source, rows);
        else
            memmove(td_field_at(to, frame->count), td_field_at(source, rows.first),
                    (size_t)rows.count * td_field_size(to));
    }
    frame->count += rows.count;
}

static bool fields_equal(const td_field *a, const td_field *b, int64_t rows)
{
    const size_t offsets = ((size_t)rows + 1) * sizeof(int64_t);
    if (strcmp(a->name, b->name) != 0 || a->type != b->type || a->width != b->width ||
        !a->offsets != !b->offsets || (a->offsets && memcmp(a->offsets, b->offsets, offsets) != 0))
        return false;
    const size_t elements = (size_t)td_field_elements(a, rows);
    return memcmp(a->values, b->values, elements * td_field_size(a)) == 0;
}

bool td_frame_equal(const td_frame *a, const td_frame *b)
{
    bool equal = a->count == b->count && a->fields == b->fields;
    for (size_t f = 0; equal && f < a->fields; f++)
        equal = fields_equal(&a->field[f], &b->field[f], a->count);
    return equal;
}

static td_range elements_of(const td_field *field, int64_t row)
{
    return field->offsets ? td_range_to(field->offsets[row], field->offsets[row + 1])
                          : (td_range){row, 1};
}

bool td_frame_same_rows(const td_frame *frame, int64_t a, int64_t b)
{
    bool same = true;
    for (size_t f = 0; same && f < frame->fields; f++) {
        const td_field *field = &frame->field[f];
        const td_range one = elements_of(field, a), other = elements_of(field, b);
        same = one.count == other.count &&
               (one.count == 0 ||
                memcmp(td_field_at(field, one.first), td_field_at(field, other.first),
                       (size_t)one.count * td_field_size(field)) == 0);
    }
    return same;
}

void td_missing_fill(td_type type, int64_t count, void *values)
{
    if (type == TD_FLOAT32)
        for (int64_t i = 0; i < count; i++)
            ((float *)values)[i] = NAN;
    else if (type == TD_FLOAT64)
        for (int64_t i = 0; i < count; i++)
            ((double *)values)[i] = NAN;
    else if (type == TD_INT64)
        for (int64_t i = 0; i < count; i++)
            ((int64_t *)values)[i] = INT64_MIN;
    else
        memset(values, 0, (size_t)count * td_type_size(type));
}

int64_t td_missing_count(td_type type, int64_t count, const void *values)
{
    int64_t missing = 0;
    for (int64_t i = 0; type == TD_UINT8 && i < count; i++)
        missing += ((const uint8_t *)values)[i] == 0;
    for (int64_t i = 0; type == TD_INT32 && i < count; i++)
        missing += ((const int32_t *)values)[i] == 0;
    for (int64_t i = 0; type == TD_INT64 && i < count; i++)
        missing += ((const int64_t *)values)[i] == INT64_MIN;
    for (int64_t i = 0; type == TD_FLOAT32 && i < count; i++)
        missing += isnan(((const float *)values)[i]) != 0;
    for (int64_t i = 0; type == TD_FLOAT64 && i < count; i++)
        missing += isnan(((const double *)values)[i]) != 0;
    return missing;
}

td_strings td_field_strings(const td_field *field, int64_t rows)
{
    TD_ASSERT(field->type == TD_UINT8 && field->width == 1 && field->offsets);
    return (td_strings){rows, field->offsets, field->values};
}
