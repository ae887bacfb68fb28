/* Every rank gathers the training values of its share of rows, users or items. */
#include "data/fit.h"

#include "base/memory.h"
#include "base/number.h"
#include "data/dataset_parts.h"
#include "data/transform_parts.h"
#include "text/time_text.h"

#include <string.h>

/* Collective. Lists the ids of this rank's share of users that have training rows. */
static td_status find_users(td_dataset *data, int64_t *count, int64_t **ids)
{
    int64_t *offsets;
    td_range mine;
    td_comm_share(data->comm, data->info.users, &mine.first, &mine.count);
    TD_TRY(td_dataset_read_user_offsets(data, TD_TRAIN, mine, &offsets));
    *ids = TD_NEW(int64_t, (size_t)mine.count);
    for (int64_t i = 0; i < mine.count; i++)
        if (offsets[i + 1] > offsets[i])
            (*ids)[(*count)++] = mine.first + i + 1;
    td_free(offsets);
    return TD_OK;
}

/* Collective. The same of items. */
static td_status find_items(td_dataset *data, int64_t *count, int64_t **ids)
{
    int64_t *rows;
    td_range mine;
    TD_TRY(td_dataset_read_item_counts(data, &rows));
    td_comm_share(data->comm, data->info.items, &mine.first, &mine.count);
    *ids = TD_NEW(int64_t, (size_t)mine.count);
    for (int64_t id = mine.first + 1; id <= mine.first + mine.count; id++)
        if (rows[id] > 0)
            (*ids)[(*count)++] = id;
    td_free(rows);
    return TD_OK;
}

/* Collective. The training values of this rank's share, in a frame of their own. */
static td_status gather(td_dataset *data, const td_derivation *d, const td_frame *users,
                        const td_frame *items, td_frame *part)
{
    int64_t count = 0, *ids = NULL;
    if (d->of == TD_OF_ROW || d->transform->is_of_items) {
        const char *item = td_schema_with_role(&data->info.schema, TD_ROLE_ITEM)->name;
        const char *const fields[] = {d->from, d->transform->is_of_items ? item : d->within, NULL};
        td_range mine;
        td_comm_share(data->comm, data->info.rows[TD_TRAIN], &mine.first, &mine.count);
        return td_dataset_read_rows(data, TD_TRAIN, mine, fields, part);
    }
    if (d->of == TD_OF_USER)
        TD_TRY(find_users(data, &count, &ids));
    else
        TD_TRY(find_items(data, &count, &ids));
    *part = td_frame_gather(d->of == TD_OF_USER ? users : items, count, ids);
    td_free(ids);
    return TD_OK;
}

static td_status fail_served(const td_derivation *d, const char *expected)
{
    return td_fail(TD_ERR_CONFIG, "configuration: features.%s.serve: expected %s, found '%s'",
                   strchr(d->name, '/') + 1, expected, d->serve);
}

/* Collective. Reads what a field has in use as it reads a cell. */
static td_status read_served(td_dataset *data, const td_schema_field *from, const td_derivation *d,
                             td_field *value)
{
    double number;
    if (from->kind == TD_KIND_CATEGORY) {
        TD_TRY(td_dataset_find_id(data, from, (td_str){d->serve, strlen(d->serve)}, value->values));
        if (*(int32_t *)value->values == 0)
            return fail_served(d, "a category of the data");
    } else if (from->kind == TD_KIND_TIME) {
        if (!td_time_read(d->serve, strlen(d->serve), value->values))
            return fail_served(d, TD_TIME_EXPECTED);
    } else {
        if (!td_number_read_real(d->serve, &number))
            return fail_served(d, "a number");
        *(float *)value->values = (float)number;
    }
    return TD_OK;
}

/* Collective. */
static td_status fit(td_dataset *data, const td_frame *users, const td_frame *items,
                     td_derivation *d)
{
    const td_schema *schema = &data->info.schema;
    td_training_values values = {.comm = data->comm, .schema = schema};
    if (d->transform->fit) {
        TD_TRY(gather(data, d, users, items, &values.part));
        d->transform->fit(&values, d);
        td_frame_free(&values.part);
    }
    if (!d->serve)
        return TD_OK;
    const td_schema_field *from = td_schema_find(schema, d->from);
    td_schema_add_to(from, &d->served);
    if (d->within)
        td_schema_add_to(td_schema_find(schema, d->within), &d->served);
    td_frame_extend(&d->served, 1);
    return read_served(data, from, d, td_frame_find(&d->served, d->from));
}

td_status td_derivations_fit(td_dataset *data, const td_frame *users, const td_frame *items,
                             td_derivations *derivations)
{
    for (size_t i = 0; i < derivations->count; i++)
        if (derivations->derivation[i].needs_fit)
            TD_TRY(fit(data, users, items, &derivations->derivation[i]));
    return TD_OK;
}
