/* timestamp: the normalized time as a number, without parameters. */
#include "model/features.h"

void td_time_forward(const td_feature *feature, const td_parameters *parameters,
                     const td_inputs *inputs, float *x, size_t stride)
{
    (void)feature;
    (void)parameters;
    for (size_t i = 0; i < inputs->count; i++)
        x[i * stride] = inputs->time[i];
}
