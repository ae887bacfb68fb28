/* Table by table. Fields of rows are not copied: they are gathered when they are written. */
#include "prepare/data_tables.h"

#include "base/memory.h"
#include "prepare/pairs.h"

/* What is added to. */
typedef struct {
    td_comm *comm;
    const td_data_parts *parts;
    td_table_list *tables;
} adding;

static void *keep(const adding *a, void *block)
{
    return td_table_list_keep(a->tables, block);
}

static td_field *field_of(const adding *a, const char *name, td_type type, void *values,
                          int64_t *offsets)
{
    return td_table_list_field(a->tables, name, type, values, offsets);
}

static void add_common(const adding *a, const char *group, int64_t rows, size_t fields,
                       const td_field *field)
{
    td_table_list_add_common(a->tables, a->comm, group, rows, fields, field);
}

static void add_strings(const adding *a, const char *group, const char *name,
                        const td_strings *strings)
{
    td_table_list_add_strings(a->tables, a->comm, group, name, strings);
}

/* Collective. A table of which the ranks have two runs of so many rows each. */
static td_file_table of_users(const adding *a, const char *group, int64_t with_id, int64_t others)
{
    int64_t mine[2] = {with_id, others}, before[2];
    td_comm_exscan(a->comm, 2, mine, before);
    td_comm_sum(a->comm, 2, mine);
    return (td_file_table){.group = group,
                           .rows = mine[0] + mine[1],
                           .run = {{before[0], with_id}, {mine[0] + before[1], others}}};
}

static void add_of_users(const adding *a, td_file_table table, const int64_t *order, size_t fields,
                         const td_field *field)
{
    table.order = order;
    table.fields = fields;
    table.field = field;
    td_table_list_add(a->tables, table);
}

static td_file_table users_table(const adding *a, const char *group)
{
    const td_user_order *g = a->parts->order;
    return of_users(a, group, g->with_id, g->users - g->with_id);
}

/* A split without rows is not in the file. */
static void add_split(const adding *a, td_split split)
{
    const td_user_order *g = a->parts->order;
    const td_data_parts *p = a->parts;
    const char *group = td_split_name(split);
    int64_t *offsets = g->offsets[split];
    td_file_table table =
        of_users(a, group, offsets[g->with_id], offsets[g->users] - offsets[g->with_id]);
    if (table.rows == 0)
        return;
    add_of_users(a, users_table(a, group), NULL, 1,
                 field_of(a, "user_offsets", TD_UINT8, NULL, offsets));
    add_of_users(a, table, g->rows[split], 1,
                 field_of(a, "row", TD_INT64, (void *)p->row_number, NULL));
    table.group = td_table_list_fields_in(a->tables, group);
    add_of_users(a, table, g->rows[split], p->rows->fields, p->rows->field);
}

static const int32_t *items_of(const td_data_parts *parts)
{
    return td_frame_values(parts->rows,
                           td_schema_with_role(&parts->prepared->schema, TD_ROLE_ITEM)->name);
}

static void add_users(const adding *a)
{
    const td_data_parts *p = a->parts;
    td_field *seen = keep(a, TD_NEW(td_field, 1));
    *seen = td_pairs_seen(p->order, items_of(p));
    keep(a, seen->name);
    keep(a, seen->values);
    keep(a, seen->offsets);
    add_of_users(a, users_table(a, "users"), NULL, 1, seen);
    add_of_users(a, users_table(a, "users/fields"), p->order->user, p->users->fields,
                 p->users->field);
    const char *user = td_schema_with_role(&p->prepared->schema, TD_ROLE_USER)->name;
    add_of_users(a, users_table(a, "vocabularies"), p->order->user, 1,
                 field_of(a, user, TD_UINT8, p->owners->names.bytes, p->owners->names.offsets));
}

static void add_vocabularies(const adding *a)
{
    const td_prepared *prepared = a->parts->prepared;
    for (size_t f = 0; f < prepared->schema.count; f++)
        if (prepared->names[f].offsets)
            add_strings(a, "vocabularies", prepared->schema.fields[f].name, &prepared->names[f]);
}

static void add_items(const adding *a)
{
    const td_data_parts *p = a->parts;
    const int64_t items = td_vocabulary_count(p->catalog->items);
    int64_t *counts = keep(a, td_pairs_count_items(p->order, items_of(p), items));
    td_comm_sum(a->comm, (size_t)items + 1, counts);
    add_common(a, "items", items + 1, 1, field_of(a, "train_counts", TD_INT64, counts, NULL));
    add_common(a, "items/fields", items + 1, p->items->fields, p->items->field);
}

static void add_catalog(const adding *a)
{
    const td_catalog *list = a->parts->catalog;
    const td_strings ids = td_vocabulary_list(list->ids ? list->ids : list->items);
    const td_strings titles = td_catalog_titles(list);
    keep(a, ids.bytes);
    keep(a, ids.offsets);
    add_common(a, "catalog", list->rows, 1, field_of(a, "item", TD_INT32, list->item, NULL));
    add_strings(a, "catalog", "id", &ids);
    if (titles.offsets)
        add_strings(a, "catalog", "title", &titles);
}

td_table_list td_data_tables_make(td_comm *comm, const td_data_parts *parts)
{
    td_table_list tables = {0};
    const adding a = {comm, parts, &tables};
    for (int s = 0; s < TD_SPLITS; s++)
        add_split(&a, (td_split)s);
    add_users(&a);
    add_vocabularies(&a);
    add_items(&a);
    add_catalog(&a);
    return tables;
}
