/* Training rows: the file's, or its validation rows with them. */
#include "base/ids.h"
#include "base/memory.h"
#include "data/dataset_parts.h"
#include "data/frame_file.h"
#include "data/moments.h"

#include <inttypes.h>
#include <string.h>

enum { BLOCK = 1 << 16 };

static bool is_joined(const td_dataset *data, td_split split)
{
    return split == TD_TRAIN && data->info.joined > 0;
}

/* How many rows from one on come before a row of this number. */
static int64_t count_before(const td_rows *rows, int64_t first, int64_t end, int64_t number)
{
    int64_t count = 0;
    while (first + count < end && rows->row[first + count] < number)
        count++;
    return count;
}

/* Appends a user's rows of two parts by their numbers; false if both have one. */
static bool merge_user(const td_rows *a, td_range of_a, const td_rows *b, td_range of_b,
                       td_rows *both)
{
    int64_t i = of_a.first, j = of_b.first;
    const int64_t ends[2] = {td_range_end(of_a), td_range_end(of_b)};
    while (i < ends[0] || j < ends[1]) {
        const int64_t n = count_before(a, i, ends[0], j < ends[1] ? b->row[j] : INT64_MAX);
        td_rows_append(both, a, i, n);
        i += n;
        const int64_t m = count_before(b, j, ends[1], i < ends[0] ? a->row[i] : INT64_MAX);
        td_rows_append(both, b, j, m);
        j += m;
        if (n + m == 0)
            return false;
    }
    return true;
}

/* Merges the rows of users, the first of whom is at this place; offsets become those of both. */
static td_status merge(const td_dataset *data, td_range users, int64_t *offsets,
                       const td_rows *rows, const int64_t *more_offsets, const td_rows *more,
                       td_rows *both)
{
    *both = (td_rows){.count = 0};
    td_frame_add_like(&both->frame, &rows->frame);
    td_frame_reserve(&both->frame, rows->count + more->count);
    for (int64_t u = 0; u < users.count; u++)
        if (!merge_user(rows, td_range_to(offsets[u], offsets[u + 1]), more,
                        td_range_to(more_offsets[u], more_offsets[u + 1]), both))
            return TD_DATASET_FAIL(data,
                                   "'train/row' and 'validation/row' have the same number of the "
                                   "user at place %" PRId64,
                                   users.first + u);
    for (int64_t u = 0; u <= users.count; u++)
        offsets[u] += more_offsets[u];
    td_rows_bind(both, &data->info.schema);
    return TD_OK;
}

/* C: adds the validation rows of users to their training rows. */
static td_status join_users(td_dataset *data, int64_t first, int64_t users,
                            const char *const *fields, int64_t *user_offsets, td_rows *rows)
{
    int64_t *more_offsets;
    td_rows more, both;
    TD_TRY(td_dataset_read_file_users(data, TD_VALIDATION, first, users, fields, &more_offsets,
                                      &more));
    const td_status status =
        td_comm_agree(data->comm, merge(data, (td_range){first, users}, user_offsets, rows,
                                        more_offsets, &more, &both));
    td_rows_free(&more);
    td_free(more_offsets);
    td_rows_free(status == TD_OK ? rows : &both);
    if (status == TD_OK)
        *rows = both;
    return status;
}

td_status td_dataset_read_users(td_dataset *data, td_split split, int64_t first, int64_t users,
                                const char *const *fields, int64_t **user_offsets, td_rows *rows)
{
    TD_TRY(td_dataset_read_file_users(data, split, first, users, fields, user_offsets, rows));
    const td_status status = is_joined(data, split)
                                 ? join_users(data, first, users, fields, *user_offsets, rows)
                                 : TD_OK;
    if (status != TD_OK) {
        td_rows_free(rows);
        td_free(*user_offsets);
    } else if (!fields) {
        td_rows_complete(rows);
    }
    return status;
}

td_status td_dataset_read_user_offsets(td_dataset *data, td_split split, td_range users,
                                       int64_t **offsets)
{
    int64_t *more;
    TD_TRY(td_dataset_read_file_user_offsets(data, split, users, offsets));
    if (!is_joined(data, split))
        return TD_OK;
    const td_status status = td_dataset_read_file_user_offsets(data, TD_VALIDATION, users, &more);
    if (status != TD_OK) {
        td_free(*offsets);
        return status;
    }
    for (int64_t u = 0; u <= users.count; u++)
        (*offsets)[u] += more[u];
    td_free(more);
    return TD_OK;
}

