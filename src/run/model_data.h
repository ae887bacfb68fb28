/* What a model needs of its data file besides rows: its features resolved against what the file
 * has, and the fields of users and items that they read. */
#ifndef TD_RUN_MODEL_DATA_H
#define TD_RUN_MODEL_DATA_H

#include "data/dataset.h"
#include "model/model.h"

typedef struct {
    const td_schema *schema; /* what the file has: the dataset's */
    td_frame users; /* fields of users that the model reads, by id, id 0 first; derived ones too */
    td_frame items; /* likewise of items */
    td_spec *spec;
} td_model_data;

/* Local. The part of td_model_data_load that reads no values: the model's features and tables.
 * The same statuses. Free with td_spec_free. */
td_status td_model_data_spec(const td_dataset *data, const char *path, const td_config *config,
                             td_spec **spec);

/* Collective. Reads what the configuration's model needs. TD_ERR_MISMATCH if the data file lacks
 * what it asks for: the message names the file (path) and the key; TD_ERR_CONFIG, TD_ERR_INPUT as
 * td_spec_create. Free with td_model_data_free. */
td_status td_model_data_load(td_dataset *data, const char *path, const td_config *config,
                             td_model_data *out);
void td_model_data_free(td_model_data *model_data);

/* Local. Returns what the query tower reads of count rows at these times, in seconds, whose other
 * fields are missing. Free it with td_frame_free. */
td_frame td_model_data_context(const td_model_data *model_data, int64_t count,
                               const int64_t *seconds);

/* Local. Return what a tower reads of count users or items (of) with these ids, or rows at these
 * times, in seconds, about whom some fields are given, by the schema's names: a value that is
 * given, else that of the data, which of rows is missing. Free them with td_frame_free. */
td_frame td_model_data_describe(const td_model_data *model_data, td_of of, int64_t count,
                                const int32_t *ids, const td_frame *given);
td_frame td_model_data_describe_rows(const td_model_data *model_data, int64_t count,
                                     const int64_t *seconds, const td_frame *given);

#endif
