#include "data/schema.h"

#include "base/log.h"
#include "base/memory.h"
#include "text/decimal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const of_names[TD_OFS] = {"row", "user", "item"};

static const char *const role_names[TD_ROLES] = {
    "none", "user", "item", "title", "label", "weight", "time", "alive_from", "alive_until"};

static const struct {
    const char *name;
    td_type type;
    bool is_list;
    bool has_vocabulary;
} kinds[TD_KINDS] = {
    [TD_KIND_CATEGORY] = {"category", TD_INT32, false, true},
    [TD_KIND_CATEGORIES] = {"categories", TD_INT32, true, true},
    [TD_KIND_NUMBER] = {"number", TD_FLOAT32, false, false},
    [TD_KIND_TIME] = {"time", TD_INT64, false, false},
    [TD_KIND_TEXT] = {"text", TD_INT32, true, true},
    [TD_KIND_VECTOR] = {"vector", TD_FLOAT32, false, false},
    [TD_KIND_NUMBERS] = {"numbers", TD_FLOAT32, true, false},
};

void td_schema_free(td_schema *schema)
{
    for (size_t f = 0; f < schema->count; f++)
        td_free(schema->fields[f].name);
    td_free(schema->fields);
    *schema = (td_schema){0};
}

td_schema_field *td_schema_add(td_schema *schema, td_schema_field field)
{
    TD_ASSERT(!td_schema_find(schema, field.name));
    schema->fields = td_grow(schema->fields, schema->count, sizeof *schema->fields);
    td_schema_field *added = &schema->fields[schema->count++];
    *added = field;
    added->name = td_copy_text(field.name);
    added->width = field.width > 0 ? field.width : 1;
    return added;
}

td_schema_field *td_schema_find(const td_schema *schema, const char *name)
{
    for (size_t f = 0; f < schema->count; f++)
        if (strcmp(schema->fields[f].name, name) == 0)
            return &schema->fields[f];
    return NULL;
}

td_schema_field *td_schema_with_role(const td_schema *schema, td_role role)
{
    for (size_t f = 0; f < schema->count; f++)
        if (schema->fields[f].role == role)
            return &schema->fields[f];
    return NULL;
}

const char **td_schema_names(const td_schema *schema, td_of of)
{
    const char **names = TD_NEW(const char *, schema->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < schema->count; i++)
        if (schema->fields[i].of == of)
            names[count++] = schema->fields[i].name;
    return names;
}

td_schema_field *td_schema_weights_of(const td_schema *schema, const td_schema_field *field)
{
    char name[TD_FIELD_NAME_MAX + sizeof "_weights"];
    snprintf(name, sizeof name, "%s_weights", field->name);
    td_schema_field *weights = td_schema_find(schema, name);
    return field->kind == TD_KIND_CATEGORIES && weights && weights->kind == TD_KIND_NUMBERS &&
                   weights->of == field->of
               ? weights
               : NULL;
}

const char *td_of_name(td_of of)
{
    return of_names[of];
}

const char *td_kind_name(td_kind kind)
{
    return kinds[kind].name;
}

const char *td_role_name(td_role role)
{
    return role_names[role];
}

bool td_of_find(const char *name, td_of *of)
{
    for (int i = 0; i < TD_OFS; i++) {
        *of = (td_of)i;
        if (strcmp(name, of_names[i]) == 0)
            return true;
    }
    return false;
}

bool td_kind_find(const char *name, td_kind *kind)
{
    for (int i = 0; i < TD_KINDS; i++) {
        *kind = (td_kind)i;
        if (strcmp(name, kinds[i].name) == 0)
            return true;
    }
    return false;
}

bool td_role_find(const char *name, td_role *role)
{
    for (int i = 0; i < TD_ROLES; i++) {
        *role = (td_role)i;
        if (strcmp(name, role_names[i]) == 0)
            return true;
    }
    return false;
}

td_type td_kind_type(td_kind kind)
{
    return kinds[kind].type;
}

bool td_kind_is_list(td_kind kind)
{
    return kinds[kind].is_list;
}

bool td_kind_has_vocabulary(td_kind kind)
{
    return kinds[kind].has_vocabulary;
}

int64_t td_schema_fault(const td_schema_field *field, int64_t begin, int64_t end,
                        const void *values)
{
    const bool may_miss = field->missing > 0 && !td_kind_is_list(field->kind);
    const bool above_0 = field->role == TD_ROLE_WEIGHT;
    const int32_t *ids = values, least = may_miss ? 0 : 1;
    const int64_t *times = values;
    const float *numbers = values;
    int64_t i = begin;
    switch (td_kind_type(field->kind)) {
    case TD_INT32:
        while (i < end && ids[i] >= least && ids[i] < field->vocabulary)
            i++;
        break;
    case TD_INT64:
        while (i < end && ((times[i] >= TD_TIME_MIN && times[i] <= TD_TIME_MAX) ||
                           (may_miss && times[i] == INT64_MIN)))
            i++;
        break;
    default:
        while (i < end && ((isfinite(numbers[i]) && (numbers[i] > 0 || !above_0)) ||
                           (may_miss && isnan(numbers[i]))))
            i++;
    }
    return i;
}

static bool is_letter(char c)
{
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z');
}

bool td_field_name_fits(const char *name)
{
    const size_t length = strlen(name);
    bool fits = length <= TD_FIELD_NAME_MAX && is_letter(name[0]);
    for (size_t i = 1; fits && i < length; i++)
        fits = is_letter(name[i]) || ('0' <= name[i] && name[i] <= '9') || name[i] == '_' ||
               name[i] == '-';
    return fits;
}

td_field *td_schema_add_to(const td_schema_field *field, td_frame *frame)
{
    const td_type type = td_kind_type(field->kind);
    if (td_kind_is_list(field->kind))
        return td_frame_add_list(frame, field->name, type, field->width);
    return td_frame_add(frame, field->name, type, field->width);
}
