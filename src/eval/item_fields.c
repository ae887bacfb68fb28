#include "eval/item_fields.h"

#include "base/memory.h"
#include "data/tokens.h"

#include <stdlib.h>
#include <string.h>

static bool is_of_categories(const td_schema_field *field)
{
    return field->kind == TD_KIND_CATEGORY || field->kind == TD_KIND_CATEGORIES;
}

static bool is_readable(const td_schema_field *field)
{
    return field->of == TD_OF_ITEM && field->kind != TD_KIND_NUMBERS;
}

static bool is_by_default(const td_schema_field *field)
{
    return is_readable(field) && (field->role == TD_ROLE_NONE || field->role == TD_ROLE_TITLE);
}

static void add(td_item_fields *fields, const td_schema_field *field, bool categories_only)
{
    if (!categories_only || is_of_categories(field))
        fields->name[fields->count++] = field->name;
}

/* The names that are told, each once. */
static td_status add_told(const td_schema *schema, const char *system, const char *told,
                          bool categories_only, td_item_fields *fields)
{
    static const char between[] = ", ";
    char name[TD_FIELD_NAME_MAX + 1];
    for (told += strspn(told, between); *told; told += strspn(told, between)) {
        const size_t length = strcspn(told, between);
        const size_t kept = length < sizeof name ? length : sizeof name - 1;
        memcpy(name, told, kept);
        name[kept] = '\0';
        told += length;
        const td_schema_field *field = td_schema_find(schema, name);
        if (length > kept || !field || !is_readable(field))
            return td_fail(TD_ERR_CONFIG,
                           "baseline.fields: expected fields of items for %s, found '%s'", system,
                           name);
        bool is_new = true;
        for (size_t i = 0; i < fields->count; i++)
            is_new = is_new && strcmp(fields->name[i], name) != 0;
        if (is_new)
            add(fields, field, categories_only);
    }
    return TD_OK;
}

td_status td_item_fields_find(const td_schema *schema, const char *system, const char *told,
                              bool categories_only, td_item_fields *fields)
{
    td_status status = TD_OK;
    *fields = (td_item_fields){.name = TD_NEW(const char *, schema->count + 1)};
    if (strcmp(told, "all") != 0)
        status = add_told(schema, system, told, categories_only, fields);
    for (size_t f = 0; strcmp(told, "all") == 0 && f < schema->count; f++)
        if (is_by_default(&schema->fields[f]))
            add(fields, &schema->fields[f], categories_only);
    if (status == TD_OK && fields->count == 0)
        status =
            td_fail(TD_ERR_CONFIG, "eval.systems: %s needs %s of items, which %s; leave it out",
                    system, categories_only ? "a category" : "a field",
                    strcmp(told, "all") == 0 ? "the data have not" : "baseline.fields lacks");
    if (status != TD_OK)
        td_item_fields_free(fields);
    return status;
}

void td_item_fields_free(td_item_fields *fields)
{
    td_free(fields->name);
    *fields = (td_item_fields){.count = 0};
}

static int compare_ids(const void *left, const void *right)
{
    const int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* Sorts n ids, and leaves each of those from least on once; returns how many. */
static int64_t sort_distinct(int64_t n, int32_t *id, int32_t least)
{
    int64_t kept = 0;
    qsort(id, (size_t)n, sizeof *id, compare_ids);
    for (int64_t i = 0; i < n; i++)
        if (id[i] >= least && (kept == 0 || id[kept - 1] != id[i]))
            id[kept++] = id[i];
    return kept;
}

td_item_ids td_item_ids_of(const td_schema_field *about, const td_frame *items)
{
    const td_field *field = td_frame_find(items, about->name);
    const int32_t least = about->kind == TD_KIND_TEXT ? TD_TOKEN_FIRST : 1, *from = field->values;
    td_item_ids of = {.ids = about->vocabulary,
                      .offsets = TD_NEW(int64_t, (size_t)items->count + 1),
                      .id = TD_NEW(int32_t, (size_t)td_field_elements(field, items->count))};
    for (int64_t i = 0; i < items->count; i++) {
        const int64_t first = field->offsets ? field->offsets[i] : i;
        const int64_t n = field->offsets ? field->offsets[i + 1] - first : 1;
        int32_t *to = of.id + of.offsets[i];
        if (n > 0)
            memcpy(to, from + first, (size_t)n * sizeof *to);
        of.offsets[i + 1] = of.offsets[i] + sort_distinct(n, to, least);
    }
    return of;
}

void td_item_ids_free(td_item_ids *ids)
{
    td_free(ids->offsets);
    td_free(ids->id);
    *ids = (td_item_ids){.ids = 0};
}
