/* A number of each user, item or row is cut into four by the quantiles of those of training. */
#include "eval/groups.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/transform_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { QUANTILES = 4, MOST_CATEGORIES = 1000 };

void td_groups_free(td_groups *groups)
{
    for (size_t g = 0; g < groups->count; g++)
        td_free(groups->name[g]);
    td_free(groups->name);
    td_free(groups->group);
    td_time_scale_free(&groups->edges);
    *groups = (td_groups){0};
}

/* "users.age" and "age" name the field age of users, "items.price" one of items. */
static const td_schema_field *find_field(const td_schema *schema, const char *by)
{
    static const char *const prefix[TD_OFS] = {
        [TD_OF_ROW] = "rows.", [TD_OF_USER] = "users.", [TD_OF_ITEM] = "items."};
    for (int of = 0; of < TD_OFS; of++)
        if (strncmp(by, prefix[of], strlen(prefix[of])) == 0) {
            const td_schema_field *field = td_schema_find(schema, by + strlen(prefix[of]));
            return field && (int)field->of == of ? field : NULL;
        }
    return td_schema_find(schema, by);
}

static bool is_none(const char *by)
{
    return strcmp(by, "none") == 0;
}

static bool is_counted(const char *by)
{
    return strcmp(by, "activity") == 0 || strcmp(by, "popularity") == 0;
}

td_status td_groups_check(const td_schema *schema, const char *by)
{
    const td_schema_field *field = find_field(schema, by);
    if (is_none(by) || is_counted(by))
        return TD_OK;
    if (!field || (field->kind != TD_KIND_NUMBER && field->kind != TD_KIND_CATEGORY))
        return td_fail(TD_ERR_CONFIG,
                       "configuration: eval.by: expected activity, popularity, or a field of rows, "
                       "users (users.age) or items that is a category or a number; found '%s'%s%s",
                       by, field ? ", which is of kind " : ", which the data have not",
                       field ? td_kind_name(field->kind) : "");
    if (field->kind == TD_KIND_CATEGORY &&
        (field->is_hashed || field->vocabulary > MOST_CATEGORIES + 1))
        return td_fail(TD_ERR_CONFIG,
                       "configuration: eval.by: expected a field of at most %d categories with "
                       "names; %s has %" PRId64 "%s",
                       MOST_CATEGORIES, field->name, field->vocabulary - 1,
                       field->is_hashed ? ", hashed" : "");
    return TD_OK;
}

/* C */
static bool has_numbers(td_comm *comm, int64_t count, const float *numbers)
{
    int64_t found = 0;
    for (int64_t i = 0; i < count; i++)
        found += !isnan(numbers[i]);
    td_comm_sum(comm, 1, &found);
    return found > 0;
}

/* The last number below an edge, in as few digits as tell it from its neighbors. The caller frees
 * it. */
static char *number_below(float edge)
{
    const float last = nextafterf(edge, -INFINITY);
    for (int digits = 6;; digits++) {
        char *text = td_print_text("%.*g", digits, (double)last);
        if (digits == 9 || strtof(text, NULL) == last)
            return text;
        td_free(text);
    }
}

static char *name_of(const td_time_scale *scale, size_t group)
{
    char *before = number_below(scale->edges[group - 1]);
    char *last = group < QUANTILES ? number_below(scale->edges[group]) : NULL;
    char *name = group == 1 ? td_print_text("to %s", last)
                 : last     ? td_print_text("above %s to %s", before, last)
                            : td_print_text("above %s", before);
    td_free(before);
    td_free(last);
    return name;
}

/* C: this rank's numbers of training, which are used up, give the edges; the groups' names tell the
 * last number of each. Without any number all is missing. */
static void cut(td_comm *comm, int64_t count, float *numbers, const char *missing,
                td_groups *groups)
{
    const bool is_cut = has_numbers(comm, count, numbers);
    td_training_values values = {.comm = comm, .part = {.count = 0}};
    char name[] = "number";
    td_derivation quantile = {.from = name, .buckets = QUANTILES};
    td_frame_take(&values.part, name, TD_FLOAT32, 1, count, numbers, NULL);
    td_fit_quantile(&values, &quantile);
    td_frame_free(&values.part);
    groups->edges = quantile.scale;
    if (!is_cut)
        groups->edges.count = 0;
    groups->count = groups->edges.count + 1;
    groups->name = TD_NEW(char *, groups->count);
    groups->name[0] = td_copy_text(missing);
    for (size_t g = 1; g < groups->count; g++)
        groups->name[g] = name_of(&groups->edges, g);
}

/* C: numbers (count), all of them on every rank and NaN for none, give the groups of users or
 * items; those that count in the cut, is_trained, are shared by the ranks. */
