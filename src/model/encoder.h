/* Encoders: how a field of a tile's rows becomes a part of a tower's input, and how its gradient
 * goes back.
 *
 * Two families. `embed` takes rows of a table: one by an id, or several by a list of ids, pooled.
 * `number` takes numbers as they are. Another is three functions and a row here, and a word among
 * the choices of features.NAME.encoder (docs/extending.md). All functions are Local.
 */
#ifndef TD_MODEL_ENCODER_H
#define TD_MODEL_ENCODER_H

#include "base/range.h"
#include "model/gradients.h"
#include "model/inputs.h"
#include "model/parameters.h"
#include "model/spec.h"

#include <stdbool.h>
#include <stddef.h>

/* A tile's rows of one field. */
typedef struct {
    const td_field_view *input;
    size_t first; /* row, counted from the input's start */
    size_t count;
} td_encoder_rows;

/* What an encoder does. One without a table leaves touch and backward NULL. */
struct td_encoder {
    void (*touch)(const td_encoder_rows *rows, td_row_sums *sums);
    void (*forward)(const td_feature *feature, const td_parameters *parameters,
                    const td_encoder_rows *rows, float *x, size_t stride);
    void (*backward)(const td_feature *feature, const td_encoder_rows *rows, const float *dx,
                     size_t stride, float *scratch, td_gradients *gradients);
};

extern const td_encoder td_encoder_embed;
extern const td_encoder td_encoder_number;

/* Returns whether an encoder has a table, and so asks for its gradient. */
bool td_encoder_has_table(const td_encoder *encoder);

/* Gives the rows of the feature's table that the rows name a slot each. One thread at a time. */
void td_feature_touch(const td_feature *feature, const td_encoder_rows *rows, td_row_sums *tables);

/* Sets the feature's columns of x (count, width), rows stride apart. */
void td_feature_forward(const td_feature *feature, const td_parameters *parameters,
                        const td_encoder_rows *rows, float *x, size_t stride);

/* Adds the tile's gradient to the table's sums. scratch holds (TD_TILE_ROWS, width). */
void td_feature_backward(const td_feature *feature, const td_encoder_rows *rows, const float *dx,
                         size_t stride, float *scratch, td_gradients *gradients);

#endif
