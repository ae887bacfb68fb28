/* A head on tiles of rows. */
#include "model/head.h"

#include "base/memory.h"
#include "base/range.h"
#include "model/grouping.h"

#include <string.h>

/* Widths of the parts of x, in embeddings: u and v, then their products. */
static bool has_embeddings(const td_head_net *net)
{
    return net->input != TD_INPUT_PRODUCT;
}

static bool has_products(const td_head_net *net)
{
    return net->input != TD_INPUT_CONCAT;
}

/* Where the products begin in x, and the row's features. */
static size_t first_product(const td_head_net *net)
{
    return has_embeddings(net) ? 2 * net->width : 0;
}

static size_t first_feature(const td_head_net *net)
{
    return first_product(net) + (has_products(net) ? net->width : 0);
}

td_head_net td_head_net_declare(const td_task *task, size_t k, size_t width, const td_spec *spec,
                                td_parameters *parameters)
{
    const int64_t rows[] = {spec->users, spec->items};
    td_head_net net = {.input = task->input, .width = width, .stride = width};
    net.reads = td_reader_declare(spec, td_reader_of_task(k), parameters);
    net.layers = td_layers_create(first_feature(&net) + net.reads.width,
                                  first_feature(&net) + net.reads.learned);
    net.layers.spare = td_reader_spare(&net.reads, net.layers.inputs);
    for (size_t i = 0; i < task->hidden->count; i++) {
        td_layers_add_dense(&net.layers, task->prefix, (size_t)task->hidden->value[i], true,
                            parameters);
        td_layers_add_dropout(&net.layers, task->prefix, task->dropout);
    }
    td_layers_add_dense(&net.layers, task->prefix, 1, false, parameters);
    for (size_t i = 0; i < 2; i++)
        net.biases[i] = task->biases[i]
                            ? (int)td_parameters_declare(parameters, task->biases[i], "weight",
                                                         (size_t)rows[i], 1, true, 0)
                            : TD_NO_TENSOR;
    return net;
}

void td_head_net_free(td_head_net *net)
{
    td_layers_free(&net->layers);
    td_reader_free(&net->reads);
}

td_inputs td_head_inputs(const td_head_net *net, const td_queries *queries, td_field_view *views)
{
    return td_inputs_of_features(net->reads.count, net->reads.feature, queries, views);
}

td_head_scratch td_head_scratch_create(const td_head_net *net)
{
    return (td_head_scratch){
        .layers = td_layers_scratch_create(&net->layers),
        .slopes = TD_NEW(float, TD_TILE_ROWS),
        .terms = TD_NEW(float, TD_TILE_ROWS * net->stride),
        .dv = TD_NEW(float, TD_TILE_ROWS * net->stride),
    };
}

void td_head_scratch_free(td_head_scratch *scratch)
{
    td_layers_scratch_free(&scratch->layers);
    td_free(scratch->slopes);
    td_free(scratch->terms);
    td_free(scratch->dv);
}

static const int32_t *ids_of(size_t bias, const int32_t *users, const int32_t *items)
{
    return bias == 0 ? users : items;
}

/* p (rows) += bias of the user + bias of the item */
static void add_biases(const td_head_net *net, const td_parameters *parameters,
                       const td_head_rows *rows, float *p)
{
    for (size_t b = 0; b < 2; b++) {
        if (net->biases[b] == TD_NO_TENSOR)
            continue;
        const int32_t *ids = ids_of(b, rows->users, rows->items);
        for (size_t i = 0; i < rows->count; i++)
            p[i] += *td_parameters_row(parameters, (size_t)net->biases[b], ids[i]);
    }
}

const float *td_head_predict(const td_head_net *net, const td_kernels *kernels,
                             const td_parameters *parameters, const td_head_rows *rows,
                             td_layers_scratch *scratch)
{
    const size_t width = net->width, stride = net->stride, inputs = net->layers.inputs;
    scratch->draws = rows->inputs.draws;
    for (size_t i = 0; i < rows->count; i++) {
        float *x = scratch->x[0] + i * inputs;
        const float *u = rows->u + i * stride;
        const float *v = rows->v + (rows->v_row ? (size_t)rows->v_row[i] : i) * stride;
        if (has_embeddings(net)) {
            memcpy(x, u, width * sizeof *x);
            memcpy(x + width, v, width * sizeof *x);
        }
        for (size_t k = 0; k < width && has_products(net); k++)
            x[first_product(net) + k] = u[k] * v[k];
    }
    td_reader_forward(&net->reads, parameters, &rows->inputs, scratch->x[0] + first_feature(net),
                      inputs, scratch->terms);
    td_layers_forward(&net->layers, kernels, parameters, rows->count, scratch);
    add_biases(net, parameters, rows, scratch->x[net->layers.count]);
    return scratch->x[net->layers.count];
}

