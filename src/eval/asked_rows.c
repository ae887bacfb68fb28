#include "eval/asked_rows.h"

#include "base/memory.h"

/* C: the items of users' training rows, which those rows themselves do not repeat. */
static td_status read_trained(const td_asked_rule *rule, td_range users, td_seen *trained)
{
    if (rule->split == TD_TRAIN)
        return TD_OK;
    return td_dataset_read_seen(rule->data, users.first, users.count, &trained->offsets,
                                &trained->items);
}

static bool is_known(const td_asked_rule *rule, td_range users, int64_t user,
                     const td_seen *trained)
{
    if (rule->split == TD_TRAIN)
        return users.first + user < td_dataset_info(rule->data)->users;
    return trained->offsets[user + 1] > trained->offsets[user];
}

/* Counts a user who has rows, of whom so many are asked. */
static void count_user(int64_t asked, bool is_known, td_evaluation_counts *counts)
{
    counts->users += asked > 0;
    counts->idle_users += asked == 0;
    counts->new_users += asked > 0 && !is_known;
}

/* Brings a row behind those that are kept so far; before one is left out, it is there. */
static void keep_row(td_rows *rows, int64_t i)
{
    if (i == rows->count)
        rows->frame.count = ++rows->count;
    else
        td_rows_append(rows, rows, i, 1);
}

/* Whether eval.rows has rows of an item. */
static bool asks_item(const td_asked_rule *rule, int32_t item)
{
    const bool cold = rule->config->eval_rows == TD_EVAL_ROWS_COLD;
    return !rule->trained || (rule->trained[item] == 0) == cold;
}

/* Keeps the rows of the sample, and of them what is no repeat, or all. */
static void keep_asked(const td_asked_rule *rule, td_range users, const td_seen *trained,
                       td_evaluation_counts *counts, td_asked_rows *asked)
{
    td_rows *rows = &asked->rows;
    const bool keeps = rule->config->eval_repeats == TD_EVAL_REPEATS_KEEP;
    int64_t first = 0;
    rows->count = 0;
    for (int64_t u = 0; u < users.count; u++) {
        const int64_t before = rows->count, end = asked->row_offsets[u + 1];
        int64_t sampled = 0;
        for (int64_t i = first; i < end; i++) {
            if (!td_row_sample_has(rule->sample, rows->row[i]) || !asks_item(rule, rows->item[i]))
                continue;
            const bool repeats = td_seen_has(trained, u, rows->item[i]);
            sampled++;
            counts->repeats += repeats;
            if (keeps || !repeats)
                keep_row(rows, i);
        }
        first = end;
        asked->row_offsets[u + 1] = rows->count;
        if (sampled > 0)
            count_user(rows->count - before, is_known(rule, users, u, trained), counts);
    }
}

/* Whether a row's item is no candidate of its query. */
static bool is_outside(const td_asked_rule *rule, const td_asked_rows *asked, int64_t user,
                       int64_t i)
{
    const int32_t item = asked->rows.item[i];
    return rule->weight[item] <= 0 || td_seen_has(&asked->seen, user, item) ||
           (rule->alive && !td_alive_at(rule->alive, item, asked->rows.timestamp[i]));
}

/* Finds the rows that are misses whatever a system says. */
static void find_outside(const td_asked_rule *rule, td_range users, td_evaluation_counts *counts,
                         td_asked_rows *asked)
{
    const td_rows *rows = &asked->rows;
    asked->is_out = TD_NEW(bool, (size_t)rows->count);
    for (int64_t u = 0; u < users.count; u++)
        for (int64_t i = asked->row_offsets[u]; i < asked->row_offsets[u + 1]; i++) {
            asked->is_out[i] = is_outside(rule, asked, u, i);
            counts->outside += asked->is_out[i];
            counts->unknown_user_rows += rows->user[i] == 0;
            counts->older_rows +=
                rows->timestamp[i] != INT64_MIN && rows->timestamp[i] < rule->newest;
        }
    counts->rows += rows->count;
}

td_status td_asked_rows_read(const td_asked_rule *rule, td_range users,
                             td_evaluation_counts *counts, td_asked_rows *asked)
{
    td_seen trained = {0};
    *asked = (td_asked_rows){.is_out = NULL};
    td_status status = read_trained(rule, users, &trained);
    if (status == TD_OK)
        status = td_dataset_read_users(rule->data, rule->split, users.first, users.count, NULL,
                                       &asked->row_offsets, &asked->rows);
    if (status == TD_OK)
        status = td_seen_of_rule(rule->data, rule->split, rule->config->eval_exclude_seen, users,
                                 &trained, &asked->seen);
    if (status == TD_OK) {
        keep_asked(rule, users, &trained, counts, asked);
        find_outside(rule, users, counts, asked);
    }
    td_seen_free(&trained);
    return status;
}

void td_asked_rows_free(td_asked_rows *asked)
{
    td_rows_free(&asked->rows);
    td_free(asked->row_offsets);
    td_seen_free(&asked->seen);
    td_free(asked->is_out);
    *asked = (td_asked_rows){.is_out = NULL};
}
