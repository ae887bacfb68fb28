/* What the sources of dataset.h share. */
#ifndef TD_DATA_DATASET_PARTS_H
#define TD_DATA_DATASET_PARTS_H

#include "data/dataset.h"

struct td_dataset {
    td_comm *comm;
    td_file *file;
    td_data_info info;
    int64_t file_rows[TD_SPLITS]; /* as they are there, joined or not */
};

/* As their namesakes of dataset.h, of a split as it is in the file; rows are not completed. */
td_status td_dataset_read_file_users(td_dataset *data, td_split split, int64_t first, int64_t users,
                                     const char *const *fields, int64_t **user_offsets,
                                     td_rows *rows);
td_status td_dataset_read_file_user_offsets(td_dataset *data, td_split split, td_range users,
                                            int64_t **offsets);
td_status td_dataset_read_file_rows(td_dataset *data, td_split split, td_range rows,
                                    const char *const *fields, td_frame *frame);
td_status td_dataset_read_file_row_numbers(td_dataset *data, td_split split, int64_t first,
                                           int64_t count, int64_t *numbers);
td_status td_dataset_read_file_seen(td_dataset *data, int64_t first, int64_t users,
                                    int64_t **offsets, int32_t **items);
td_status td_dataset_read_file_item_counts(td_dataset *data, int64_t **counts);

/* Local. The names of a schema's fields, as a table of users, items or rows has them: all of these
 * whose names are among fields (NULL: all), without values, but for users of rows. */
td_frame td_dataset_fields(const td_dataset *data, td_of of, const char *const *fields);

/* Local. Checks the values of a table's fields, which stand in this group, from row first on. */
td_status td_dataset_check_fields(const td_dataset *data, const char *group, const td_frame *frame,
                                  int64_t first);

/* Local. Checks that lists of weights are as long as those of what they weigh. */
td_status td_dataset_check_weights(const td_dataset *data, const char *group,
                                   const td_frame *frame);

/* Local. Fails with TD_ERR_FORMAT and a message that starts with the file's path. */
#define TD_DATASET_FAIL(data, format, ...)                                                         \
    td_fail(TD_ERR_FORMAT, "%s: " format, td_file_path((data)->file), __VA_ARGS__)

#endif