/* A range of a split's rows in two: those of the split itself, and of the validation rows. */
static void cut(const td_dataset *data, td_split split, td_range rows, td_range part[2])
{
    const int64_t own = is_joined(data, split) ? data->file_rows[split] : INT64_MAX;
    const int64_t first = td_smaller(rows.first, own), end = td_smaller(td_range_end(rows), own);
    part[0] = td_range_to(first, end);
    part[1] = (td_range){td_larger(rows.first - own, 0), rows.count - part[0].count};
}

td_status td_dataset_read_rows(td_dataset *data, td_split split, td_range rows,
                               const char *const *fields, td_frame *frame)
{
    td_range part[2];
    td_frame more;
    cut(data, split, rows, part);
    TD_TRY(td_dataset_read_file_rows(data, split, part[0], fields, frame));
    if (!is_joined(data, split))
        return TD_OK;
    const td_status status = td_dataset_read_file_rows(data, TD_VALIDATION, part[1], fields, &more);
    if (status != TD_OK) {
        td_frame_free(frame);
        return status;
    }
    td_frame_append(frame, &more, (td_range){0, more.count});
    td_frame_free(&more);
    return TD_OK;
}

td_status td_dataset_read_row_numbers(td_dataset *data, td_split split, int64_t first,
                                      int64_t count, int64_t *numbers)
{
    td_range part[2];
    cut(data, split, (td_range){first, count}, part);
    TD_TRY(td_dataset_read_file_row_numbers(data, split, part[0].first, part[0].count, numbers));
    if (!is_joined(data, split))
        return TD_OK;
    return td_dataset_read_file_row_numbers(data, TD_VALIDATION, part[1].first, part[1].count,
                                            numbers + part[0].count);
}

/* Sets items to the distinct ones of what a user had, ascending, and of the rows of validation. */
static int64_t unite(int64_t had, const int32_t *of_had, td_range range, const int32_t *more,
                     int32_t *items, td_buffer *work)
{
    if (had > 0)
        memcpy(items, of_had, (size_t)had * sizeof *items);
    if (range.count > 0)
        memcpy(items + had, more + range.first, (size_t)range.count * sizeof *items);
    return (int64_t)td_ids_distinct((size_t)(had + range.count), items, work);
}

td_status td_dataset_read_seen(td_dataset *data, int64_t first, int64_t users, int64_t **offsets,
                               int32_t **items)
{
    const char *const fields[] = {td_schema_with_role(&data->info.schema, TD_ROLE_ITEM)->name,
                                  NULL};
    int64_t *more_offsets, count = 0;
    td_rows more;
    td_buffer work = {0};
    TD_TRY(td_dataset_read_file_seen(data, first, users, offsets, items));
    if (!is_joined(data, TD_TRAIN))
        return TD_OK;
    const td_status status =
        td_dataset_read_file_users(data, TD_VALIDATION, first, users, fields, &more_offsets, &more);
    if (status != TD_OK) {
        td_free(*offsets);
        td_free(*items);
        return status;
    }
    int32_t *both = TD_NEW(int32_t, (size_t)((*offsets)[users] + more.count));
    for (int64_t u = 0; u < users; u++) {
        const int64_t begin = (*offsets)[u];
        (*offsets)[u] = count;
        count += unite((*offsets)[u + 1] - begin, *items + begin,
                       td_range_to(more_offsets[u], more_offsets[u + 1]), more.item, both + count,
                       &work);
    }
    (*offsets)[users] = count;
    td_free(*items);
    *items = both;
    td_buffer_free(&work);
    td_free(more_offsets);
    td_rows_free(&more);
    return TD_OK;
}

/* C: each rank its share of them. */
static td_status count_joined(td_dataset *data, int64_t *counts)
{
    const char *item = td_schema_with_role(&data->info.schema, TD_ROLE_ITEM)->name;
    const char *const fields[] = {item, NULL};
    td_range mine;
    td_frame frame;
    td_comm_share(data->comm, data->info.joined, &mine.first, &mine.count);
    TD_TRY(td_dataset_read_file_rows(data, TD_VALIDATION, mine, fields, &frame));
    const int32_t *items = td_frame_values(&frame, item);
    for (int64_t i = 0; i < mine.count; i++)
        counts[items[i]]++;
    td_comm_sum(data->comm, (size_t)data->info.items + 1, counts);
    td_frame_free(&frame);
    return TD_OK;
}

