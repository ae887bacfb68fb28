/* Recommendations of a run: lists block by block, into a file or to standard output. */
#include "base/memory.h"
#include "base/range.h"
#include "serve/listing.h"
#include "serve/recommender.h"
#include "store/file.h"

#include <string.h>

enum { VERSION = 1 };

/* The lists that all ranks together hold at once; a block has at least one tile of users. */
enum { LISTED_AT_ONCE = 1 << 22 };

typedef struct {
    td_recommender recommender;
    td_file *file; /* of HDF5, or NULL */
    td_listing_columns columns;
    td_record_writer *writer; /* on rank 0, if file is NULL */
} batch;

static bool is_hdf5(const char *path)
{
    const size_t length = path ? strlen(path) : 0;
    return length >= 3 && strcmp(path + length - 3, ".h5") == 0;
}

static bool is_rated(const batch *b)
{
    return td_recommender_rates(&b->recommender);
}

/* C: what the lists are of, and room for them. */
static td_status make_datasets(batch *b)
{
    const td_recommender *r = &b->recommender;
    const int64_t columns = (int64_t)r->k;
    TD_TRY(td_file_set_int(b->file, "", "step", r->trained.info.position.step));
    TD_TRY(td_file_make(b->file, "user", (td_shape){TD_INT32, b->recommender.asked.count, 0}));
    TD_TRY(
        td_file_make(b->file, "item", (td_shape){TD_INT32, b->recommender.asked.count, columns}));
    TD_TRY(td_file_make(b->file, "score",
                        (td_shape){TD_FLOAT32, b->recommender.asked.count, columns}));
    if (is_rated(b))
        TD_TRY(td_file_make(b->file, "rating",
                            (td_shape){TD_FLOAT32, b->recommender.asked.count, columns}));
    return td_file_make(b->file, "system", (td_shape){TD_UINT8, b->recommender.asked.count, 0});
}

/* C */
static td_status begin(batch *b, const td_output *output)
{
    td_comm *comm = b->recommender.comm;
    td_status status = TD_OK;
    if (is_hdf5(output->path)) {
        TD_TRY(td_file_check_place(comm, output->path, TD_RECOMMENDATIONS_FORMAT));
        TD_TRY(td_file_create(comm, output->path, TD_RECOMMENDATIONS_FORMAT, VERSION, &b->file));
        return make_datasets(b);
    }
    b->columns = td_listing_columns_of("user", is_rated(b), true);
    if (td_comm_rank(comm) == 0)
        status = td_record_writer_begin(output, b->columns.count, b->columns.names, &b->writer);
    return td_comm_agree(comm, status);
}

/* C: this rank's share of the users from row first of the file on. */
static td_status write_rows(batch *b, int64_t first, const td_user_lists *lists)
{
    const size_t k = b->recommender.k, n = lists->count * k;
    const int64_t from = first + (int64_t)lists->first, rows = (int64_t)lists->count;
    int32_t *user = TD_NEW(int32_t, lists->count), *item = TD_NEW(int32_t, n);
    float *score = TD_NEW(float, n);
    for (size_t i = 0; i < lists->count; i++)
        user[i] = b->recommender.asked.id[from + (int64_t)i];
    for (size_t i = 0; i < n; i++) {
        item[i] = lists->listed[i].item;
        score[i] = lists->listed[i].score;
    }
    td_status status = td_file_write_rows(b->file, "user", from, rows, user);
    if (status == TD_OK)
        status = td_file_write_rows(b->file, "item", from, rows, item);
    if (status == TD_OK)
        status = td_file_write_rows(b->file, "score", from, rows, score);
    if (status == TD_OK)
        status = td_file_write_rows(b->file, "system", from, rows, lists->system);
    if (status == TD_OK && is_rated(b))
        status = td_file_write_rows(b->file, "rating", from, rows, lists->ratings);
    td_free(user);
    td_free(item);
    td_free(score);
    return status;
}

/* C: rank 0 prints all ranks' lists. */
static td_status print_rows(batch *b, int64_t first, const td_user_lists *lists)
{
    td_comm *comm = b->recommender.comm;
    const size_t k = b->recommender.k;
    size_t users;
    td_listed *listed =
        td_comm_allgatherv(comm, lists->listed, lists->count, k * sizeof *lists->listed, &users);
    float *ratings = lists->ratings ? td_comm_allgatherv(comm, lists->ratings, lists->count,
                                                         k * sizeof(float), &users)
                                    : NULL;
    uint8_t *system = td_comm_allgatherv(comm, lists->system, lists->count, 1, &users);
    for (size_t i = 0; i < users && b->writer; i++) {
        td_ranked_items list =
            td_recommender_listing(&b->recommender, first + (int64_t)i, listed + i * k,
                                   ratings ? ratings + i * k : NULL, system[i]);
        td_listing_write(b->writer, &list);
        td_ranked_items_free(&list);
    }
    td_free(listed);
    td_free(ratings);
    td_free(system);
    return TD_OK;
}

/* Users at once: whole tiles, of which every layout makes the same. */
static int64_t block_users(const batch *b)
{
    const int64_t lists =
        td_larger((int64_t)b->recommender.k, 1) * td_comm_size(b->recommender.comm);
    const int64_t tiles = LISTED_AT_ONCE / lists / TD_TILE_ROWS;
    return (tiles < 1 ? 1 : tiles > 16 ? 16 : tiles) * TD_TILE_ROWS;
}

/* C */
static td_status write_all(batch *b)
{
    const int64_t block = block_users(b), count = b->recommender.asked.count;
    for (int64_t first = 0; first < count; first += block) {
        const td_range users = {first, td_smaller(count - first, block)};
        td_user_lists lists;
        td_status status = td_recommender_list(&b->recommender, users, false, &lists);
        if (status == TD_OK)
            status = b->file ? write_rows(b, first, &lists) : print_rows(b, first, &lists);
        td_user_lists_free(&lists);
        TD_TRY(status);
    }
    return TD_OK;
}

/* C: on failure nothing is left. */
static td_status finish(batch *b, td_status status)
{
    if (!b->file)
        return td_comm_agree(b->recommender.comm, td_record_writer_end(b->writer, status));
    if (status == TD_OK)
        return td_file_publish(b->file);
    td_file_discard(b->file);
    return status;
}

td_status td_recommend_write(td_comm *comm, const td_recommend_options *options,
                             const td_asked_users *users, const td_output *output, int64_t *count)
{
    batch b = {.file = NULL};
    td_status status = td_recommender_open(comm, options, users, &b.recommender);
    if (status == TD_OK) {
        *count = b.recommender.asked.count;
        status = begin(&b, output);
        if (status == TD_OK)
            status = write_all(&b);
        status = finish(&b, status);
        if (status == TD_OK)
            td_recommender_say(&b.recommender);
    }
    td_recommender_close(&b.recommender);
    return status;
}
