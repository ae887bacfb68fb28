/* The block of parameters. Tables may be large: their initial values are computed in parallel. */
#include "model/parameters.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

size_t td_parameters_declare(td_parameters *parameters, const char *group, const char *part,
                             size_t rows, size_t columns, bool is_table, float limit)
{
    parameters->tensor = td_grow(parameters->tensor, parameters->count, sizeof *parameters->tensor);
    td_tensor *tensor = &parameters->tensor[parameters->count];
    *tensor = (td_tensor){.rows = rows,
                          .columns = columns,
                          .is_table = is_table,
                          .held = {0, (int64_t)rows},
                          .limit = limit};
    tensor->name = td_print_text("%s/%s", group, part);
    return parameters->count++;
}

static bool is_weight_of(const td_tensor *tensor, const char *group)
{
    const size_t length = strlen(group);
    return strncmp(tensor->name, group, length) == 0 &&
           strcmp(tensor->name + length, "/weight") == 0;
}

size_t td_parameters_declare_table(td_parameters *parameters, const char *group, size_t rows,
                                   size_t columns)
{
    const float limit = 0.05F; /* Keras: Embedding's "uniform" initializer */
    for (size_t i = 0; i < parameters->count; i++)
        if (is_weight_of(&parameters->tensor[i], group))
            return i;
    return td_parameters_declare(parameters, group, "weight", rows, columns, true, limit);
}

void td_parameters_own(td_parameters *parameters, size_t tensor, td_range held)
{
    td_tensor *t = &parameters->tensor[tensor];
    TD_ASSERT(t->is_table && held.first >= 0 && held.count >= 0 &&
              held.first <= (int64_t)t->rows - held.count);
    t->is_owned = true;
    t->held = held;
}

bool td_tensor_is_kernel(const td_tensor *tensor)
{
    const char *part = strrchr(tensor->name, '/');
    return part && strcmp(part, "/kernel") == 0;
}

/* Offsets of the dense tensors, or of the tables, in the order of declaration. */
static size_t lay_out(td_parameters *parameters, bool tables, size_t offset)
{
    for (size_t i = 0; i < parameters->count; i++) {
        td_tensor *tensor = &parameters->tensor[i];
        if (tensor->is_table != tables)
            continue;
        tensor->offset = offset;
        offset += td_tensor_size(tensor);
    }
    return offset;
}

static void allocate_states(td_parameters *parameters, size_t states)
{
    TD_MEMORY_FOR("the optimizer's state", "optimizer.kind, model.width, query.tower, "
                                           "candidate.tower");
    parameters->states = states;
    for (size_t i = 0; i < states; i++)
        parameters->state[i] = TD_NEW(float, parameters->size);
}

void td_parameters_allocate(td_parameters *parameters, size_t states)
{
    TD_MEMORY_FOR("tables and layers", "model.width, query.tower, candidate.tower, rating.hidden");
    parameters->dense_size = lay_out(parameters, false, 0);
    parameters->size = lay_out(parameters, true, parameters->dense_size);
    parameters->values = TD_NEW(float, parameters->size);
    allocate_states(parameters, states);
    for (size_t i = 0; i < parameters->count; i++)
        parameters->tensor[i].values = parameters->values + parameters->tensor[i].offset;
}

void td_parameters_free(td_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++)
        td_free(parameters->tensor[i].name);
    td_free(parameters->tensor);
    td_free(parameters->values);
    for (size_t i = 0; i < parameters->states; i++)
        td_free(parameters->state[i]);
}

/* value_c = limit (2 uniform - 1), a function of seed, name, row and column */
void td_tensor_start(const td_tensor *tensor, uint64_t seed, int64_t row, float *values)
{
    enum { WORDS = 4 };
    const uint32_t stream = td_stream_of_name(tensor->name);
    for (size_t c = 0; c < tensor->columns; c += WORDS) {
        td_random random = td_philox(seed, stream, (uint64_t)row, (uint32_t)(c / WORDS));
        for (size_t i = 0; i < WORDS && c + i < tensor->columns; i++)
            values[c + i] = (2 * td_uniform(random.word[i]) - 1) * tensor->limit;
    }
}

void td_parameters_initialize(td_parameters *parameters, uint64_t seed, float state)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        float *values = parameters->values + tensor->offset;
#pragma omp parallel for
        for (int64_t r = 0; r < tensor->held.count; r++)
            td_tensor_start(tensor, seed, tensor->held.first + r,
                            values + (size_t)r * tensor->columns);
    }
    for (size_t s = 0; s < parameters->states; s++) {
        float *block = parameters->state[s];
#pragma omp parallel for
        for (size_t i = 0; i < parameters->size; i++)
            block[i] = state;
    }
}

float *td_parameters_values(const td_parameters *parameters, size_t tensor)
{
    return parameters->tensor[tensor].values;
}

bool td_parameters_find(const td_parameters *parameters, const char *name, size_t *tensor)
{
    for (size_t i = 0; i < parameters->count; i++)
        if (strcmp(parameters->tensor[i].name, name) == 0) {
            *tensor = i;
            return true;
        }
    return false;
}

/* The tensor that has an element of the block; dense ones come first. */
static const td_tensor *tensor_at(const td_parameters *parameters, size_t element)
{
    size_t i = 0;
    while (element - parameters->tensor[i].offset >= td_tensor_size(&parameters->tensor[i]))
        i++;
    return &parameters->tensor[i];
}

const td_tensor *td_parameters_find_infinite(const td_parameters *parameters, size_t first,
                                             size_t count)
{
    for (size_t block = 0; block <= parameters->states; block++) {
        const float *values = block == 0 ? parameters->values : parameters->state[block - 1];
        for (size_t i = first; i < first + count; i++)
            if (!isfinite(values[i]))
                return tensor_at(parameters, i);
    }
    return NULL;
}
