#include "eval/scope.h"

#include "base/memory.h"

static char *words_for(const td_data_origin *origin, bool is_joined)
{
    return td_print_text(
        "split %s; %s; %slog q, popularity and histories of training%s rows%s", origin->split,
        origin->statistics_of_all
            ? "vocabularies and statistics of all rows, those that are asked, too"
            : "users and statistics of training rows, items and tokens of the item list",
        is_joined ? "parameters, " : "", is_joined ? " and validation" : "",
        origin->has_core ? "; a core of users and items was chosen before the split" : "");
}

/* The newest time of this rank's share of the training rows. */
static td_status read_newest(td_comm *comm, td_dataset *data, const char *field, int64_t *newest)
{
    td_range share;
    td_frame frame;
    const char *const fields[] = {field, NULL};
    td_comm_share(comm, td_dataset_info(data)->rows[TD_TRAIN], &share.first, &share.count);
    TD_TRY(td_dataset_read_rows(data, TD_TRAIN, share, fields, &frame));
    const int64_t *times = td_frame_find(&frame, field)->values;
    for (int64_t i = 0; i < share.count; i++)
        *newest = td_larger(*newest, times[i]);
    td_frame_free(&frame);
    return TD_OK;
}

/* Statistics of training rows have the newest time already. */
static td_status find_newest(td_comm *comm, td_dataset *data, const td_data_origin *origin,
                             int64_t *newest)
{
    const td_schema_field *time = td_schema_with_role(&td_dataset_info(data)->schema, TD_ROLE_TIME);
    *newest = INT64_MIN;
    if (!time || time->summary.count == 0)
        return TD_OK;
    if (!origin->statistics_of_all) {
        *newest = td_dataset_info(data)->latest;
        return TD_OK;
    }
    TD_TRY(read_newest(comm, data, time->name, newest));
    *newest = td_comm_max_count(comm, *newest);
    return TD_OK;
}

td_status td_scope_find(td_comm *comm, td_dataset *data, char **text, int64_t *newest)
{
    td_data_origin origin;
    TD_TRY(td_dataset_read_origin(data, &origin));
    const td_status status = find_newest(comm, data, &origin, newest);
    if (status == TD_OK)
        *text = words_for(&origin, td_dataset_info(data)->joined > 0);
    td_free(origin.split);
    return status;
}
