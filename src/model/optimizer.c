/* Updates of pieces of the parameter block. */
#include "model/optimizer.h"

#include "base/log.h"
#include "model/learning_rate.h"

#include <math.h>
#include <string.h>

/* At most PIECE elements at a time, so that a gradient in floats fits a small buffer. */
enum { PIECE = 1024 };

typedef void update_rule(const td_optimizer *o, size_t n, const float *gradient, float *values,
                         float *const state[TD_STATES_MAX]);

/* a += g^2; x -= rate g / sqrt(a + epsilon) */
static void adagrad(const td_optimizer *o, size_t n, const float *gradient, float *values,
                    float *const state[TD_STATES_MAX])
{
    float *sum = state[0];
    for (size_t i = 0; i < n; i++) {
        const float g = gradient[i];
        sum[i] += g * g;
        values[i] -= o->rate * g / sqrtf(sum[i] + o->epsilon);
    }
}

/* x -= rate g */
static void sgd(const td_optimizer *o, size_t n, const float *gradient, float *values,
                float *const state[TD_STATES_MAX])
{
    (void)state;
    for (size_t i = 0; i < n; i++)
        values[i] -= o->rate * gradient[i];
}

/* m += (g - m) (1 - beta_1); v += (g^2 - v) (1 - beta_2); x -= rate m / (sqrt(v) + epsilon) */
static void adam(const td_optimizer *o, size_t n, const float *gradient, float *values,
                 float *const state[TD_STATES_MAX])
{
    float *m = state[0], *v = state[1];
    for (size_t i = 0; i < n; i++) {
        const float g = gradient[i];
        m[i] += (g - m[i]) * o->rest_1;
        v[i] += (g * g - v[i]) * o->rest_2;
        values[i] -= m[i] * o->rate / (sqrtf(v[i]) + o->epsilon);
    }
}

static const struct {
    update_rule *rule;
    size_t states;
    const char *state_name[TD_STATES_MAX];
    bool moves_untouched; /* rows without a gradient change, too */
} kinds[] = {
    [TD_ADAGRAD] = {adagrad, 1, {"accumulator"}, false},
    [TD_SGD] = {sgd, 0, {NULL}, false},
    [TD_ADAM] = {adam, 2, {"m", "v"}, true},
};

size_t td_optimizer_states(int kind)
{
    return kinds[kind].states;
}

const char *td_optimizer_state_name(int kind, size_t state)
{
    return kinds[kind].state_name[state];
}

/* base^exponent by squaring: a fixed chain of multiplications. */
static double power(double base, int64_t exponent)
{
    double result = 1;
    for (; exponent > 0; exponent >>= 1, base *= base)
        if (exponent & 1)
            result *= base;
    return result;
}

/* Adam's rate in update t: rate sqrt(1 - beta_2^t) / (1 - beta_1^t). */
td_optimizer td_optimizer_of_step(const td_config *config, int64_t step, int64_t updates)
{
    TD_ASSERT(step >= 1 && updates >= 0);
    const double beta_1 = config->optimizer_beta_1, beta_2 = config->optimizer_beta_2;
    const td_rate_plan plan = td_rate_plan_at(config, step);
    const double rate = td_learning_rate(&plan, step);
    td_optimizer optimizer = {.kind = config->optimizer_kind,
                              .rate = (float)rate,
                              .epsilon = (float)config->optimizer_epsilon,
                              .rest_1 = (float)(1 - beta_1),
                              .rest_2 = (float)(1 - beta_2),
                              .lazy = config->optimizer_lazy,
                              .seed = (uint64_t)config->train_seed,
                              .l2 = (float)config->optimizer_l2,
                              .decay = (float)(rate * config->optimizer_weight_decay),
                              .clip = 1};
    optimizer.adjusts = optimizer.l2 > 0 || optimizer.decay > 0;
    if (optimizer.kind == TD_ADAM)
        optimizer.rate = (float)(rate * sqrt(1 - power(beta_2, updates + step)) /
                                 (1 - power(beta_1, updates + step)));
    return optimizer;
}

void td_optimizer_clip(td_optimizer *optimizer, float factor)
{
    optimizer->clip = factor;
    optimizer->adjusts = true;
}

/* gradient = clip (gradient + l2 w); w -= decay w, of n elements */
static void adjust(float clip, float l2, float decay, size_t n, float *gradient, float *values)
{
    for (size_t i = 0; i < n; i++) {
        gradient[i] = clip * (gradient[i] + l2 * values[i]);
        values[i] -= decay * values[i];
    }
}

/* Updates n elements from offset on. */
static void apply(const td_optimizer *o, td_parameters *parameters, size_t offset, size_t n,
                  const float *gradient)
{
    float *state[TD_STATES_MAX] = {NULL};
    for (size_t i = 0; i < kinds[o->kind].states; i++)
        state[i] = parameters->state[i] + offset;
    kinds[o->kind].rule(o, n, gradient, parameters->values + offset, state);
}

/* The same of a row of a table, from exact sums in units of 2^-exponent; NULL for a row that the
 * step does not touch. */
