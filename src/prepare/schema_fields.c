/* The fields of a table of a schema. What a key says is checked where it stands, what keys say
 * together when the field ends. */
#include "base/intern.h"
#include "base/memory.h"
#include "data/vocabulary.h"
#include "prepare/schema_section.h"

#include <stdio.h>
#include <string.h>

/* What roles ask of the field that has them. */
static const struct {
    td_of of;
    td_kind kind;
} role_needs[TD_ROLES] = {
    [TD_ROLE_USER] = {TD_OF_ROW, TD_KIND_CATEGORY},
    [TD_ROLE_ITEM] = {TD_OF_ROW, TD_KIND_CATEGORY},
    [TD_ROLE_TITLE] = {TD_OF_ITEM, TD_KIND_TEXT},
    [TD_ROLE_LABEL] = {TD_OF_ROW, TD_KIND_NUMBER},
    [TD_ROLE_WEIGHT] = {TD_OF_ROW, TD_KIND_NUMBER},
    [TD_ROLE_TIME] = {TD_OF_ROW, TD_KIND_TIME},
    [TD_ROLE_ALIVE_FROM] = {TD_OF_ITEM, TD_KIND_TIME},
    [TD_ROLE_ALIVE_UNTIL] = {TD_OF_ITEM, TD_KIND_TIME},
};

enum { KINDS_READ = TD_KIND_VECTOR + 1 };

static td_status read_kind(td_schema_section *s, const td_yaml *node)
{
    const char *names[KINDS_READ], *word = td_schema_word(node);
    td_kind kind = TD_KIND_NUMBERS;
    for (int k = 0; k < KINDS_READ; k++)
        names[k] = td_kind_name((td_kind)k);
    if (!td_kind_find(word, &kind) || (int)kind >= KINDS_READ)
        return td_schema_fail_choice(s, node, KINDS_READ, names);
    s->field->kind = kind;
    s->says_kind = true;
    return TD_OK;
}

static td_status read_role(td_schema_section *s, const td_yaml *node)
{
    const char *names[TD_ROLES - 1];
    td_role role = TD_ROLE_NONE;
    for (int r = TD_ROLE_NONE + 1; r < TD_ROLES; r++)
        names[r - 1] = td_role_name((td_role)r);
    if (!td_role_find(td_schema_word(node), &role) || role == TD_ROLE_NONE)
        return td_schema_fail_choice(s, node, TD_ROLES - 1, names);
    const td_source_field *other = td_source_with_role(s->source, role);
    if (other)
        return td_schema_fail(s, "expected one field with the role '%s'; '%s' has it too, line %zu",
                              td_role_name(role), other->name, other->place.line);
    if (role_needs[role].of != s->of)
        return td_schema_fail(s, "expected the role '%s' of a field of %s%s; found it of %s",
                              td_role_name(role), td_schema_tables[role_needs[role].of],
                              s->of == TD_OF_ROW ? " (without a file, they are columns of "
                                                   "interactions)"
                                                 : "",
                              td_schema_tables[s->of]);
    s->field->role = role;
    return TD_OK;
}

static td_status read_column(td_schema_section *s, const td_yaml *node)
{
    const char *column = td_schema_text(node);
    if (!column)
        return td_schema_fail_value(s, node, "a column, its name in the header or its number");
    s->field->column = td_source_add_column(s->table, column);
    s->field->columns = 1;
    s->says_column = true;
    return TD_OK;
}

/* Flags are columns, which name the categories too, or names with their columns. */
static td_status read_flags(td_schema_section *s, const td_yaml *node)
{
    static const char expected[] = "columns, or names with their columns";
    td_source_field *f = s->field;
    if (s->says_column)
        return td_schema_fail(s, "expected column or flags, found both");
    if ((node->kind != TD_YAML_LIST && node->kind != TD_YAML_MAP) || node->count == 0)
        return td_schema_fail_value(s, node, expected);
    f->column = s->table->form.count;
    f->flags = TD_NEW(const char *, node->count);
    for (size_t i = 0; i < node->count; i++) {
        const td_yaml *name = node->names ? &node->names[i] : &node->values[i];
        if (!td_schema_text(name))
            return td_schema_fail_value(s, name, expected);
        if (!td_schema_text(&node->values[i]))
            return td_schema_fail_value(s, &node->values[i], expected);
        for (size_t earlier = 0; earlier < i; earlier++)
            if (strcmp(f->flags[earlier], name->text) == 0)
                return td_schema_fail_value(s, name, "each name once");
        f->flags[i] = name->text;
        td_source_add_column(s->table, node->values[i].text);
    }
    f->columns = node->count;
    s->says_flags = true;
    return TD_OK;
}

