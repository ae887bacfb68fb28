/* A table of a file's attributes and datasets. Rank 0 reads the values and prints; the others
 * follow it through the collective calls, and what they print is thrown away. */
#include "store/describe.h"

#include "base/memory.h"
#include "base/visible.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    MOST_LINES = 60,      /* datasets shown */
    MOST_BYTES = 1 << 28, /* of a dataset whose range is looked for */
    BATCH_BYTES = 1 << 20,
    FEW_VALUES = 6,   /* shown one by one */
    TEXT_BYTES = 40,  /* shown of a text */
    NAME_BYTES = 256, /* of a dataset's name: a metric's tells its settings */
};

/* An integer of 64 bits fits into a long double on every machine that tandem knows. */
typedef struct {
    long double low;
    long double high;
    int64_t not_finite;
} value_range;

/* At most limit bytes, then dots. Bytes above ASCII are letters of UTF-8. */
static void print_text(FILE *stream, const char *text, size_t length, size_t limit)
{
    for (size_t i = 0; i < length && i < limit; i++) {
        unsigned char byte = (unsigned char)text[i];
        fputc(byte < ' ' || byte == 0x7f ? '?' : byte, stream);
    }
    if (length > limit)
        fputs("...", stream);
}

static void print_long_text(FILE *stream, const char *text)
{
    int lines = 0;
    for (const char *end = strchr(text, '\n'); end; end = strchr(end + 1, '\n'))
        lines++;
    if (lines > 1)
        fprintf(stream, "%zu bytes of text in %d lines", strlen(text), lines);
    else
        print_text(stream, text, strlen(text), TEXT_BYTES);
}

static td_status print_value(td_file *file, const char *name, const char *attribute, FILE *stream)
{
    td_attribute_kind kind;
    int64_t whole;
    double real;
    char *text;
    TD_TRY(td_file_kind_of_attribute(file, name, attribute, &kind));
    switch (kind) {
    case TD_ATTRIBUTE_INT:
        TD_TRY(td_file_get_int(file, name, attribute, &whole));
        fprintf(stream, "%" PRId64, whole);
        break;
    case TD_ATTRIBUTE_REAL:
        TD_TRY(td_file_get_real(file, name, attribute, &real));
        fprintf(stream, "%.9g", real);
        break;
    case TD_ATTRIBUTE_TEXT:
        TD_TRY(td_file_get_text(file, name, attribute, &text));
        print_long_text(stream, text);
        td_free(text);
        break;
    case TD_ATTRIBUTE_OTHER:
        fputs("(a list, or of another type)", stream);
        break;
    }
    return TD_OK;
}

static td_status print_attributes(td_file *file, const char *name, FILE *stream)
{
    size_t count;
    char **attributes;
    TD_TRY(td_file_list_attributes(file, name, &count, &attributes));
    td_status status = TD_OK;
    for (size_t i = 0; i < count && status == TD_OK; i++) {
        fputs("  ", stream);
        print_text(stream, name, strlen(name), TEXT_BYTES);
        fputs(*name ? " " : "", stream);
        print_text(stream, attributes[i], strlen(attributes[i]), TEXT_BYTES);
        fputs(" = ", stream);
        status = print_value(file, name, attributes[i], stream);
        fputc('\n', stream);
    }
    td_free(attributes);
    return status;
}

static long double value_at(td_type type, const void *values, int64_t place)
{
    switch (type) {
    case TD_UINT8:
        return ((const uint8_t *)values)[place];
    case TD_INT32:
        return ((const int32_t *)values)[place];
    case TD_INT64:
        return (long double)((const int64_t *)values)[place];
    case TD_FLOAT32:
        return (long double)((const float *)values)[place];
    case TD_FLOAT64:
        break;
    }
    return (long double)((const double *)values)[place];
}

static void print_number(FILE *stream, td_type type, long double number)
{
    fprintf(stream, td_type_is_real(type) ? "%.6Lg" : "%.0Lf", number);
}

static void widen(value_range *range, td_type type, const void *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        long double value = value_at(type, values, i);
        if (!isfinite(value)) {
            range->not_finite++;
            continue;
        }
        range->low = fminl(range->low, value);
        range->high = fmaxl(range->high, value);
    }
}

static void print_range(FILE *stream, td_type type, const value_range *range)
{
    if (range->low <= range->high) {
        print_number(stream, type, range->low);
        fputs(" to ", stream);
        print_number(stream, type, range->high);
    }
    if (range->not_finite > 0)
        fprintf(stream, " (%" PRId64 " not finite)", range->not_finite);
}

static void print_few(FILE *stream, td_type type, const void *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", stream);
        print_number(stream, type, value_at(type, values, i));
    }
}

/* What a row of a dataset is, for those who read it batch by batch. */
typedef struct {
    const char *name;
    td_shape shape;
    int64_t row_values;
    int64_t rows; /* in a batch */
    void *values; /* one batch; rank 0's */
} batches;

