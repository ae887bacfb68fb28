/* A schema in a data file: a group schema/NAME for each field, with attributes. Collective both. */
#ifndef TD_DATA_SCHEMA_FILE_H
#define TD_DATA_SCHEMA_FILE_H

#include "data/schema.h"
#include "store/file.h"
#include "tandem/status.h"

td_status td_schema_write(td_file *file, const td_schema *schema);

/* Reads and checks it: TD_ERR_FORMAT for what cannot be. The caller frees schema with
 * td_schema_free, also after a failure. */
td_status td_schema_read(td_file *file, td_schema *schema);

#endif