static td_status read_separator(td_schema_section *s, const td_yaml *node)
{
    s->field->separator = td_schema_text(node);
    return s->field->separator
               ? TD_OK
               : td_schema_fail_value(s, node, "the characters between the names in a cell");
}

static td_status read_decimal(td_schema_section *s, const td_yaml *node)
{
    const char *word = td_schema_text(node);
    s->field->has_decimal_comma = word && strcmp(word, ",") == 0;
    return s->field->has_decimal_comma || (word && strcmp(word, ".") == 0)
               ? TD_OK
               : td_schema_fail_value(s, node, "'.' or ','");
}

static td_status read_thousands(td_schema_section *s, const td_yaml *node)
{
    const char *word = td_schema_text(node);
    if (!word || word[1] != '\0' || !strchr(".,' ", *word))
        return td_schema_fail_value(s, node, "'.', ',', ' ' or a single quote");
    s->field->thousands = *word;
    return TD_OK;
}

static td_status add_missing(td_schema_section *s, const td_yaml *node)
{
    td_source_field *f = s->field;
    if (node->kind != TD_YAML_SCALAR)
        return td_schema_fail_value(s, node, "a text, or a list of texts");
    f->missing_texts[f->missing++] = node->text;
    return TD_OK;
}

static td_status read_missing(td_schema_section *s, const td_yaml *node)
{
    const bool list = node->kind == TD_YAML_LIST;
    s->field->missing_texts = TD_NEW(const char *, list ? node->count : 1);
    if (!list)
        return add_missing(s, node);
    for (size_t i = 0; i < node->count; i++)
        TD_TRY(add_missing(s, &node->values[i]));
    return TD_OK;
}

static td_status read_path(td_schema_section *s, const td_yaml *node)
{
    s->field->path = td_schema_text(node);
    return s->field->path ? TD_OK
                          : td_schema_fail_value(s, node, "the characters between a path's steps");
}

static td_status read_prefix(td_schema_section *s, const td_yaml *node)
{
    return td_schema_read_count(s, node, "a number of characters, from 1", &s->field->prefix);
}

static td_status read_hash_buckets(td_schema_section *s, const td_yaml *node)
{
    TD_TRY(td_schema_read_count(s, node, "a number of buckets, from 1", &s->field->hash_buckets));
    return s->field->hash_buckets < TD_VOCABULARY_MAX
               ? TD_OK
               : td_schema_fail_value(s, node, "fewer than 2147483646");
}

static td_status read_width(td_schema_section *s, const td_yaml *node)
{
    TD_TRY(td_schema_read_count(s, node, "a number of values, from 1", &s->field->width));
    return s->field->width <= TD_VECTOR_MOST ? TD_OK
                                             : td_schema_fail_value(s, node, "65536 at most");
}

static td_status read_file(td_schema_section *s, const td_yaml *node)
{
    s->field->file = td_schema_text(node);
    return s->field->file ? TD_OK : td_schema_fail_value(s, node, "the name of a .npy file");
}

static td_status read_weighted(td_schema_section *s, const td_yaml *node)
{
    const char *const words[] = {"yes", "no"};
    const char *word = td_schema_word(node);
    s->field->weighted = strcmp(word, "yes") == 0;
    return s->field->weighted || strcmp(word, "no") == 0 ? TD_OK
                                                         : td_schema_fail_choice(s, node, 2, words);
}

static td_status read_min_count(td_schema_section *s, const td_yaml *node)
{
    return td_schema_read_count(s, node, "a number of rows, from 1", &s->field->min_count);
}

static td_status read_unit(td_schema_section *s, const td_yaml *node)
{
    s->says_time = true;
    return td_source_time_unit(td_schema_word(node), &s->field->time.unit)
               ? TD_OK
               : td_schema_fail_value(s, node, "auto, s, ms, us or ns");
}

static td_status read_format(td_schema_section *s, const td_yaml *node)
{
    s->says_time = true;
    s->field->time.format = td_schema_text(node);
    return s->field->time.format
               ? TD_OK
               : td_schema_fail_value(s, node,
                                      "a form of times as strptime has it, such as '%d.%m.%Y'");
}

