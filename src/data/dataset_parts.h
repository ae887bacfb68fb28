/* What the sources of dataset.h share. */
#ifndef TD_DATA_DATASET_PARTS_H
#define TD_DATA_DATASET_PARTS_H

#include "data/dataset.h"

struct td_dataset {
    td_comm *comm;
    td_file *file;
    td_data_info info;
};

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