void td_head_touch(const td_head_net *net, size_t count, const int32_t *users, const int32_t *items,
                   const td_inputs *inputs, size_t tensor, td_row_sums *tables)
{
    td_reader_touch(&net->reads, inputs, tensor, tables);
    for (size_t b = 0; b < 2; b++)
        if (net->biases[b] != TD_NO_TENSOR && (size_t)net->biases[b] == tensor)
            td_row_sums_touch(&tables[tensor], count, ids_of(b, users, items));
}

/* du (rows, stride) += dx of u + dx of the products * v;   terms (rows, stride) = likewise of v */
static void split_dx(const td_head *head, const td_task_rows *rows, const float *dx, float *terms,
                     float *du)
{
    const size_t width = head->net->width, stride = head->net->stride;
    memset(terms, 0, rows->count * stride * sizeof *terms);
    for (size_t i = 0; i < rows->count; i++, dx += head->net->layers.inputs) {
        const float *u = rows->u + i * stride;
        const float *v = head->columns->v + (size_t)rows->own[i] * stride;
        const float *products = dx + first_product(head->net);
        for (size_t k = 0; k < width; k++) {
            const float du_k = has_embeddings(head->net) ? dx[k] : 0;
            const float dv_k = has_embeddings(head->net) ? dx[width + k] : 0;
            const bool multiplied = has_products(head->net);
            du[i * stride + k] += multiplied ? du_k + products[k] * v[k] : du_k;
            terms[i * stride + k] = multiplied ? dv_k + products[k] * u[k] : dv_k;
        }
    }
}

/* dv[own_i] += terms_i: rows of one column in the tile first, then exactly. */
static void add_dv(size_t rows, size_t width, const int32_t *own, const float *terms,
                   float *scratch, td_gradients *gradients)
{
    td_grouping grouping;
    td_group_by_id(rows, own, &grouping);
    td_group_sum(&grouping, rows, width, terms, width, scratch);
    for (size_t g = 0; g < grouping.count; g++)
        td_gradients_add_dv(gradients, (size_t)own[grouping.first[g]], 1, scratch + g * width);
}

/* The gradients of the biases: sums of the predictions' (rows), likewise. */
static void add_dbiases(const td_head_net *net, const td_task_rows *rows, const float *dp,
                        td_gradients *gradients)
{
    for (size_t b = 0; b < 2; b++) {
        if (net->biases[b] == TD_NO_TENSOR)
            continue;
        td_grouping grouping;
        float sums[TD_TILE_ROWS];
        const size_t tensor = (size_t)net->biases[b];
        const int32_t *ids = ids_of(b, rows->users, rows->items);
        td_group_by_id(rows->count, ids, &grouping);
        td_group_sum(&grouping, rows->count, 1, dp, 1, sums);
        for (size_t g = 0; g < grouping.count; g++)
            td_gradients_note(gradients, tensor,
                              td_row_sums_add(&gradients->tables[tensor], gradients->kernels,
                                              ids[grouping.first[g]], &sums[g]));
    }
}

void td_head_tile(const td_head *head, const td_task_rows *rows, td_head_scratch *scratch,
                  float *du, td_gradients *gradients)
{
    const size_t n = rows->count;
    const td_head_rows pairs = {.count = n,
                                .u = rows->u,
                                .v = head->columns->v,
                                .v_row = rows->own,
                                .users = rows->users,
                                .items = rows->items,
                                .inputs = rows->inputs};
    const float *p = td_head_predict(head->net, gradients->kernels, gradients->parameters, &pairs,
                                     &scratch->layers);
    /* loss += w_i value(p_i, y_i); dp_i = scale w_i slope(p_i, y_i) */
    for (size_t i = 0; i < n; i++) {
        const float y = rows->labels[i], w = rows->weights[i];
        td_gradients_add_loss(gradients, head->task, w * head->loss->value(p[i], y, head->delta));
        scratch->slopes[i] = head->scale * w * head->loss->slope(p[i], y, head->delta);
    }
    if (!du)
        return;
    add_dbiases(head->net, rows, scratch->slopes, gradients);
    const float *dx =
        td_layers_backward(&head->net->layers, n, scratch->slopes, &scratch->layers, gradients);
    split_dx(head, rows, dx, scratch->terms, du);
    add_dv(n, head->net->stride, rows->own, scratch->terms, scratch->dv, gradients);
    td_reader_backward(&head->net->reads, &rows->inputs, dx + first_feature(head->net),
                       head->net->layers.inputs, scratch->layers.terms, gradients);
}