static batches make_batches(const char *name, td_shape shape)
{
    batches read = {.name = name, .shape = shape};
    read.row_values = shape.columns == 0 ? 1 : shape.columns;
    int64_t row_bytes = (int64_t)td_shape_row_bytes(shape);
    read.rows = row_bytes < BATCH_BYTES ? BATCH_BYTES / row_bytes : 1;
    read.values = td_allocate((size_t)read.rows, (size_t)row_bytes);
    return read;
}

/* Collective. Brings the batch that begins at row to rank 0; returns its number of values there. */
static td_status read_batch(td_file *file, batches *read, int64_t row, int64_t *values)
{
    int64_t left = read->shape.rows - row;
    int64_t rows = td_comm_rank(td_file_comm(file)) == 0 ? td_smaller(left, read->rows) : 0;
    *values = rows * read->row_values;
    return td_file_read_rows(file, read->name, read->shape.type, row, rows, read->values);
}

static td_status print_start(td_file *file, batches *read, FILE *stream)
{
    int64_t values;
    TD_TRY(read_batch(file, read, 0, &values));
    if (read->shape.type == TD_UINT8)
        print_text(stream, read->values, (size_t)values, TEXT_BYTES);
    else
        print_few(stream, read->shape.type, read->values, values);
    return TD_OK;
}

static td_status print_extremes(td_file *file, batches *read, FILE *stream)
{
    value_range range = {INFINITY, -INFINITY, 0};
    for (int64_t row = 0; row < read->shape.rows; row += read->rows) {
        int64_t values;
        TD_TRY(read_batch(file, read, row, &values));
        widen(&range, read->shape.type, read->values, values);
    }
    print_range(stream, read->shape.type, &range);
    return TD_OK;
}

static td_status print_values(td_file *file, const char *name, td_shape shape, int64_t bytes,
                              FILE *stream)
{
    batches read = make_batches(name, shape);
    td_status status = TD_OK;
    if (shape.type == TD_UINT8 || shape.rows * read.row_values <= FEW_VALUES)
        status = print_start(file, &read, stream);
    else if (bytes <= MOST_BYTES)
        status = print_extremes(file, &read, stream);
    td_free(read.values);
    return status;
}

static int widest(size_t count, char **names)
{
    size_t width = sizeof "dataset" - 1;
    for (size_t i = 0; i < count; i++)
        width = strlen(names[i]) > width ? strlen(names[i]) : width;
    return width < NAME_BYTES ? (int)width : NAME_BYTES;
}

static td_status print_dataset(td_file *file, const char *name, int width, FILE *stream)
{
    td_shape shape;
    TD_TRY(td_file_shape(file, name, &shape));
    int64_t bytes = shape.rows * (int64_t)td_shape_row_bytes(shape);
    char text[48];
    int length = snprintf(text, sizeof text, "%" PRId64, shape.rows);
    if (shape.columns > 0)
        snprintf(text + length, sizeof text - (size_t)length, " x %" PRId64, shape.columns);
    fputs("  ", stream);
    print_text(stream, name, strlen(name), NAME_BYTES);
    fprintf(stream, "%*s  %-7s  %14s  %12" PRId64 "  ",
            strlen(name) < (size_t)width ? width - (int)strlen(name) : 0, "",
            td_type_name(shape.type), text, bytes);
    TD_TRY(print_values(file, name, shape, bytes, stream));
    fputc('\n', stream);
    return TD_OK;
}

static td_status print_datasets(td_file *file, size_t count, char **names, FILE *stream)
{
    int width = widest(count, names);
    fprintf(stream, "  %-*s  %-7s  %14s  %12s  %s\n", width, "dataset", "type", "shape", "bytes",
            "values");
    for (size_t i = 0; i < count && i < MOST_LINES; i++)
        TD_TRY(print_dataset(file, names[i], width, stream));
    if (count > MOST_LINES)
        fprintf(stream, "  and %zu more\n", count - MOST_LINES);
    return TD_OK;
}

/* The attributes of the groups at the top, which say what the groups hold. */
static td_status print_group_attributes(td_file *file, FILE *stream)
{
    size_t count;
    char **names;
    TD_TRY(td_file_list(file, "", &count, &names));
    td_status status = TD_OK;
    for (size_t i = 0; i < count && i < MOST_LINES && status == TD_OK; i++)
        status = print_attributes(file, names[i], stream);
    td_free(names);
    return status;
}

static td_status describe(td_file *file, FILE *stream)
{
    size_t count;
    char **names;
    td_print_visible(stream, td_file_path(file));
    fputc('\n', stream);
    TD_TRY(print_attributes(file, "", stream));
    TD_TRY(print_group_attributes(file, stream));
    TD_TRY(td_file_list_datasets(file, "", &count, &names));
    td_status status = print_datasets(file, count, names, stream);
    td_free(names);
    return status;
}

td_status td_file_describe(td_file *file, FILE *stream)
{
    char *unheard;
    size_t size;
    if (td_comm_rank(td_file_comm(file)) == 0)
        return describe(file, stream);
    FILE *writer = td_text_writer(&unheard, &size);
    const td_status status = describe(file, writer);
    td_text_writer_close(writer);
    td_free(unheard);
    return status;
}