static const td_schema_key keys[] = {
    {"column", read_column},
    {"kind", read_kind},
    {"role", read_role},
    {"flags", read_flags},
    {"missing", read_missing},
    {"separator", read_separator},
    {"decimal", read_decimal},
    {"thousands", read_thousands},
    {"min_count", read_min_count},
    {"from", td_schema_read_from},
    {"values", td_schema_read_values},
    {"others", td_schema_read_others},
    {"half_life", td_schema_read_half_life},
    {"unit", read_unit},
    {"format", read_format},
    {"path", read_path},
    {"prefix", read_prefix},
    {"hash_buckets", read_hash_buckets},
    {"width", read_width},
    {"file", read_file},
    {"weighted", read_weighted},
    {NULL, NULL},
};

static td_status check_categories(const td_schema_section *s)
{
    const td_source_field *f = s->field;
    if (s->says_flags && (s->says_column || f->separator))
        return td_schema_fail(s, "expected column or flags, found both");
    if (f->kind == TD_KIND_VECTOR ? f->flags != NULL
                                  : f->kind != TD_KIND_CATEGORIES && (f->flags || f->separator))
        return td_schema_fail(s, "expected the kind categories with %s; found %s",
                              f->flags ? "flags" : "a separator", td_kind_name(f->kind));
    return TD_OK;
}

/* What keys ask of kinds and of one another. */
static td_status check_names(const td_schema_section *s)
{
    const td_source_field *f = s->field;
    const bool is_list = f->kind == TD_KIND_CATEGORIES;
    const bool has_names = is_list || f->kind == TD_KIND_CATEGORY;
    if ((f->path || f->weighted) && (!is_list || f->flags))
        return td_schema_fail(s, "expected the kind categories, without flags, with %s; found %s",
                              f->path ? "a path" : "weights", td_kind_name(f->kind));
    if ((f->prefix > 0 || f->hash_buckets > 0) && (!has_names || f->role != TD_ROLE_NONE))
        return td_schema_fail(s, "expected %s of categories without a role; found %s",
                              f->prefix > 0 ? "prefix" : "hash_buckets", td_kind_name(f->kind));
    if (f->min_count > 0 && (f->hash_buckets > 0 || f->weighted))
        return td_schema_fail(s, "expected min_count or %s, found both",
                              f->weighted ? "weights" : "hash_buckets");
    if (f->file && (f->kind != TD_KIND_VECTOR || s->says_column || f->separator || f->missing > 0))
        return td_schema_fail(s,
                              "expected the kind vector with a file, and no column, separator or "
                              "missing; found %s",
                              f->kind != TD_KIND_VECTOR ? td_kind_name(f->kind)
                              : s->says_column          ? "a column"
                              : f->separator            ? "a separator"
                                                        : "missing");
    if (f->file && s->of == TD_OF_ROW)
        return td_schema_fail(s, "expected a file of vectors of users or items; found it of %s",
                              td_schema_tables[s->of]);
    if (!f->file && (f->kind == TD_KIND_VECTOR) != (f->width > 0))
        return td_schema_fail(
            s,
            "expected a width, or a file, with the kind vector, and no width with another; "
            "found %s",
            td_kind_name(f->kind));
    return TD_OK;
}

/* What the keys of a field must be together. */
static td_status check_field(const td_schema_section *s)
{
    const td_source_field *f = s->field;
    if (!s->says_kind)
        return td_schema_fail(s, "expected a kind, such as `kind: category`; found none");
    if (f->role != TD_ROLE_NONE && f->kind != role_needs[f->role].kind)
        return td_schema_fail(s, "expected the kind %s with the role '%s'; found %s",
                              td_kind_name(role_needs[f->role].kind), td_role_name(f->role),
                              td_kind_name(f->kind));
    if (!td_role_may_miss(f->role) && f->role != TD_ROLE_LABEL && f->role != TD_ROLE_TIME &&
        f->missing > 0)
        return td_schema_fail(s,
                              "expected missing of labels, times and fields without a role; found "
                              "the role '%s'",
                              td_role_name(f->role));
    if (f->role != TD_ROLE_NONE && f->min_count > 0)
        return td_schema_fail(s, "expected min_count of fields without a role; found the role '%s'",
                              td_role_name(f->role));
    if (s->says_time && f->kind != TD_KIND_TIME)
        return td_schema_fail(s, "expected the kind time with a unit or format; found %s",
                              td_kind_name(f->kind));
    if ((f->has_decimal_comma || f->thousands) && f->kind != TD_KIND_NUMBER)
        return td_schema_fail(s, "expected %s with the kind number; found %s",
                              f->has_decimal_comma ? "decimal" : "thousands",
                              td_kind_name(f->kind));
    if (f->thousands == (f->has_decimal_comma ? ',' : '.'))
        return td_schema_fail(s,
                              "expected another sign of thousands than of decimals; found '%c' "
                              "as both",
                              f->thousands);
    if (f->time.format && f->time.unit != TD_TIME_AUTO)
        return td_schema_fail(s, "expected a unit or a format, found both");
    if (f->min_count > 0 && f->kind != TD_KIND_CATEGORY && f->kind != TD_KIND_CATEGORIES)
        return td_schema_fail(s, "expected min_count with categories only; found %s",
                              td_kind_name(f->kind));
    TD_TRY(check_names(s));
    return check_categories(s);
}

