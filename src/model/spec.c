/* Features, then who owns their tables. */
#include "model/spec.h"

#include "base/memory.h"
#include "model/encoder.h"
#include "model/spec_parts.h"
#include "model/task.h"

#include <stdio.h>
#include <string.h>

static bool is_table_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return *name && name[strspn(name, letters)] == '\0';
}

/* Finds the feature's table by its name, or declares it. */
static td_status find_table(const td_resolver *r, const td_declaration *d, td_feature *feature)
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
static char *column_of(const td_resolver *r, const td_declaration *d)
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
static td_status resolve_history(const td_resolver *r, const td_declaration *d, td_feature *feature)
{
    enum { SECONDS_OF_A_DAY = 86400 };
    td_history_rules *rules = &r->spec->histories;
    const bool of_query = r->reader == TD_QUERY;
    const bool is_id = d->field->role == TD_ROLE_USER || d->field->role == TD_ROLE_ITEM;
    char name[TD_FIELD_NAME_MAX + sizeof "history/"];
    snprintf(name, sizeof name, "history/%s", d->config.name);
    rules->rule = td_grow(rules->rule, rules->count, sizeof *rules->rule);
    rules->rule[rules->count++] = (td_history_rule){
        .name = td_copy_text(name),
        .of = of_query ? TD_OF_USER : TD_OF_ITEM,
        .values = is_id ? NULL : td_copy_text(d->field->name),
        .where = d->config.where,
        .is_before = td_declares_before(r, d),
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
    feature->has_flag = tower->count > 0 && !r->spec->features[r->reader].are_added;
    if (td_declares_before(r, d))
        r->spec->derivations.kept = td_schema_with_role(r->schema, TD_ROLE_TIME)->name;
    return find_table(r, d, feature);
}

static td_status resolve(const td_resolver *r, const char *name, td_feature *feature)
{
    td_declaration d;
    TD_TRY(td_declaration_find(r, name, &d));
    TD_TRY(td_declaration_check(r, &d));
    const bool has_table = td_declares_embedding(&d);
    *feature = (td_feature){
        .name = td_copy_text(name),
        .encoder = has_table ? &td_encoder_embed : &td_encoder_number,
        .of = td_declaration_of(&d),
        .is_id = d.field->role == TD_ROLE_USER || d.field->role == TD_ROLE_ITEM,
        .column = column_of(r, &d),
        .pool = d.config.pool,
        .dropout = (float)d.config.dropout,
        .units = td_dropout_of(d.config.embedding_dropout, name, "embedding_dropout"),
        .width = (size_t)d.field->width,
    };
    const td_schema_field *weights =
        td_declares_history(&d) ? NULL : td_schema_weights_of(r->schema, d.field);
    if (weights)
        feature->weights = td_copy_text(weights->name);
    const td_derivation *derived = td_derivations_find(&r->spec->derivations, feature->column);
    if (derived)
        feature->width = (size_t)derived->width;
    if (!has_table)
        return TD_OK;
    feature->width = (size_t)(d.config.width > 0 ? d.config.width : r->config->model_width);
    return td_declares_history(&d) ? resolve_history(r, &d, feature) : find_table(r, &d, feature);
}

/* Resolves what one reader reads, under the key that lists it. */
static td_status resolve_list(td_resolver *r, const char *key, const td_name_list *names,
                              int combine)
{
    td_features *features = &r->spec->features[r->reader];
    r->key = key;
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
                           key, features->feature[0].name, features->feature[0].width,
                           features->feature[i].name, features->feature[i].width);
    return TD_OK;
}

static td_status resolve_head(td_resolver *r, const td_task *task)
{
    char *key = td_print_text("tasks.%s.features", task->name);
    const td_status status = resolve_list(r, key, &task->features, TD_COMBINE_CONCAT);
    td_free(key);
    return status;
}

/* Resolves what all readers read. */
static td_status resolve_all(td_resolver *r)
{
    const td_config *config = r->config;
    const size_t tasks = td_task_count(config);
    r->spec->readers = td_reader_of_task(tasks);
    r->spec->features = TD_NEW(td_features, r->spec->readers);
    TD_TRY(resolve_list(r, "query.features", &config->query_features, config->query_combine));
    r->reader = TD_CANDIDATE;
    TD_TRY(resolve_list(r, "candidate.features", &config->candidate_features,
                        config->candidate_combine));
    for (size_t k = 0; k < tasks; k++) {
        const td_task task = td_task_of(config, k);
        r->reader = td_reader_of_task(k);
        TD_TRY(resolve_head(r, &task));
    }
    return config->retrieval_item_bias ? td_spec_add_item_bias(r->spec, r->schema) : TD_OK;
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
    for (size_t reader = 0; reader < spec->readers; reader++)
        for (size_t i = 0; i < spec->features[reader].count; i++) {
            const td_feature *feature = &spec->features[reader].feature[i];
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
    td_resolver r = {.config = config, .where = where, .schema = schema, .spec = spec};
    td_status status = resolve_all(&r);
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
    for (size_t reader = 0; spec->features && reader < spec->readers; reader++) {
        td_features *features = &spec->features[reader];
        for (size_t i = 0; i < features->count; i++) {
            td_free(features->feature[i].name);
            td_free(features->feature[i].column);
            td_free(features->feature[i].weights);
        }
        td_free(features->feature);
    }
    td_free(spec->features);
    for (size_t t = 0; t < spec->tables; t++)
        td_free(spec->table[t].name);
    td_free(spec->table);
    td_derivations_free(&spec->derivations);
    td_history_rules_free(&spec->histories);
    td_free(spec);
}
