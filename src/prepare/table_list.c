/* A list that owns what its tables point to. */
#include "prepare/table_list.h"

#include "base/memory.h"

void td_table_list_free(td_table_list *list)
{
    for (size_t b = 0; b < list->blocks; b++)
        td_free(list->block[b]);
    td_free(list->block);
    td_free(list->tables);
    *list = (td_table_list){0};
}

void *td_table_list_keep(td_table_list *list, void *block)
{
    list->block = td_grow(list->block, list->blocks, sizeof *list->block);
    return list->block[list->blocks++] = block;
}

td_field *td_table_list_field(td_table_list *list, const char *name, td_type type, void *values,
                              int64_t *offsets)
{
    td_field *field = td_table_list_keep(list, TD_NEW(td_field, 1));
    *field =
        (td_field){.name = td_table_list_keep(list, td_copy_text(name)), .type = type, .width = 1};
    field->values = values;
    field->offsets = offsets;
    return field;
}

const char *td_table_list_fields_in(td_table_list *list, const char *group)
{
    return td_table_list_keep(list, td_print_text("%s/fields", group));
}

void td_table_list_add(td_table_list *list, td_file_table table)
{
    list->tables = td_grow(list->tables, list->count, sizeof *list->tables);
    list->tables[list->count++] = table;
}

void td_table_list_add_common(td_table_list *list, const td_comm *comm, const char *group,
                              int64_t rows, size_t fields, const td_field *field)
{
    const int64_t mine = td_comm_rank(comm) == 0 ? rows : 0;
    td_table_list_add(list, (td_file_table){.group = group,
                                            .rows = rows,
                                            .run = {{0, mine}, {rows, 0}},
                                            .fields = fields,
                                            .field = field});
}

void td_table_list_add_strings(td_table_list *list, const td_comm *comm, const char *group,
                               const char *name, const td_strings *strings)
{
    td_table_list_add_common(
        list, comm, group, strings->count, 1,
        td_table_list_field(list, name, TD_UINT8, strings->bytes, strings->offsets));
}

td_status td_table_list_each(td_file *file, const td_table_list *list,
                             td_status (*act)(td_file *file, const td_file_table *table))
{
    for (size_t t = 0; t < list->count; t++)
        TD_TRY(act(file, &list->tables[t]));
    return TD_OK;
}
