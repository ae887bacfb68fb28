/* The fields that a resolved configuration reads. */
#include "base/log.h"
#include "base/memory.h"
#include "model/spec.h"

#include <string.h>

bool td_spec_reads(const td_spec *spec, const td_schema_field *field)
{
    if (td_derivations_read(&spec->derivations, field))
        return true;
    for (size_t reader = 0; reader < spec->readers; reader++)
        for (size_t i = 0; i < spec->features[reader].count; i++) {
            const td_feature *feature = &spec->features[reader].feature[i];
            if (strcmp(feature->column, field->name) == 0 ||
                (feature->weights && strcmp(feature->weights, field->name) == 0))
                return true;
        }
    for (size_t i = 0; i < spec->histories.count; i++)
        if (spec->histories.rule[i].values &&
            strcmp(spec->histories.rule[i].values, field->name) == 0)
            return true;
    return spec->derivations.kept && strcmp(spec->derivations.kept, field->name) == 0;
}

const char **td_spec_fields(const td_spec *spec, const td_schema *schema, td_of of)
{
    const char **names = TD_NEW(const char *, schema->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < schema->count; i++) {
        const td_schema_field *field = &schema->fields[i];
        const bool is_id = field->role == TD_ROLE_USER || field->role == TD_ROLE_ITEM;
        if (field->of == of && !is_id && td_spec_reads(spec, field))
            names[count++] = field->name;
    }
    return names;
}

void td_spec_bind(td_spec *spec, td_frame *users, td_frame *items)
{
    td_frame *const frames[] = {[TD_OF_USER] = users, [TD_OF_ITEM] = items};
    for (td_of of = TD_OF_USER; of <= TD_OF_ITEM; of++)
        if (frames[of])
            td_derive(&spec->derivations, of, frames[of]);
    for (size_t reader = 0; reader < spec->readers; reader++)
        for (size_t i = 0; i < spec->features[reader].count; i++) {
            td_feature *feature = &spec->features[reader].feature[i];
            if (feature->is_id || feature->is_history || feature->of == TD_OF_ROW)
                continue;
            TD_ASSERT(frames[feature->of]);
            feature->field = td_frame_find(frames[feature->of], feature->column);
            TD_ASSERT(feature->field);
            if (feature->weights)
                feature->weighted_by = td_frame_find(frames[feature->of], feature->weights);
        }
    for (size_t i = 0; i < spec->histories.count; i++)
        if (spec->histories.rule[i].of == TD_OF_USER && spec->histories.rule[i].values)
            spec->histories.rule[i].field = td_frame_find(items, spec->histories.rule[i].values);
}

const td_embedding_table *td_spec_find_table(const td_spec *spec, const char *tensor)
{
    for (size_t t = 0; t < spec->tables; t++) {
        const size_t length = strlen(spec->table[t].name);
        if (strncmp(tensor, spec->table[t].name, length) == 0 &&
            strcmp(tensor + length, "/weight") == 0)
            return &spec->table[t];
    }
    return NULL;
}
