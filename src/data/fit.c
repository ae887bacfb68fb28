/* Every rank gathers the training values of its share of rows, users or items. */
#include "data/fit.h"

#include "base/memory.h"
#include "data/dataset_parts.h"
#include "data/frame_file.h"

/* Collective. Lists the ids of this rank's share of users that have training rows. */
static td_status find_users(td_dataset *data, int64_t *count, int64_t **ids)
{
    const td_data_info *info = &data->info;
    int64_t begin, *offsets;
    td_range mine;
    td_comm_share(data->comm, info->users, &mine.first, &mine.count);
    TD_TRY(td_offsets_read(data->file, "train/user_offsets", info->file_users, mine,
                           info->rows[TD_TRAIN], &begin, &offsets));
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
    if (d->of == TD_OF_ROW) {
        const char *const fields[] = {d->from, NULL};
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

td_status td_derivations_fit(td_dataset *data, const td_frame *users, const td_frame *items,
                             td_derivations *derivations)
{
    for (size_t i = 0; i < derivations->count; i++) {
        td_derivation *d = &derivations->derivation[i];
        td_frame part = {0};
        if (!d->transform->fit)
            continue;
        TD_TRY(gather(data, d, users, items, &part));
        const td_training_values values = {data->comm, td_schema_find(&data->info.schema, d->from),
                                           td_frame_find(&part, d->from), part.count};
        d->transform->fit(&values, d);
        td_frame_free(&part);
    }
    return TD_OK;
}
