/* From a feature's name to its declaration, checked against its field and who reads it. */
#include "base/memory.h"
#include "base/place.h"
#include "model/spec_parts.h"

#include <string.h>

/* A feature that needs no entry in `features`. */
typedef struct {
    td_feature_config config;
    td_role role;
    const char *words; /* what a file without the field lacks */
} built_in;

static const built_in built_ins[] = {
    {{.name = "user", .encoder = TD_ENCODER_EMBED, .table = "user_table"}, TD_ROLE_USER, "users"},
    {{.name = "timestamp_buckets", .encoder = TD_ENCODER_EMBED, .table = "bucket_table"},
     TD_ROLE_TIME,
     "timestamps"},
    {{.name = "timestamp", .encoder = TD_ENCODER_NUMBER}, TD_ROLE_TIME, "timestamps"},
    {{.name = "item", .encoder = TD_ENCODER_EMBED, .table = "item_table"}, TD_ROLE_ITEM, "items"},
    {{.name = "title_text", .encoder = TD_ENCODER_EMBED, .table = "token_table"},
     TD_ROLE_TITLE,
     "titles"},
};

enum { BUILT_INS = sizeof built_ins / sizeof *built_ins };

static td_status find_built_in(const td_resolver *r, const char *name, td_declaration *found)
{
    const built_in *b = built_ins;
    while (strcmp(b->config.name, name) != 0)
        b++; /* the configuration knows no other names */
    *found = (td_declaration){b->config, td_schema_with_role(r->schema, b->role), NULL};
    if (strcmp(name, "timestamp_buckets") == 0)
        found->config.buckets = r->config->query_timestamp_edges + 1;
    if (found->field)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s has no %s, which the configuration asks for (%s: %s); prepare the data with "
                   "them, or leave that out",
                   r->where, b->words, r->key, name);
}

static td_status fail_field(const td_resolver *r, const td_feature_config *feature, const char *key,
                            const char *field)
{
    const char **names = TD_NEW(const char *, r->schema->count);
    for (size_t i = 0; i < r->schema->count; i++)
        names[i] = r->schema->fields[i].name;
    const char *nearest = names[td_nearest(field, r->schema->count, names)];
    td_free(names);
    return td_fail(
        TD_ERR_MISMATCH,
        "%s has no field '%s', which the configuration asks for (features.%s.%s); the nearest is "
        "'%s'",
        r->where, field, feature->name, key, nearest);
}

td_status td_declaration_find(const td_resolver *r, const char *name, td_declaration *found)
{
    const td_feature_config *declared = td_config_feature(r->config, name);
    if (!declared)
        return find_built_in(r, name, found);
    const bool is_history = declared->encoder == TD_ENCODER_HISTORY;
    const char *of_history = r->reader == TD_QUERY ? "item" : "user";
    const char *field = *declared->field ? declared->field : is_history ? of_history : name;
    *found = (td_declaration){*declared, td_schema_find(r->schema, field), NULL};
    for (size_t i = 0; !found->field && i < BUILT_INS; i++) /* by what it is for */
        if (strcmp(field, built_ins[i].config.name) == 0)
            found->field = td_schema_with_role(r->schema, built_ins[i].role);
    return found->field ? TD_OK : fail_field(r, declared, "field", field);
}

static td_status fail_feature(const td_declaration *d, const char *key, const char *expected)
{
    return td_feature_fail(&d->config, d->field, key, expected);
}

/* Whose field it is, ids as fields of what they are the ids of. */
td_of td_declaration_of(const td_declaration *d)
{
    const td_schema_field *field = d->field;
    if (d->transform && d->transform->is_of_items)
        return TD_OF_ITEM;
    if (field->role == TD_ROLE_USER)
        return TD_OF_USER;
    return field->role == TD_ROLE_ITEM ? TD_OF_ITEM : field->of;
}

bool td_declares_history(const td_declaration *d)
{
    return d->config.encoder == TD_ENCODER_HISTORY;
}

bool td_declares_before(const td_resolver *r, const td_declaration *d)
{
    const bool has_times = td_schema_with_role(r->schema, TD_ROLE_TIME) != NULL;
    return d->config.which == TD_WHICH_BEFORE ||
           (d->config.which == TD_WHICH_AUTO && r->reader == TD_QUERY && has_times);
}

