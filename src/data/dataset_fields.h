/* What a data file has, as a schema, and the values of fields of users and items.
 *
 * All functions are Collective, and every rank gets everything. TD_ERR_FILE, TD_ERR_FORMAT as
 * dataset.h.
 */
#ifndef TD_DATA_DATASET_FIELDS_H
#define TD_DATA_DATASET_FIELDS_H

#include "data/dataset.h"
#include "data/frame.h"
#include "data/schema.h"

/* Adds the fields of the file to schema: ids, time and title by their roles, then those of users
 * and items that a schema of prepare declared. Numbers of users and items are summed up over those
 * that have an id. */
td_status td_dataset_read_schema(td_dataset *data, td_schema *schema);

/* Adds a field of users or items, by id, id 0 first, to a frame that is empty or has others of the
 * same. What is told of users without an id is left out. */
td_status td_dataset_read_field(td_dataset *data, const td_schema_field *field, td_frame *frame);

/* Reads the names of a field's categories, that of id 1 first; free them with td_strings_free. */
td_status td_dataset_read_field_names(td_dataset *data, const td_schema_field *field,
                                      td_strings *names);

#endif
