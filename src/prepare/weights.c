#include "prepare/weights.h"

#include "base/memory.h"
#include "data/half_life.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static float *weights_of(const td_preparing *p)
{
    const td_source_field *weight = td_source_with_role(p->source, TD_ROLE_WEIGHT);
    return weight ? td_frame_values(&p->rows.frame, weight->name) : NULL;
}

/* Returns the weights of a field's ids, NaN where none is told. */
static float *weights_by_id(const td_weight_rule *rule, const td_strings *names)
{
    float *weight = TD_NEW(float, (size_t)names->count + 1);
    weight[0] = rule->others;
    for (int64_t i = 0; i < names->count; i++) {
        const td_str name = td_string_at(names, i);
        weight[i + 1] = rule->others;
        for (size_t v = 0; v < rule->count; v++)
            if (strlen(rule->names[v]) == name.length &&
                memcmp(rule->names[v], name.text, name.length) == 0)
                weight[i + 1] = rule->values[v];
    }
    return weight;
}

/* Returns the first id of all ranks' rows that has no weight, count if all have one. */
static int64_t find_unknown(const td_preparing *p, const bool *keep, const int32_t *id,
                            const float *by_id, int64_t count)
{
    int64_t first = count;
    for (int64_t i = 0; i < p->rows.frame.count; i++)
        if (keep[i] && isnan(by_id[id[i]]) && id[i] < first)
            first = id[i];
    return count - td_comm_max_count(p->comm, count - first);
}

td_status td_weigh_rows(td_preparing *p, const bool *keep)
{
    const td_weight_rule *rule = &p->source->weight;
    const td_frame *frame = &p->rows.frame;
    float *weight = weights_of(p);
    if (!weight || !rule->is_told)
        return TD_OK;
    for (int64_t i = 0; i < frame->count && !rule->from; i++)
        weight[i] = rule->others;
    if (!rule->from)
        return TD_OK;
    const td_schema_field *from = td_schema_find(&p->prepared.schema, rule->from);
    const td_strings *names = &p->prepared.names[from - p->prepared.schema.fields];
    const int32_t *id = td_frame_values(frame, rule->from);
    float *by_id = weights_by_id(rule, names);
    const int64_t unknown = find_unknown(p, keep, id, by_id, names->count + 1);
    for (int64_t i = 0; i < frame->count; i++)
        weight[i] = by_id[id[i]];
    td_free(by_id);
    if (unknown > names->count)
        return TD_OK;
    const td_str name = unknown > 0 ? td_string_at(names, unknown - 1) : (td_str){"", 0};
    return td_place_fail(rule->place,
                         "expected a value for each name of %s that rows have, found none for "
                         "'%s'%s: add it to values, or others for all that are not there",
                         rule->from, td_excerpt_of_str(name).text,
                         unknown > 0 ? "" : ", of rows without one");
}

void td_age_weights(td_preparing *p)
{
    const td_source_field *time = td_source_with_role(p->source, TD_ROLE_TIME);
    const int64_t half_life = p->source->weight.half_life, rows = p->rows.frame.count;
    float *weight = weights_of(p);
    int64_t newest = 0;
    if (half_life == 0)
        return;
    const int64_t *times = td_frame_values(&p->rows.frame, time->name);
    for (int64_t i = 0; i < rows; i++)
        if (p->split[i] == TD_TRAIN && times[i] > newest)
            newest = times[i];
    newest = td_comm_max_count(p->comm, newest);
    for (int64_t i = 0; i < rows; i++) {
        const double decay = td_decay_by_age(td_age_between(newest, times[i]), half_life);
        const float aged = (float)((double)weight[i] * decay);
        weight[i] = aged > FLT_MIN ? aged : FLT_MIN; /* never none */
    }
}