/* A field of categories with weights has a second field for these, from the same cells. */
static td_status add_weights(td_schema_section *s)
{
    char name[TD_FIELD_NAME_MAX + sizeof "_weights"];
    td_source_field weights = *s->field;
    if (!weights.weighted)
        return TD_OK;
    snprintf(name, sizeof name, "%s_weights", weights.name);
    const td_source_field *other = td_source_find(s->source, name);
    if (other || !td_field_name_fits(name))
        return td_schema_fail(s, "expected room for a field '%s' with the weights; that is %s",
                              name, other ? "another field's name" : "too long a name");
    weights.name = td_intern_text(name);
    weights.kind = TD_KIND_NUMBERS;
    weights.missing_texts = TD_NEW(const char *, weights.missing);
    for (size_t m = 0; m < weights.missing; m++)
        weights.missing_texts[m] = s->field->missing_texts[m];
    td_source_add_field(s->table, weights);
    return TD_OK;
}

static td_status check_name(const td_schema_section *s, const td_yaml *name)
{
    char quoted[TD_QUOTE_SIZE];
    const td_source_field *other = td_source_find(s->source, name->text);
    if (other)
        return td_schema_fail_repeated(s, name, other->place.line);
    if (td_field_name_fits(name->text))
        return TD_OK;
    td_quote(name->text, strlen(name->text), quoted);
    return td_place_fail(name->place,
                         "%s.fields: expected a field's name, a letter and then letters, digits, "
                         "'_' and '-', %d at most; found '%s'",
                         td_schema_tables[s->of], TD_FIELD_NAME_MAX, quoted);
}

/* Reads one field of the table; without a column it is that of the field's name. */
static td_status read_field(const td_schema_section *table, const td_yaml *name,
                            const td_yaml *node)
{
    td_source_table *t = table->table;
    TD_TRY(check_name(table, name));
    td_schema_section s = {
        .source = table->source, .of = table->of, .table = t, .start = name->place};
    s.field = td_source_add_field(t, (td_source_field){.name = name->text, .place = name->place});
    if (node->kind != TD_YAML_MAP)
        return td_schema_fail(&s, "expected its keys, such as `kind: category`; found none");
    TD_TRY(td_schema_read_section(&s, node, keys));
    TD_TRY(td_schema_check_weight(&s));
    if (!s.says_column && !s.says_flags && !s.field->file &&
        !(s.says_weight && s.source->weight.is_told)) {
        s.field->column = td_source_add_column(t, name->text);
        s.field->columns = 1;
    }
    TD_TRY(check_field(&s));
    if (s.field->kind == TD_KIND_VECTOR && !s.field->separator)
        s.field->separator = " ";
    return add_weights(&s);
}

td_status td_schema_read_fields(td_schema_section *table, const td_yaml *node)
{
    if (node->kind != TD_YAML_MAP)
        return td_schema_fail_value(table, node, "fields, such as `rating: {kind: number}`");
    for (size_t i = 0; i < node->count; i++)
        TD_TRY(read_field(table, &node->names[i], &node->values[i]));
    return TD_OK;
}

td_status td_schema_check_lists(const td_schema_section *table)
{
    td_schema_section s = *table;
    const td_table_kind kind = s.table->form.kind;
    const bool may_be_json =
        kind == TD_TABLE_JSONL || (kind == TD_TABLE_AUTO && !s.says_fields_cut);
    for (size_t f = 0; f < s.table->count && !may_be_json; f++) {
        s.field = &s.table->fields[f];
        s.start = s.field->place;
        if (td_source_needs_separator(s.field))
            return td_schema_fail(&s,
                                  "expected a separator between the names in a cell, or flags, for "
                                  "the kind categories; found neither");
    }
    return TD_OK;
}
