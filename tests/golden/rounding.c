/* What rounding can make of a tensor whose true gradient is zero. Its size there says nothing about
 * the model, and neither side's is nearer to the truth: both are judged by these limits alone. */
#include "replay.h"

#include "base/memory.h"

/* Units of 2^-24 of the sum of the terms' sizes by which a sum may be off. Rounding errors mostly
 * cancel, too: at most 2.5 were seen, in batches of 16 to 1,024 rows. */
enum { UNITS = 8 };

/* The last bias b of the candidate tower adds u b to all scores of a query u, so that the softmax
 * stays; but a head that is trained sees b, too. */
golden_zero golden_zero_find(const td_config *config, const td_model *model)
{
    const td_layers *layers = &model->candidate.layers;
    if (layers->count == 0 || config->rating_weight != 0)
        return (golden_zero){0};
    const size_t bias = layers->layer[layers->count - 1].dense.bias;
    return (golden_zero){.tensor = &model->parameters.tensor[bias]};
}

/* db = weight / temperature * sum of w_i (p_ic - y_ic) u_i over rows i and columns c. The p_ic of a
 * row add up to 1, as its y_ic do: the sizes of a row's terms add up to 2 w_i |u_i|. */
static double sum_of_sizes(const td_config *config, const td_model *model, const td_rows *rows)
{
    const size_t n = (size_t)rows->count, width = model->query.width;
    const td_queries queries = {n, rows->user, &rows->frame, NULL, NULL, NULL};
    td_field_view *views = TD_NEW(td_field_view, model->query.reads.count);
    const td_inputs inputs = td_inputs_of_queries(model->spec, &queries, views);
    float *u = TD_NEW(float, n *width);
    double largest = 0;
    td_model_embed(model, &model->query, &inputs, u);
    for (size_t j = 0; j < width; j++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += 2 * (double)rows->weight[i] * fabs((double)u[i * width + j]);
        largest = golden_worse(largest, sum);
    }
    td_free(u);
    td_free(views);
    return largest * config->retrieval_weight / config->retrieval_temperature;
}

/* The most that the optimizer makes of gradients up to this one, before the learning rate.
 * Adagrad's accumulator only grows. Adam's m is at most the largest gradient, and m / sqrt(v) at
 * most (1 - beta_1) / sqrt(1 - beta_2) (Kingma and Ba 2015, section 2.1). */
static double step_of(const td_config *config, double gradient)
{
    if (config->optimizer_kind == TD_ADAGRAD)
        return gradient / sqrt(config->optimizer_initial_accumulator);
    if (config->optimizer_kind == TD_ADAM)
        return fmin(gradient / config->optimizer_epsilon,
                    (1 - config->optimizer_beta_1) / sqrt(1 - config->optimizer_beta_2));
    return gradient;
}

void golden_zero_limit(golden_zero *zero, const td_config *config, const td_model *model,
                       const td_rows *rows)
{
    if (!zero->tensor)
        return;
    const double last_place = 0x1p-24,
                 gradient = UNITS * last_place * sum_of_sizes(config, model, rows);
    const double size = golden_distance(zero->tensor->rows * zero->tensor->columns,
                                        model->parameters.values + zero->tensor->offset, NULL);
    zero->gradient = golden_worse(zero->gradient, gradient);
    zero->change = config->optimizer_learning_rate * step_of(config, zero->gradient) +
                   UNITS * last_place * size;
}
