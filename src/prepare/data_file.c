/* Writes a data file's attributes and arrays. Columns are gathered into the file's order in blocks,
 * so that no second copy of them is needed. */
#include "prepare/data_file.h"

#include "base/memory.h"
#include "data/moments.h"
#include "prepare/contents.h"
#include "store/checksum.h"
#include "store/file.h"
#include "tandem/version.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 1 << 20 };

static td_status make_arrays(td_file *file, const td_contents *contents)
{
    for (size_t i = 0; i < contents->count; i++) {
        const td_contents_array *array = &contents->array[i];
        TD_TRY(td_file_make(file, array->name, (td_shape){array->type, array->total, 0}));
    }
    return TD_OK;
}

/* Gathers elements of 4 or 8 bytes. */
static void gather(size_t size, const void *column, int64_t count, const int64_t *rows, void *block)
{
    for (int64_t i = 0; i < count; i++)
        td_copy_element(size, (char *)block + (size_t)i * size,
                        (const char *)column + (size_t)rows[i] * size);
}

/* Every rank writes as many blocks as the one with most. */
static td_status fill_gathered(td_file *file, const td_contents_array *array, void *block)
{
    const int64_t blocks =
        td_comm_max_count(td_file_comm(file), (array->count + BLOCK - 1) / BLOCK);
    for (int64_t b = 0; b < blocks; b++) {
        int64_t done = b * BLOCK < array->count ? b * BLOCK : array->count;
        int64_t n = array->count - done < BLOCK ? array->count - done : BLOCK;
        gather(td_type_size(array->type), array->values, n, array->rows + done, block);
        TD_TRY(td_file_write_rows(file, array->name, array->first + done, n, block));
    }
    return TD_OK;
}

static td_status fill_arrays(td_file *file, const td_contents *contents)
{
    void *block = td_allocate(BLOCK, sizeof(int64_t));
    td_status status = TD_OK;
    for (size_t i = 0; i < contents->count && status == TD_OK; i++) {
        const td_contents_array *array = &contents->array[i];
        if (array->rows)
            status = fill_gathered(file, array, block);
        else
            status =
                td_file_write_rows(file, array->name, array->first, array->count, array->values);
    }
    td_free(block);
    return status;
}

