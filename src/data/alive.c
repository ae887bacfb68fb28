/* Two fields of items. */
#include "data/alive.h"

#include "base/memory.h"
#include "data/dataset.h"

#include <string.h>

/* Takes the times of a field out of a frame: its values, and open where they are missing. */
static int64_t *take(const td_frame *items, const td_schema_field *field, int64_t open)
{
    if (!field)
        return NULL;
    int64_t *times = TD_NEW(int64_t, (size_t)items->count);
    memcpy(times, td_frame_values(items, field->name), (size_t)items->count * sizeof *times);
    for (int64_t i = 0; i < items->count; i++)
        if (td_missing_is(TD_INT64, &times[i]))
            times[i] = open;
    return times;
}

td_status td_alive_read(td_dataset *data, td_alive *alive)
{
    const td_schema *schema = &td_dataset_info(data)->schema;
    const td_schema_field *from = td_schema_with_role(schema, TD_ROLE_ALIVE_FROM);
    const td_schema_field *until = td_schema_with_role(schema, TD_ROLE_ALIVE_UNTIL);
    const char *names[3] = {NULL};
    td_frame items = {.count = 0};
    size_t count = 0;
    *alive = (td_alive){.from = NULL};
    if (from)
        names[count++] = from->name;
    if (until)
        names[count++] = until->name;
    if (count > 0)
        TD_TRY(td_dataset_read_item_fields(data, names, &items));
    alive->from = take(&items, from, INT64_MIN);
    alive->until = take(&items, until, INT64_MAX);
    td_frame_free(&items);
    return TD_OK;
}

void td_alive_free(td_alive *alive)
{
    td_free(alive->from);
    td_free(alive->until);
    *alive = (td_alive){.from = NULL};
}
