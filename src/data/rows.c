#include "data/rows.h"

#include "base/memory.h"

#include <string.h>

static void *values_of(const td_rows *rows, const td_schema *schema, td_role role)
{
    const td_schema_field *field = td_schema_with_role(schema, role);
    return field ? td_frame_values(&rows->frame, field->name) : NULL;
}

void td_rows_bind(td_rows *rows, const td_schema *schema)
{
    rows->count = rows->frame.count;
    rows->user = values_of(rows, schema, TD_ROLE_USER);
    rows->item = values_of(rows, schema, TD_ROLE_ITEM);
    rows->rating = values_of(rows, schema, TD_ROLE_LABEL);
    rows->weight = values_of(rows, schema, TD_ROLE_WEIGHT);
    if (!rows->weight)
        rows->weight = td_frame_values(&rows->frame, TD_FIELD_WEIGHT);
    rows->timestamp = values_of(rows, schema, TD_ROLE_TIME);
    rows->row = td_frame_values(&rows->frame, TD_FIELD_ROW);
}

/* Returns values, or those of a new field, all 0. */
static void *or_zeros(td_rows *rows, void *values, const char *name, td_type type)
{
    if (values)
        return values;
    td_field *field = td_frame_add(&rows->frame, name, type, 1);
    return memset(field->values, 0, (size_t)rows->count * td_type_size(type));
}

void td_rows_add_weights(td_rows *rows)
{
    if (rows->weight)
        return;
    rows->weight = td_frame_add(&rows->frame, TD_FIELD_WEIGHT, TD_FLOAT32, 1)->values;
    for (int64_t i = 0; i < rows->count; i++)
        rows->weight[i] = 1;
}

void td_rows_complete(td_rows *rows)
{
    rows->user = or_zeros(rows, rows->user, ".user", TD_INT32);
    rows->item = or_zeros(rows, rows->item, ".item", TD_INT32);
    rows->row = or_zeros(rows, rows->row, TD_FIELD_ROW, TD_INT64);
    rows->rating = or_zeros(rows, rows->rating, ".rating", TD_FLOAT32);
    rows->timestamp = or_zeros(rows, rows->timestamp, ".timestamp", TD_INT64);
    td_rows_add_weights(rows);
}

td_rows td_rows_allocate(int64_t count)
{
    td_rows rows = {.frame = {.count = count, .room = count}, .count = count};
    td_rows_complete(&rows);
    return rows;
}

void td_rows_free(td_rows *rows)
{
    td_frame_free(&rows->frame);
    *rows = (td_rows){.count = 0};
}

void td_rows_append(td_rows *rows, const td_rows *from, int64_t first, int64_t count)
{
    rows->frame.count = rows->count;
    td_frame_append(&rows->frame, &from->frame, (td_range){first, count});
    rows->count += count;
}

void td_rows_derive(td_rows *rows, const td_schema *schema, const td_derivations *derivations)
{
    td_derive_for_training(derivations, TD_OF_ROW, &rows->frame);
    td_rows_bind(rows, schema);
}

void td_rows_replace_derived(td_rows *rows, const td_schema *schema,
                             const td_derivations *derivations)
{
    td_rows_derive(rows, schema, derivations);
    for (size_t i = 0; i < derivations->count; i++) {
        const td_derivation *d = &derivations->derivation[i];
        const td_schema_field *from = td_schema_find(schema, d->from);
        const bool is_kept = derivations->kept && strcmp(d->from, derivations->kept) == 0;
        if (d->of == TD_OF_ROW && !is_kept &&
            (from->role == TD_ROLE_NONE || from->role == TD_ROLE_TIME))
            td_frame_remove(&rows->frame, d->from);
    }
    td_rows_bind(rows, schema);
}
