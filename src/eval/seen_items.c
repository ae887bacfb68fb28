/* Items of several kinds of rows are put side by side, sorted, and each kept once. */
#include "eval/seen_items.h"

#include "base/ids.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/row_condition.h"

#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

#define KEY "eval.exclude_seen"

void td_seen_free(td_seen *seen)
{
    td_free(seen->offsets);
    td_free(seen->items);
    *seen = (td_seen){0};
}

td_status td_seen_check(td_dataset *data, const char *key, const char *condition)
{
    const td_schema *schema = &td_dataset_info(data)->schema;
    td_rows none = {.count = 0};
    bool holds;
    for (size_t f = 0; f < schema->count; f++)
        if (schema->fields[f].of == TD_OF_ROW)
            td_schema_add_to(&schema->fields[f], &none.frame);
    const td_status status = td_row_condition_test(data, key, condition, &none, NULL, &holds);
    td_rows_free(&none);
    return status;
}

/* Brings items of rows that do not count out of the way. */
static void keep_some(int64_t users, const bool *counts, td_seen *seen)
{
    int64_t kept = 0;
    for (int64_t u = 0; u < users; u++) {
        const int64_t first = kept, from = seen->offsets[u];
        for (int64_t i = from; i < seen->offsets[u + 1]; i++)
            if (counts[i])
                seen->items[kept++] = seen->items[i];
        seen->offsets[u] = first;
    }
    seen->offsets[users] = kept;
}

/* The items of rows, whose offsets are there. */
static void take_items(const td_rows *rows, td_seen *seen)
{
    seen->items = TD_NEW(int32_t, (size_t)rows->count);
    if (rows->count > 0)
        memcpy(seen->items, rows->item, (size_t)rows->count * sizeof *seen->items);
}

td_status td_seen_where(td_dataset *data, const char *key, const char *condition, td_range users,
                        td_seen *seen)
{
    td_rows rows;
    *seen = (td_seen){0};
    TD_TRY(td_dataset_read_users(data, TD_TRAIN, users.first, users.count, NULL, &seen->offsets,
                                 &rows));
    bool *counts = TD_NEW(bool, (size_t)rows.count);
    td_status status = td_row_condition_test(data, key, condition, &rows, NULL, counts);
    take_items(&rows, seen);
    if (status == TD_OK)
        keep_some(users.count, counts, seen);
    else
        td_seen_free(seen);
    td_free(counts);
    td_rows_free(&rows);
    return status;
}

/* C: the items of all rows of a split, in the rows' order. */
static td_status read_split(td_dataset *data, td_split split, td_range users, td_seen *seen)
{
    td_rows rows;
    const td_schema *schema = &td_dataset_info(data)->schema;
    const char *const fields[] = {td_schema_with_role(schema, TD_ROLE_ITEM)->name, NULL};
    TD_TRY(td_dataset_read_users(data, split, users.first, users.count, fields, &seen->offsets,
                                 &rows));
    take_items(&rows, seen);
    td_rows_free(&rows);
    return TD_OK;
}

/* Appends a user's items to those that are there. */
static void append(const td_seen *part, int64_t user, int64_t *count, int32_t *items)
{
    if (!part->offsets)
        return;
    const int64_t n = part->offsets[user + 1] - part->offsets[user];
    if (n > 0)
        memcpy(items + *count, part->items + part->offsets[user], (size_t)n * sizeof *items);
    *count += n;
}

/* Sets seen to the distinct items of both parts, ascending for each user. */
static void unite(int64_t users, const td_seen *a, const td_seen *b, td_seen *seen)
{
    const int64_t room =
        (a->offsets ? a->offsets[users] : 0) + (b->offsets ? b->offsets[users] : 0);
    *seen = (td_seen){TD_NEW(int64_t, (size_t)users + 1), TD_NEW(int32_t, (size_t)room)};
    td_buffer work = {0};
    int64_t count = 0;
    for (int64_t u = 0; u < users; u++) {
        const int64_t first = count;
        int64_t end = count;
        append(a, u, &end, seen->items);
        append(b, u, &end, seen->items);
        count += (int64_t)td_ids_distinct((size_t)(end - first), seen->items + first, &work);
        seen->offsets[u + 1] = count;
    }
    td_buffer_free(&work);
}

/* Configurations of older runs say false and true. */
static const char *rule_of(const char *text)
{
    if (strcmp(text, "false") == 0)
        return "none";
    return strcmp(text, "true") == 0 ? "train" : text;
}

/* What of a rule counts for rows of a split: those are no reason to leave their own items out. */
static void read_rule(const char *text, td_split split, bool *train, bool *validation, bool *where)
{
    const char *rule = rule_of(text);
    const bool both = strcmp(rule, "train+validation") == 0;
    *train = (both || strcmp(rule, "train") == 0) && split != TD_TRAIN;
    *validation = both && split != TD_VALIDATION;
    *where = !both && strcmp(rule, "none") != 0 && strcmp(rule, "train") != 0 && split != TD_TRAIN;
}

td_status td_seen_of_rule(td_dataset *data, td_split split, const char *rule, td_range users,
                          const td_seen *trained, td_seen *seen)
{
    bool train, validation, where;
    td_seen some = {0}, validated = {0};
    td_status status = TD_OK;
    *seen = (td_seen){0};
    read_rule(rule, split, &train, &validation, &where);
    if (where)
        status = td_seen_where(data, KEY, rule, users, &some);
    if (status == TD_OK && validation && td_dataset_info(data)->rows[TD_VALIDATION] > 0)
        status = read_split(data, TD_VALIDATION, users, &validated);
    if (status == TD_OK && (train || where || validated.offsets))
        unite(users.count, train ? trained : &some, &validated, seen);
    td_seen_free(&some);
    td_seen_free(&validated);
    return status;
}

bool td_seen_has(const td_seen *seen, int64_t user, int32_t item)
{
    if (!seen->offsets)
        return false;
    const int32_t *items = seen->items + seen->offsets[user];
    const size_t count = (size_t)(seen->offsets[user + 1] - seen->offsets[user]);
    const size_t place = td_first_from(count, items, item);
    return place < count && items[place] == item;
}

static bool is_condition(const char *rule)
{
    bool train, validation, where;
    read_rule(rule, TD_TEST, &train, &validation, &where);
    return where;
}

td_status td_seen_rule_check(td_dataset *data, const char *rule)
{
    return is_condition(rule) ? td_seen_check(data, KEY, rule) : TD_OK;
}

char *td_seen_rule_name(const char *rule)
{
    if (is_condition(rule))
        return td_print_text("if-%016" PRIx64, (uint64_t)XXH3_64bits(rule, strlen(rule)));
    return td_copy_text(rule_of(rule));
}
