/* The data file's own counts, or a count of the rows that the configuration leaves to retrieval. */
#include "run/item_counts.h"

#include "base/memory.h"
#include "data/task_fields.h"
#include "model/task.h"

/* C: each rank counts the rows of its share of the users. */
static td_status count_rows(td_comm *comm, td_dataset *data, const td_config *config,
                            const char *trains, int64_t *counts)
{
    td_range places;
    td_rows rows;
    int64_t *user_offsets;
    td_comm_share(comm, td_dataset_info(data)->file_users, &places.first, &places.count);
    TD_TRY(td_dataset_read_users(data, TD_TRAIN, places.first, places.count, NULL, &user_offsets,
                                 &rows));
    const td_status status = td_task_fields_add(comm, data, config, &rows);
    const uint8_t *is_counted = td_frame_values(&rows.frame, trains); /* NULL: all are */
    for (int64_t i = 0; i < rows.count; i++)
        counts[rows.item[i]] += !is_counted || is_counted[i];
    td_comm_sum(comm, (size_t)td_dataset_info(data)->items + 1, counts);
    td_free(user_offsets);
    td_rows_free(&rows);
    return status;
}

td_status td_item_counts_read(td_comm *comm, td_dataset *data, const td_config *config,
                              int64_t **counts)
{
    const td_task retrieval = td_task_of(config, 0);
    if (!retrieval.trains)
        return td_dataset_read_item_counts(data, counts);
    *counts = TD_NEW(int64_t, (size_t)td_dataset_info(data)->items + 1);
    const td_status status = count_rows(comm, data, config, retrieval.trains, *counts);
    if (status != TD_OK)
        td_free(*counts);
    return status;
}
