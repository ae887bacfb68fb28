/* The contents of a data file, group by group. Columns are gathered into the file's order in
 * blocks, so that no second copy of them is needed. */
#include "data/data_file.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "data/moments.h"
#include "data/pairs.h"
#include "store/checksum.h"
#include "store/file.h"
#include "tandem/version.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 1 << 16, NAME_BYTES = 64 };

static td_status write_array(td_file *file, const char *name, td_type type, int64_t count,
                             const void *values)
{
    return td_file_write(file, name, (td_shape){type, count, 0}, 0, count, values);
}

/* Gathers elements of 4 or 8 bytes. */
static void gather(size_t size, const void *column, int64_t count, const int64_t *rows, void *block)
{
    for (int64_t i = 0; i < count; i++)
        memcpy((char *)block + (size_t)i * size, (const char *)column + (size_t)rows[i] * size,
               size);
}

static td_status write_column(td_file *file, td_split split, const char *name, td_type type,
                              const void *column, const td_grouping *grouping)
{
    char path[NAME_BYTES];
    snprintf(path, sizeof path, "%s/%s", td_split_name(split), name);
    const int64_t *rows = grouping->rows[split];
    int64_t count = grouping->offsets[split][grouping->file_users];
    TD_TRY(td_file_make(file, path, (td_shape){type, count, 0}));
    void *block = td_allocate(BLOCK, td_type_size(type));
    td_status status = TD_OK;
    for (int64_t first = 0; first < count && status == TD_OK; first += BLOCK) {
        int64_t n = count - first < BLOCK ? count - first : BLOCK;
        gather(td_type_size(type), column, n, rows + first, block);
        status = td_file_write_rows(file, path, first, n, block);
    }
    td_free(block);
    return status;
}

static td_status write_split(td_file *file, td_split split, const td_data_parts *parts)
{
    const td_ratings *r = parts->ratings;
    const td_grouping *g = parts->grouping;
    char path[NAME_BYTES];
    snprintf(path, sizeof path, "%s/user_offsets", td_split_name(split));
    TD_TRY(write_array(file, path, TD_INT64, g->file_users + 1, g->offsets[split]));
    snprintf(path, sizeof path, "%s/row", td_split_name(split));
    TD_TRY(write_array(file, path, TD_INT64, g->offsets[split][g->file_users], g->rows[split]));
    TD_TRY(write_column(file, split, "item", TD_INT32, r->item, g));
    if (r->rating)
        TD_TRY(write_column(file, split, "rating", TD_FLOAT32, r->rating, g));
    if (r->weight)
        TD_TRY(write_column(file, split, "weight", TD_FLOAT32, r->weight, g));
    return r->time ? write_column(file, split, "timestamp", TD_INT64, r->time, g) : TD_OK;
}

static td_status write_seen(td_file *file, const td_data_parts *parts)
{
    int64_t users = parts->grouping->file_users;
    td_seen seen = td_seen_make(parts->ratings, parts->grouping);
    td_status status = write_array(file, "seen/offsets", TD_INT64, users + 1, seen.offsets);
    if (status == TD_OK)
        status = write_array(file, "seen/items", TD_INT32, seen.offsets[users], seen.items);
    td_seen_free(&seen);
    return status;
}

