/* Tables that are to be written to a file, all made before the first is written, and the memory
 * that they refer to. All functions but td_table_list_each are Local. */
#ifndef TD_PREPARE_TABLE_LIST_H
#define TD_PREPARE_TABLE_LIST_H

#include "base/str.h"
#include "comm/comm.h"
#include "data/frame_file.h"

#include <stddef.h>

/* Begins as {0}; td_table_list_free frees what it holds. */
typedef struct {
    size_t count;
    td_file_table *tables;
    size_t blocks;
    void **block; /* (blocks): freed with the list */
} td_table_list;

void td_table_list_free(td_table_list *list);

/* Frees a block with the list; returns it. */
void *td_table_list_keep(td_table_list *list, void *block);

/* Returns a field of this name, without a copy of its values. */
td_field *td_table_list_field(td_table_list *list, const char *name, td_type type, void *values,
                              int64_t *offsets);

/* Returns group/fields. */
const char *td_table_list_fields_in(td_table_list *list, const char *group);

void td_table_list_add(td_table_list *list, td_file_table table);

/* Add a table, or strings, that every rank has, for rank 0 to write. */
void td_table_list_add_common(td_table_list *list, const td_comm *comm, const char *group,
                              int64_t rows, size_t fields, const td_field *field);
void td_table_list_add_strings(td_table_list *list, const td_comm *comm, const char *group,
                               const char *name, const td_strings *strings);

/* Collective. Acts on one table after the other: td_file_table_make, or td_file_table_write. */
td_status td_table_list_each(td_file *file, const td_table_list *list,
                             td_status (*act)(td_file *file, const td_file_table *table));

#endif
