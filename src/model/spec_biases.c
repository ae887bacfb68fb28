/* The tables of heads' biases, and of the items' in retrieval. */
#include "base/memory.h"
#include "model/encoder.h"
#include "model/spec.h"
#include "model/task.h"

#include <string.h>

/* Adds a table for biases, by user or by item. A head's is without an owner: an item's row is met
 * by ranks that do not have its range, and a row is one number. */
static td_status add_bias(td_spec *spec, const char *name, const td_schema_field *field)
{
    for (size_t t = 0; t < spec->tables; t++)
        if (strcmp(spec->table[t].name, name) == 0)
            return td_fail(TD_ERR_CONFIG,
                           "configuration: a feature's table has the name of a task's biases, %s; "
                           "give it another name",
                           name);
    spec->table = td_grow(spec->table, spec->tables, sizeof *spec->table);
    spec->table[spec->tables++] = (td_embedding_table){
        .name = td_copy_text(name), .rows = field->vocabulary, .width = 1, .field = field};
    return TD_OK;
}

td_status td_spec_add_biases(td_spec *spec, const td_config *config, const td_schema *schema)
{
    const td_role roles[] = {TD_ROLE_USER, TD_ROLE_ITEM};
    for (size_t k = 0; k < td_task_count(config); k++)
        for (size_t i = 0; i < 2; i++) {
            const char *name = td_task_of(config, k).biases[i];
            if (name)
                TD_TRY(add_bias(spec, name, td_schema_with_role(schema, roles[i])));
        }
    return TD_OK;
}

td_status td_spec_add_item_bias(td_spec *spec, const td_schema *schema)
{
    const td_schema_field *field = td_schema_with_role(schema, TD_ROLE_ITEM);
    td_features *features = &spec->features[TD_CANDIDATE];
    TD_TRY(add_bias(spec, "item_bias", field));
    features->feature = td_reallocate(features->feature, features->count, features->count + 1,
                                      sizeof *features->feature);
    features->feature[features->count++] = (td_feature){.name = td_copy_text("item_bias"),
                                                        .encoder = &td_encoder_embed,
                                                        .of = TD_OF_ITEM,
                                                        .is_id = true,
                                                        .column = td_copy_text(field->name),
                                                        .width = 1,
                                                        .table = spec->tables - 1};
    features->apart = 1;
    return TD_OK;
}
