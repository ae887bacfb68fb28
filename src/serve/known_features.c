/* Feature by feature, from what is read to the rows of tables that it names. */
#include "serve/known_features.h"

#include "data/tokens.h"

/* A feature's values, as they were read and as the encoder has them; entry of number i. */
typedef struct {
    const td_field *read;
    const td_field *made;
    bool is_by_id; /* the entry is its id, else i */
    int32_t least; /* of the ids that say something */
} values;

static const td_tower *tower_of(const td_trained_model *trained, td_side side)
{
    return side == TD_QUERY ? &trained->model->query : &trained->model->candidate;
}

/* The frame that has what a feature reads: what is told, else what the data have by id. */
static const td_frame *frame_of(const td_trained_model *trained, const td_told *told,
                                const td_feature *feature)
{
    const td_model_data *data = &trained->model_data;
    if (feature->is_history)
        return told->lists;
    if (told->side == TD_QUERY && feature->of == TD_OF_ROW)
        return told->rows;
    if (td_frame_find(told->fields, feature->column))
        return told->fields;
    return told->side == TD_QUERY ? &data->users : &data->items;
}

/* Where the values of a feature are; no field for one that does not count. */
static values find_values(const td_trained_model *trained, const td_told *told,
                          const td_feature *feature)
{
    const td_model_data *data = &trained->model_data;
    const td_derivation *made = td_derivations_find(&data->spec->derivations, feature->column);
    const td_schema_field *from = td_schema_find(data->schema, made ? made->from : feature->column);
    const td_frame *frame = frame_of(trained, told, feature);
    values v = {.is_by_id = frame == &data->users || frame == &data->items,
                .least = from && from->kind == TD_KIND_TEXT ? TD_TOKEN_UNKNOWN + 1 : 1};
    if (!frame || (made && made->serve) || (from && from->role == TD_ROLE_TIME))
        return v;
    v.made = td_frame_find(frame, feature->column);
    v.read = from ? td_frame_find(frame, from->name) : NULL;
    if (!v.read) /* a history, or made of an item's rows */
        v.read = v.made;
    return v;
}

/* Whether any of the ids of an entry names a row that training has moved. */
static bool names_trained(const values *v, int64_t entry, const uint8_t *is_untrained)
{
    const int32_t *ids = v->made->values;
    const int64_t first = v->made->offsets ? v->made->offsets[entry] : entry;
    const int64_t end = v->made->offsets ? v->made->offsets[entry + 1] : entry + 1;
    for (int64_t i = first; i < end; i++)
        if (ids[i] >= v->least && !is_untrained[ids[i]])
            return true;
    return false;
}

static void find_feature(const td_trained_model *trained, const td_told *told,
                         const td_feature *feature, bool *is_known)
{
    const values v = find_values(trained, told, feature);
    const uint8_t *is_untrained = td_encoder_has_table(feature->encoder)
                                      ? trained->untrained.is_untrained[feature->tensor]
                                      : NULL;
    for (int64_t i = 0; v.read && i < told->count; i++) {
        const int64_t entry = v.is_by_id ? told->ids[i] : i;
        is_known[i] = is_known[i] || (!td_field_is_missing(v.read, entry) &&
                                      (!is_untrained || names_trained(&v, entry, is_untrained)));
    }
}

/* Whether a tower reads anything of users, or of items: one that reads the moment alone answers
 * from that. */
static bool reads_any(const td_tower *tower)
{
    for (size_t f = 0; f < tower->reads.count; f++)
        if (tower->reads.feature[f].is_history || tower->reads.feature[f].of != TD_OF_ROW)
            return true;
    return false;
}

/* The first feature from f on that reads the id itself, NULL if there is none. */
static const td_feature *id_feature(const td_tower *tower, size_t f)
{
    while (f < tower->reads.count && !tower->reads.feature[f].is_id)
        f++;
    return f < tower->reads.count ? &tower->reads.feature[f] : NULL;
}

/* Whether an id names a row that training has moved, of any table of ids. */
static bool has_id(const td_trained_model *trained, const td_tower *tower, int32_t id)
{
    const td_feature *feature = id_feature(tower, 0);
    for (; feature && id > 0;
         feature = id_feature(tower, (size_t)(feature - tower->reads.feature) + 1))
        if (!trained->untrained.is_untrained[feature->tensor][id])
            return true;
    return false;
}

bool td_known_features_has_id(const td_trained_model *trained, td_side side, int32_t id)
{
    const td_tower *tower = tower_of(trained, side);
    return !id_feature(tower, 0) || has_id(trained, tower, id);
}

const char *td_known_features_answer(const td_trained_model *trained, td_side side)
{
    const td_feature *feature = id_feature(tower_of(trained, side), 0);
    if (!feature)
        return "answered as one without any field";
    if (trained->model->config.model_untrained_rows == TD_UNTRAINED_INITIAL)
        return "the id answers from a row that training never moved (model.untrained_rows)";
    if (!trained->untrained.is_untrained[feature->tensor][0])
        return "the id answers from the unknown row, which id dropout trained";
    return "the id answers from the mean of the trained ones";
}

void td_known_features_find(const td_trained_model *trained, const td_told *told, bool *is_known)
{
    const td_tower *tower = tower_of(trained, told->side);
    const bool is_read = reads_any(tower);
    for (int64_t i = 0; i < told->count; i++)
        is_known[i] = !is_read || has_id(trained, tower, told->ids[i]);
    for (size_t f = 0; f < tower->reads.count; f++)
        if (!tower->reads.feature[f].is_id)
            find_feature(trained, told, &tower->reads.feature[f], is_known);
}