static void cut_all(td_comm *comm, int64_t count, const float *numbers, const int64_t *trained,
                    const char *missing, td_groups *groups)
{
    int64_t first, mine, n = 0;
    td_comm_share(comm, count, &first, &mine);
    float *part = TD_NEW(float, (size_t)mine);
    for (int64_t i = first; i < first + mine; i++)
        if (trained[i] > 0)
            part[n++] = numbers[i];
    cut(comm, n, part, missing, groups);
    groups->group = TD_NEW(int32_t, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        groups->group[i] = td_scale_bucket(&groups->edges, numbers[i]);
}

/* C: how many training rows each user has, by place, or each item, by id. */
static td_status count_training(td_dataset *data, td_of of, int64_t *count, int64_t **rows)
{
    const td_data_info *info = td_dataset_info(data);
    *count = of == TD_OF_USER ? info->file_users : info->items + 1;
    if (of == TD_OF_ITEM)
        return td_dataset_read_item_counts(data, rows);
    TD_TRY(td_dataset_read_user_offsets(data, TD_TRAIN, (td_range){0, *count}, rows));
    for (int64_t i = 0; i < *count; i++)
        (*rows)[i] = (*rows)[i + 1] - (*rows)[i];
    return TD_OK;
}

/* C: by the number of training rows. */
static td_status find_counted(td_comm *comm, td_dataset *data, td_groups *groups)
{
    int64_t count, *rows;
    TD_TRY(count_training(data, groups->of, &count, &rows));
    float *numbers = TD_NEW(float, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        numbers[i] = rows[i] > 0 ? (float)rows[i] : NAN;
    cut_all(comm, count, numbers, rows, "no training row", groups);
    td_free(numbers);
    td_free(rows);
    return TD_OK;
}

/* C: the values of a field of users by place, or of items by id. */
static td_status read_values(td_dataset *data, const td_schema_field *field, td_frame *frame)
{
    const char *const fields[] = {field->name, NULL};
    const td_range all = {0, td_dataset_info(data)->file_users};
    if (field->of == TD_OF_USER)
        return td_dataset_read_user_fields(data, all, fields, frame);
    return td_dataset_read_item_fields(data, fields, frame);
}

/* C: by the names of a category. */
static td_status find_categories(td_dataset *data, td_groups *groups)
{
    const td_schema_field *field = groups->field;
    td_strings names;
    td_frame frame = {0};
    TD_TRY(td_dataset_read_vocabulary(data, field->name, &names));
    groups->count = (size_t)field->vocabulary;
    groups->name = TD_NEW(char *, groups->count);
    groups->name[0] = td_copy_text("missing");
    for (size_t g = 1; g < groups->count; g++) {
        const td_str name = td_string_at(&names, (int64_t)g - 1);
        groups->name[g] = td_print_text("%.*s", (int)name.length, name.text);
    }
    td_strings_free(&names);
    if (field->of == TD_OF_ROW)
        return TD_OK;
    TD_TRY(read_values(data, field, &frame));
    groups->group = TD_NEW(int32_t, (size_t)frame.count);
    if (frame.count > 0)
        memcpy(groups->group, td_frame_values(&frame, field->name),
               (size_t)frame.count * sizeof *groups->group);
    td_frame_free(&frame);
    return TD_OK;
}

/* C: by numbers of rows, cut by those of training rows. */
static td_status find_numbers_of_rows(td_comm *comm, td_dataset *data, td_groups *groups)
{
    const char *const fields[] = {groups->field->name, NULL};
    td_range mine;
    td_frame frame;
    td_comm_share(comm, td_dataset_info(data)->rows[TD_TRAIN], &mine.first, &mine.count);
    TD_TRY(td_dataset_read_rows(data, TD_TRAIN, mine, fields, &frame));
    float *numbers = TD_NEW(float, (size_t)mine.count);
    if (mine.count > 0)
        memcpy(numbers, td_frame_values(&frame, fields[0]), (size_t)mine.count * sizeof *numbers);
    td_frame_free(&frame);
    cut(comm, mine.count, numbers, "missing", groups);
    return TD_OK;
}

/* C: by numbers of users or items, cut by those that have training rows. */
static td_status find_numbers(td_comm *comm, td_dataset *data, td_groups *groups)
{
    int64_t count, *rows;
    td_frame frame = {0};
    if (groups->of == TD_OF_ROW)
        return find_numbers_of_rows(comm, data, groups);
    TD_TRY(count_training(data, groups->of, &count, &rows));
    td_status status = read_values(data, groups->field, &frame);
    if (status == TD_OK)
        cut_all(comm, count, td_frame_values(&frame, groups->field->name), rows, "missing", groups);
    td_frame_free(&frame);
    td_free(rows);
    return status;
}

td_status td_groups_find(td_comm *comm, td_dataset *data, const char *by, td_groups *groups)
{
    const td_schema *schema = &td_dataset_info(data)->schema;
    *groups = (td_groups){0};
    TD_TRY(td_groups_check(schema, by));
    if (is_none(by))
        return TD_OK;
    if (is_counted(by)) {
        groups->of = strcmp(by, "activity") == 0 ? TD_OF_USER : TD_OF_ITEM;
        return find_counted(comm, data, groups);
    }
    groups->field = find_field(schema, by);
    groups->of = groups->field->of;
    return groups->field->kind == TD_KIND_CATEGORY ? find_categories(data, groups)
                                                   : find_numbers(comm, data, groups);
}

/* values: of the field of rows; NULL where users or items have groups. */
static int32_t group_of_row(const td_groups *groups, const void *values, int64_t user, int32_t item,
                            int64_t row)
{
    if (!values)
        return groups->group[groups->of == TD_OF_USER ? user : item];
    if (groups->field->kind == TD_KIND_CATEGORY)
        return ((const int32_t *)values)[row];
    return td_scale_bucket(&groups->edges, ((const float *)values)[row]);
}

void td_groups_of_rows(const td_groups *groups, td_range users, const int64_t *row_offsets,
                       const td_rows *rows, int32_t *group)
{
    const void *values =
        groups->of == TD_OF_ROW ? td_frame_values(&rows->frame, groups->field->name) : NULL;
    for (int64_t u = 0; u < users.count; u++)
        for (int64_t i = row_offsets[u]; i < row_offsets[u + 1]; i++)
            group[i] = group_of_row(groups, values, users.first + u, rows->item[i], i);
}
