/* Attributes are listed once, for writing and for reading. What is read is not trusted. */
#include "data/schema_file.h"

#include "base/memory.h"
#include "base/range.h"
#include "data/vocabulary.h"
#include "text/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = sizeof "schema/" + TD_FIELD_NAME_MAX, WIDTH_MAX = 1 << 16 };

/* More values than any disk holds. */
#define COUNT_MAX (INT64_C(1) << 44)

static const struct {
    const char *name;
    size_t offset;
    int64_t max;
} whole[] = {
    {"vocabulary", offsetof(td_schema_field, vocabulary), TD_VOCABULARY_MAX + INT64_C(1)},
    {"width", offsetof(td_schema_field, width), WIDTH_MAX},
    {"missing", offsetof(td_schema_field, missing), COUNT_MAX},
    {"count", offsetof(td_schema_field, summary.count), COUNT_MAX},
};

static const struct {
    const char *name;
    size_t offset;
} real[] = {
    {"low", offsetof(td_schema_field, summary.low)},
    {"high", offsetof(td_schema_field, summary.high)},
    {"mean", offsetof(td_schema_field, summary.mean)},
    {"variance", offsetof(td_schema_field, summary.variance)},
};

enum { WHOLE = sizeof whole / sizeof *whole, REAL = sizeof real / sizeof *real };

typedef struct {
    char text[PATH_BYTES];
} group_name;

static group_name group_of(const char *field)
{
    group_name group;
    snprintf(group.text, sizeof group.text, "schema/%s", field);
    return group;
}

static td_status write_field(td_file *file, const td_schema_field *field, size_t place)
{
    const group_name group = group_of(field->name);
    TD_TRY(td_file_set_int(file, group.text, "place", (int64_t)place));
    TD_TRY(td_file_set_text(file, group.text, "of", td_of_name(field->of)));
    TD_TRY(td_file_set_text(file, group.text, "kind", td_kind_name(field->kind)));
    TD_TRY(td_file_set_text(file, group.text, "role", td_role_name(field->role)));
    for (size_t i = 0; i < WHOLE; i++)
        TD_TRY(td_file_set_int(file, group.text, whole[i].name,
                               *(const int64_t *)((const char *)field + whole[i].offset)));
    for (size_t i = 0; i < REAL; i++) {
        double value;
        memcpy(&value, (const char *)field + real[i].offset, sizeof value);
        TD_TRY(td_file_set_real(file, group.text, real[i].name, value));
    }
    return TD_OK;
}

td_status td_schema_write(td_file *file, const td_schema *schema)
{
    for (size_t f = 0; f < schema->count; f++)
        TD_TRY(write_field(file, &schema->fields[f], f));
    return TD_OK;
}

static td_status fail(td_file *file, const char *field, const char *attribute, const char *expected)
{
    return td_fail(TD_ERR_FORMAT, "%s: attribute '%s' of 'schema/%s': expected %s",
                   td_file_path(file), attribute, field, expected);
}

static td_status read_words(td_file *file, const group_name *group, td_schema_field *field)
{
    char *of = NULL, *kind = NULL, *role = NULL;
    td_status status = td_file_get_text(file, group->text, "of", &of);
    if (status == TD_OK)
        status = td_file_get_text(file, group->text, "kind", &kind);
    if (status == TD_OK)
        status = td_file_get_text(file, group->text, "role", &role);
    if (status == TD_OK && !td_of_find(of, &field->of))
        status = fail(file, field->name, "of", "row, user or item");
    if (status == TD_OK && !td_kind_find(kind, &field->kind))
        status = fail(file, field->name, "kind", "a kind of field");
    if (status == TD_OK && !td_role_find(role, &field->role))
        status = fail(file, field->name, "role", "a role of a field");
    td_free(of);
    td_free(kind);
    td_free(role);
    return status;
}

static td_status check_numbers(td_file *file, const td_schema_field *field)
{
    const td_summary *s = &field->summary;
    const int64_t least = field->kind == TD_KIND_TEXT ? 2 : 1;
    if (td_kind_has_vocabulary(field->kind) ? field->vocabulary < least : field->vocabulary != 0)
        return fail(file, field->name, "vocabulary", "the ids of a vocabulary");
    if (field->width < 1 || (field->kind != TD_KIND_VECTOR && field->width > 1))
        return fail(file, field->name, "width", "1, or the values of a vector");
    if (!(s->low <= s->high) || !isfinite(s->low) || !isfinite(s->high) ||
        (field->kind == TD_KIND_TIME &&
         (s->low < (double)TD_TIME_MIN || s->high > (double)TD_TIME_MAX)))
        return fail(file, field->name, s->low > s->high ? "high" : "low", "a possible range");
    if (!(s->mean >= s->low && s->mean <= s->high))
        return fail(file, field->name, "mean", "a number in the range of the values");
    if (!(s->variance >= 0 && isfinite(s->variance)))
        return fail(file, field->name, "variance", "a number from 0 up");
    return TD_OK;
}

