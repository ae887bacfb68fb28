/* embed and number.
 *
 * A pooled embedding is the chain of sums over a list in its order (Keras: Embedding with
 * mask_zero, then GlobalAveragePooling1D); an empty list gives zeros, where Keras gives NaN. */
#include "model/encoder.h"

#include "base/log.h"
#include "model/grouping.h"

#include <math.h>
#include <string.h>

typedef struct {
    size_t count;
    const int32_t *ids;
    const float *weights; /* NULL: all are 1 */
} id_list;

/* The ids of a row, counted from the tile's start. */
static id_list list_of(const td_encoder_rows *rows, size_t row)
{
    const td_field_view *input = rows->input;
    const int32_t *ids = input->values;
    if (input->index && input->index[rows->first + row] < 0)
        return (id_list){0, ids, NULL};
    const size_t entry = td_field_view_entry(input, rows->first + row);
    if (!input->offsets)
        return (id_list){1, ids + entry, NULL};
    const int64_t *at = input->offsets + entry;
    return (id_list){(size_t)(at[1] - at[0]), ids + at[0],
                     input->weights ? input->weights + at[0] : NULL};
}

/* Gathers the one id of each row of a tile. */
static void ids_of(const td_encoder_rows *rows, int32_t ids[TD_TILE_ROWS])
{
    const int32_t *values = rows->input->values;
    TD_ASSERT(rows->count <= TD_TILE_ROWS);
    for (size_t i = 0; i < rows->count; i++)
        ids[i] = values[td_field_view_entry(rows->input, rows->first + i)];
}

static void touch_lists(const td_encoder_rows *rows, td_row_sums *sums)
{
    for (size_t i = 0; i < rows->count; i++) {
        const id_list list = list_of(rows, i);
        td_row_sums_touch(sums, list.count, list.ids);
    }
}

/* The rows may be those of many tiles. */
static void embed_touch(const td_encoder_rows *rows, td_row_sums *sums)
{
    int32_t ids[TD_TILE_ROWS];
    if (rows->input->offsets) {
        touch_lists(rows, sums);
        return;
    }
    for (size_t done = 0; done < rows->count; done += TD_TILE_ROWS) {
        const size_t left = rows->count - done, n = left < TD_TILE_ROWS ? left : TD_TILE_ROWS;
        const td_encoder_rows part = {rows->input, rows->first + done, n};
        ids_of(&part, ids);
        td_row_sums_touch(sums, n, ids);
    }
}

static float weight_of(id_list list, size_t t)
{
    return list.weights ? list.weights[t] : 1;
}

/* What the sum over a list is divided by, of weights w: the sum of w, 1, or the root of the sum of
 * w^2. Source: TensorFlow, embedding_lookup_sparse, its combiners mean, sum and sqrtn. */
static float parts_of(const td_feature *feature, id_list list)
{
    float sum = 0, squares = 0;
    for (size_t t = 0; t < list.count; t++) {
        sum += weight_of(list, t);
        squares += weight_of(list, t) * weight_of(list, t);
    }
    const float parts[] = {
        [TD_POOL_MEAN] = sum, [TD_POOL_SUM] = 1, [TD_POOL_SQRT] = sqrtf(squares)};
    return list.count > 0 ? parts[feature->pool] : 1;
}

/* pooled (width) = sum over the list, in its order, of w times the table's row; / parts */
static void pool(const td_feature *feature, const td_parameters *parameters, id_list list,
                 float *pooled)
{
    const size_t width = feature->width;
    const float parts = parts_of(feature, list);
    memset(pooled, 0, width * sizeof *pooled);
    for (size_t t = 0; t < list.count; t++) {
        const float *row = td_parameters_row(parameters, feature->tensor, list.ids[t]);
        const float weight = weight_of(list, t);
        for (size_t k = 0; k < width; k++)
            pooled[k] += weight * row[k];
    }
    for (size_t k = 0; k < width; k++)
        pooled[k] /= parts;
}

