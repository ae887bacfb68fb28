/* Damaged and forged data files through everything that inspect, train and evaluate read. */
#include "../data/sample.h"
#include "cases.h"

#include "job.h"
#include "store/checksum.h"
#include "tandem/inspect.h"

#include <xxhash.h>

MPI_SUITE(hostile_data)

static void add(XXH3_state_t *digest, const void *bytes, size_t count)
{
    if (count > 0)
        XXH3_64bits_update(digest, bytes, count);
}

static void add_rows(XXH3_state_t *digest, const td_rows *rows)
{
    size_t n = (size_t)rows->count;
    add(digest, rows->user, n * sizeof *rows->user);
    add(digest, rows->item, n * sizeof *rows->item);
    add(digest, rows->rating, n * sizeof *rows->rating);
    add(digest, rows->weight, n * sizeof *rows->weight);
    add(digest, rows->timestamp, n * sizeof *rows->timestamp);
    add(digest, rows->row, n * sizeof *rows->row);
}

static td_status read_users(td_dataset *data, XXH3_state_t *digest)
{
    int64_t users = td_dataset_info(data)->file_users, *offsets, shards[9];
    int32_t *items;
    for (td_split s = TD_TRAIN; s <= TD_TEST; s++) {
        td_rows rows;
        TD_TRY(td_dataset_read_users(data, s, 0, users, NULL, &offsets, &rows));
        add(digest, offsets, (size_t)(users + 1) * sizeof *offsets);
        add_rows(digest, &rows);
        td_rows_free(&rows);
        td_free(offsets);
    }
    TD_TRY(td_dataset_read_seen(data, 0, users, &offsets, &items));
    add(digest, items, (size_t)offsets[users] * sizeof *items);
    td_free(offsets);
    td_free(items);
    TD_TRY(td_dataset_cut_shards(data, 8, shards));
    add(digest, shards, sizeof shards);
    return TD_OK;
}

static td_status read_items(td_dataset *data, XXH3_state_t *digest)
{
    const td_data_info *info = td_dataset_info(data);
    int32_t *items;
    int64_t *counts;
    TD_TRY(td_dataset_read_catalog(data, &items));
    add(digest, items, (size_t)info->catalog * sizeof *items);
    td_free(items);
    TD_TRY(td_dataset_read_item_counts(data, &counts));
    add(digest, counts, (size_t)(info->items + 1) * sizeof *counts);
    td_free(counts);
    td_frame fields;
    if (!td_schema_find(&info->schema, "title"))
        return TD_OK;
    TD_TRY(td_dataset_read_item_fields(data, (const char *const[]){"title", NULL}, &fields));
    items = fields.field[0].values;
    add(digest, items, (size_t)fields.field[0].offsets[info->items + 1] * sizeof *items);
    td_frame_free(&fields);
    return TD_OK;
}

static td_status read_tokens(td_dataset *data, td_strings *names)
{
    return td_dataset_read_vocabulary(data, "title", names);
}

static td_status read_names(td_dataset *data, XXH3_state_t *digest)
{
    typedef td_status reader(td_dataset *, td_strings *);
    static reader *const always[] = {td_dataset_read_user_names, td_dataset_read_item_names,
                                     td_dataset_read_catalog_ids};
    static reader *const with_titles[] = {td_dataset_read_catalog_titles, read_tokens};
    const bool titled = td_schema_find(&td_dataset_info(data)->schema, "title") != NULL;
    for (size_t i = 0; i < 5 && (i < 3 || titled); i++) {
        td_strings names;
        TD_TRY((i < 3 ? always[i] : with_titles[i - 3])(data, &names));
        add(digest, names.bytes, (size_t)names.offsets[names.count]);
        td_strings_free(&names);
    }
    return TD_OK;
}

static td_status read_data(td_comm *comm, const char *path, XXH3_state_t *digest)
{
    td_dataset *data;
    TD_TRY(td_dataset_open(comm, path, &data));
    const td_schema_field *time = td_schema_with_role(&td_dataset_info(data)->schema, TD_ROLE_TIME);
    if (time)
        add(digest, &time->summary, sizeof time->summary);
    td_status status = read_users(data, digest);
    if (status == TD_OK)
        status = read_items(data, digest);
    if (status == TD_OK)
        status = read_names(data, digest);
    td_dataset_close(data);
    return status;
}

static td_status inspect(td_comm *comm, const char *path, XXH3_state_t *digest)
{
    char *text = NULL;
    size_t bytes = 0;
    uint64_t checksum = 0;
    FILE *stream = open_memstream(&text, &bytes);
    td_status status = td_inspect(comm, path, TD_INSPECT_STATE, stream);
    fclose(stream);
    add(digest, text, bytes);
    free(text);
    TD_TRY(status);
    TD_TRY(td_inspect_checksum(comm, path, TD_INSPECT_STATE, &checksum));
    add(digest, &checksum, sizeof checksum);
    return TD_OK;
}

/* What one of them finds, the other must not lead to. */
static td_status read_all(td_comm *comm, const char *path, uint64_t *digest)
{
    XXH3_state_t *state = XXH3_createState();
    XXH3_64bits_reset(state);
    td_status shown = inspect(comm, path, state);
    td_status status = read_data(comm, path, state);
    *digest = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return status != TD_OK ? status : shown;
}

static void run_all(mutation_kind kind)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare_titled(comm, folder, 10000);
    run_cases(comm, kind, folder, in_folder(folder, "sample.h5"), read_all);
    remove_folder(comm, folder);
}

MPI_TEST(hostile_data, damaged)
{
    run_all(MUTATION_DAMAGE);
}

MPI_TEST(hostile_data, forged)
{
    run_all(MUTATION_FORGERY);
}