static td_status read_field(td_file *file, td_schema_field *field, int64_t *place)
{
    const group_name group = group_of(field->name);
    TD_TRY(td_file_get_int(file, group.text, "place", place));
    TD_TRY(read_words(file, &group, field));
    for (size_t i = 0; i < WHOLE; i++) {
        int64_t value;
        TD_TRY(td_file_get_int(file, group.text, whole[i].name, &value));
        if (value < 0 || value > whole[i].max)
            return fail(file, field->name, whole[i].name, "a possible number");
        memcpy((char *)field + whole[i].offset, &value, sizeof value);
    }
    for (size_t i = 0; i < REAL; i++) {
        double value;
        TD_TRY(td_file_get_real(file, group.text, real[i].name, &value));
        memcpy((char *)field + real[i].offset, &value, sizeof value);
    }
    return check_numbers(file, field);
}

/* What each role may be given to. */
static const struct {
    td_of of;
    td_kind kind;
    bool needed;
} roles[TD_ROLES] = {
    [TD_ROLE_USER] = {TD_OF_ROW, TD_KIND_CATEGORY, true},
    [TD_ROLE_ITEM] = {TD_OF_ROW, TD_KIND_CATEGORY, true},
    [TD_ROLE_TITLE] = {TD_OF_ITEM, TD_KIND_TEXT, false},
    [TD_ROLE_LABEL] = {TD_OF_ROW, TD_KIND_NUMBER, false},
    [TD_ROLE_WEIGHT] = {TD_OF_ROW, TD_KIND_NUMBER, false},
    [TD_ROLE_TIME] = {TD_OF_ROW, TD_KIND_TIME, false},
    [TD_ROLE_ALIVE_FROM] = {TD_OF_ITEM, TD_KIND_TIME, false},
    [TD_ROLE_ALIVE_UNTIL] = {TD_OF_ITEM, TD_KIND_TIME, false},
};

static td_status check_roles(td_file *file, const td_schema *schema)
{
    for (int role = TD_ROLE_NONE + 1; role < TD_ROLES; role++) {
        const td_schema_field *field = td_schema_with_role(schema, (td_role)role);
        if (!field && roles[role].needed)
            return td_fail(TD_ERR_FORMAT, "%s: expected a field with the role '%s'",
                           td_file_path(file), td_role_name((td_role)role));
        if (field && (field->of != roles[role].of || field->kind != roles[role].kind))
            return fail(file, field->name, "role", "one that its kind can have");
        for (size_t f = 0; field && f < schema->count; f++)
            if (&schema->fields[f] != field && (int)schema->fields[f].role == role)
                return fail(file, schema->fields[f].name, "role", "one that no other field has");
    }
    return TD_OK;
}

/* Fields come by name and take the places that they had. */
static td_status read_fields(td_file *file, size_t count, char **names, td_schema *schema)
{
    td_schema_field *fields = TD_NEW(td_schema_field, count);
    td_status status = TD_OK;
    for (size_t i = 0; i < count && status == TD_OK; i++) {
        int64_t place = -1;
        td_schema_field field = {.name = names[i]};
        if (!td_field_name_fits(names[i]))
            status = td_fail(TD_ERR_FORMAT, "%s: 'schema/%s' is no name of a field",
                             td_file_path(file), names[i]);
        if (status == TD_OK)
            status = read_field(file, &field, &place);
        if (status == TD_OK && (place < 0 || place >= (int64_t)count || fields[(size_t)place].name))
            status = fail(file, names[i], "place", "one of its own");
        if (status == TD_OK)
            fields[(size_t)place] = field;
    }
    for (size_t i = 0; i < count && status == TD_OK; i++)
        td_schema_add(schema, fields[i]);
    td_free(fields);
    return status;
}

td_status td_schema_read(td_file *file, td_schema *schema)
{
    size_t count;
    char **names;
    *schema = (td_schema){0};
    TD_TRY(td_file_list(file, "schema", &count, &names));
    td_status status = read_fields(file, count, names, schema);
    td_free(names);
    return status == TD_OK ? check_roles(file, schema) : status;
}
