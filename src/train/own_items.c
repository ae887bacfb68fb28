/* Items by user, and their meeting with the columns of a step. */
#include "train/own_items.h"

#include "base/range.h"

#include <stdlib.h>
#include <string.h>

static td_range users_of(const td_rows *rows)
{
    int64_t first = INT64_MAX, end = 0;
    for (int64_t i = 0; i < rows->count; i++) {
        first = td_smaller(first, rows->user[i]);
        end = td_larger(end, (int64_t)rows->user[i] + 1);
    }
    return td_range_to(rows->count > 0 ? first : 0, end);
}

static int ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Sorts n items, and returns how many distinct ones then stand first. */
static int64_t make_distinct(int32_t *items, int64_t n)
{
    int64_t distinct = 0;
    qsort(items, (size_t)n, sizeof *items, ascending);
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || items[i] != items[i - 1])
            items[distinct++] = items[i];
    return distinct;
}

/* Brings the items of rows that train into the order of users: offsets and items. */
static void sort_by_user(td_own_items *own, const td_rows *rows, const uint8_t *trains)
{
    const size_t users = (size_t)own->users.count;
    int64_t *next = TD_NEW(int64_t, users + 1);
    for (int64_t i = 0; i < rows->count; i++)
        if (!trains || trains[i])
            own->offsets[rows->user[i] - own->users.first + 1]++;
    for (size_t u = 0; u < users; u++)
        own->offsets[u + 1] += own->offsets[u];
    memcpy(next, own->offsets, users * sizeof *next);
    for (int64_t i = 0; i < rows->count; i++)
        if (!trains || trains[i])
            own->items[next[rows->user[i] - own->users.first]++] = rows->item[i];
    td_free(next);
}

td_own_items td_own_items_create(const td_rows *rows, const uint8_t *trains, int64_t my_rows)
{
    TD_MEMORY_FOR("items of users", "retrieval.mask_own");
    td_own_items own = {.users = users_of(rows)};
    const size_t users = (size_t)own.users.count;
    int64_t end = 0, from = 0;
    own.offsets = TD_NEW(int64_t, users + 1);
    own.items = TD_NEW(int32_t, (size_t)rows->count);
    own.masked = TD_NEW(td_range, (size_t)my_rows);
    own.of_user = TD_NEW(td_range, users);
    own.meeting_of = TD_NEW(int64_t, users);
    sort_by_user(&own, rows, trains);
    for (size_t u = 0; u < users; u++) {
        const int64_t count = own.offsets[u + 1] - from;
        memmove(own.items + end, own.items + from, (size_t)count * sizeof *own.items);
        from = own.offsets[u + 1];
        end += make_distinct(own.items + end, count);
        own.offsets[u + 1] = end;
    }
    return own;
}

void td_own_items_free(td_own_items *own)
{
    td_free(own->offsets);
    td_free(own->items);
    td_free(own->masked);
    td_free(own->of_user);
    td_free(own->meeting_of);
    td_buffer_free(&own->columns);
}

size_t td_own_items_bytes(int64_t rows, int64_t users, int64_t my_rows)
{
    return (size_t)rows * sizeof(int32_t) +
           (size_t)users * (2 * sizeof(int64_t) + sizeof(td_range)) +
           (size_t)my_rows * sizeof(td_range);
}

/* A user's place, -1 for one without rows here. */
static int64_t place_of_user(const td_own_items *own, int32_t user)
{
    const int64_t place = user - own->users.first;
    return place < own->users.count ? place : -1;
}

/* Room for the columns of all users of the group's rows, each user once; a new meeting. */
static void make_room(td_own_items *own, const td_rows *rows, td_range group)
{
    int64_t most = 0;
    own->meeting++;
    for (int64_t i = group.first; i < td_range_end(group); i++) {
        const int64_t u = place_of_user(own, rows->user[i]);
        if (u < 0 || own->meeting_of[u] == own->meeting)
            continue;
        most += own->offsets[u + 1] - own->offsets[u];
        own->meeting_of[u] = own->meeting;
    }
    own->meeting++;
    td_buffer_fit(&own->columns, (size_t)most, sizeof(int32_t));
}

/* The columns of a user, which are found once a meeting and stand from count on. */
static td_range columns_of(td_own_items *own, int64_t user, const int32_t *place_of, int64_t *count)
{
    int32_t *columns = own->columns.at;
    const int64_t first = *count;
    if (user < 0)
        return (td_range){0, 0};
    if (own->meeting_of[user] == own->meeting)
        return own->of_user[user];
    for (int64_t k = own->offsets[user]; k < own->offsets[user + 1]; k++)
        if (place_of[own->items[k]] >= 0)
            columns[(*count)++] = place_of[own->items[k]];
    own->meeting_of[user] = own->meeting;
    own->of_user[user] = td_range_to(first, *count);
    return own->of_user[user];
}

void td_own_items_meet(td_own_items *own, const td_rows *rows, td_range group, size_t columns,
                       const int32_t *items, int32_t *place_of)
{
    int64_t count = 0;
    make_room(own, rows, group);
    for (size_t j = 0; j < columns; j++)
        place_of[items[j]] = (int32_t)j;
    for (int64_t i = group.first; i < td_range_end(group); i++)
        own->masked[i] = columns_of(own, place_of_user(own, rows->user[i]), place_of, &count);
    for (size_t j = 0; j < columns; j++)
        place_of[items[j]] = -1;
}
