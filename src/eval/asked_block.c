/* Rows of one user that follow one another and ask the same share a query, scored once. */
#include "eval/asked_block.h"

#include "base/memory.h"
#include "base/range.h"

/* Starts a query for a row. */
static void add_query(td_asked_block *b, int64_t row, td_range seen)
{
    b->user[b->queries] = b->asked.rows.user[row];
    b->moment[b->queries] = (int32_t)row;
    b->time[b->queries] = b->asked.rows.timestamp[row];
    b->seen_of_query[b->queries] = seen;
    b->queries++;
}

/* Whether a row asks what the row before it does, of the same candidates. */
static bool asks_the_same(const td_block_rule *rule, const td_rows *rows, int64_t i)
{
    return td_context_is_same(rule->model->spec, &rows->frame, i - 1, i) &&
           (!rule->rows.alive || rows->timestamp[i - 1] == rows->timestamp[i]);
}

static void find_queries(const td_block_rule *rule, td_asked_block *b)
{
    const td_asked_rows *asked = &b->asked;
    const int64_t *row_offsets = asked->row_offsets, *seen_offsets = asked->seen.offsets;
    const size_t rows = (size_t)asked->rows.count;
    b->user = TD_NEW(int32_t, rows);
    b->moment = TD_NEW(int32_t, rows);
    b->time = TD_NEW(int64_t, rows);
    b->seen_of_query = TD_NEW(td_range, rows);
    b->query = TD_NEW(int32_t, rows);
    for (int64_t u = 0; u < b->users.count; u++) {
        const td_range seen =
            seen_offsets ? td_range_to(seen_offsets[u], seen_offsets[u + 1]) : (td_range){0, 0};
        for (int64_t i = row_offsets[u]; i < row_offsets[u + 1]; i++) {
            if (i == row_offsets[u] || !asks_the_same(rule, &asked->rows, i))
                add_query(b, i, seen);
            b->query[i] = (int32_t)b->queries - 1;
        }
    }
}

/* The first query of each user; those of one user follow one another. */
static void find_users(td_asked_block *b)
{
    td_asked_users *of = &b->of_users;
    of->place = TD_NEW(int64_t, b->queries);
    of->user = TD_NEW(int32_t, b->queries);
    of->moment = TD_NEW(int32_t, b->queries);
    of->time = TD_NEW(int64_t, b->queries);
    of->seen_of_query = TD_NEW(td_range, b->queries);
    td_frame_add_like(&of->lists, &b->lists);
    td_frame_reserve(&of->lists, b->users.count);
    td_frame_add_like(&of->fields, &b->fields);
    td_frame_reserve(&of->fields, b->users.count);
    for (int64_t u = 0; u < b->users.count; u++) {
        const int64_t row = b->asked.row_offsets[u];
        if (row == b->asked.row_offsets[u + 1])
            continue;
        const int32_t query = b->query[row];
        of->place[of->count] = b->users.first + u;
        of->user[of->count] = b->user[query];
        of->moment[of->count] = b->moment[query];
        of->time[of->count] = b->time[query];
        of->seen_of_query[of->count] = b->seen_of_query[query];
        td_frame_append(&of->lists, &b->lists, (td_range){query, 1});
        td_frame_append(&of->fields, &b->fields, (td_range){query, 1});
        of->count++;
    }
}

/* How many times an item is a candidate at a time. */
static int64_t weight_at(const td_asked_rule *rule, int32_t item, int64_t time)
{
    return rule->alive && !td_alive_at(rule->alive, item, time) ? 0
                                                                : td_larger(rule->weight[item], 0);
}

/* How many candidates a user has at a time, of so many at any. */
static int64_t count_at(const td_asked_rule *rule, int64_t candidates, const td_seen *seen,
                        int64_t user, int64_t time)
{
    int64_t count = rule->alive ? 0 : candidates;
    if (rule->alive)
        for (int32_t i = 1; i <= (int32_t)td_dataset_info(rule->data)->items; i++)
            count += weight_at(rule, i, time);
    if (seen->offsets)
        for (int64_t i = seen->offsets[user]; i < seen->offsets[user + 1]; i++)
            count -= weight_at(rule, seen->items[i], time);
    return count;
}

/* How many candidates each user's list has, or the longest of those of its rows. */
static void count_candidates(const td_asked_rule *rule, int64_t candidates, td_asked_block *b)
{
    const td_asked_rows *asked = &b->asked;
    const int64_t *offsets = asked->row_offsets, *time = asked->rows.timestamp;
    b->candidates = TD_NEW(int64_t, (size_t)b->users.count);
#pragma omp parallel for schedule(dynamic)
    for (int64_t u = 0; u < b->users.count; u++)
        for (int64_t i = offsets[u]; i < offsets[u + 1]; i++)
            if (i == offsets[u] || (rule->alive && time[i] != time[i - 1]))
                b->candidates[u] = td_larger(b->candidates[u],
                                             count_at(rule, candidates, &asked->seen, u, time[i]));
}

/* C: the histories of the queries: training rows, before their times if so asked. */
static td_status find_histories(const td_block_rule *rule, td_asked_block *b)
{
    const td_history_rules *rules = &rule->model->spec->histories;
    const int64_t ids = td_dataset_info(rule->rows.data)->users, first = b->users.first;
    const td_range range = {td_smaller(first, ids) + 1,
                            td_smaller(b->users.count, td_larger(ids - first, 0))};
    td_histories histories;
    TD_TRY(td_histories_read(rule->rows.data, rules, range, &histories));
    td_histories_list(
        &histories, &(td_history_queries){(int64_t)b->queries, b->user, NULL, b->time}, &b->lists);
    td_histories_free(&histories);
    return TD_OK;
}

