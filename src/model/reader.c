/* One feature after another. */
#include "model/reader.h"

#include "base/memory.h"

/* A bias: its rows start at 0. */
static void declare_apart(const td_spec *spec, td_feature *feature, td_parameters *parameters)
{
    const td_embedding_table *table = &spec->table[feature->table];
    feature->tensor = td_parameters_declare(parameters, table->name, "weight", (size_t)table->rows,
                                            table->width, true, 0);
}

td_reader td_reader_declare(const td_spec *spec, size_t reader, td_parameters *parameters)
{
    const td_features *features = &spec->features[reader];
    td_reader r = {.feature = TD_NEW(td_feature, features->count),
                   .apart = features->apart,
                   .adds = features->are_added};
    for (size_t i = 0; i < features->count; i++) {
        td_feature *feature = &r.feature[r.count++];
        *feature = features->feature[i];
        if (i + r.apart >= features->count) {
            declare_apart(spec, feature, parameters);
            continue;
        }
        r.width = (r.adds ? 0 : r.width) + td_feature_inputs(feature);
        if (!td_encoder_has_table(feature->encoder))
            continue;
        const td_embedding_table *table = &spec->table[feature->table];
        r.drops = r.drops || feature->units.share > 0;
        feature->tensor =
            td_parameters_declare_table(parameters, table->name, (size_t)table->rows, table->width);
        r.learned = r.width;
    }
    return r;
}

void td_reader_free(td_reader *reader)
{
    td_free(reader->feature);
}

static td_encoder_rows rows_of(const td_inputs *inputs, size_t feature)
{
    return (td_encoder_rows){&inputs->of[feature], inputs->first, inputs->count};
}

void td_reader_touch(const td_reader *reader, const td_inputs *inputs, size_t tensor,
                     td_row_sums *tables)
{
    for (size_t i = 0; i < reader->count; i++) {
        const td_encoder_rows rows = rows_of(inputs, i);
        if (reader->feature[i].tensor == tensor)
            td_feature_touch(&reader->feature[i], &rows, tables);
    }
}

size_t td_reader_spare(const td_reader *reader, size_t stride)
{
    return reader->drops ? TD_TILE_ROWS * stride : 0;
}

static bool drops(const td_feature *feature, const td_inputs *inputs)
{
    return feature->units.share > 0 && inputs->draws.step > 0;
}

/* x = [features side by side], or their sum */
void td_reader_forward(const td_reader *reader, const td_parameters *parameters,
                       const td_inputs *inputs, float *x, size_t stride, float *scratch)
{
    for (size_t i = 0; i + reader->apart < reader->count; i++) {
        const td_encoder_rows rows = rows_of(inputs, i);
        float *part = reader->adds && i > 0 ? scratch : x;
        td_feature_forward(&reader->feature[i], parameters, &rows, part, stride);
        if (drops(&reader->feature[i], inputs))
            td_dropout_apply(&reader->feature[i].units, &inputs->draws, inputs->count,
                             reader->feature[i].width, part, part, stride);
        for (size_t k = 0; part != x && k < inputs->count * stride; k++)
            x[k] += part[k];
        x += reader->adds ? 0 : td_feature_inputs(&reader->feature[i]);
    }
}

void td_reader_backward(const td_reader *reader, const td_inputs *inputs, const float *dx,
                        size_t stride, float *scratch, td_gradients *gradients)
{
    for (size_t i = 0; i + reader->apart < reader->count; i++) {
        const td_encoder_rows rows = rows_of(inputs, i);
        const float *dpart = dx;
        if (drops(&reader->feature[i], inputs)) {
            float *dropped = scratch + TD_TILE_ROWS * stride;
            td_dropout_apply(&reader->feature[i].units, &inputs->draws, inputs->count,
                             reader->feature[i].width, dx, dropped, stride);
            dpart = dropped;
        }
        td_feature_backward(&reader->feature[i], &rows, dpart, stride, scratch, gradients);
        dx += reader->adds ? 0 : td_feature_inputs(&reader->feature[i]);
    }
}

void td_reader_forward_apart(const td_reader *reader, const td_parameters *parameters,
                             const td_inputs *inputs, float *apart)
{
    const td_encoder_rows rows = rows_of(inputs, reader->count - 1);
    td_feature_forward(&reader->feature[reader->count - 1], parameters, &rows, apart, 1);
}

void td_reader_backward_apart(const td_reader *reader, const td_inputs *inputs, const float *dapart,
                              float *scratch, td_gradients *gradients)
{
    const td_encoder_rows rows = rows_of(inputs, reader->count - 1);
    td_feature_backward(&reader->feature[reader->count - 1], &rows, dapart, 1, scratch, gradients);
}
