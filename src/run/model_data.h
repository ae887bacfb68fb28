/* What a model needs of its data file besides rows: table sizes, the scale of times, title tokens,
 * sampling probabilities. */
#ifndef TD_RUN_MODEL_DATA_H
#define TD_RUN_MODEL_DATA_H

#include "data/dataset.h"
#include "model/model.h"

typedef struct {
    td_sizes sizes;
    bool has_times;
    td_time_scale times;    /* for rows, if the query tower reads times */
    int64_t *title_offsets; /* NULL unless the candidate tower reads titles */
    int32_t *title_tokens;
    float *item_bias; /* (items + 1): -log of an item's share of the training rows, at least 1e-6;
                         NULL without retrieval.log_q */
} td_model_data;

/* Collective. Reads what the configuration's model needs. TD_ERR_MISMATCH if the data file lacks
 * titles, times or ratings that it asks for: the message names the file (path) and the key. Free
 * with td_model_data_free. */
td_status td_model_data_load(td_dataset *data, const char *path, const td_config *config,
                             td_model_data *out);
void td_model_data_free(td_model_data *model_data);

/* Local. The scale of times, NULL if the model reads none; the titles, NULL likewise. */
const td_time_scale *td_model_data_times(const td_model_data *model_data);
td_titles td_model_data_titles(const td_model_data *model_data);

#endif
