/* What features read, as log.jsonl tells it after each start: a line each. */
#include "base/memory.h"
#include "data/tokens.h"
#include "train/session.h"

#include <string.h>

static int64_t count_empty(const int64_t *offsets, int64_t first, int64_t end)
{
    int64_t empty = 0;
    for (int64_t i = first; i < end; i++)
        empty += offsets[i + 1] == offsets[i];
    return empty;
}

/* Users' lists are with the ranks that have their rows, items' are everywhere. */
int64_t *td_session_count_empty(const td_session *s)
{
    const td_history_rules *rules = &s->model_data.spec->histories;
    const td_histories *of_users = td_batches_histories(s->batches);
    int64_t *empty = TD_NEW(int64_t, rules->count);
    for (size_t h = 0; h < of_users->count; h++)
        empty[of_users->history[h].rule - rules->rule] =
            count_empty(of_users->history[h].offsets, 0, of_users->users.count);
    td_comm_sum(s->comm, rules->count, empty);
    for (size_t r = 0; r < rules->count; r++)
        if (rules->rule[r].of == TD_OF_ITEM)
            empty[r] =
                count_empty(td_frame_find(&s->model_data.items, rules->rule[r].name)->offsets, 1,
                            s->model_data.items.count);
    return empty;
}

/* How many values of a field, loaded here, stand for what has no id of its own. */
static int64_t count_unknown(const td_session *s, const td_schema_field *field)
{
    const td_data_info *info = td_dataset_info(s->data);
    const td_frame *frame = field->of == TD_OF_USER ? &s->model_data.users : &s->model_data.items;
    if (field->role == TD_ROLE_USER)
        return info->file_users - info->users;
    if (field->kind != TD_KIND_TEXT || field->of == TD_OF_ROW)
        return -1;
    const td_field *tokens = td_frame_find(frame, field->name);
    const int32_t *ids = tokens->values;
    int64_t unknown = 0;
    for (int64_t i = 0; i < td_field_elements(tokens, frame->count); i++)
        unknown += ids[i] == TD_TOKEN_UNKNOWN;
    return unknown;
}

/* Whether a reader before this one reads a feature of this name. */
static bool is_told(const td_spec *spec, size_t reader, const char *name)
{
    for (size_t before = 0; before < reader; before++)
        for (size_t i = 0; i < spec->features[before].count; i++)
            if (strcmp(spec->features[before].feature[i].name, name) == 0)
                return true;
    return false;
}

/* A history is told of those who have it: how many users, or items, have none of its rows. */
static td_run_feature tell_history(const td_session *s, const td_feature *feature,
                                   const td_history_rule *rule, int64_t empty)
{
    const td_data_info *info = td_dataset_info(s->data);
    const td_role role = rule->of == TD_OF_USER ? TD_ROLE_ITEM : TD_ROLE_USER;
    return (td_run_feature){.name = feature->name,
                            .field = rule->values ? rule->values
                                                  : td_schema_with_role(&info->schema, role)->name,
                            .of = td_of_name(rule->of),
                            .values = rule->of == TD_OF_USER ? info->users : info->items,
                            .missing = empty,
                            .unknown = -1};
}

static td_run_feature tell_field(const td_session *s, const td_feature *feature)
{
    const td_data_info *info = td_dataset_info(s->data);
    const int64_t values[TD_OFS] = {info->rows[TD_TRAIN] + info->rows[TD_VALIDATION] +
                                        info->rows[TD_TEST] + info->rows[TD_GIVEN],
                                    info->file_users, info->items};
    const td_derivation *d = td_derivations_find(&s->model_data.spec->derivations, feature->column);
    const td_schema_field *field = td_schema_find(&info->schema, d ? d->from : feature->column);
    const bool is_key = field->role == TD_ROLE_USER || field->role == TD_ROLE_ITEM;
    const td_of of = is_key ? feature->of : field->of;
    return (td_run_feature){.name = feature->name,
                            .field = field->name,
                            .of = td_of_name(of),
                            .values = values[of],
                            .missing = field->missing,
                            .unknown = count_unknown(s, field)};
}

td_status td_session_log_features(const td_session *s, const int64_t *empty)
{
    const td_spec *spec = s->model_data.spec;
    for (size_t reader = 0; reader < spec->readers; reader++)
        for (size_t i = 0; i < spec->features[reader].count; i++) {
            const td_feature *feature = &spec->features[reader].feature[i];
            const td_history_rule *rule = td_history_rules_find(&spec->histories, feature->column);
            if (is_told(spec, reader, feature->name))
                continue;
            const td_run_feature line =
                rule ? tell_history(s, feature, rule, empty[rule - spec->histories.rule])
                     : tell_field(s, feature);
            TD_TRY(td_run_log_feature(s->log, s->position.step, &line));
        }
    return TD_OK;
}
