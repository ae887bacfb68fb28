#include "prepare/prepared.h"

#include "base/memory.h"

void td_prepared_add(td_prepared *prepared, td_of of, const td_source_field *field,
                     td_strings names)
{
    const size_t count = prepared->schema.count;
    prepared->names = td_reallocate(prepared->names, count, count + 1, sizeof *prepared->names);
    prepared->names[count] = names;
    td_schema_add(&prepared->schema,
                  (td_schema_field){.name = (char *)field->name,
                                    .of = of,
                                    .kind = field->kind,
                                    .role = field->role,
                                    .vocabulary = names.offsets         ? names.count + 1
                                                  : field->hash_buckets ? field->hash_buckets + 1
                                                                        : 0,
                                    .is_hashed = field->hash_buckets > 0,
                                    .width = field->width});
}

void td_prepared_free(td_prepared *prepared)
{
    for (size_t f = 0; f < prepared->schema.count; f++)
        td_strings_free(&prepared->names[f]);
    td_free(prepared->names);
    td_schema_free(&prepared->schema);
    *prepared = (td_prepared){0};
}
