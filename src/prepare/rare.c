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

td_strings td_rare_drop(td_strings names, int64_t min_count, const int64_t *counts, td_field *field,
                        int64_t rows)
{
    int32_t *number = TD_NEW(int32_t, (size_t)names.count + 1), count = 0;
    int32_t *kept = TD_NEW(int32_t, (size_t)names.count), *ids = field->values;
    for (int32_t id = 1; id <= names.count; id++)
        if (counts[id] >= min_count) {
            kept[count++] = id;
            number[id] = count;
        }
    for (int64_t i = 0; i < td_field_elements(field, rows); i++)
        ids[i] = number[ids[i]];
    if (field->offsets)
        close_gaps(field, rows);
    const td_strings left = td_strings_pick(&names, count, kept);
    td_strings_free(&names);
    td_free(number);
    td_free(kept);
    return left;
}
