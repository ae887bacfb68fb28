/* The group fields/NAME of each field: values, for lists offsets, for categories names. */
#include "data/dataset_fields.h"

#include "base/memory.h"
#include "data/dataset_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    char text[TD_FIELD_NAME_MAX + sizeof "fields//offsets"];
} path;

static path path_of(const char *field, const char *part)
{
    path p;
    snprintf(p.text, sizeof p.text, "fields/%s%s%s", field, *part ? "/" : "", part);
    return p;
}

static void add_roles(const td_data_info *info, td_schema *schema)
{
    const td_summary times = {.low = (double)info->time_first,
                              .high = (double)info->time_last,
                              .mean = info->time_mean,
                              .variance = info->time_variance};
    td_schema_add(schema, (td_schema_field){.name = "user",
                                            .kind = TD_KIND_CATEGORY,
                                            .role = TD_ROLE_USER,
                                            .vocabulary = info->users + 1});
    td_schema_add(schema, (td_schema_field){.name = "item",
                                            .kind = TD_KIND_CATEGORY,
                                            .role = TD_ROLE_ITEM,
                                            .vocabulary = info->items + 1});
    if (info->has_timestamps)
        td_schema_add(schema, (td_schema_field){.name = "timestamp",
                                                .kind = TD_KIND_TIME,
                                                .role = TD_ROLE_TIME,
                                                .summary = times});
    if (info->has_titles)
        td_schema_add(schema, (td_schema_field){.name = "title",
                                                .of = TD_OF_ITEM,
                                                .kind = TD_KIND_TEXT,
                                                .role = TD_ROLE_TITLE,
                                                .vocabulary = info->tokens});
}

/* Reads an attribute that must be one of some names. */
static td_status read_word(td_dataset *data, const char *field, const char *attribute,
                           bool (*find)(const char *text, void *value), void *value)
{
    char *text;
    TD_TRY(td_file_get_text(data->file, path_of(field, "").text, attribute, &text));
    td_status status = TD_OK;
    if (!find(text, value))
        status = TD_DATASET_FAIL(data, "'fields/%s': attribute %s cannot be '%.64s'", field,
                                 attribute, text);
    td_free(text);
    return status;
}

static bool find_of(const char *text, void *of)
{
    return td_of_find(text, of) && *(td_of *)of != TD_OF_ROW;
}

static bool find_kind(const char *text, void *kind)
{
    return td_kind_find(text, kind) && *(td_kind *)kind != TD_KIND_VECTOR;
}

static td_status read_declared(td_dataset *data, const char *name, td_schema *schema)
{
    td_schema_field field = {.name = (char *)name};
    if (!td_field_name_fits(name) || td_schema_find(schema, name))
        return TD_DATASET_FAIL(data, "'fields' has '%.64s', which no field can be", name);
    TD_TRY(read_word(data, name, "of", find_of, &field.of));
    TD_TRY(read_word(data, name, "kind", find_kind, &field.kind));
    TD_TRY(td_file_get_int(data->file, path_of(name, "").text, "vocabulary", &field.vocabulary));
    const int64_t least = td_kind_has_vocabulary(field.kind) ? 1 : 0;
    if (field.vocabulary < least || field.vocabulary > (least > 0 ? INT32_MAX : 0))
        return TD_DATASET_FAIL(data, "'fields/%s': a vocabulary cannot have %" PRId64 " ids", name,
                               field.vocabulary);
    td_schema_add(schema, field);
    return TD_OK;
}

/* low, high, mean and variance of what is not missing, in double, in the order of the ids. */
static td_summary summary_of(const td_field *field, int64_t rows)
{
    td_summary s = {0};
    const bool times = field->type == TD_INT64;
    double sum = 0, squares = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t i = 1; i < rows; i++) {
            const float *number = (const float *)field->values + (times ? 0 : i);
            const int64_t *time = (const int64_t *)field->values + (times ? i : 0);
            if (times ? *time == INT64_MIN : isnan(*number))
                continue;
            const double value = times ? (double)*time : (double)*number;
            if (pass == 0) {
                s.low = s.count == 0 || value < s.low ? value : s.low;
                s.high = s.count == 0 || value > s.high ? value : s.high;
                s.count++;
                sum += value;
            } else {
                s.mean = sum / (double)s.count;
                squares += (value - s.mean) * (value - s.mean);
                s.variance = squares / (double)s.count;
            }
        }
    return s;
}

static td_status summarize(td_dataset *data, td_schema_field *field)
{
    td_frame frame = {0};
    if (field->kind != TD_KIND_NUMBER && field->kind != TD_KIND_TIME)
        return TD_OK;
    td_status status = td_dataset_read_field(data, field, &frame);
    if (status == TD_OK)
        field->summary = summary_of(&frame.field[0], frame.count);
    td_frame_free(&frame);
    return status;
}