static void update_row(const td_optimizer *o, td_parameters *parameters, size_t offset, size_t n,
                       int exponent, const td_exact *sums)
{
    float gradient[PIECE];
    for (size_t done = 0; done < n; done += PIECE) {
        const size_t count = n - done < PIECE ? n - done : PIECE;
        if (sums)
            td_exact_to_float(exponent, count, sums + done, gradient);
        else
            memset(gradient, 0, count * sizeof *gradient);
        if (o->adjusts)
            adjust(o->clip, sums ? o->l2 : 0, o->decay, count, gradient,
                   parameters->values + offset + done);
        apply(o, parameters, offset + done, count, gradient);
    }
}

/* n elements from place first on of a dense tensor. Kernels alone have L2 and decay. */
static void update_piece(const td_optimizer *o, td_parameters *parameters, const td_tensor *tensor,
                         size_t first, size_t n, const float *gradient)
{
    float adjusted[PIECE];
    const size_t offset = tensor->offset + first;
    const bool is_kernel = td_tensor_is_kernel(tensor);
    if (o->adjusts) {
        gradient = memcpy(adjusted, gradient, n * sizeof *adjusted);
        adjust(o->clip, is_kernel ? o->l2 : 0, is_kernel ? o->decay : 0, n, adjusted,
               parameters->values + offset);
    }
    apply(o, parameters, offset, n, gradient);
}

bool td_optimizer_changes_all(const td_optimizer *o)
{
    return kinds[o->kind].moves_untouched || o->l2 > 0 || o->decay > 0;
}

void td_optimizer_update_dense(const td_optimizer *optimizer, td_parameters *parameters,
                               const float *gradient, const bool *has_gradient)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        if (tensor->is_table || !(has_gradient[i] || td_optimizer_changes_all(optimizer)))
            continue;
        const size_t size = td_tensor_size(tensor);
#pragma omp for nowait
        for (size_t first = 0; first < size; first += PIECE)
            update_piece(optimizer, parameters, tensor, first,
                         size - first < PIECE ? size - first : PIECE,
                         gradient + tensor->offset + first);
    }
}

/* Rows (count, width) that have a gradient. */
static void update_touched(const td_optimizer *optimizer, td_parameters *parameters, size_t tensor,
                           const td_row_sums *sums)
{
    const td_tensor *t = &parameters->tensor[tensor];
    const size_t width = sums->width;
#pragma omp for nowait
    for (size_t s = 0; s < sums->count; s++)
        update_row(optimizer, parameters, td_tensor_place(t, sums->ids[s]), width, sums->exponent,
                   sums->sums + s * width);
}

/* All rows held here; without a slot the gradient is 0. */
static void update_all(const td_optimizer *optimizer, td_parameters *parameters, size_t tensor,
                       const td_row_sums *sums)
{
    const td_range held = parameters->tensor[tensor].held;
    const int32_t *slots = sums->slots + (held.first - sums->held.first);
    const size_t offset = parameters->tensor[tensor].offset, width = sums->width;
#pragma omp for nowait
    for (size_t r = 0; r < (size_t)held.count; r++) {
        const int32_t slot = slots[r];
        update_row(optimizer, parameters, offset + r * width, width, sums->exponent,
                   slot >= 0 ? sums->sums + (size_t)slot * width : NULL);
    }
}

/* Notes whether row r of those that are held, just updated, has left its start. One that has may
 * come back to the bit only where it is narrow. */
static void note_start(const td_optimizer *o, const td_tensor *tensor, size_t r,
                       const float *values, uint8_t *at_start)
{
    enum { NARROW = 4, WIDEST = 4096 };
    float start[WIDEST];
    if (!at_start[r] && tensor->columns >= NARROW)
        return;
    TD_ASSERT(tensor->columns <= WIDEST);
    td_tensor_start(tensor, o->seed, tensor->held.first + (int64_t)r, start);
    at_start[r] = memcmp(start, values, tensor->columns * sizeof *start) == 0;
}

/* All rows that have left their start, or are touched. */
static void update_decaying(const td_optimizer *optimizer, td_parameters *parameters, size_t tensor,
                            const td_row_sums *sums, uint8_t *at_start)
{
    const td_tensor *t = &parameters->tensor[tensor];
    const int32_t *slots = sums->slots + (t->held.first - sums->held.first);
    const size_t width = sums->width;
    const bool moves = kinds[optimizer->kind].moves_untouched;
#pragma omp for nowait
    for (size_t r = 0; r < (size_t)t->held.count; r++) {
        const int32_t slot = slots[r];
        float *values = parameters->values + t->offset + r * width;
        if (slot < 0 && at_start[r])
            continue;
        if (slot >= 0 || moves)
            update_row(optimizer, parameters, t->offset + r * width, width, sums->exponent,
                       slot >= 0 ? sums->sums + (size_t)slot * width : NULL);
        else
            for (size_t k = 0; k < width; k++)
                values[k] -= optimizer->decay * values[k];
        note_start(optimizer, t, r, values, at_start);
    }
}

void td_optimizer_update_table(const td_optimizer *optimizer, td_parameters *parameters,
                               size_t tensor, const td_row_sums *sums, uint8_t *at_start)
{
    if (at_start)
        update_decaying(optimizer, parameters, tensor, sums, at_start);
    else if (kinds[optimizer->kind].moves_untouched && !optimizer->lazy)
        update_all(optimizer, parameters, tensor, sums);
    else
        update_touched(optimizer, parameters, tensor, sums);
}
