/* What a schema says of interactions beside their fields: which of them are left, and what they
 * weigh. */
#include "base/memory.h"
#include "prepare/schema_section.h"
#include "text/decimal.h"
#include "text/duration.h"

#include <math.h>
#include <string.h>

static td_status check_rows(const td_schema_section *s)
{
    return s->of == TD_OF_ROW ? TD_OK
                              : td_schema_fail(s, "expected %s of interactions only", s->key->text);
}

td_status td_schema_read_where(td_schema_section *s, const td_yaml *node)
{
    TD_TRY(check_rows(s));
    s->source->rules.where = td_schema_text(node);
    s->source->rules.where_place = node->place;
    return s->source->rules.where
               ? TD_OK
               : td_schema_fail_value(s, node, "a condition, such as 'rating >= 4'");
}

static td_status read_choice(const td_schema_section *s, const td_yaml *node, size_t count,
                             const char *const *names, int *choice)
{
    for (*choice = 0; (size_t)*choice < count; ++*choice)
        if (strcmp(td_schema_word(node), names[*choice]) == 0)
            return TD_OK;
    return td_schema_fail_choice(s, node, count, names);
}

td_status td_schema_read_repeats(td_schema_section *s, const td_yaml *node)
{
    static const char *const names[] = {
        [TD_REPEATS_KEEP] = "keep", [TD_REPEATS_FIRST] = "first", [TD_REPEATS_LAST] = "last",
        [TD_REPEATS_SUM] = "sum",   [TD_REPEATS_MAX] = "max",
    };
    int repeats;
    TD_TRY(check_rows(s));
    TD_TRY(read_choice(s, node, sizeof names / sizeof *names, names, &repeats));
    s->source->rules.repeats = (td_repeats)repeats;
    return TD_OK;
}

td_status td_schema_read_repeats_by(td_schema_section *s, const td_yaml *node)
{
    static const char expected[] = "a list of fields of interactions, such as [event]";
    td_row_rules *rules = &s->source->rules;
    TD_TRY(check_rows(s));
    if (node->kind != TD_YAML_LIST)
        return td_schema_fail_value(s, node, expected);
    td_free(rules->repeats_by);
    rules->says_repeats_by = true;
    rules->repeats_by_place = node->place;
    rules->repeats_by = TD_NEW(const char *, node->count);
    rules->repeats_by_count = 0;
    for (; rules->repeats_by_count < node->count; rules->repeats_by_count++) {
        const td_yaml *name = &node->values[rules->repeats_by_count];
        if (!td_schema_text(name))
            return td_schema_fail_value(s, name, expected);
        rules->repeats_by[rules->repeats_by_count] = td_schema_text(name);
    }
    return TD_OK;
}

static td_status read_limit(td_schema_section *s, const td_yaml *node, int64_t *limit)
{
    TD_TRY(check_rows(s));
    return td_schema_read_count(s, node, "a whole number from 1", limit);
}

td_status td_schema_read_max_user_rows(td_schema_section *s, const td_yaml *node)
{
    return read_limit(s, node, &s->source->rules.max_user_rows);
}

td_status td_schema_read_min_user_items(td_schema_section *s, const td_yaml *node)
{
    return read_limit(s, node, &s->source->rules.min_user_items);
}

td_status td_schema_read_min_item_users(td_schema_section *s, const td_yaml *node)
{
    return read_limit(s, node, &s->source->rules.min_item_users);
}

td_status td_schema_read_without_user(td_schema_section *s, const td_yaml *node)
{
    static const char *const names[] = {[TD_WITHOUT_USER_BAD] = "bad",
                                        [TD_WITHOUT_USER_DROP] = "drop",
                                        [TD_WITHOUT_USER_ALONE] = "alone"};
    int way;
    TD_TRY(check_rows(s));
    TD_TRY(read_choice(s, node, sizeof names / sizeof *names, names, &way));
    s->source->rules.without_user = (td_without_user)way;
    return TD_OK;
}

static td_status read_session_by(td_schema_section *s, const td_yaml *node)
{
    s->source->rules.session_by = td_schema_text(node);
    return s->source->rules.session_by
               ? TD_OK
               : td_schema_fail_value(s, node, "the field with the role user");
}

