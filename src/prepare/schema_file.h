/* A schema, a YAML text, as what td_prepare reads (docs/formats.md describes it). Local. */
#ifndef TD_PREPARE_SCHEMA_FILE_H
#define TD_PREPARE_SCHEMA_FILE_H

#include "prepare/source.h"

enum { TD_SCHEMA_LARGEST = 1 << 18 }; /* bytes of a text, thousands of fields */

/* Reads the size bytes of text into source, which begins as {0} and keeps references to where, the
 * schema's name for messages. A form's path is the file's as it stands there, NULL where a table is
 * there that names none. TD_ERR_CONFIG, with where, line, column and field, for what is wrong.
 * td_source_free frees source, also after a failure. */
td_status td_schema_file_parse(const char *text, size_t size, const char *where, td_source *source);

/* Returns the text of a schema that is built in, a format's, NULL if there is none of this name. */
const char *td_schema_built_in(const char *format);

#endif
