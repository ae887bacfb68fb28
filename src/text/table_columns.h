/* All columns that a table has, for those who do not know them. */
#ifndef TD_TEXT_TABLE_COLUMNS_H
#define TD_TEXT_TABLE_COLUMNS_H

#include "comm/comm.h"
#include "tandem/status.h"
#include "text/files.h"
#include "text/table.h"

/* Collective. Completes a form by the start of its first file: kind, separator, quotes, encoding
 * (latin1 where UTF-8 was meant and the start is none), whether there is a header; and makes its
 * columns all that the file has, by the header's names, by numbers where it has none or one that is
 * none, and by the names of the members of JSON objects. The caller frees the columns with
 * td_table_columns_free, and opens the table by td_table_open_files, since a stream can be opened
 * once; form must outlive the files. TD_ERR_FILE, TD_ERR_INPUT as td_table_open. */
td_status td_table_columns_find(td_comm *comm, td_table_form *form, td_files **files);
void td_table_columns_free(td_table_form *form);

#endif
