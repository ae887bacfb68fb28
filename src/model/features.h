/* Features: how a tower's input is made of a tile's rows, and how its gradient goes back.
 *
 * A kind of feature is a row of the table in features.c: a name in the configuration, the side it
 * serves, and four functions. Adding one is a new row there (and its name among the choices of
 * tandem/config_keys.h). All functions are Local.
 */
#ifndef TD_MODEL_FEATURES_H
#define TD_MODEL_FEATURES_H

#include "base/tile.h"
#include "model/gradients.h"
#include "model/parameters.h"
#include "tandem/config.h"

#include <stddef.h>
#include <stdint.h>

typedef enum { TD_QUERY, TD_CANDIDATE } td_side;

/* Sizes that the data decide: rows of each table, out-of-vocabulary rows included. */
typedef struct {
    int64_t users;
    int64_t items;
} td_sizes;

/* A tile's rows, one array per column; a tower reads those that its features need. */
typedef struct {
    size_t count;
    const int32_t *user;
    const int32_t *item;
} td_inputs;

typedef struct td_feature_kind td_feature_kind;

typedef struct {
    const td_feature_kind *kind;
    size_t width;  /* of its part of the tower's input */
    size_t tensor; /* its table */
} td_feature;

/* Returns the feature in this place of the configuration's choices for a side, its table declared
 * in parameters. */
td_feature td_feature_declare(td_side side, int64_t choice, const td_config *config,
                              const td_sizes *sizes, td_parameters *parameters);

/* Gives the rows of the feature's table that inputs name a slot each. One thread at a time. */
void td_feature_touch(const td_feature *feature, const td_inputs *inputs, td_row_sums *tables);

/* x (count, width), rows stride apart. */
void td_feature_forward(const td_feature *feature, const td_parameters *parameters,
                        const td_inputs *inputs, float *x, size_t stride);

/* Adds the tile's gradient to the table's sums, rows of equal id summed in the tile first, in
 * ascending row order. scratch holds (TD_TILE_ROWS, width). */
void td_feature_backward(const td_feature *feature, const td_inputs *inputs, const float *dx,
                         size_t stride, float *scratch, td_gradients *gradients);

#endif
