/* Features: how a tower's input is made of a tile's rows, and how its gradient goes back.
 *
 * A kind of feature is a file feature_<family>.c and a row of the table in features.c; its name is
 * among the choices of query.features or candidate.features in tandem/config_keys.h
 * (docs/extending.md walks through one). All functions are Local.
 */
#ifndef TD_MODEL_FEATURES_H
#define TD_MODEL_FEATURES_H

#include "base/tile.h"
#include "model/gradients.h"
#include "model/parameters.h"
#include "tandem/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { TD_QUERY, TD_CANDIDATE } td_side;

/* Rows of each table, as the data decide: out-of-vocabulary rows included. */
typedef struct {
    int64_t users;
    int64_t items;
    int64_t buckets; /* of times: one more than edges */
    int64_t tokens;  /* padding included */
} td_sizes;

/* The tables that may have owners, as tensors are named. */
#define TD_USER_TABLE "user_table/weight"
#define TD_ITEM_TABLE "item_table/weight"

/* The tokens of every item's title: those of item i are tokens[offsets[i]] to
 * tokens[offsets[i + 1] - 1]. Plain data, the caller's. */
typedef struct {
    const int64_t *offsets; /* (items + 1) */
    const int32_t *tokens;
} td_titles;

/* A tile's rows, one array per column; a tower reads those that its features need. */
typedef struct {
    size_t count;
    const int32_t *user;
    const int32_t *bucket;
    const float *time; /* normalized */
    const int32_t *item;
    const td_titles *titles;
} td_inputs;

/* Returns count rows of inputs from row first on, in the same arrays. */
td_inputs td_inputs_part(const td_inputs *inputs, size_t first, size_t count);

typedef struct td_feature_kind td_feature_kind;

typedef struct {
    const td_feature_kind *kind;
    size_t width;  /* of its part of the tower's input */
    size_t tensor; /* its table, if it has one */
} td_feature;

/* What a kind of feature does. A feature without a table leaves touch and backward NULL. */
struct td_feature_kind {
    const char *name;
    const char *table; /* name of its table; NULL for none */
    int64_t (*table_rows)(const td_sizes *sizes);
    const int32_t *(*ids)(const td_inputs *inputs); /* of a family that looks rows up by id */
    void (*touch)(const td_feature *feature, const td_inputs *inputs, td_row_sums *sums);
    void (*forward)(const td_feature *feature, const td_parameters *parameters,
                    const td_inputs *inputs, float *x, size_t stride);
    void (*backward)(const td_feature *feature, const td_inputs *inputs, const float *dx,
                     size_t stride, float *scratch, td_gradients *gradients);
};

/* TD_ERR_CONFIG if towers of a side have no feature of this name. */
td_status td_feature_check(td_side side, const char *name);

/* Returns the feature of this name, its table declared in parameters. */
td_feature td_feature_declare(td_side side, const char *name, const td_config *config,
                              const td_sizes *sizes, td_parameters *parameters);

/* Returns whether the feature has parameters, and so asks for its gradient. */
bool td_feature_is_learned(const td_feature *feature);

/* Gives the rows of the feature's table that inputs name a slot each. One thread at a time. */
void td_feature_touch(const td_feature *feature, const td_inputs *inputs, td_row_sums *tables);

/* Sets the feature's columns of x (count, width), rows stride apart. */
void td_feature_forward(const td_feature *feature, const td_parameters *parameters,
                        const td_inputs *inputs, float *x, size_t stride);

/* Adds the tile's gradient to the table's sums. scratch holds (TD_TILE_ROWS, width). */
void td_feature_backward(const td_feature *feature, const td_inputs *inputs, const float *dx,
                         size_t stride, float *scratch, td_gradients *gradients);

/* The families. */
void td_lookup_touch(const td_feature *feature, const td_inputs *inputs, td_row_sums *sums);
void td_lookup_forward(const td_feature *feature, const td_parameters *parameters,
                       const td_inputs *inputs, float *x, size_t stride);
void td_lookup_backward(const td_feature *feature, const td_inputs *inputs, const float *dx,
                        size_t stride, float *scratch, td_gradients *gradients);
void td_title_touch(const td_feature *feature, const td_inputs *inputs, td_row_sums *sums);
void td_title_forward(const td_feature *feature, const td_parameters *parameters,
                      const td_inputs *inputs, float *x, size_t stride);
void td_title_backward(const td_feature *feature, const td_inputs *inputs, const float *dx,
                       size_t stride, float *scratch, td_gradients *gradients);
void td_time_forward(const td_feature *feature, const td_parameters *parameters,
                     const td_inputs *inputs, float *x, size_t stride);

#endif
