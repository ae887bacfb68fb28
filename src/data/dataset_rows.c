/* Reading what belongs to users: offsets first, then the rows between them, then a look at every
 * value. A rank's own verdict is agreed on before the next collective call. */
#include "base/log.h"
#include "base/memory.h"
#include "data/dataset_parts.h"
#include "data/moments.h"
#include "text/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { BLOCK = 1 << 16, NAME_BYTES = 64 };

typedef struct {
    char text[NAME_BYTES];
} member_name;

static member_name name_in(td_split split, const char *column)
{
    member_name name;
    snprintf(name.text, sizeof name.text, "%s/%s", td_split_name(split), column);
    return name;
}

/* Checks the offsets at places first on, one for each user and one more: they must rise from
 * before, and reach from 0 at the first place to total at the last. */
static td_status check_offsets(const td_dataset *data, const char *name, int64_t first,
                               int64_t count, const int64_t *offsets, int64_t before, int64_t total)
{
    for (int64_t i = 0; i < count; i++) {
        bool is_first = first + i == 0, is_last = first + i == data->info.file_users;
        if (offsets[i] < before || offsets[i] > total || (is_first && offsets[i] != 0) ||
            (is_last && offsets[i] != total))
            return TD_DATASET_FAIL(
                data, "'%s' do not rise from 0 to %" PRId64 ": found %" PRId64 " at place %" PRId64,
                name, total, offsets[i], first + i);
        before = offsets[i];
    }
    return TD_OK;
}

/* Reads the offsets of users [first, first + users) into total things: users + 1 of them, or, for
 * no user, a single 0. */
static td_status read_offsets(td_dataset *data, const char *name, int64_t first, int64_t users,
                              int64_t total, int64_t **out)
{
    int64_t *offsets = TD_NEW(int64_t, (size_t)users + 1);
    int64_t count = users > 0 ? users + 1 : 0;
    TD_ASSERT(first >= 0 && users >= 0 && first + users <= data->info.file_users);
    td_status status = td_file_read_rows(data->file, name, TD_INT64, first, count, offsets);
    if (status == TD_OK) {
        status = check_offsets(data, name, first, count, offsets, 0, total);
        status = td_comm_agree(data->comm, status);
    }
    if (status == TD_OK)
        *out = offsets;
    else
        td_free(offsets);
    return status;
}

/* Makes offsets count from the first one. */
static void rebase(int64_t users, int64_t *offsets)
{
    for (int64_t u = users; u >= 0; u--)
        offsets[u] -= offsets[0];
}

static td_status read_columns(td_dataset *data, td_split split, int64_t first, td_rows *rows)
{
    const td_data_info *info = &data->info;
    const struct {
        const char *name;
        bool there;
        td_type type;
        void *values;
    } columns[] = {
        {"item", true, TD_INT32, rows->item},
        {"row", true, TD_INT64, rows->row},
        {"rating", info->has_ratings && rows->rating, TD_FLOAT32, rows->rating},
        {"weight", info->has_weights && rows->weight, TD_FLOAT32, rows->weight},
        {"timestamp", info->has_timestamps && rows->timestamp, TD_INT64, rows->timestamp},
    };
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        if (columns[c].there)
            TD_TRY(td_file_read_rows(data->file, name_in(split, columns[c].name).text,
                                     columns[c].type, first, rows->count, columns[c].values));
    }
    return TD_OK;
}

static void set_users(const td_dataset *data, int64_t first, int64_t users, const int64_t *offsets,
                      td_rows *rows)
{
    for (int64_t u = 0; u < users; u++) {
        int64_t place = first + u;
        int32_t id = place < data->info.users ? (int32_t)place + 1 : 0;
        for (int64_t i = offsets[u]; i < offsets[u + 1]; i++)
            rows->user[i] = id;
    }
}

static int64_t all_rows(const td_data_info *info)
{
    int64_t rows = 0;
    for (int s = 0; s < TD_SPLITS; s++)
        rows += info->rows[s];
    return rows;
}

/* Tells which column of row i is impossible, NULL if none is. */
static const char *find_fault(const td_dataset *data, td_split split, const td_rows *rows,
                              int64_t i)
{
    const td_data_info *info = &data->info;
    if (rows->item[i] < 1 || rows->item[i] > info->items)
        return "item";
    if (rows->row[i] < 0 || rows->row[i] >= all_rows(info))
        return "row";
    if (rows->rating && !isfinite(rows->rating[i]))
        return "rating";
    if (rows->weight && (!isfinite(rows->weight[i]) || !(rows->weight[i] > 0)))
        return "weight";
    if (rows->timestamp && (rows->timestamp[i] < 0 || rows->timestamp[i] > TD_TIME_MAX))
        return "timestamp";
    return split == TD_TRAIN && rows->user[i] == 0 ? "user_offsets" : NULL;
}

