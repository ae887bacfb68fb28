/* Training rows read and put into the order of histories. */
#include "base/memory.h"
#include "data/dataset_parts.h"
#include "data/history.h"
#include "data/row_condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row, as histories order it. */
typedef struct {
    int64_t time; /* 0 where the data have no times */
    int64_t row;
    int32_t user;
    int32_t item;
} event;

/* The order of users' histories; of those of items, below, the item comes first. */
static int by_time(const void *a, const void *b)
{
    const event *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int by_item_and_time(const void *a, const void *b)
{
    const event *x = a, *y = b;
    return x->item != y->item ? (x->item > y->item) - (x->item < y->item) : by_time(a, b);
}

static bool has_rule(const td_history_rules *rules, td_of of)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->rule[i].of == of)
            return true;
    return false;
}

/* Whether any rule has a condition, which may name any field of rows. */
static bool has_condition(const td_history_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (*rules->rule[i].where)
            return true;
    return false;
}

/* C: the training rows of users by place in the file, user by user. */
static td_status read_rows(td_dataset *data, const td_history_rules *rules, td_range places,
                           int64_t **user_offsets, td_rows *rows)
{
    const td_schema *schema = &data->info.schema;
    const td_schema_field *time = td_schema_with_role(schema, TD_ROLE_TIME);
    const char *const few[] = {td_schema_with_role(schema, TD_ROLE_ITEM)->name,
                               time ? time->name : NULL, NULL};
    const char **all = has_condition(rules) ? td_schema_names(schema, TD_OF_ROW) : NULL;
    const td_status status = td_dataset_read_users(data, TD_TRAIN, places.first, places.count,
                                                   all ? all : few, user_offsets, rows);
    td_free(all);
    return status;
}

/* C: the rows that a rule takes, in the file's order; kept (rows) says which these are. */
static td_status choose(td_dataset *data, const td_history_rule *rule, const td_rows *rows,
                        bool *kept)
{
    char key[TD_FIELD_NAME_MAX + sizeof "configuration: features..where"];
    snprintf(key, sizeof key, "configuration: features.%s.where", strchr(rule->name, '/') + 1);
    if (*rule->where)
        TD_TRY(td_row_condition_test(data, key, rule->where, rows, NULL, kept));
    for (int64_t i = 0; i < rows->count; i++) {
        const bool has_time = !rule->is_before || rows->timestamp[i] != INT64_MIN;
        kept[i] = (kept[i] || !*rule->where) && has_time;
    }
    return TD_OK;
}

/* C: the events of the rows that a rule takes; user_offsets (users + 1) become theirs. */
static td_status find_events(td_dataset *data, const td_history_rule *rule, const td_rows *rows,
                             int64_t users, int64_t *user_offsets, event **events)
{
    bool *kept = TD_NEW(bool, (size_t)rows->count);
    td_status status = choose(data, rule, rows, kept);
    int64_t count = 0, i = 0;
    *events = TD_NEW(event, (size_t)rows->count);
    for (int64_t u = 0; u < users && status == TD_OK; u++) {
        for (; i < user_offsets[u + 1]; i++)
            if (kept[i])
                (*events)[count++] = (event){rows->timestamp ? rows->timestamp[i] : 0, rows->row[i],
                                             rows->user[i], rows->item[i]};
        user_offsets[u + 1] = count;
    }
    td_free(kept);
    return status;
}

static void sort_if_needed(event *events, int64_t count)
{
    for (int64_t i = 1; i < count; i++)
        if (by_time(&events[i - 1], &events[i]) > 0) {
            qsort(events, (size_t)count, sizeof *events, by_time);
            return;
        }
}

/* C */
static td_status make_history(td_dataset *data, const td_rows *rows, int64_t users,
                              const int64_t *user_offsets, td_history *h)
{
    event *events;
    h->offsets = TD_NEW(int64_t, (size_t)users + 1);
    memcpy(h->offsets, user_offsets, ((size_t)users + 1) * sizeof *h->offsets);
    td_status status = find_events(data, h->rule, rows, users, h->offsets, &events);
    const int64_t count = status == TD_OK ? h->offsets[users] : 0;
    h->items = TD_NEW(int32_t, (size_t)count);
    h->times = h->rule->is_before ? TD_NEW(int64_t, (size_t)count) : NULL;
#pragma omp parallel for schedule(dynamic, 64)
    for (int64_t u = 0; u < (status == TD_OK ? users : 0); u++)
        sort_if_needed(events + h->offsets[u], h->offsets[u + 1] - h->offsets[u]);
    for (int64_t i = 0; i < count; i++) {
        h->items[i] = events[i].item;
        if (h->times)
            h->times[i] = events[i].time;
    }
    td_free(events);
    return status;
}

td_status td_histories_read(td_dataset *data, const td_history_rules *rules, td_range users,
                            td_histories *histories)
{
    TD_MEMORY_FOR("histories", "--data, features");
    td_rows rows;
    int64_t *user_offsets;
    *histories = (td_histories){.users = users};
    if (!has_rule(rules, TD_OF_USER))
        return TD_OK;
    histories->history = TD_NEW(td_history, rules->count);
    td_status status =
        read_rows(data, rules, (td_range){users.first - 1, users.count}, &user_offsets, &rows);
    for (size_t i = 0; i < rules->count && status == TD_OK; i++) {
        const td_history_rule *rule = &rules->rule[i];
        if (rule->of != TD_OF_USER)
            continue;
        td_history *h = &histories->history[histories->count++];
        *h = (td_history){.rule = rule};
        status = make_history(data, &rows, users.count, user_offsets, h);
    }
    if (histories->count > 0) {
        td_rows_free(&rows);
        td_free(user_offsets);
    }
    if (status != TD_OK)
        td_histories_free(histories);
    return status;
}

