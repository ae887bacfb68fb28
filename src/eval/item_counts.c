/* The data file's own counts, or a count of the rows that the configuration leaves to retrieval. */
#include "eval/item_counts.h"

#include "base/memory.h"
#include "data/task_fields.h"
#include "math/elementary.h"
#include "model/task.h"

/* C: each rank counts the rows of its share of the users. */
static td_status count_rows(td_dataset *data, const td_config *config, const char *trains,
                            int64_t *counts)
{
    td_comm *comm = td_file_comm(td_dataset_file(data));
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

td_status td_item_counts_read(td_dataset *data, const td_config *config, int64_t **counts)
{
    const td_task retrieval = td_task_of(config, 0);
    if (!retrieval.trains)
        return td_dataset_read_item_counts(data, counts);
    *counts = TD_NEW(int64_t, (size_t)td_dataset_info(data)->items + 1);
    const td_status status = count_rows(data, config, retrieval.trains, *counts);
    if (status != TD_OK)
        td_free(*counts);
    return status;
}

/* Source: TFRS layers/loss.py, SamplingProbabilityCorrection: log(clip(p, 1e-6, 1)). */
static float bias_of(int64_t count, int64_t total)
{
    const float share = total > 0 ? (float)((double)count / (double)total) : 0;
    return -td_ln(share < 1e-6F ? 1e-6F : share);
}

td_status td_item_bias_read(td_dataset *data, const td_config *config, float **bias)
{
    const int64_t items = td_dataset_info(data)->items + 1;
    int64_t *counts, total = 0;
    TD_TRY(td_item_counts_read(data, config, &counts));
    for (int64_t i = 0; i < items; i++)
        total += counts[i];
    *bias = TD_NEW(float, (size_t)items);
    for (int64_t i = 0; i < items; i++)
        (*bias)[i] = bias_of(counts[i], total);
    td_free(counts);
    return TD_OK;
}