/* Writes the names of count numbers of a vocabulary; numbers may be NULL for 1..count. */
static td_status write_names(td_file *file, const char *name, const td_vocabulary *vocabulary,
                             int64_t count, const int32_t *numbers)
{
    int32_t *in_order = TD_NEW(int32_t, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        in_order[i] = (int32_t)i + 1;
    td_strings names = td_vocabulary_strings(vocabulary, count, numbers ? numbers : in_order);
    td_status status = td_file_write_strings(file, name, &names);
    td_strings_free(&names);
    td_free(in_order);
    return status;
}

static td_status write_items(td_file *file, const td_data_parts *parts)
{
    const td_catalogue *list = parts->catalogue;
    int32_t items = td_vocabulary_count(list->items);
    TD_TRY(write_names(file, "items/names", list->items, items, NULL));
    int64_t *counts = td_pairs_count_items(parts->ratings, parts->grouping, items);
    td_status status = write_array(file, "items/train_counts", TD_INT64, items + 1, counts);
    td_free(counts);
    return status;
}

static td_status write_catalogue(td_file *file, const td_catalogue *list)
{
    TD_TRY(write_array(file, "catalogue/item", TD_INT32, list->rows, list->item));
    const td_vocabulary *ids = list->ids ? list->ids : list->items;
    TD_TRY(write_names(file, "catalogue/id", ids, list->rows, NULL));
    if (!list->titles)
        return TD_OK;
    return write_names(file, "catalogue/title", list->titles, list->rows, list->title);
}

static td_status write_sizes(td_file *file, const td_data_parts *parts,
                             const td_prepare_report *report)
{
    const struct {
        const char *name;
        int64_t value;
    } sizes[] = {
        {"users", report->users},
        {"file_users", parts->grouping->file_users},
        {"items", report->items},
        {"catalogue", report->catalogue},
        {"train_rows", report->train_rows},
        {"test_rows", report->test_rows},
        {"has_ratings", report->has_ratings},
        {"has_weights", report->has_weights},
        {"has_timestamps", report->has_timestamps},
        {"has_titles", report->has_titles},
        {"seed", (int64_t)parts->options->seed},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        TD_TRY(td_file_set_int(file, "", sizes[i].name, sizes[i].value));
    TD_TRY(td_file_set_real(file, "", "test_fraction", parts->options->test_fraction));
    bool by_title = report->has_titles && parts->options->item_key == TD_KEY_TITLE;
    TD_TRY(td_file_set_text(file, "", "item_key", by_title ? "title" : "id"));
    bool all = parts->options->statistics == TD_STATISTICS_ALL;
    return td_file_set_text(file, "", "statistics", all ? "all" : "train");
}

static td_status write_moments(td_file *file, const td_data_parts *parts)
{
    td_moments moments = {0};
    const td_ratings *r = parts->ratings;
    bool all = parts->options->statistics == TD_STATISTICS_ALL;
    for (int64_t row = 0; r->time && row < r->count; row++)
        if (all || !parts->grouping->is_test[row])
            td_moments_add(&moments, r->time[row]);
    TD_TRY(td_file_set_int(file, "", "time_first", moments.first));
    TD_TRY(td_file_set_int(file, "", "time_last", moments.last));
    TD_TRY(td_file_set_real(file, "", "time_mean", td_moments_mean(&moments)));
    return td_file_set_real(file, "", "time_variance", td_moments_variance(&moments));
}

static td_status set_checksum(td_file *file, const char *group, const char *name, uint64_t checksum)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, checksum);
    return td_file_set_text(file, group, name, text);
}

/* What an input file was: its name without folder, its size and its checksum. */
static td_status write_origin(td_file *file, const char *group, const char *path)
{
    struct stat is;
    uint64_t checksum;
    const char *slash = strrchr(path, '/');
    if (stat(path, &is) != 0)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    TD_TRY(td_checksum_path(path, &checksum));
    TD_TRY(td_file_set_text(file, group, "name", slash ? slash + 1 : path));
    TD_TRY(td_file_set_int(file, group, "bytes", is.st_size));
    return set_checksum(file, group, "checksum", checksum);
}

static td_status write_provenance(td_file *file, const td_data_parts *parts,
                                  const td_prepare_report *report)
{
    TD_TRY(td_file_set_text(file, "provenance", "format", parts->options->format));
    TD_TRY(td_file_set_text(file, "provenance", "tandem", td_version()));
    TD_TRY(td_file_set_int(file, "provenance", "rows", report->rows));
    TD_TRY(td_file_set_int(file, "provenance", "skipped", report->skipped));
    TD_TRY(td_file_set_int(file, "provenance", "duplicates", report->duplicates));
    TD_TRY(write_origin(file, "provenance/ratings", parts->source->ratings.path));
    if (!parts->source->items.path)
        return TD_OK;
    return write_origin(file, "provenance/items", parts->source->items.path);
}

static td_status write_contents(td_file *file, const td_data_parts *parts,
                                td_prepare_report *report)
{
    TD_TRY(write_split(file, TD_TRAIN, parts));
    TD_TRY(write_split(file, TD_TEST, parts));
    TD_TRY(write_seen(file, parts));
    TD_TRY(write_names(file, "users/names", parts->ratings->users, parts->grouping->file_users,
                       parts->grouping->number));
    TD_TRY(write_items(file, parts));
    TD_TRY(write_catalogue(file, parts->catalogue));
    TD_TRY(write_sizes(file, parts, report));
    TD_TRY(write_moments(file, parts));
    TD_TRY(write_provenance(file, parts, report));
    const char *const everything[] = {"", NULL};
    TD_TRY(td_checksum_groups(file, everything, &report->checksum));
    return set_checksum(file, "", "checksum", report->checksum);
}

td_status td_data_file_write(td_comm *comm, const char *path, const td_data_parts *parts,
                             td_prepare_report *report)
{
    td_file *file;
    TD_TRY(td_file_create(comm, path, TD_DATA_FORMAT, TD_DATA_VERSION, &file));
    td_status status = write_contents(file, parts, report);
    if (status == TD_OK)
        return td_file_publish(file);
    td_file_discard(file);
    return status;
}
