/* Recommendations of a run: the lists of all users, block by block, into a file. */
#include "base/memory.h"
#include "base/range.h"
#include "serve/recommender.h"
#include "store/file.h"
#include "store/text_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEADER "user\tplace\titem\tscore"
enum { VERSION = 1 };

/* The lists that all ranks together hold at once; a block has at least one tile of users. */
enum { LISTED_AT_ONCE = 1 << 22 };

typedef struct {
    td_recommender recommender;
    int64_t users;
    td_file *file;        /* of HDF5, or NULL */
    td_text_stream *text; /* on rank 0, if file is NULL */
} batch;

static bool is_hdf5(const char *path)
{
    const size_t length = strlen(path);
    return length >= 3 && strcmp(path + length - 3, ".h5") == 0;
}

static bool is_rated(const batch *b)
{
    return td_model_head(b->recommender.trained.model) != NULL;
}

/* C: what the lists are of, and room for them. */
static td_status make_datasets(batch *b)
{
    const td_recommender *r = &b->recommender;
    const int64_t columns = (int64_t)r->k;
    TD_TRY(td_file_set_int(b->file, "", "step", r->trained.info.position.step));
    TD_TRY(td_file_make(b->file, "user", (td_shape){TD_INT32, b->users, 0}));
    TD_TRY(td_file_make(b->file, "item", (td_shape){TD_INT32, b->users, columns}));
    TD_TRY(td_file_make(b->file, "score", (td_shape){TD_FLOAT32, b->users, columns}));
    if (is_rated(b))
        TD_TRY(td_file_make(b->file, "rating", (td_shape){TD_FLOAT32, b->users, columns}));
    return TD_OK;
}

/* Lists as text replace such lists, or an empty file. */
static td_status check_text_place(const char *path)
{
    char start[sizeof HEADER] = "";
    FILE *stream = fopen(path, "rb");
    if (!stream && errno == ENOENT)
        return TD_OK;
    const size_t length = stream ? fread(start, 1, sizeof HEADER - 1, stream) : 1;
    const bool same = length == 0 || strcmp(start, HEADER) == 0;
    if (stream)
        fclose(stream);
    if (same)
        return TD_OK;
    return td_fail(TD_ERR_FILE,
                   "%s is there and holds no recommendations, so it is not replaced; give another "
                   "name, or remove it first",
                   path);
}

static td_status begin_text(batch *b, const char *path)
{
    TD_TRY(check_text_place(path));
    TD_TRY(td_text_stream_begin(path, &b->text));
    fprintf(td_text_stream_file(b->text), "%s%s\n", HEADER, is_rated(b) ? "\trating" : "");
    return TD_OK;
}

/* C */
static td_status begin(batch *b, const char *path)
{
    td_comm *comm = b->recommender.comm;
    if (!is_hdf5(path))
        return td_comm_agree(comm, td_comm_rank(comm) == 0 ? begin_text(b, path) : TD_OK);
    TD_TRY(td_file_check_place(comm, path, TD_RECOMMENDATIONS_FORMAT));
    TD_TRY(td_file_create(comm, path, TD_RECOMMENDATIONS_FORMAT, VERSION, &b->file));
    return make_datasets(b);
}

/* C: this rank's share of the users from row first of the file on. */
static td_status write_rows(batch *b, int64_t first, const td_user_lists *lists)
{
    const size_t k = b->recommender.k, n = lists->count * k;
    const int64_t from = first + (int64_t)lists->first, rows = (int64_t)lists->count;
    int32_t *user = TD_NEW(int32_t, lists->count), *item = TD_NEW(int32_t, n);
    float *score = TD_NEW(float, n);
    for (size_t i = 0; i < lists->count; i++)
        user[i] = (int32_t)from + 1 + (int32_t)i;
    for (size_t i = 0; i < n; i++) {
        item[i] = lists->listed[i].item;
        score[i] = lists->listed[i].score;
    }
    td_status status = td_file_write_rows(b->file, "user", from, rows, user);
    if (status == TD_OK)
        status = td_file_write_rows(b->file, "item", from, rows, item);
    if (status == TD_OK)
        status = td_file_write_rows(b->file, "score", from, rows, score);
    if (status == TD_OK && is_rated(b))
        status = td_file_write_rows(b->file, "rating", from, rows, lists->ratings);
    td_free(user);
    td_free(item);
    td_free(score);
    return status;
}

/* A name between tabs; one that holds a tab or a backslash has \t or \\ there. */
static void print_name(FILE *stream, td_str name)
{
    for (size_t i = 0; i < name.length; i++) {
        if (name.text[i] == '\t')
            fputs("\\t", stream);
        else if (name.text[i] == '\\')
            fputs("\\\\", stream);
        else
            fputc(name.text[i], stream);
    }
}

static void print_list(const batch *b, int32_t user, const td_listed *listed, const float *ratings)
{
    const td_known_names *known = b->recommender.known;
    FILE *stream = td_text_stream_file(b->text);
    for (size_t i = 0; i < b->recommender.k && listed[i].item > 0; i++) {
        print_name(stream, td_known_names_of_user(known, user));
        fprintf(stream, "\t%zu\t", i + 1);
        print_name(stream, td_known_names_of_item(known, listed[i].item));
        fprintf(stream, "\t%.9g", (double)listed[i].score);
        if (ratings)
            fprintf(stream, "\t%.9g", (double)ratings[i]);
        fputc('\n', stream);
    }
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
    for (size_t i = 0; i < users && b->text; i++)
        print_list(b, (int32_t)(first + 1) + (int32_t)i, listed + i * k,
                   ratings ? ratings + i * k : NULL);
    td_free(listed);
    td_free(ratings);
    return TD_OK;
}

/* Users at once: whole tiles, of which every layout makes the same. */
static int64_t block_users(const batch *b)
{
    const int64_t lists = (int64_t)b->recommender.k * td_comm_size(b->recommender.comm);
    const int64_t tiles = LISTED_AT_ONCE / lists / TD_TILE_ROWS;
    return (tiles < 1 ? 1 : tiles > 16 ? 16 : tiles) * TD_TILE_ROWS;
}

/* C */
static td_status write_all(batch *b)
{
    const int64_t block = block_users(b);
    for (int64_t first = 0; first < b->users; first += block) {
        const int64_t left = b->users - first, users = left < block ? left : block;
        td_user_lists lists;
        td_status status =
            td_recommender_list(&b->recommender, (int32_t)first + 1, (size_t)users, false, &lists);
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
    if (status != TD_OK) {
        td_file_discard(b->file);
        td_text_stream_discard(b->text);
        return status;
    }
    if (b->file)
        return td_file_publish(b->file);
    return td_comm_agree(b->recommender.comm, b->text ? td_text_stream_commit(b->text) : TD_OK);
}

td_status td_recommend_all(td_comm *comm, const td_recommend_options *options, const char *path,
                           int64_t *users)
{
    batch b = {.file = NULL};
    td_status status = td_recommender_open(comm, options, &b.recommender);
    if (status == TD_OK) {
        b.users = *users = td_dataset_info(b.recommender.trained.data)->users;
        status = begin(&b, path);
        if (status == TD_OK)
            status = write_all(&b);
        status = finish(&b, status);
    }
    td_recommender_close(&b.recommender);
    return status;
}