static td_status read_session_gap(td_schema_section *s, const td_yaml *node)
{
    const char *word = td_schema_word(node);
    return td_duration_read(word, strlen(word), &s->source->rules.session_gap)
               ? TD_OK
               : td_schema_fail_value(s, node, TD_DURATION_EXPECTED);
}

td_status td_schema_read_session(td_schema_section *s, const td_yaml *node)
{
    static const td_schema_key keys[] = {
        {"by", read_session_by}, {"gap", read_session_gap}, {NULL, NULL}};
    td_row_rules *rules = &s->source->rules;
    const td_yaml *key = s->key;
    TD_TRY(check_rows(s));
    rules->session_place = node->place;
    rules->session_by = NULL;
    rules->session_gap = 0;
    if (node->kind == TD_YAML_SCALAR)
        return read_session_gap(s, node);
    if (node->kind == TD_YAML_MAP)
        TD_TRY(td_schema_read_section(s, node, keys));
    s->key = key;
    return rules->session_gap > 0
               ? TD_OK
               : td_schema_fail_value(s, node, "a gap, such as 30min or {by: user, gap: 30min}");
}

td_status td_schema_read_from(td_schema_section *s, const td_yaml *node)
{
    td_weight_rule *weight = &s->source->weight;
    weight->from = td_schema_text(node);
    weight->place = node->place;
    weight->is_told = s->says_weight = true;
    return weight->from
               ? TD_OK
               : td_schema_fail_value(s, node, "a category of interactions, such as event");
}

static td_status read_weight(const td_schema_section *s, const td_yaml *node, float *weight)
{
    const char *word = td_schema_word(node);
    return td_decimal_float(word, strlen(word), weight) && *weight > 0
               ? TD_OK
               : td_schema_fail_value(s, node, "a weight, a finite number above 0");
}

td_status td_schema_read_values(td_schema_section *s, const td_yaml *node)
{
    td_weight_rule *weight = &s->source->weight;
    s->says_weight = true;
    if (node->kind != TD_YAML_MAP)
        return td_schema_fail_value(s, node, "names and their weights, such as {view: 0.1}");
    weight->names = TD_NEW(const char *, node->count);
    weight->values = TD_NEW(float, node->count);
    for (size_t i = 0; i < node->count; i++) {
        const td_yaml *earlier = td_yaml_repeated(node, i);
        if (earlier)
            return td_schema_fail_repeated(s, &node->names[i], earlier->place.line);
        weight->names[i] = node->names[i].text;
        TD_TRY(read_weight(s, &node->values[i], &weight->values[i]));
    }
    weight->count = node->count;
    return TD_OK;
}

td_status td_schema_read_others(td_schema_section *s, const td_yaml *node)
{
    s->source->weight.is_told = s->says_weight = true;
    return read_weight(s, node, &s->source->weight.others);
}

td_status td_schema_read_half_life(td_schema_section *s, const td_yaml *node)
{
    const char *word = td_schema_word(node);
    s->says_weight = true;
    return td_duration_read(word, strlen(word), &s->source->weight.half_life)
               ? TD_OK
               : td_schema_fail_value(s, node, TD_DURATION_EXPECTED);
}

td_status td_schema_check_weight(td_schema_section *s)
{
    const td_weight_rule *weight = &s->source->weight;
    if (!s->says_weight)
        return TD_OK;
    if (s->field->role != TD_ROLE_WEIGHT)
        return td_schema_fail(
            s, "expected from, values, others and half_life with the role weight only");
    if (weight->is_told && (s->says_column || s->says_flags))
        return td_schema_fail(s, "expected a column, or from and others; found both");
    if (weight->count > 0 && !weight->from)
        return td_schema_fail(s, "expected from, the category whose names have these values");
    if (weight->from && weight->count == 0 && isnan(weight->others))
        return td_schema_fail(s, "expected values, such as `values: {view: 0.1, purchase: 1}`");
    if (weight->is_told && !s->says_kind)
        s->field->kind = TD_KIND_NUMBER;
    s->says_kind = s->says_kind || weight->is_told;
    return TD_OK;
}

