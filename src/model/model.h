/* A model: what the configuration and the data's sizes make of the parts in this layer.
 *
 * Local, all of it: the model knows nothing of ranks or files; which rows of a table are here is
 * said by who makes it.
 */
#ifndef TD_MODEL_MODEL_H
#define TD_MODEL_MODEL_H

#include "base/range.h"
#include "model/optimizer.h"
#include "model/parameters.h"
#include "model/rating.h"
#include "model/retrieval.h"
#include "model/tower.h"
#include "tandem/config.h"

typedef struct {
    td_config config;
    td_sizes sizes;
    td_titles titles; /* of the items, for title_text; the caller's arrays */
    td_kernels kernels;
    td_parameters parameters;
    td_tower query;
    td_tower candidate;
    bool has_head;
    td_layers head; /* of the rating task */
} td_model;

/* The rows that are here of a table that has owners. */
typedef struct {
    bool is_owned;
    td_range held;
} td_owned_rows;

/* Where the rows of tables are; zeros: every table is whole here, as is the optimizer's state. */
typedef struct {
    td_owned_rows users;
    td_owned_rows items;
    bool is_read_only; /* nothing is trained: the optimizer's state is nowhere */
} td_placement;

/* Builds a model, its parameters not yet set. titles (NULL without title_text) is kept by
 * reference to its arrays; placement NULL: every table is whole. TD_ERR_CONFIG if the towers'
 * widths differ (the message says which is which), TD_ERR_INPUT if a table would be too large. Free
 * it with td_model_free. */
td_status td_model_create(const td_config *config, const td_sizes *sizes, const td_titles *titles,
                          const td_kernels *kernels, const td_placement *placement, td_model **out);
void td_model_free(td_model *model);

/* Sets the parameters to the start of training. */
void td_model_initialize(td_model *model);

/* Brings what is derived from the parameters up to date; call it after they changed. */
void td_model_refresh(td_model *model);

/* Sets embeddings (inputs->count, width) by a tower, tile by tile; threads share the tiles, which
 * depend on count alone. */
void td_model_embed(const td_model *model, const td_tower *tower, const td_inputs *inputs,
                    float *embeddings);

/* Tells whether a tower of the configuration reads a feature (TD_FEATURE_USER, ...). */
bool td_model_reads(const td_config *config, td_side side, int feature);

/* The name of an entry of td_gradients.largest, for messages. */
const char *td_model_term_name(const td_model *model, size_t term);

#endif
