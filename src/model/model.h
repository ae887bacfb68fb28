/* A model: what the configuration and the data's sizes make of the parts in this layer.
 *
 * Local, all of it: the model knows nothing of ranks or files; which rows of a table are here is
 * said by who makes it.
 */
#ifndef TD_MODEL_MODEL_H
#define TD_MODEL_MODEL_H

#include "base/range.h"
#include "model/head.h"
#include "model/inputs.h"
#include "model/optimizer.h"
#include "model/parameters.h"
#include "model/retrieval.h"
#include "model/spec.h"
#include "model/sum_units.h"
#include "model/task.h"
#include "model/tower.h"
#include "tandem/config.h"

/* A task of the model; its strings are those of the model's configuration. */
typedef struct {
    td_task is;
    td_head_net head; /* of a head; no layer for retrieval */
} td_model_task;

typedef struct {
    td_config config;
    const td_spec *spec; /* the caller's */
    td_kernels kernels;  /* in use: they do not round */
    td_kernels training; /* of math.precision */
    td_parameters parameters;
    td_tower query;
    td_tower candidate;
    size_t tasks;
    td_model_task *task; /* (tasks) */
    int log_inverse;     /* the tensor of retrieval's temperature (model/retrieval.h); TD_NO_TENSOR:
                            it is not learned */
    td_sum_unit *units;  /* (td_model_terms): where training is with those of exact sums */
} td_model;

/* The rows that are here of tables with an owner. */
typedef struct {
    bool is_owned;
    td_range held;
} td_owned_rows;

/* Where the rows of tables are; zeros: every table is whole here, as is the optimizer's state. */
typedef struct {
    td_owned_rows users; /* of tables that users own */
    td_owned_rows items;
    bool is_read_only; /* nothing is trained: the optimizer's state is nowhere */
} td_placement;

/* Builds a model, its parameters not yet set. spec is kept by reference; placement NULL: every
 * table is whole. TD_ERR_CONFIG if the towers' widths differ (the message says which is which).
 * Free it with td_model_free. */
td_status td_model_create(const td_config *config, const td_spec *spec, const td_kernels *kernels,
                          const td_placement *placement, td_model **out);
void td_model_free(td_model *model);

/* Sets the parameters, and the units of exact sums, to the start of training. */
void td_model_initialize(td_model *model);

/* Sets where the last bias of a task that is a head starts, by the mean of its labels. */
void td_model_start_bias(td_model *model, size_t task, float mean);

/* Returns what retrieval's scores are multiplied by: 1 / temperature. */
float td_model_inverse_temperature(const td_model *model);

/* Brings a learned temperature that an update took below retrieval.least_temperature, or above the
 * key's own range, back to it, as CLIP does. */
void td_model_bound_temperature(td_model *model);

/* Brings what is derived from the parameters up to date; call it after they changed. changed
 * (tensors) says which did; NULL: any may have. */
void td_model_refresh(td_model *model, const bool *changed);

/* Sets embeddings (inputs->count, width) by a tower, as in use, tile by tile; threads share the
 * tiles, which depend on count alone. */
void td_model_embed(const td_model *model, const td_tower *tower, const td_inputs *inputs,
                    float *embeddings);

/* Returns the task of this name, NULL if the model has no head of it. */
const td_model_task *td_model_head(const td_model *model, const char *task);

/* Returns the number of terms that a step's sums are of: td_terms. */
size_t td_model_terms(const td_model *model);

/* Writes the name of an entry of td_gradients.largest, for messages. */
void td_model_term_name(const td_model *model, size_t term, size_t size, char *name);

#endif