static td_status fail_no_field(const td_source *source, td_place place, const char *name,
                               const char *what)
{
    const td_source_table *table = &source->table[TD_OF_ROW];
    const char **names = TD_NEW(const char *, table->count);
    char quoted[TD_QUOTE_SIZE];
    for (size_t f = 0; f < table->count; f++)
        names[f] = table->fields[f].name;
    td_quote(name, strlen(name), quoted);
    const char *nearest = names[td_nearest(name, table->count, names)];
    td_free(names);
    return td_place_fail(place, "expected %s; found '%s', the nearest is '%s'", what, quoted,
                         nearest);
}

/* Returns a field of interactions, NULL if there is none. */
static const td_source_field *find(const td_source *source, const char *name)
{
    const td_source_field *field = td_source_find(source, name);
    const td_source_table *table = &source->table[TD_OF_ROW];
    return field >= table->fields && field < table->fields + table->count ? field : NULL;
}

td_status td_schema_check_rows(const td_schema_section *root)
{
    const td_source *source = root->source;
    const td_row_rules *rules = &source->rules;
    const td_weight_rule *weight = &source->weight;
    for (size_t r = 0; r < rules->repeats_by_count; r++)
        if (!find(source, rules->repeats_by[r]))
            return fail_no_field(source, rules->repeats_by_place, rules->repeats_by[r],
                                 "fields of interactions");
    const td_source_field *by = rules->session_by ? find(source, rules->session_by) : NULL;
    if (rules->session_by && (!by || by->role != TD_ROLE_USER))
        return td_place_fail(rules->session_place,
                             "expected sessions by the field with the role user, '%s'; found '%s'",
                             td_source_with_role(source, TD_ROLE_USER)->name, rules->session_by);
    if (rules->session_gap > 0 && !td_source_with_role(source, TD_ROLE_TIME))
        return td_place_fail(rules->session_place,
                             "expected a field with the role time, as there are sessions; found "
                             "none");
    const td_source_field *from = weight->from ? find(source, weight->from) : NULL;
    if (weight->from && (!from || from->kind != TD_KIND_CATEGORY || from->role != TD_ROLE_NONE))
        return fail_no_field(source, weight->place, weight->from,
                             "a category of interactions without a role");
    if (weight->half_life > 0 && !td_source_with_role(source, TD_ROLE_TIME))
        return td_schema_fail(root, "expected a field with the role time, as weights have a "
                                    "half_life; found none");
    return TD_OK;
}

/* The text of an option, which is what a schema has behind a key; NULL: nothing is said. */
static td_status read_option(td_source *source, const char *option, const char *key,
                             const char *text, td_yaml **kept,
                             td_status (*read)(td_schema_section *s, const td_yaml *node))
{
    if (!text)
        return TD_OK;
    td_yaml name = {.text = (char *)key};
    td_schema_section s = {.source = source,
                           .of = TD_OF_ROW,
                           .table = &source->table[TD_OF_ROW],
                           .start = {.where = option},
                           .key = &name};
    TD_TRY(td_yaml_parse(text, strlen(text), s.start, kept));
    return read(&s, *kept);
}

td_status td_source_add_rules(const td_prepare_options *options, td_source *source)
{
    const td_prepare_options *o = options;
    td_row_rules *rules = &source->rules;
    if (o->without_user != TD_WITHOUT_USER_AS_TOLD)
        rules->without_user = o->without_user;
    if (o->repeats != TD_REPEATS_AS_TOLD)
        rules->repeats = o->repeats;
    if (o->max_user_rows > 0)
        rules->max_user_rows = o->max_user_rows;
    if (o->min_user_items > 0)
        rules->min_user_items = o->min_user_items;
    if (o->min_item_users > 0)
        rules->min_item_users = o->min_item_users;
    TD_TRY(read_option(source, "--session", "session", o->session, &source->by_option[0],
                       td_schema_read_session));
    TD_TRY(read_option(source, "--repeats-by", "repeats_by", o->repeats_by, &source->by_option[1],
                       td_schema_read_repeats_by));
    return o->session || o->repeats_by
               ? td_schema_check_rows(&(td_schema_section){.source = source})
               : TD_OK;
}