/* The place in the file of the user of each row. */
static int64_t *users_of_rows(const td_asked_block *b)
{
    int64_t *place = TD_NEW(int64_t, (size_t)b->asked.rows.count);
    for (int64_t u = 0; u < b->users.count; u++)
        for (int64_t i = b->asked.row_offsets[u]; i < b->asked.row_offsets[u + 1]; i++)
            place[i] = b->users.first + u;
    return place;
}

/* C: the fields of users without an id, which no table by id has; one that is missing is that of
 * the unknown user. */
static td_status find_fields(const td_block_rule *rule, td_asked_block *b)
{
    const td_data_info *info = td_dataset_info(rule->rows.data);
    const td_spec *spec = rule->model->spec;
    const char **names = td_spec_fields(spec, &info->schema, TD_OF_USER);
    td_frame read = {.count = 0};
    td_status status = TD_OK;
    if (names[0] && b->users.first >= info->users)
        status = td_dataset_read_user_fields(rule->rows.data, b->users, names, &read);
    td_free(names);
    if (status != TD_OK || read.fields == 0)
        return status;
    int64_t *place = users_of_rows(b), *read_row = TD_NEW(int64_t, b->queries);
    for (size_t q = 0; q < b->queries; q++)
        read_row[q] = place[b->moment[q]] - b->users.first;
    b->fields = td_frame_gather(&read, (int64_t)b->queries, read_row);
    td_derive(&spec->derivations, TD_OF_USER, &b->fields);
    td_frame_free(&read);
    td_free(place);
    td_free(read_row);
    return TD_OK;
}

/* C */
static td_status find_labels(const td_block_rule *rule, td_asked_block *b)
{
    const td_targets *targets = rule->targets;
    td_rows *rows = &b->asked.rows;
    int64_t *place = users_of_rows(b);
    const td_status status =
        td_targets_read_labels(rule->comm, rule->model, rule->rows.data, place, rows);
    td_free(place);
    TD_TRY(status);
    b->targets = targets->count;
    b->label = TD_NEW(float *, b->targets);
    for (size_t t = 0; t < b->targets; t++)
        b->label[t] = td_target_labels(&targets->target[t], rows);
    return TD_OK;
}

static void find_groups(const td_groups *groups, td_asked_block *b)
{
    if (groups->count == 0)
        return;
    b->group = TD_NEW(int32_t, (size_t)b->asked.rows.count);
    td_groups_of_rows(groups, b->users, b->asked.row_offsets, &b->asked.rows, b->group);
}

/* Labels and groups are of the rows as they are, queries of what is served (derive.h). */
td_status td_asked_block_read(const td_block_rule *rule, td_range users,
                              td_evaluation_counts *counts, td_asked_block *block)
{
    *block = (td_asked_block){.users = users, .alive = rule->rows.alive};
    TD_TRY(td_asked_rows_read(&rule->rows, users, counts, &block->asked));
    TD_TRY(find_labels(rule, block));
    find_groups(rule->groups, block);
    td_derive(&rule->model->spec->derivations, TD_OF_ROW, &block->asked.rows.frame);
    find_queries(rule, block);
    if (rule->counts_candidates)
        count_candidates(&rule->rows, counts->candidates, block);
    TD_TRY(find_histories(rule, block));
    TD_TRY(find_fields(rule, block));
    if (rule->asks_users)
        find_users(block);
    return TD_OK;
}

void td_asked_block_free(td_asked_block *block)
{
    td_asked_rows_free(&block->asked);
    td_frame_free(&block->lists);
    td_frame_free(&block->fields);
    td_free(block->user);
    td_free(block->moment);
    td_free(block->time);
    td_free(block->seen_of_query);
    td_free(block->query);
    td_free(block->candidates);
    td_free(block->group);
    td_frame_free(&block->of_users.lists);
    td_frame_free(&block->of_users.fields);
    td_free(block->of_users.place);
    td_free(block->of_users.user);
    td_free(block->of_users.moment);
    td_free(block->of_users.time);
    td_free(block->of_users.seen_of_query);
    for (size_t t = 0; t < block->targets; t++)
        td_free(block->label[t]);
    td_free(block->label);
}

static const td_frame *told(const td_frame *fields)
{
    return fields->fields > 0 ? fields : NULL;
}

td_queries td_asked_block_queries(const td_asked_block *block)
{
    return (td_queries){block->queries, block->user,   &block->asked.rows.frame,
                        block->moment,  &block->lists, told(&block->fields)};
}

td_queries td_asked_block_of_users(const td_asked_block *block)
{
    const td_asked_users *of = &block->of_users;
    return (td_queries){of->count,  of->user,   &block->asked.rows.frame,
                        of->moment, &of->lists, told(&of->fields)};
}

td_ranking td_asked_block_ranking(const td_asked_block *block)
{
    const td_asked_rows *asked = &block->asked;
    return (td_ranking){.queries = block->queries,
                        .rows = (size_t)asked->rows.count,
                        .query = block->query,
                        .item = asked->rows.item,
                        .seen_of_query = block->seen_of_query,
                        .seen = asked->seen.items,
                        .alive = block->alive,
                        .time = block->time,
                        .is_out = asked->is_out};
}
