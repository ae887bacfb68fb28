/* Each rank marks what its share of users, items and training rows names; marks are added. */
#include "train/named_rows.h"

#include "base/memory.h"
#include "base/range.h"
#include "data/derive.h"
#include "data/history.h"
#include "model/encoder.h"

enum { ROWS_AT_ONCE = 1 << 18 };

/* What is looked at, and what of it has training rows. */
typedef struct {
    td_comm *comm;
    td_dataset *data;
    const td_spec *spec;
    bool *has_rows[TD_OFS]; /* of users and items, by id, in this rank's share alone; else false */
    td_named_rows *named;
} search;

static void mark(int64_t *times, const td_field *field, int64_t entry)
{
    const int32_t *ids = field->values;
    const int64_t from = field->offsets ? field->offsets[entry] : entry;
    const int64_t end = field->offsets ? field->offsets[entry + 1] : entry + 1;
    for (int64_t i = from; i < end; i++)
        times[ids[i]]++;
}

/* By ids, or by the values of a field of ids. */
static void mark_of(const search *s, td_of of, const td_field *field, int64_t *times)
{
    const int64_t ids = of == TD_OF_USER ? s->spec->users : s->spec->items;
    for (int64_t id = 1; id < ids; id++) {
        if (s->has_rows[of][id] && field)
            mark(times, field, id);
        else if (s->has_rows[of][id])
            times[id]++;
    }
}

/* The items, or their values, that histories by a rule have. */
static void mark_history(const td_histories *histories, const td_history_rule *rule, int64_t *times)
{
    for (size_t i = 0; i < histories->count; i++) {
        const td_history *h = &histories->history[i];
        for (int64_t k = 0; h->rule == rule && k < h->offsets[histories->users.count]; k++) {
            if (rule->field)
                mark(times, rule->field, h->items[k]);
            else
                times[h->items[k]]++;
        }
    }
}

/* Calls for each feature that reads a table. */
static void each(const search *s, const void *context,
                 void (*take)(const search *s, const void *context, const td_feature *feature,
                              int64_t *times))
{
    for (size_t reader = 0; reader < s->spec->readers; reader++)
        for (size_t f = 0; f < s->spec->features[reader].count; f++) {
            const td_feature *feature = &s->spec->features[reader].feature[f];
            if (td_encoder_has_table(feature->encoder))
                take(s, context, feature, s->named->times[feature->table]);
        }
}

static void take_ids(const search *s, const void *context, const td_feature *feature,
                     int64_t *times)
{
    if (feature->is_history)
        mark_history(context, td_history_rules_find(&s->spec->histories, feature->column), times);
    else if (feature->of != TD_OF_ROW)
        mark_of(s, feature->of, feature->is_id ? NULL : feature->field, times);
}

static void take_rows(const search *s, const void *context, const td_feature *feature,
                      int64_t *times)
{
    const td_frame *rows = context;
    (void)s;
    const td_field *field = feature->of == TD_OF_ROW && !feature->is_history
                                ? td_frame_find(rows, feature->column)
                                : NULL;
    for (int64_t i = 0; i < rows->count && field; i++)
        mark(times, field, i);
}

/* Tables of biases, which no feature reads. */
static void mark_biases(const search *s)
{
    for (size_t t = 0; t < s->spec->tables; t++) {
        const td_embedding_table *table = &s->spec->table[t];
        const td_role role = table->derivation ? TD_ROLE_NONE : table->field->role;
        if (role == TD_ROLE_USER || role == TD_ROLE_ITEM)
            mark_of(s, role == TD_ROLE_USER ? TD_OF_USER : TD_OF_ITEM, NULL, s->named->times[t]);
    }
}

/* C: this rank's share of the users and items that have training rows. */
static td_status find_shares(search *s)
{
    const td_data_info *info = td_dataset_info(s->data);
    int64_t *rows;
    td_range mine;
    s->has_rows[TD_OF_USER] = TD_NEW(bool, (size_t)info->users + 1);
    s->has_rows[TD_OF_ITEM] = TD_NEW(bool, (size_t)info->items + 1);
    td_comm_share(s->comm, info->users, &mine.first, &mine.count);
    TD_TRY(td_dataset_read_user_offsets(s->data, TD_TRAIN, mine, &rows));
    for (int64_t u = 0; u < mine.count; u++)
        s->has_rows[TD_OF_USER][mine.first + u + 1] = rows[u + 1] > rows[u];
    td_free(rows);
    TD_TRY(td_dataset_read_item_counts(s->data, &rows));
    td_comm_share(s->comm, info->items, &mine.first, &mine.count);
    for (int64_t id = mine.first + 1; id <= td_range_end(mine); id++)
        s->has_rows[TD_OF_ITEM][id] = rows[id] > 0;
    td_free(rows);
    return TD_OK;
}

/* C: what users, items and histories name. */
static td_status find_ids(search *s)
{
    td_histories histories;
    td_range mine;
    TD_TRY(find_shares(s));
    td_comm_share(s->comm, td_dataset_info(s->data)->users, &mine.first, &mine.count);
    TD_TRY(td_histories_read(s->data, &s->spec->histories, (td_range){mine.first + 1, mine.count},
                             &histories));
    each(s, &histories, take_ids);
    mark_biases(s);
    td_histories_free(&histories);
    return TD_OK;
}

/* C: what this rank's share of the training rows names, in as many parts on every rank. */
static td_status find_rows(const search *s)
{
    const td_data_info *info = td_dataset_info(s->data);
    const char **fields = td_spec_fields(s->spec, &info->schema, TD_OF_ROW);
    td_range mine;
    td_status status = TD_OK;
    td_comm_share(s->comm, info->rows[TD_TRAIN], &mine.first, &mine.count);
    const int64_t most = info->rows[TD_TRAIN] / td_comm_size(s->comm) + 1;
    for (int64_t at = 0; at < most && fields[0] && status == TD_OK; at += ROWS_AT_ONCE) {
        const int64_t first = td_smaller(at, mine.count);
        const int64_t count = td_smaller(mine.count - first, ROWS_AT_ONCE);
        td_frame rows = {.count = 0};
        status = td_dataset_read_rows(s->data, TD_TRAIN, (td_range){mine.first + first, count},
                                      fields, &rows);
        if (status == TD_OK) {
            td_derive_for_training(&s->spec->derivations, TD_OF_ROW, &rows);
            each(s, &rows, take_rows);
        }
        td_frame_free(&rows);
    }
    td_free(fields);
    return status;
}

td_status td_named_rows_find(td_comm *comm, td_dataset *data, const td_spec *spec,
                             td_named_rows *named)
{
    *named = (td_named_rows){spec->tables, TD_NEW(int64_t *, spec->tables)};
    for (size_t t = 0; t < spec->tables; t++)
        named->times[t] = TD_NEW(int64_t, (size_t)spec->table[t].rows);
    search s = {.comm = comm, .data = data, .spec = spec, .named = named};
    td_status status = find_ids(&s);
    if (status == TD_OK)
        status = find_rows(&s);
    for (size_t t = 0; t < spec->tables && status == TD_OK; t++)
        td_comm_sum(comm, (size_t)spec->table[t].rows, named->times[t]);
    td_free(s.has_rows[TD_OF_USER]);
    td_free(s.has_rows[TD_OF_ITEM]);
    return status;
}

void td_named_rows_free(td_named_rows *named)
{
    for (size_t t = 0; t < named->tables; t++)
        td_free(named->times[t]);
    td_free(named->times);
    *named = (td_named_rows){0};
}