td_status td_dataset_read_item_counts(td_dataset *data, int64_t **counts)
{
    TD_TRY(td_dataset_read_file_item_counts(data, counts));
    if (!is_joined(data, TD_TRAIN))
        return TD_OK;
    int64_t *more = TD_NEW(int64_t, (size_t)data->info.items + 1);
    const td_status status = count_joined(data, more);
    for (int64_t i = 0; i <= data->info.items; i++)
        (*counts)[i] += more[i];
    td_free(more);
    if (status != TD_OK)
        td_free(*counts);
    return status;
}

/* Offsets of a split that are read block by block. */
typedef struct {
    td_split split;
    int64_t before; /* the last one that was read */
    int64_t *block; /* (BLOCK) */
} offsets_reader;

static td_status read_block(td_dataset *data, int64_t first, int64_t n, offsets_reader *r)
{
    char name[64];
    snprintf(name, sizeof name, "%s/user_offsets", td_split_name(r->split));
    TD_TRY(td_file_read_rows(data->file, name, TD_INT64, first, n, r->block));
    TD_TRY(td_offsets_check(data->file, name, data->info.file_users, first, n, r->block, r->before,
                            data->file_rows[r->split]));
    r->before = r->block[n - 1];
    return TD_OK;
}

/* Where shard s begins among rows: rows * s / shards, rounded up. */
static int64_t shard_start(int64_t rows, int64_t s, int64_t shards)
{
    td_wide product = (td_wide)(uint64_t)rows * (uint64_t)s;
    return (int64_t)((product + (uint64_t)shards - 1) / (uint64_t)shards);
}

td_status td_dataset_cut_shards(td_dataset *data, int64_t shards, int64_t *first_user)
{
    const int64_t rows = data->info.rows[TD_TRAIN], count = data->info.file_users + 1;
    offsets_reader own = {TD_TRAIN, 0, TD_NEW(int64_t, BLOCK)};
    offsets_reader more = {TD_VALIDATION, 0, TD_NEW(int64_t, BLOCK)};
    int64_t shard = 0;
    td_status status = TD_OK;
    for (int64_t first = 0; first < count && status == TD_OK; first += BLOCK) {
        const int64_t n = td_smaller(count - first, BLOCK);
        status = read_block(data, first, n, &own);
        if (status == TD_OK && data->info.joined > 0)
            status = read_block(data, first, n, &more);
        for (int64_t u = 0; u < n && status == TD_OK; u++) {
            const int64_t begin = own.block[u] + more.block[u];
            while (shard < shards && begin >= shard_start(rows, shard, shards))
                first_user[shard++] = first + u;
        }
    }
    if (status == TD_OK && own.before != data->file_rows[TD_TRAIN])
        status = TD_DATASET_FAIL(data, "'train/user_offsets' end at %" PRId64 ", expected %" PRId64,
                                 own.before, data->file_rows[TD_TRAIN]);
    first_user[shards] = data->info.file_users;
    td_free(own.block);
    td_free(more.block);
    return status;
}

/* C: of this rank's share of the joined rows. */
static td_status find_latest(td_dataset *data, const char *time, int64_t *latest)
{
    const char *const fields[] = {time, NULL};
    td_range mine;
    td_frame frame;
    td_comm_share(data->comm, data->info.joined, &mine.first, &mine.count);
    TD_TRY(td_dataset_read_file_rows(data, TD_VALIDATION, mine, fields, &frame));
    const int64_t *times = td_frame_values(&frame, time);
    for (int64_t i = 0; i < mine.count; i++)
        *latest = td_larger(*latest, times[i]);
    td_frame_free(&frame);
    *latest = td_comm_max_count(data->comm, *latest);
    return TD_OK;
}

/* Places are ids, so that everyone can have one; rows of users and tables of theirs follow. */
static void give_ids(td_data_info *info)
{
    for (size_t f = 0; f < info->schema.count; f++)
        if (info->schema.fields[f].role == TD_ROLE_USER)
            info->schema.fields[f].vocabulary = info->file_users + 1;
    info->users = info->file_users;
}

td_status td_dataset_join_validation(td_dataset *data)
{
    td_data_info *info = &data->info;
    const td_schema_field *time = td_schema_with_role(&info->schema, TD_ROLE_TIME);
    if (info->rows[TD_VALIDATION] == 0)
        return td_fail(TD_ERR_INPUT, "%s has no validation rows to train on, too",
                       td_file_path(data->file));
    give_ids(info);
    info->joined = info->rows[TD_VALIDATION];
    info->rows[TD_TRAIN] += info->joined;
    info->rows[TD_VALIDATION] = 0;
    return time ? find_latest(data, time->name, &info->latest) : TD_OK;
}