/* Whether there can be such a history. */
static td_status check_history(const td_resolver *r, const td_declaration *d)
{
    const bool of_query = r->reader == TD_QUERY;
    if (r->reader >= TD_SIDES)
        return fail_feature(d, "encoder", "towers have histories, a head has none");
    if (td_declaration_of(d) != (of_query ? TD_OF_ITEM : TD_OF_USER) ||
        !td_kind_has_vocabulary(d->field->kind))
        return fail_feature(d, "field",
                            of_query ? "a history in the query tower is of items: their ids, or a "
                                       "field of theirs that has names"
                                     : "a history in the candidate tower is of users: their ids, "
                                       "or a field of theirs that has names");
    if (!of_query && d->config.which == TD_WHICH_BEFORE)
        return fail_feature(d, "which",
                            "an item is embedded once for all rows, so its history is all");
    if (!of_query && d->config.own == TD_OWN_DROP)
        return fail_feature(d, "own", "an item is embedded once for all rows, so it keeps all");
    if (td_declares_before(r, d) && !td_schema_with_role(r->schema, TD_ROLE_TIME))
        return fail_feature(d, "which", "the data have no times, so there is no before; say all");
    if (d->config.days > 0 && !td_declares_before(r, d))
        return fail_feature(d, "days", "only a history before a row counts days");
    return TD_OK;
}

/* Whether its values are ids of a table. */
static bool has_ids(const td_declaration *d)
{
    return d->transform ? d->transform->makes_ids : td_kind_has_vocabulary(d->field->kind);
}

bool td_declares_embedding(const td_declaration *d)
{
    return d->config.encoder == TD_ENCODER_AUTO ? has_ids(d)
                                                : d->config.encoder != TD_ENCODER_NUMBER;
}

/* A category that numbers are normalized within is told of what they are told of. */
static td_status check_within(const td_resolver *r, const td_declaration *d)
{
    const char *within = d->config.within;
    if (!within || !*within)
        return TD_OK;
    const td_schema_field *field = td_schema_find(r->schema, within);
    if (!field)
        return fail_field(r, &d->config, "within", within);
    if (field->kind == TD_KIND_CATEGORY && field->of == d->field->of && field->role == TD_ROLE_NONE)
        return TD_OK;
    return td_feature_fail(&d->config, field, "within",
                           "expected a category of what the number is told of");
}

/* Whose fields a reader reads. */
static td_status check_reader(const td_resolver *r, const td_declaration *d)
{
    const td_of of = td_declaration_of(d);
    if (r->reader == TD_QUERY && of == TD_OF_ITEM)
        return fail_feature(d, "field", "the query tower reads fields of users and rows");
    if (r->reader == TD_CANDIDATE && of != TD_OF_ITEM)
        return fail_feature(d, "field",
                            "the candidate tower reads fields of items alone, since each item is "
                            "embedded once");
    if (r->reader >= TD_SIDES && of != TD_OF_ROW)
        return fail_feature(d, "field",
                            "a head reads fields of rows; what users and items have goes to their "
                            "towers");
    return TD_OK;
}

/* Finds what is made of the field, and whether an encoder, and who reads it, can. */
td_status td_declaration_check(const td_resolver *r, td_declaration *d)
{
    if (td_declares_history(d))
        return check_history(r, d);
    TD_TRY(td_transform_find(&d->config, d->field, &d->transform));
    TD_TRY(check_within(r, d));
    TD_TRY(check_reader(r, d));
    if (d->config.dropout > 0 && td_declaration_of(d) == TD_OF_ROW)
        return fail_feature(d, "dropout", "expected a field of users or items, whose ids it hides");
    if (d->config.embedding_dropout > 0 && !td_declares_embedding(d))
        return fail_feature(d, "embedding_dropout", "it has no embedding, but numbers");
    if (td_declares_embedding(d) && !has_ids(d))
        return fail_feature(d, "encoder", "embed reads ids");
    if (!td_declares_embedding(d) && has_ids(d))
        return fail_feature(d, "encoder", "number reads numbers, times and vectors");
    return TD_OK;
}
