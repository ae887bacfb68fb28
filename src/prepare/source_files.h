/* The files of a source. All functions are Local. */
#ifndef TD_PREPARE_SOURCE_FILES_H
#define TD_PREPARE_SOURCE_FILES_H

#include "prepare/source.h"
#include "tandem/prepare.h"

#include <stdbool.h>

/* Adds a file to a table, or the files of a folder: in the order of their names, without those of
 * other tables and those that begin with a dot or an underscore. TD_ERR_FILE for a folder without
 * any. */
td_status td_source_add_path(td_source *source, td_table_form *form, const char *path);

/* Adds the inputs that the options name to the interactions; and those for validation and testing,
 * which come last.
 */
td_status td_source_add_inputs(const td_prepare_options *options, td_source *source);
td_status td_source_add_held_out(const td_prepare_options *options, td_source *source);

/* Puts paths in the place of the names of a schema's files: they are in the input, if it is a
 * folder, or beside it; interactions without a name are the inputs. TD_ERR_FILE if there is no such
 * input. */
td_status td_source_find_files(const td_prepare_options *options, td_source *source);

/* Gives tables without files of their own those of the interactions, whose files are all known, and
 * their form. TD_ERR_CONFIG where that is a stream, which cannot be read twice. */
td_status td_source_share_rows(td_source *source);

/* Gives such a table the form alone, and none of the files. */
void td_source_share_form(td_source *source, td_of of);

/* Forgets the files of a table. */
void td_source_free_files(td_table_form *form);

/* Whether a path is a folder; whether it holds a file of a name. */
td_status td_source_is_folder(const char *path, bool *is_folder);
td_status td_source_holds(const char *folder, const char *name, bool *holds);

#endif
