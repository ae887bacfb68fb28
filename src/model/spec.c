/* Features, then who owns their tables. */
#include "model/spec.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/place.h"
#include "model/encoder.h"

#include <stdio.h>
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

/* What resolving needs. */
typedef struct {
    const td_config *config;
    const char *where;
    const td_schema *schema;
    td_spec *spec;
    td_side side;
} resolver;

/* A name's declaration, with its field. */
typedef struct {
    td_feature_config config;
    const td_schema_field *field;
    const td_transform *transform; /* NULL: the field is read as it is */
} declaration;

static const char *key_of(td_side side)
{
    return side == TD_QUERY ? "query.features" : "candidate.features";
}

static td_status find_built_in(const resolver *r, const char *name, declaration *found)
{
    const built_in *b = built_ins;
    while (strcmp(b->config.name, name) != 0)
        b++; /* the configuration knows no other names */
    *found = (declaration){b->config, td_schema_with_role(r->schema, b->role), NULL};
    if (strcmp(name, "timestamp_buckets") == 0)
        found->config.buckets = r->config->query_timestamp_edges + 1;
    if (found->field)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s has no %s, which the configuration asks for (%s: %s); prepare the data with "
                   "them, or leave that out",
                   r->where, b->words, key_of(r->side), name);
}

static td_status fail_field(const resolver *r, const td_feature_config *feature, const char *key,
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

static td_status find_declaration(const resolver *r, const char *name, declaration *found)
{
    const td_feature_config *declared = td_config_feature(r->config, name);
    if (!declared)
        return find_built_in(r, name, found);
    const bool is_history = declared->encoder == TD_ENCODER_HISTORY;
    const char *of_history = r->side == TD_QUERY ? "item" : "user";
    const char *field = *declared->field ? declared->field : is_history ? of_history : name;
    *found = (declaration){*declared, td_schema_find(r->schema, field), NULL};
    for (size_t i = 0; !found->field && i < BUILT_INS; i++) /* by what it is for */
        if (strcmp(field, built_ins[i].config.name) == 0)
            found->field = td_schema_with_role(r->schema, built_ins[i].role);
    return found->field ? TD_OK : fail_field(r, declared, "field", field);
}

static td_status fail_feature(const declaration *d, const char *key, const char *expected)
{
    return td_feature_fail(&d->config, d->field, key, expected);
}

/* Whose field it is, ids as fields of what they are the ids of. */
static td_of of_declared(const declaration *d)
{
    const td_schema_field *field = d->field;
    if (d->transform && d->transform->is_of_items)
        return TD_OF_ITEM;
    if (field->role == TD_ROLE_USER)
        return TD_OF_USER;
    return field->role == TD_ROLE_ITEM ? TD_OF_ITEM : field->of;
}

static bool is_history(const declaration *d)
{
    return d->config.encoder == TD_ENCODER_HISTORY;
}

static bool is_before(const resolver *r, const declaration *d)
{
    const bool has_times = td_schema_with_role(r->schema, TD_ROLE_TIME) != NULL;
    return d->config.which == TD_WHICH_BEFORE ||
           (d->config.which == TD_WHICH_AUTO && r->side == TD_QUERY && has_times);
}

/* Whether there can be such a history. */
static td_status check_history(const resolver *r, const declaration *d)
{
    const bool of_query = r->side == TD_QUERY;
    if (of_declared(d) != (of_query ? TD_OF_ITEM : TD_OF_USER) ||
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
    if (is_before(r, d) && !td_schema_with_role(r->schema, TD_ROLE_TIME))
        return fail_feature(d, "which", "the data have no times, so there is no before; say all");
    if (d->config.days > 0 && !is_before(r, d))
        return fail_feature(d, "days", "only a history before a row counts days");
    if (d->config.dropout > 0)
        return fail_feature(d, "dropout", "a history has none");
    return TD_OK;
}

/* Whether its values are ids of a table. */
static bool has_ids(const declaration *d)
{
    return d->transform ? d->transform->makes_ids : td_kind_has_vocabulary(d->field->kind);
}

static bool embeds(const declaration *d)
{
    return d->config.encoder == TD_ENCODER_AUTO ? has_ids(d)
                                                : d->config.encoder != TD_ENCODER_NUMBER;
}

/* A category that numbers are normalized within is told of what they are told of. */
static td_status check_within(const resolver *r, const declaration *d)
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

/* Finds what is made of the field, and whether an encoder, and a tower of this side, can read it.
 */
static td_status check_declaration(const resolver *r, declaration *d)
{
    if (is_history(d))
        return check_history(r, d);
    TD_TRY(td_transform_find(&d->config, d->field, &d->transform));
    TD_TRY(check_within(r, d));
    const td_of of = of_declared(d);
    if (r->side == TD_QUERY && of == TD_OF_ITEM)
        return fail_feature(d, "field", "the query tower reads fields of users and rows");
    if (r->side == TD_CANDIDATE && of != TD_OF_ITEM)
        return fail_feature(d, "field",
                            "the candidate tower reads fields of items alone, since each item is "
                            "embedded once");
    if (d->config.dropout > 0 && of == TD_OF_ROW)
        return fail_feature(d, "dropout", "expected a field of users or items, whose ids it hides");
    if (embeds(d) && !has_ids(d))
        return fail_feature(d, "encoder", "embed reads ids");
    if (!embeds(d) && has_ids(d))
        return fail_feature(d, "encoder", "number reads numbers, times and vectors");
    return TD_OK;
}

static bool is_table_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return *name && name[strspn(name, letters)] == '\0';
}

/* Finds the feature's table by its name, or declares it. */
static td_status find_table(const resolver *r, const declaration *d, td_feature *feature)
{
    char own[TD_FIELD_NAME_MAX + sizeof "_table"];
    td_spec *spec = r->spec;
    snprintf(own, sizeof own, "%s_table", d->config.name);
    const char *name = d->config.table && *d->config.table ? d->config.table : own;
    const int64_t rows =
        d->transform ? td_transform_ids(d->transform, &d->config, d->field) : d->field->vocabulary;
    if (!is_table_name(name))
        return td_fail(TD_ERR_CONFIG,
                       "configuration: features.%s.table: expected letters, digits, '_' and '-'; "
                       "found '%s'",
                       d->config.name, name);
    if (rows > INT32_MAX)
        return td_fail(TD_ERR_INPUT, "%s: a table of %lld rows: it may have %d rows at most", name,
                       (long long)rows, INT32_MAX);
    for (size_t t = 0; t < spec->tables; t++) {
        const td_embedding_table *table = &spec->table[t];
        if (strcmp(table->name, name) != 0)
            continue;
        feature->table = t;
        if (table->rows == rows && table->width == feature->width)
            return TD_OK;
        return td_fail(TD_ERR_CONFIG,
                       "configuration: features.%s.table: '%s' has %lld rows of width %zu for "
                       "another feature, but this one needs %lld of width %zu: give them tables of "
                       "their own",
                       d->config.name, name, (long long)table->rows, table->width, (long long)rows,
                       feature->width);
    }
    feature->table = spec->tables;
    spec->table = td_grow(spec->table, spec->tables, sizeof *spec->table);
    spec->table[spec->tables++] = (td_embedding_table){
        .name = td_copy_text(name), .rows = rows, .width = feature->width, .field = d->field};
    return TD_OK;
}

/* A number, a time or its bucket is read from a field that is derived from its own. */
static char *column_of(const resolver *r, const declaration *d)
{
    if (!d->transform)
        return td_copy_text(d->field->name);
    char name[TD_FIELD_NAME_MAX + sizeof "feature/"];
    snprintf(name, sizeof name, "feature/%s", d->config.name); /* no field's of a file */
    if (!td_derivations_find(&r->spec->derivations, name))
        td_derivations_add(&r->spec->derivations, name, d->field, &d->config);
    return td_copy_text(name);
}

/* A feature with lists by a rule of its own. */
static td_status resolve_history(const resolver *r, const declaration *d, td_feature *feature)
{
    enum { SECONDS_OF_A_DAY = 86400 };
    td_history_rules *rules = &r->spec->histories;
    const bool of_query = r->side == TD_QUERY;
    const bool is_id = d->field->role == TD_ROLE_USER || d->field->role == TD_ROLE_ITEM;
    char name[TD_FIELD_NAME_MAX + sizeof "history/"];
    snprintf(name, sizeof name, "history/%s", d->config.name);
    rules->rule = td_grow(rules->rule, rules->count, sizeof *rules->rule);
    rules->rule[rules->count++] = (td_history_rule){
        .name = td_copy_text(name),
        .of = of_query ? TD_OF_USER : TD_OF_ITEM,
        .values = is_id ? NULL : td_copy_text(d->field->name),
        .where = d->config.where,
        .is_before = is_before(r, d),
        .drops_own = of_query && d->config.own != TD_OWN_KEEP,
        .last = d->config.last,
        .seconds = (int64_t)(d->config.days * SECONDS_OF_A_DAY),
    };
    td_free(feature->column);
    feature->column = td_copy_text(name);
    feature->of = of_query ? TD_OF_USER : TD_OF_ITEM;
    feature->is_id = false;
    feature->is_history = of_query;
    const td_int_list *tower = of_query ? &r->config->query_tower : &r->config->candidate_tower;
    feature->has_flag = tower->count > 0 && !r->spec->features[r->side].are_added;
    if (is_before(r, d))
        r->spec->derivations.kept = td_schema_with_role(r->schema, TD_ROLE_TIME)->name;
    return find_table(r, d, feature);
}

static td_status resolve(const resolver *r, const char *name, td_feature *feature)
{
    declaration d;
    TD_TRY(find_declaration(r, name, &d));
    TD_TRY(check_declaration(r, &d));
    const bool has_table = embeds(&d);
    *feature = (td_feature){
        .name = td_copy_text(name),
        .encoder = has_table ? &td_encoder_embed : &td_encoder_number,
        .of = of_declared(&d),
        .is_id = d.field->role == TD_ROLE_USER || d.field->role == TD_ROLE_ITEM,
        .column = column_of(r, &d),
        .pool = d.config.pool,
        .dropout = (float)d.config.dropout,
        .width = (size_t)d.field->width,
    };
    const td_schema_field *weights =
        is_history(&d) ? NULL : td_schema_weights_of(r->schema, d.field);
    if (weights)
        feature->weights = td_copy_text(weights->name);
    const td_derivation *derived = td_derivations_find(&r->spec->derivations, feature->column);
    if (derived)
        feature->width = (size_t)derived->width;
    if (!has_table)
        return TD_OK;
    feature->width = (size_t)(d.config.width > 0 ? d.config.width : r->config->model_width);
    return is_history(&d) ? resolve_history(r, &d, feature) : find_table(r, &d, feature);
}

static td_status resolve_side(resolver *r, const td_name_list *names)
{
    td_features *features = &r->spec->features[r->side];
    const int combine =
        r->side == TD_QUERY ? r->config->query_combine : r->config->candidate_combine;
    features->feature = TD_NEW(td_feature, names->count);
    features->are_added = combine == TD_COMBINE_SUM;
    for (size_t i = 0; i < names->count; i++) {
        features->count = i + 1;
        TD_TRY(resolve(r, names->name[i], &features->feature[i]));
    }
    for (size_t i = 1; i < features->count && features->are_added; i++)
        if (features->feature[i].width != features->feature[0].width)
            return td_fail(TD_ERR_CONFIG,
                           "configuration: %s are added (combine: sum), so they need one width; %s "
                           "has %zu, but %s %zu",
                           key_of(r->side), features->feature[0].name, features->feature[0].width,
                           features->feature[i].name, features->feature[i].width);
    return TD_OK;
}

/* Whose ids a feature reads. */
static td_owner owner_by(const td_spec *spec, const td_feature *feature)
{
    const td_history_rule *rule = td_history_rules_find(&spec->histories, feature->column);
    if (rule ? rule->values != NULL : !feature->is_id)
        return TD_OWNER_NONE;
    return (feature->of == TD_OF_USER) == (rule == NULL) ? TD_OWNER_USER : TD_OWNER_ITEM;
}

/* A table that several features read has an owner if all read the ids of one. What is derived stays
 * where it is from now on. */
static void finish_tables(td_spec *spec)
{
    bool *met = TD_NEW(bool, spec->tables);
    for (size_t side = 0; side < TD_SIDES; side++)
        for (size_t i = 0; i < spec->features[side].count; i++) {
            const td_feature *feature = &spec->features[side].feature[i];
            if (!td_encoder_has_table(feature->encoder))
                continue;
            td_embedding_table *table = &spec->table[feature->table];
            const td_owner owner = owner_by(spec, feature);
            table->owner = !met[feature->table] || table->owner == owner ? owner : TD_OWNER_NONE;
            table->is_met = table->is_met || feature->dropout > 0 || !feature->is_id;
            met[feature->table] = true;
            if (!td_kind_has_vocabulary(table->field->kind))
                table->derivation = td_derivations_find(&spec->derivations, feature->column);
        }
    td_free(met);
}

static int64_t vocabulary_of(const td_schema *schema, td_role role)
{
    const td_schema_field *field = td_schema_with_role(schema, role);
    TD_ASSERT(field);
    return field->vocabulary;
}

td_status td_spec_create(const td_config *config, const char *where, const td_schema *schema,
                         td_spec **out)
{
    td_spec *spec = TD_NEW(td_spec, 1);
    resolver r = {.config = config, .where = where, .schema = schema, .spec = spec};
    td_status status = resolve_side(&r, &config->query_features);
    r.side = TD_CANDIDATE;
    if (status == TD_OK)
        status = resolve_side(&r, &config->candidate_features);
    if (status == TD_OK) {
        finish_tables(spec);
        status = td_spec_add_biases(spec, config, schema);
    }
    if (status != TD_OK) {
        td_spec_free(spec);
        return status;
    }
    spec->users = vocabulary_of(schema, TD_ROLE_USER);
    spec->items = vocabulary_of(schema, TD_ROLE_ITEM);
    *out = spec;
    return TD_OK;
}

void td_spec_free(td_spec *spec)
{
    if (!spec)
        return;
    for (size_t side = 0; side < TD_SIDES; side++) {
        for (size_t i = 0; i < spec->features[side].count; i++) {
            td_free(spec->features[side].feature[i].name);
            td_free(spec->features[side].feature[i].column);
            td_free(spec->features[side].feature[i].weights);
        }
        td_free(spec->features[side].feature);
    }
    for (size_t t = 0; t < spec->tables; t++)
        td_free(spec->table[t].name);
    td_free(spec->table);
    td_derivations_free(&spec->derivations);
    td_history_rules_free(&spec->histories);
    td_free(spec);
}