/* C: the events of all users, each with the rank whose share of the items has its item, in order.
 */
static event *send_to_items(td_dataset *data, int64_t n, const event *events, int64_t *count)
{
    const int size = td_comm_size(data->comm);
    const int64_t ids = data->info.items + 1;
    int64_t *send = TD_NEW(int64_t, (size_t)size + 1), *recv = TD_NEW(int64_t, (size_t)size + 1);
    int64_t *next = TD_NEW(int64_t, (size_t)size + 1);
    event *sent = TD_NEW(event, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        send[td_part_of(ids, events[i].item, size) + 1]++;
    for (int r = 0; r < size; r++)
        next[r + 1] = send[r + 1] += send[r];
    for (int64_t i = 0; i < n; i++)
        sent[next[td_part_of(ids, events[i].item, size)]++] = events[i];
    event *got = td_comm_alltoallv(data->comm, sizeof *sent, sent, send, recv);
    *count = recv[size];
    qsort(got, (size_t)*count, sizeof *got, by_item_and_time);
    td_free(send);
    td_free(recv);
    td_free(next);
    td_free(sent);
    return got;
}

/* The lists of some items. */
typedef struct {
    td_range items;
    int64_t *length; /* (items) */
    int32_t *values; /* one list after the other, */
    int64_t count;   /* so many in all */
    int64_t room;
} item_lists;

/* Appends what is listed for a user. */
static void append(item_lists *lists, const td_field *of_users, int32_t user, int64_t *length)
{
    const int32_t *values = of_users ? of_users->values : &user;
    int64_t first = of_users ? user : 0, count = 1;
    if (of_users && of_users->offsets) {
        first = of_users->offsets[user];
        count = of_users->offsets[user + 1] - first;
    }
    if (lists->count + count > lists->room) {
        const int64_t room = lists->room + lists->room / 2 + count;
        lists->values =
            td_reallocate(lists->values, (size_t)lists->count, (size_t)room, sizeof *lists->values);
        lists->room = room;
    }
    for (int64_t i = 0; i < count; i++)
        lists->values[lists->count++] = values[first + i];
    *length += count;
}

/* The last ones of each item, of its sorted events. */
static item_lists list_items(const td_history_rule *rule, const td_field *of_users, td_range items,
                             int64_t count, const event *events)
{
    item_lists lists = {.items = items, .length = TD_NEW(int64_t, (size_t)items.count)};
    for (int64_t i = 0; i < count;) {
        const int32_t item = events[i].item;
        int64_t end = i;
        while (end < count && events[end].item == item)
            end++;
        if (rule->last > 0)
            i = td_larger(i, end - rule->last);
        for (; i < end; i++)
            append(&lists, of_users, events[i].user, &lists.length[item - items.first]);
    }
    return lists;
}

/* C: every rank's lists become a field of all items. */
static void gather_lists(td_dataset *data, const char *name, const item_lists *mine,
                         td_frame *items)
{
    const int64_t ids = data->info.items + 1;
    size_t count, total;
    int64_t *length = td_comm_allgatherv(data->comm, mine->length, (size_t)mine->items.count,
                                         sizeof *length, &count);
    int32_t *values =
        td_comm_allgatherv(data->comm, mine->values, (size_t)mine->count, sizeof *values, &total);
    if (items->fields == 0)
        items->count = items->room = ids;
    td_field *field = td_frame_add_list(items, name, TD_INT32, 1);
    for (int64_t i = 0; i < ids; i++)
        field->offsets[i + 1] = field->offsets[i] + length[i];
    td_free(field->values);
    field->values = values;
    field->room = (int64_t)total;
    td_free(length);
}

/* C */
static td_status add_lists(td_dataset *data, const td_history_rule *rule, const td_frame *users,
                           const td_rows *rows, td_range places, const int64_t *user_offsets,
                           td_frame *items)
{
    int64_t *offsets = TD_NEW(int64_t, (size_t)places.count + 1), first, n, count;
    event *events;
    memcpy(offsets, user_offsets, ((size_t)places.count + 1) * sizeof *offsets);
    td_status status = find_events(data, rule, rows, places.count, offsets, &events);
    if (status == TD_OK) {
        const td_field *of_users = rule->values ? td_frame_find(users, rule->values) : NULL;
        event *got = send_to_items(data, offsets[places.count], events, &count);
        td_comm_share(data->comm, data->info.items + 1, &first, &n);
        const item_lists lists = list_items(rule, of_users, (td_range){first, n}, count, got);
        gather_lists(data, rule->name, &lists, items);
        td_free(got);
        td_free(lists.length);
        td_free(lists.values);
    }
    td_free(offsets);
    td_free(events);
    return status;
}

td_status td_histories_add_to_items(td_dataset *data, const td_history_rules *rules,
                                    const td_frame *users, td_frame *items)
{
    td_rows rows;
    int64_t *user_offsets;
    td_range places;
    if (!has_rule(rules, TD_OF_ITEM))
        return TD_OK;
    td_comm_share(data->comm, data->info.file_users, &places.first, &places.count);
    TD_TRY(read_rows(data, rules, places, &user_offsets, &rows));
    td_status status = TD_OK;
    for (size_t i = 0; i < rules->count && status == TD_OK; i++)
        if (rules->rule[i].of == TD_OF_ITEM)
            status = add_lists(data, &rules->rule[i], users, &rows, places, user_offsets, items);
    td_rows_free(&rows);
    td_free(user_offsets);
    return status;
}