td_status td_dataset_read_schema(td_dataset *data, td_schema *schema)
{
    size_t count;
    char **names;
    add_roles(&data->info, schema);
    const size_t roles = schema->count;
    TD_TRY(td_file_list(data->file, "fields", &count, &names));
    td_status status = TD_OK;
    for (size_t i = 0; i < count && status == TD_OK; i++)
        status = read_declared(data, names[i], schema);
    for (size_t i = roles; i < schema->count && status == TD_OK; i++)
        status = summarize(data, &schema->fields[i]);
    td_free(names);
    return status;
}

/* Reads an array of so many values. */
static td_status read_array(td_dataset *data, const char *field, const char *part, td_type type,
                            int64_t count, void **values)
{
    td_shape shape;
    const path p = path_of(field, part);
    TD_TRY(td_file_read(data->file, p.text, type, &shape, values));
    if (shape.rows == count && shape.columns == 0)
        return TD_OK;
    td_free(*values);
    return TD_DATASET_FAIL(data,
                           "expected '%s' of %" PRId64 " values, found %" PRId64 " x %" PRId64,
                           p.text, count, shape.rows, shape.columns);
}

static td_status read_offsets(td_dataset *data, const char *field, int64_t rows, int64_t **offsets)
{
    void *values;
    TD_TRY(read_array(data, field, "offsets", TD_INT64, rows + 1, &values));
    *offsets = values;
    for (int64_t i = 0; i <= rows; i++)
        if ((*offsets)[i] < (i == 0 ? 0 : (*offsets)[i - 1]) || (*offsets)[0] != 0) {
            td_free(values);
            return TD_DATASET_FAIL(data, "'fields/%s/offsets' do not rise from 0 at place %" PRId64,
                                   field, i);
        }
    return TD_OK;
}

/* Whether a value is one that its field can have. */
static bool is_sound(const td_schema_field *field, const void *values, int64_t i)
{
    const int32_t least = td_kind_is_list(field->kind) ? 1 : 0;
    if (td_kind_has_vocabulary(field->kind))
        return ((const int32_t *)values)[i] >= least &&
               ((const int32_t *)values)[i] < field->vocabulary;
    return field->kind == TD_KIND_TIME || !isinf(((const float *)values)[i]);
}

/* Reads the rows as the file has them, and checks every value. */
static td_status read_rows(td_dataset *data, const td_schema_field *field, int64_t rows,
                           td_frame *frame)
{
    int64_t *offsets = NULL;
    void *values;
    const td_type type = td_kind_type(field->kind);
    if (td_kind_is_list(field->kind))
        TD_TRY(read_offsets(data, field->name, rows, &offsets));
    const int64_t count = offsets ? offsets[rows] : rows;
    td_status status = read_array(data, field->name, "values", type, count, &values);
    if (status != TD_OK) {
        td_free(offsets);
        return status;
    }
    td_frame_take(frame, field->name, type, 1, rows, values, offsets);
    for (int64_t i = 0; i < count; i++)
        if (!is_sound(field, values, i))
            return TD_DATASET_FAIL(data,
                                   "'fields/%s/values' has at place %" PRId64 " what no %s can be",
                                   field->name, i, td_kind_name(field->kind));
    return TD_OK;
}

/* Users stand in the file without the row of id 0, those without an id at the end. */
static td_status read_users(td_dataset *data, const td_schema_field *field, td_frame *frame)
{
    td_frame file = {0}, by_id = {0};
    td_status status = read_rows(data, field, data->info.file_users, &file);
    if (status == TD_OK) {
        td_frame_add_like(&by_id, &file);
        td_frame_extend(&by_id, 1);
        td_frame_append(&by_id, &file, (td_range){0, data->info.users});
        const td_field *found = &by_id.field[0];
        td_frame_take(frame, field->name, found->type, 1, by_id.count, found->values,
                      found->offsets);
        by_id.field[0].values = by_id.field[0].offsets = NULL; /* taken over */
    }
    td_frame_free(&by_id);
    td_frame_free(&file);
    return status;
}

td_status td_dataset_read_field(td_dataset *data, const td_schema_field *field, td_frame *frame)
{
    if (field->of == TD_OF_USER)
        return read_users(data, field, frame);
    if (field->role != TD_ROLE_TITLE)
        return read_rows(data, field, data->info.items + 1, frame);
    int64_t *offsets;
    int32_t *tokens;
    TD_TRY(td_dataset_read_titles(data, &offsets, &tokens));
    td_frame_take(frame, field->name, TD_INT32, 1, data->info.items + 1, tokens, offsets);
    return TD_OK;
}

td_status td_dataset_read_field_names(td_dataset *data, const td_schema_field *field,
                                      td_strings *names)
{
    TD_TRY(td_file_read_strings(data->file, path_of(field->name, "names").text, names));
    if (names->count == field->vocabulary - 1)
        return TD_OK;
    const int64_t found = names->count;
    td_strings_free(names);
    return TD_DATASET_FAIL(data, "'fields/%s/names' has %" PRId64 " names, expected %" PRId64,
                           field->name, found, field->vocabulary - 1);
}