static td_status write_sizes(td_file *file, const td_data_parts *parts,
                             const td_prepare_report *report)
{
    const struct {
        const char *name;
        int64_t value;
    } sizes[] = {
        {"users", report->users},
        {"file_users", parts->owners->file_users},
        {"items", report->items},
        {"catalogue", report->catalog},
        {"tokens", report->tokens},
        {"train_rows", report->train_rows},
        {"test_rows", report->test_rows},
        {"has_ratings", report->has_ratings},
        {"has_weights", report->has_weights},
        {"has_timestamps", report->has_timestamps},
        {"has_titles", report->has_titles},
        {"seed", (int64_t)parts->options->seed},
        {"max_tokens", parts->options->max_tokens},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        TD_TRY(td_file_set_int(file, "", sizes[i].name, sizes[i].value));
    TD_TRY(td_file_set_real(file, "", "test_fraction", parts->options->test_fraction));
    bool by_title = report->has_titles && parts->source->item_key == TD_KEY_TITLE;
    TD_TRY(td_file_set_text(file, "", "item_key", by_title ? "title" : "id"));
    bool all = parts->options->statistics == TD_STATISTICS_ALL;
    return td_file_set_text(file, "", "statistics", all ? "all" : "train");
}

/* Collective. The moments of the times that tell statistics. */
static td_moments find_moments(td_comm *comm, const td_data_parts *parts)
{
    td_moments mine = {0}, moments = {0};
    const td_ratings *r = parts->ratings;
    bool all = parts->options->statistics == TD_STATISTICS_ALL;
    for (int64_t row = 0; r->time && row < r->count; row++)
        if (all || !r->is_test[row])
            td_moments_add(&mine, r->time[row]);
    size_t ranks;
    td_moments *of = td_comm_allgatherv(comm, &mine, 1, sizeof mine, &ranks);
    for (size_t rank = 0; rank < ranks; rank++)
        td_moments_join(&moments, &of[rank]);
    td_free(of);
    return moments;
}

static td_status write_moments(td_file *file, const td_data_parts *parts)
{
    td_moments moments = find_moments(td_file_comm(file), parts);
    TD_TRY(td_file_set_int(file, "", "time_first", moments.first));
    TD_TRY(td_file_set_int(file, "", "time_last", moments.last));
    TD_TRY(td_file_set_real(file, "", "time_mean", td_moments_mean(&moments)));
    return td_file_set_real(file, "", "time_variance", td_moments_variance(&moments));
}

/* Local. Finds the size and the checksum of an input file. */
static td_status find_origin(const char *path, int64_t *bytes, uint64_t *checksum)
{
    struct stat is;
    if (stat(path, &is) != 0)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    *bytes = is.st_size;
    return td_checksum_path(path, checksum);
}

/* What an input file was: its name without folder, its size and its checksum. */
static td_status write_origin(td_file *file, const char *group, const char *path)
{
    td_comm *comm = td_file_comm(file);
    int64_t bytes = 0;
    uint64_t checksum = 0;
    const char *slash = strrchr(path, '/');
    bool reads = td_comm_rank(comm) == 0;
    TD_TRY(td_comm_agree(comm, reads ? find_origin(path, &bytes, &checksum) : TD_OK));
    TD_TRY(td_file_set_text(file, group, "name", slash ? slash + 1 : path));
    TD_TRY(td_file_set_int(file, group, "bytes", bytes));
    return td_file_set_checksum(file, group, "checksum", checksum);
}

static td_status write_provenance(td_file *file, const td_data_parts *parts,
                                  const td_prepare_report *report)
{
    TD_TRY(td_file_set_text(file, "provenance", "format",
                            parts->options->schema ? "schema" : parts->options->format));
    TD_TRY(td_file_set_text(file, "provenance", "tandem", td_version()));
    TD_TRY(td_file_set_int(file, "provenance", "rows", report->rows));
    TD_TRY(td_file_set_int(file, "provenance", "skipped", report->skipped));
    TD_TRY(td_file_set_int(file, "provenance", "duplicates", report->duplicates));
    TD_TRY(write_origin(file, "provenance/ratings", parts->source->table[TD_OF_ROW].form.path));
    if (!parts->source->table[TD_OF_ITEM].form.path)
        return TD_OK;
    return write_origin(file, "provenance/items", parts->source->table[TD_OF_ITEM].form.path);
}

/* All datasets and attributes first, then the values, then what is known only then: the file is
 * reopened twice. */
static td_status write_all(td_file *file, const td_data_parts *parts, const td_contents *contents,
                           td_prepare_report *report)
{
    const char *const everything[] = {"", NULL};
    TD_TRY(make_arrays(file, contents));
    TD_TRY(write_sizes(file, parts, report));
    TD_TRY(write_moments(file, parts));
    TD_TRY(write_provenance(file, parts, report));
    TD_TRY(fill_arrays(file, contents));
    TD_TRY(td_checksum_groups(file, everything, &report->checksum));
    return td_file_set_checksum(file, "", "checksum", report->checksum);
}

td_status td_data_file_write(td_comm *comm, const char *path, const td_data_parts *parts,
                             td_prepare_report *report)
{
    td_file *file;
    TD_TRY(td_file_create(comm, path, TD_DATA_FORMAT, TD_DATA_VERSION, &file));
    td_contents *contents = td_contents_create(comm, parts);
    report->tokens = contents->tokens.count;
    td_status status = write_all(file, parts, contents, report);
    td_contents_free(contents);
    if (status == TD_OK)
        return td_file_publish(file);
    td_file_discard(file);
    return status;
}
