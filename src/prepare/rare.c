#include "prepare/rare.h"

#include "base/memory.h"

void td_rare_count(const td_field *field, int64_t rows, int64_t *counts)
{
    const int32_t *ids = field->values;
    for (int64_t i = 0; i < td_field_elements(field, rows); i++)
        counts[ids[i]]++;
}

/* Leaves zeros out of lists. */
static void close_gaps(td_field *field, int64_t rows)
{
    int32_t *ids = field->values;
    int64_t used = 0, first = 0;
    for (int64_t row = 0; row < rows; row++) {
        const int64_t end = field->offsets[row + 1];
        for (int64_t i = first; i < end; i++)
            if (ids[i] != 0)
                ids[used++] = ids[i];
        field->offsets[row + 1] = used;
        first = end;
    }
}

td_vocabulary *td_rare_drop(td_vocabulary *names, int64_t min_count, const int64_t *counts,
                            td_field *field, int64_t rows)
{
    const int32_t count = td_vocabulary_count(names);
    td_vocabulary *kept = td_vocabulary_create();
    int32_t *ids = field->values, *number = TD_NEW(int32_t, (size_t)count + 1);
    for (int32_t id = 1; id <= count; id++)
        if (counts[id] >= min_count)
            number[id] = td_vocabulary_add(kept, td_vocabulary_name(names, id));
    for (int64_t i = 0; i < td_field_elements(field, rows); i++)
        ids[i] = number[ids[i]];
    if (field->offsets)
        close_gaps(field, rows);
    td_free(number);
    td_vocabulary_free(names);
    return kept;
}