static td_status check_rows(const td_dataset *data, td_split split, int64_t first, int64_t users,
                            const int64_t *offsets, const td_rows *rows)
{
    for (int64_t u = 0; u < users; u++) {
        for (int64_t i = offsets[u]; i < offsets[u + 1]; i++) {
            const char *fault = find_fault(data, split, rows, i);
            if (!fault && i > offsets[u] && rows->row[i] <= rows->row[i - 1])
                fault = "row";
            if (fault)
                return TD_DATASET_FAIL(data,
                                       "the value in '%s' of row %" PRId64 " of the user at place "
                                       "%" PRId64 " is impossible",
                                       name_in(split, fault).text, i - offsets[u], first + u);
        }
    }
    return TD_OK;
}

td_status td_dataset_read_users(td_dataset *data, td_split split, int64_t first, int64_t users,
                                int columns, int64_t **user_offsets, td_rows *rows)
{
    int64_t *offsets;
    if (data->info.rows[split] == 0) {
        *user_offsets = TD_NEW(int64_t, (size_t)users + 1);
        *rows = td_rows_allocate(0, columns);
        return TD_OK;
    }
    TD_TRY(read_offsets(data, name_in(split, "user_offsets").text, first, users,
                        data->info.rows[split], &offsets));
    int64_t start = offsets[0];
    rebase(users, offsets);
    td_rows read = td_rows_allocate(offsets[users], columns);
    td_status status = read_columns(data, split, start, &read);
    if (status == TD_OK) {
        set_users(data, first, users, offsets, &read);
        status = check_rows(data, split, first, users, offsets, &read);
        status = td_comm_agree(data->comm, status);
    }
    if (status != TD_OK) {
        td_rows_free(&read);
        td_free(offsets);
        return status;
    }
    *user_offsets = offsets;
    *rows = read;
    return TD_OK;
}

td_status td_dataset_read_row_numbers(td_dataset *data, td_split split, int64_t first,
                                      int64_t count, int64_t *numbers)
{
    return td_file_read_rows(data->file, name_in(split, "row").text, TD_INT64, first, count,
                             numbers);
}

static td_status check_seen(const td_dataset *data, int64_t users, const int64_t *offsets,
                            const int32_t *items)
{
    for (int64_t u = 0; u < users; u++) {
        int32_t before = 0;
        for (int64_t i = offsets[u]; i < offsets[u + 1]; i++) {
            if (items[i] <= before || items[i] > data->info.items)
                return TD_DATASET_FAIL(data,
                                       "expected a user's 'seen/items' to rise from 1 to "
                                       "%" PRId64 ", found %" PRId32 " after %" PRId32,
                                       data->info.items, items[i], before);
            before = items[i];
        }
    }
    return TD_OK;
}

td_status td_dataset_read_seen(td_dataset *data, int64_t first, int64_t users, int64_t **offsets,
                               int32_t **items)
{
    td_shape shape;
    int64_t *places;
    TD_TRY(td_file_shape(data->file, "seen/items", &shape));
    TD_TRY(read_offsets(data, "seen/offsets", first, users, shape.rows, &places));
    int64_t start = places[0];
    rebase(users, places);
    int32_t *read = TD_NEW(int32_t, (size_t)places[users]);
    td_status status =
        td_file_read_rows(data->file, "seen/items", TD_INT32, start, places[users], read);
    if (status == TD_OK)
        status = td_comm_agree(data->comm, check_seen(data, users, places, read));
    if (status != TD_OK) {
        td_free(places);
        td_free(read);
        return status;
    }
    *offsets = places;
    *items = read;
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
    const char *name = "train/user_offsets";
    int64_t rows = data->info.rows[TD_TRAIN], count = data->info.file_users + 1;
    int64_t *block = TD_NEW(int64_t, BLOCK);
    int64_t shard = 0, before = 0;
    td_status status = TD_OK;
    for (int64_t first = 0; first < count && status == TD_OK; first += BLOCK) {
        int64_t n = count - first < BLOCK ? count - first : BLOCK;
        status = td_file_read_rows(data->file, name, TD_INT64, first, n, block);
        if (status == TD_OK)
            status = check_offsets(data, name, first, n, block, before, rows);
        for (int64_t u = 0; u < n && status == TD_OK; u++)
            while (shard < shards && block[u] >= shard_start(rows, shard, shards))
                first_user[shard++] = first + u;
        before = block[n - 1];
    }
    if (status == TD_OK && before != rows)
        status =
            TD_DATASET_FAIL(data, "'%s' end at %" PRId64 ", expected %" PRId64, name, before, rows);
    first_user[shards] = data->info.file_users;
    td_free(block);
    return status;
}
