/* The fields of items that baselines read (baseline.fields), and the ids that items have by them.
 */
#ifndef TD_EVAL_ITEM_FIELDS_H
#define TD_EVAL_ITEM_FIELDS_H

#include "data/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of the schema's, ended by NULL. */
typedef struct {
    size_t count;
    const char **name; /* (count + 1) */
} td_item_fields;

/* Local. Sets fields to those of items that `told` names, with commas or blanks between, of any
 * kind but numbers, the weights of categories; of "all" to all of these that have no role but
 * title. With categories_only others are passed over. TD_ERR_CONFIG for a name that is no such
 * field's, and where none is left; system is who asks. td_item_fields_free frees them. */
td_status td_item_fields_find(const td_schema *schema, const char *system, const char *told,
                              bool categories_only, td_item_fields *fields);
void td_item_fields_free(td_item_fields *fields);

/* The ids of each item, distinct and ascending. Begins as {0}; td_item_ids_free frees it. */
typedef struct {
    int64_t ids;      /* of the vocabulary, 0 included */
    int64_t *offsets; /* (items + 2): by item */
    int32_t *id;
} td_item_ids;

/* Local. Returns those of a field of a frame of items (items + 1 rows, by id) that is a category,
 * categories or a text, whose unknown words count for nothing. */
td_item_ids td_item_ids_of(const td_schema_field *about, const td_frame *items);
void td_item_ids_free(td_item_ids *ids);

#endif
