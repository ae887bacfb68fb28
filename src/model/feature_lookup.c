/* The family of features that take a row of a table by id: users, items, buckets of times. */
#include "model/features.h"

#include "model/grouping.h"

#include <string.h>

void td_lookup_touch(const td_feature *feature, const td_inputs *inputs, td_row_sums *sums)
{
    td_row_sums_touch(sums, inputs->count, feature->kind->ids(inputs));
}

void td_lookup_forward(const td_feature *feature, const td_parameters *parameters,
                       const td_inputs *inputs, float *x, size_t stride)
{
    const int32_t *ids = feature->kind->ids(inputs);
    for (size_t i = 0; i < inputs->count; i++)
        memcpy(x + i * stride, td_parameters_row(parameters, feature->tensor, (size_t)ids[i]),
               feature->width * sizeof *x);
}

/* Rows of equal id are summed in the tile first. */
void td_lookup_backward(const td_feature *feature, const td_inputs *inputs, const float *dx,
                        size_t stride, float *scratch, td_gradients *gradients)
{
    td_grouping grouping;
    const int32_t *ids = feature->kind->ids(inputs);
    td_group_by_id(inputs->count, ids, &grouping);
    td_group_sum(&grouping, inputs->count, feature->width, dx, stride, scratch);
    for (size_t g = 0; g < grouping.count; g++) {
        td_magnitude size = td_row_sums_add(&gradients->tables[feature->tensor], gradients->kernels,
                                            ids[grouping.first[g]], scratch + g * feature->width);
        td_gradients_note(gradients, feature->tensor, size);
    }
}
