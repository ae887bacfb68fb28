/* Training rows are read for users whose ids follow one another at once: mostly, that is all. */
#include "serve/left_out.h"

#include "base/memory.h"
#include "eval/seen_items.h"

#include <string.h>

#define OPTION_NAME "--exclude-seen"

/* What is seen: "" for all training rows, which eval.exclude_seen calls train. */
static const char *condition_of(const char *seen)
{
    return seen && strcmp(seen, "train") != 0 ? seen : "";
}

td_status td_left_out_check(td_dataset *data, const char *seen)
{
    return *condition_of(seen) ? td_seen_check(data, OPTION_NAME, seen) : TD_OK;
}

/* C: the user of id i stands at place i - 1 of the data file. */
static td_status read_seen(td_dataset *data, const char *condition, int32_t id, int64_t count,
                           td_seen *seen)
{
    if (*condition)
        return td_seen_where(data, OPTION_NAME, condition, (td_range){id - 1, count}, seen);
    return td_dataset_read_seen(data, id - 1, count, &seen->offsets, &seen->items);
}

static void add_items(int64_t count, const int32_t *items, td_range *range, td_left_out *left_out)
{
    for (int64_t i = 0; i < count; i++) {
        left_out->items = td_grow(left_out->items, (size_t)left_out->count, sizeof *items);
        left_out->items[left_out->count++] = items[i];
    }
    range->count += count;
}

/* How many users from first on, of those before end, have ids that follow one another. */
static int64_t run_length(const td_asked *asked, int64_t first, int64_t end)
{
    int64_t i = first + 1;
    while (i < end && asked->id[first] > 0 && asked->id[i] == asked->id[first] + (i - first))
        i++;
    return i - first;
}

/* Adds the candidates that are not alive at a time. */
static void add_not_alive(const td_left_out_rules *rules, int64_t time, td_range *range,
                          td_left_out *left_out)
{
    for (int32_t i = 1; i <= (int32_t)rules->items; i++)
        if (rules->weight[i] > 0 && !td_alive_at(rules->alive, i, time))
            add_items(1, &i, range, left_out);
}

/* C: of users whose ids follow one another. The unknown one has seen nothing. */
static td_status add_run(td_dataset *data, const td_left_out_rules *rules, const td_asked *asked,
                         td_range users, td_range *ranges, td_left_out *left_out)
{
    const char *condition = rules->seen ? condition_of(rules->seen) : NULL;
    td_seen seen = {0};
    td_status status = TD_OK;
    if (condition && asked->id[users.first] > 0)
        status = read_seen(data, condition, asked->id[users.first], users.count, &seen);
    for (int64_t u = 0; u < users.count && status == TD_OK; u++) {
        const td_range more = td_exclusions_of(rules->exclusions, asked->name[users.first + u]);
        ranges[u] = (td_range){left_out->count, 0};
        if (seen.items)
            add_items(seen.offsets[u + 1] - seen.offsets[u], seen.items + seen.offsets[u],
                      &ranges[u], left_out);
        if (condition && !*condition) {
            const int32_t *items;
            const td_range told = td_asked_history(asked, users.first + u, &items);
            if (told.count > 0)
                add_items(told.count, items + told.first, &ranges[u], left_out);
        }
        if (more.count > 0)
            add_items(more.count, rules->exclusions->items + more.first, &ranges[u], left_out);
        if (rules->times)
            add_not_alive(rules, rules->times[users.first + u], &ranges[u], left_out);
    }
    td_seen_free(&seen);
    return status;
}

td_status td_left_out_find(td_dataset *data, const td_left_out_rules *rules, const td_asked *asked,
                           td_range users, td_left_out *left_out)
{
    *left_out = (td_left_out){.count = 0};
    if (!rules->seen && !rules->exclusions->users && !rules->times)
        return TD_OK;
    left_out->ranges = TD_NEW(td_range, (size_t)users.count);
    for (int64_t i = 0; i < users.count;) {
        const int64_t first = users.first + i;
        const td_range run = {first, run_length(asked, first, td_range_end(users))};
        TD_TRY(add_run(data, rules, asked, run, left_out->ranges + i, left_out));
        i += run.count;
    }
    return TD_OK;
}

void td_left_out_free(td_left_out *left_out)
{
    td_free(left_out->ranges);
    td_free(left_out->items);
}