static void embed_forward(const td_feature *feature, const td_parameters *parameters,
                          const td_encoder_rows *rows, float *x, size_t stride)
{
    for (size_t i = 0; i < rows->count; i++) {
        const id_list list = list_of(rows, i);
        if (feature->has_flag)
            x[i * stride + feature->width] = list.count == 0;
        if (rows->input->offsets)
            pool(feature, parameters, list, x + i * stride);
        else
            memcpy(x + i * stride, td_parameters_row(parameters, feature->tensor, *list.ids),
                   feature->width * sizeof *x);
    }
}

/* Rows of equal id are summed in the tile first. */
static void add_grouped(const td_feature *feature, const td_encoder_rows *rows, const float *dx,
                        size_t stride, float *scratch, td_gradients *gradients)
{
    td_row_sums *sums = &gradients->tables[feature->tensor];
    td_grouping grouping;
    int32_t ids[TD_TILE_ROWS];
    ids_of(rows, ids);
    td_group_by_id(rows->count, ids, &grouping);
    td_group_sum(&grouping, rows->count, feature->width, dx, stride, scratch);
    for (size_t g = 0; g < grouping.count; g++)
        td_gradients_note(gradients, feature->tensor,
                          td_row_sums_add(sums, gradients->kernels, ids[grouping.first[g]],
                                          scratch + g * feature->width));
}

/* Every id of a list gets its share, by its weight, which goes into the exact sums as it is: first
 * into this thread's, since lists have many ids in common. */
static void add_shares(const td_feature *feature, const td_encoder_rows *rows, const float *dx,
                       size_t stride, float *scratch, td_gradients *gradients)
{
    const size_t width = feature->width;
    td_row_sums *sums = &gradients->tables[feature->tensor];
    float *weighted = scratch + width;
    for (size_t i = 0; i < rows->count; i++) {
        const id_list list = list_of(rows, i);
        const float parts = parts_of(feature, list);
        for (size_t k = 0; k < width; k++)
            scratch[k] = dx[i * stride + k] / parts;
        for (size_t t = 0; t < list.count; t++) {
            for (size_t k = 0; k < width && list.weights; k++)
                weighted[k] = list.weights[t] * scratch[k];
            td_gradients_note(gradients, feature->tensor,
                              td_row_cache_add(&gradients->rows, sums, gradients->kernels,
                                               list.ids[t], list.weights ? weighted : scratch));
        }
    }
    td_row_cache_flush(&gradients->rows, sums);
}

static void embed_backward(const td_feature *feature, const td_encoder_rows *rows, const float *dx,
                           size_t stride, float *scratch, td_gradients *gradients)
{
    if (rows->input->offsets)
        add_shares(feature, rows, dx, stride, scratch, gradients);
    else
        add_grouped(feature, rows, dx, stride, scratch, gradients);
}

static void number_forward(const td_feature *feature, const td_parameters *parameters,
                           const td_encoder_rows *rows, float *x, size_t stride)
{
    const float *values = rows->input->values;
    (void)parameters;
    for (size_t i = 0; i < rows->count; i++)
        memcpy(x + i * stride,
               values + td_field_view_entry(rows->input, rows->first + i) * feature->width,
               feature->width * sizeof *x);
}

const td_encoder td_encoder_embed = {embed_touch, embed_forward, embed_backward};
const td_encoder td_encoder_number = {NULL, number_forward, NULL};

bool td_encoder_has_table(const td_encoder *encoder)
{
    return encoder->backward != NULL;
}

void td_feature_touch(const td_feature *feature, const td_encoder_rows *rows, td_row_sums *tables)
{
    if (feature->encoder->touch)
        feature->encoder->touch(rows, &tables[feature->tensor]);
}

void td_feature_forward(const td_feature *feature, const td_parameters *parameters,
                        const td_encoder_rows *rows, float *x, size_t stride)
{
    feature->encoder->forward(feature, parameters, rows, x, stride);
}

void td_feature_backward(const td_feature *feature, const td_encoder_rows *rows, const float *dx,
                         size_t stride, float *scratch, td_gradients *gradients)
{
    if (feature->encoder->backward)
        feature->encoder->backward(feature, rows, dx, stride, scratch, gradients);
}
