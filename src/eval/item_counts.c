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

void td_category_counts_add(const td_item_ids *of, int64_t items, const int64_t *counts,
                            double *score, int64_t *categories)
{
    int64_t *rows = TD_NEW(int64_t, (size_t)of->ids), *number = TD_NEW(int64_t, (size_t)of->ids);
    for (int64_t i = 1; i <= items; i++)
        for (int64_t k = of->offsets[i]; k < of->offsets[i + 1]; k++) {
            rows[of->id[k]] += counts[i];
            number[of->id[k]] += counts[i] > 0;
        }
    for (int64_t i = 1; i <= items; i++)
        for (int64_t k = of->offsets[i]; k < of->offsets[i + 1]; k++) {
            const int32_t id = of->id[k];
            score[i] += number[id] > 0 ? (double)rows[id] / (double)number[id] : 0;
            categories[i]++;
        }
    td_free(rows);
    td_free(number);
}

/* C */
static td_status add_fields(td_dataset *data, const td_item_fields *fields, const int64_t *counts,
                            double *sum, int64_t *categories)
{
    const td_data_info *info = td_dataset_info(data);
    td_frame items;
    TD_TRY(td_dataset_read_item_fields(data, fields->name, &items));
    for (size_t f = 0; f < fields->count; f++) {
        td_item_ids of = td_item_ids_of(td_schema_find(&info->schema, fields->name[f]), &items);
        td_category_counts_add(&of, info->items, counts, sum, categories);
        td_item_ids_free(&of);
    }
    td_frame_free(&items);
    return TD_OK;
}

td_status td_category_counts_read(td_dataset *data, const td_config *config,
                                  const td_item_fields *fields, float **score)
{
    const size_t ids = (size_t)td_dataset_info(data)->items + 1;
    int64_t *counts;
    TD_TRY(td_item_counts_read(data, config, &counts));
    double *sum = TD_NEW(double, ids);
    int64_t *categories = TD_NEW(int64_t, ids);
    const td_status status = add_fields(data, fields, counts, sum, categories);
    if (status == TD_OK) {
        *score = TD_NEW(float, ids);
        for (size_t i = 0; i < ids; i++)
            (*score)[i] = categories[i] > 0 ? (float)(sum[i] / (double)categories[i]) : 0;
    }
    td_free(counts);
    td_free(sum);
    td_free(categories);
    return status;
}
