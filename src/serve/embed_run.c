/* A table of users or items through a tower. */
#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "eval/embedding.h"
#include "run/trained_model.h"
#include "serve/given.h"
#include "serve/known_names.h"
#include "serve/own_fields.h"
#include "serve/user_embeddings.h"
#include "store/npy.h"
#include "store/replace.h"
#include "store/text_file.h"
#include "tandem/embed.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    td_comm *comm;
    const td_embed_options *options;
    td_trained_model trained;
    td_known_names *known;
    td_given given;
    int32_t *id; /* (given.frame.count) */
} embedding;

static td_status open_all(td_comm *comm, const td_embed_options *options, embedding *e)
{
    *e = (embedding){.comm = comm, .options = options};
    TD_TRY(td_trained_model_open(comm, &options->model, &e->trained));
    TD_TRY(td_known_names_read(e->trained.data, &e->known));
    e->given = td_given_begin(e->trained.data, e->known, options->items ? TD_OF_ITEM : TD_OF_USER,
                              TD_UNKNOWN_ALLOW);
    TD_TRY(td_given_read(comm, options->table, options->schema, &e->given));
    td_given_tell_unknown(options->table, e->given.unknown_values, e->given.unknown_value);
    return options->items ? TD_OK : td_own_fields_give(&e->given);
}

static void close_all(embedding *e)
{
    td_free(e->id);
    td_given_free(&e->given);
    td_known_names_free(e->known);
    td_trained_model_close(&e->trained);
}

static void find_ids(embedding *e)
{
    const int64_t count = e->given.frame.count;
    e->id = TD_NEW(int32_t, (size_t)count);
    for (int64_t i = 0; i < count; i++) {
        const td_str name = {e->given.name[i], strlen(e->given.name[i])};
        e->id[i] = e->options->items ? td_known_names_item_id(e->known, name)
                                     : td_known_names_user_id(e->known, name);
    }
}

/* C */
static td_status embed(const embedding *e, float **embeddings)
{
    const int64_t count = e->given.frame.count;
    const int64_t time = td_trained_model_time(&e->trained, e->options->at);
    if (!e->options->items)
        return td_embed_users(e->comm, &e->trained,
                              &(td_user_queries){(size_t)count, e->id, time, &e->given.frame},
                              embeddings, NULL, NULL);
    td_frame fields =
        td_model_data_describe(&e->trained.model_data, TD_OF_ITEM, count, e->id, &e->given.frame);
    *embeddings =
        td_embed_described_items(e->comm, e->trained.model, (size_t)count, e->id, &fields);
    td_frame_free(&fields);
    return TD_OK;
}

/* A file that appears whole: the name that is free is npy's to make. */
static td_status write_array(const char *path, int64_t rows, int64_t width, const float *values)
{
    char *temporary;
    int descriptor;
    TD_TRY(td_replace_begin(path, &temporary, &descriptor));
    close(descriptor);
    unlink(temporary);
    td_status status = td_npy_save(temporary, (td_shape){TD_FLOAT32, rows, width}, values);
    if (status == TD_OK)
        status = td_replace_commit(temporary, path);
    else
        td_replace_discard(temporary);
    td_free(temporary);
    return status;
}

static td_status write_names(const char *path, const td_given *given)
{
    td_text_stream *text;
    TD_TRY(td_text_stream_begin(path, &text));
    for (int64_t i = 0; i < given->frame.count; i++)
        fprintf(td_text_stream_file(text), "%s\n", given->name[i]);
    return td_text_stream_commit(text);
}

/* The names go beside the array: into a file that is there only if the array is, too. */
static td_status check_names(const char *names, const char *path)
{
    td_look array, text;
    TD_TRY(td_look_at(path, &array));
    TD_TRY(td_look_at(names, &text));
    if (array != TD_LOOK_NOTHING || text == TD_LOOK_NOTHING)
        return TD_OK;
    return td_fail(
        TD_ERR_FILE,
        "%s is there, without %s beside it, so that it may be somebody's, and embed would "
        "write its names over it: name another --out, or move it away",
        names, path);
}

static td_status write_all(const embedding *e, const char *path, size_t width, const float *values)
{
    char *names = td_print_text("%.*s.txt", (int)(strlen(path) - strlen(".npy")), path);
    td_status status = check_names(names, path);
    if (status == TD_OK)
        status = write_array(path, e->given.frame.count, (int64_t)width, values);
    if (status == TD_OK)
        status = write_names(names, &e->given);
    td_free(names);
    return status;
}

td_status td_embed(td_comm *comm, const td_embed_options *options, const char *path, int64_t *count)
{
    TD_MEMORY_FOR("embeddings", NULL);
    embedding e;
    const size_t length = strlen(path);
    if (length <= strlen(".npy") || strcmp(path + length - strlen(".npy"), ".npy") != 0)
        return td_fail(TD_ERR_USAGE, "%s: expected a name that ends with .npy", path);
    td_status status = open_all(comm, options, &e);
    if (status == TD_OK) {
        const td_model *model = e.trained.model;
        const size_t width = options->items ? model->candidate.width : model->query.width;
        find_ids(&e);
        *count = e.given.frame.count;
        float *values = NULL;
        status = embed(&e, &values);
        if (status == TD_OK)
            status = td_comm_agree(
                comm, td_comm_rank(comm) == 0 ? write_all(&e, path, width, values) : TD_OK);
        td_free(values);
    }
    close_all(&e);
    return status;
}
