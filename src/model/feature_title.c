/* title_text: the mean of the embeddings of a title's tokens, in the title's order (Keras:
 * Embedding with mask_zero, then GlobalAveragePooling1D). A title without any token gives zeros,
 * where Keras gives NaN. */
#include "model/features.h"

#include <string.h>

typedef struct {
    size_t count;
    const int32_t *ids;
} tokens;

static tokens tokens_of(const td_inputs *inputs, size_t row)
{
    const int64_t *offset = inputs->titles->offsets + inputs->item[row];
    return (tokens){(size_t)(offset[1] - offset[0]), inputs->titles->tokens + offset[0]};
}

void td_title_touch(const td_feature *feature, const td_inputs *inputs, td_row_sums *sums)
{
    (void)feature;
    for (size_t i = 0; i < inputs->count; i++) {
        const tokens title = tokens_of(inputs, i);
        td_row_sums_touch(sums, title.count, title.ids);
    }
}

void td_title_forward(const td_feature *feature, const td_parameters *parameters,
                      const td_inputs *inputs, float *x, size_t stride)
{
    const size_t width = feature->width;
    for (size_t i = 0; i < inputs->count; i++) {
        const tokens title = tokens_of(inputs, i);
        float *mean = x + i * stride;
        memset(mean, 0, width * sizeof *mean);
        for (size_t t = 0; t < title.count; t++) {
            const float *row = td_parameters_row(parameters, feature->tensor, (size_t)title.ids[t]);
            for (size_t k = 0; k < width; k++)
                mean[k] += row[k];
        }
        for (size_t k = 0; k < width && title.count > 0; k++)
            mean[k] /= (float)title.count;
    }
}

/* Every token of a title gets the same share, which goes into the exact sums as it is. */
void td_title_backward(const td_feature *feature, const td_inputs *inputs, const float *dx,
                       size_t stride, float *scratch, td_gradients *gradients)
{
    td_row_sums *sums = &gradients->tables[feature->tensor];
    for (size_t i = 0; i < inputs->count; i++) {
        const tokens title = tokens_of(inputs, i);
        for (size_t k = 0; k < feature->width; k++)
            scratch[k] = dx[i * stride + k] / (float)title.count;
        for (size_t t = 0; t < title.count; t++)
            td_gradients_note(gradients, feature->tensor,
                              td_row_sums_add(sums, gradients->kernels, title.ids[t], scratch));
    }
}
