/* A run's model, file by file. Rank 0 writes; embeddings are computed by all ranks. */
#include "base/memory.h"
#include "base/range.h"
#include "base/temporaries.h"
#include "eval/embedding.h"
#include "run/trained_model.h"
#include "serve/export_folder.h"
#include "serve/known_names.h"
#include "serve/user_embeddings.h"
#include "store/checksum.h"
#include "store/npy.h"
#include "store/text_file.h"
#include "tandem/export.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, ROWS_AT_ONCE = 64 * TD_TILE_ROWS };

typedef struct {
    td_comm *comm;
    td_trained_model trained;
    td_known_names *known;
    td_strings tokens; /* of titles, from id 1 on, if the model reads them */
    int64_t time;      /* of the queries, in seconds */
    bool writes;       /* on rank 0 */
    td_export_folder folder;
} export;

static td_path file_of(const export *e, const char *name)
{
    const td_path file = td_run_file(e->folder.temporary.path, name);
    td_temporary_add(file.path);
    return file;
}

static td_status save(const export *e, const char *name, td_type type, int64_t rows,
                      int64_t columns, const void *values)
{
    return td_npy_save(file_of(e, name).path, (td_shape){type, rows, columns}, values);
}

/* C: the embeddings of the ids from first on, by either tower. The caller frees them. */
static td_status embed(const export *e, td_side side, int64_t first, size_t count, float **rows)
{
    const td_frame untold = {.count = 0};
    int32_t *id = TD_NEW(int32_t, count);
    td_status status = TD_OK;
    for (size_t i = 0; i < count; i++)
        id[i] = (int32_t)first + (int32_t)i;
    if (side == TD_QUERY)
        status = td_embed_users(e->comm, &e->trained,
                                &(td_user_queries){count, id, e->time, &untold}, rows, NULL, NULL);
    else
        *rows = td_embed_described_items(e->comm, e->trained.model, count, id, &untold);
    td_free(id);
    return status;
}

/* C: the embeddings of ids [first, end) as the rows of a file. */
static td_status write_embeddings(const export *e, const char *name, td_side side, int64_t first,
                                  int64_t end)
{
    const int64_t width = (int64_t)e->trained.model->query.width;
    td_status status = TD_OK;
    td_npy *npy = NULL;
    if (e->writes)
        status =
            td_npy_begin(file_of(e, name).path, (td_shape){TD_FLOAT32, end - first, width}, &npy);
    TD_TRY(td_comm_agree(e->comm, status));
    for (int64_t from = first; from < end && status == TD_OK; from += ROWS_AT_ONCE) {
        const int64_t count = end - from < ROWS_AT_ONCE ? end - from : ROWS_AT_ONCE;
        float *rows = NULL;
        status = embed(e, side, from, (size_t)count, &rows);
        if (npy && rows)
            td_npy_write(npy, (size_t)(count * width), rows);
        td_free(rows);
    }
    const td_status ended = npy ? td_npy_end(npy) : TD_OK;
    return td_comm_agree(e->comm, status == TD_OK ? ended : status);
}

/* C */
static td_status write_all_embeddings(const export *e)
{
    const td_data_info *info = td_dataset_info(e->trained.data);
    TD_TRY(write_embeddings(e, "query_embeddings.npy", TD_QUERY, 1, info->users + 1));
    TD_TRY(write_embeddings(e, "unknown_query_embedding.npy", TD_QUERY, 0, 1));
    return write_embeddings(e, "candidate_embeddings.npy", TD_CANDIDATE, 1, info->items + 1);
}

/* A tensor user_table/weight is the file user_table.weight.npy. */
static td_status write_parameters(const export *e)
{
    const td_parameters *parameters = &e->trained.model->parameters;
    for (size_t t = 0; t < parameters->count; t++) {
        const td_tensor *tensor = &parameters->tensor[t];
        char *name = td_print_text("%s.npy", tensor->name);
        for (char *slash = strchr(name, '/'); slash; slash = strchr(slash, '/'))
            *slash = '.';
        td_status status = save(e, name, TD_FLOAT32, (int64_t)tensor->rows,
                                (int64_t)tensor->columns, td_parameters_values(parameters, t));
        td_free(name);
        TD_TRY(status);
    }
    return TD_OK;
}

/* Saves an array of a field as FIELD_part.npy. */
static td_status save_part(const export *e, const char *field, const char *part, td_type type,
                           int64_t rows, int64_t columns, const void *values)
{
    char name[TD_FIELD_NAME_MAX + 32];
    snprintf(name, sizeof name, "%s_%s.npy", field, part);
    return save(e, name, type, rows, columns, values);
}

/* The means and deviations that a feature's numbers are normalized with, one or one a group. */
static td_status write_scale(const export *e, const char *feature, const td_derivation *d)
{
    const size_t groups = d->groups > 0 ? d->groups : 1;
    double *scale = TD_NEW(double, 2 * groups);
    for (size_t g = 0; g < groups; g++) {
        scale[2 * g] = d->groups > 0 ? d->means[g] : d->scale.mean;
        scale[2 * g + 1] = d->groups > 0 ? d->deviations[g] : d->scale.deviation;
    }
    const td_status status = save_part(e, feature, "scale", TD_FLOAT64, (int64_t)groups, 2, scale);
    td_free(scale);
    return status;
}

/* The edges of buckets, and scales: of a feature that is declared in the configuration under its
 * name. */
static td_status write_scales(const export *e)
{
    const td_derivations *derivations = &e->trained.model_data.spec->derivations;
    for (size_t i = 0; i < derivations->count; i++) {
        const td_derivation *d = &derivations->derivation[i];
        const char *feature = strchr(d->name, '/') + 1;
        const bool is_declared = td_config_feature(&e->trained.info.config, feature);
        if (d->scale.count > 0)
            TD_TRY(save_part(e, is_declared ? feature : d->from, "edges", TD_FLOAT32,
                             (int64_t)d->scale.count, 0, d->scale.edges));
        if (is_declared && !d->transform->makes_ids)
            TD_TRY(write_scale(e, feature, d));
    }
    return TD_OK;
}

/* A field that towers read, by id, id 0 first. */
static td_status write_field(const export *e, const td_schema_field *field, const td_frame *frame)
{
    const td_field *values = td_frame_find(frame, field->name);
    const char *part = field->kind == TD_KIND_TEXT ? "tokens" : td_kind_name(field->kind);
    if (!values)
        return TD_OK;
    if (values->offsets)
        TD_TRY(
            save_part(e, field->name, "offsets", TD_INT64, frame->count + 1, 0, values->offsets));
    return save_part(e, field->name, part, values->type, td_field_elements(values, frame->count),
                     values->width > 1 ? values->width : 0, values->values);
}

/* What towers read besides tables. */
static td_status write_model_data(const export *e)
{
    const td_model_data *data = &e->trained.model_data;
    TD_TRY(write_scales(e));
    for (size_t i = 0; i < data->schema->count; i++)
        if (data->schema->fields[i].of != TD_OF_ROW)
            TD_TRY(write_field(e, &data->schema->fields[i],
                               data->schema->fields[i].of == TD_OF_USER ? &data->users
                                                                        : &data->items));
    return TD_OK;
}

/* Returns the name in place i, from 0, of a list. */
typedef td_str get_name(const export *e, int64_t i);

static td_str user_name(const export *e, int64_t i)
{
    return td_known_names_of_user(e->known, (int32_t)i + 1);
}

static td_str item_name(const export *e, int64_t i)
{
    return td_known_names_of_item(e->known, (int32_t)i + 1);
}

static td_str item_title(const export *e, int64_t i)
{
    return td_known_names_title(e->known, (int32_t)i + 1);
}

static td_str token_name(const export *e, int64_t i)
{
    return i == 0 ? (td_str){"", 0} : td_string_at(&e->tokens, i - 1); /* 0 is padding */
}

/* Writes a list, one name a line. */
static td_status write_names(const export *e, const char *name, int64_t count, get_name *get)
{
    const td_path path = file_of(e, name);
    td_text_stream *text;
    TD_TRY(td_text_stream_begin(path.path, &text));
    for (int64_t i = 0; i < count; i++) {
        const td_str line = get(e, i);
        if (memchr(line.text, '\n', line.length) || memchr(line.text, '\r', line.length)) {
            td_text_stream_discard(text);
            return td_fail(TD_ERR_FORMAT, "%s: name %" PRId64 " for %s has a line end within",
                           e->trained.data_path.path, i, name);
        }
        fwrite(line.text, 1, line.length, td_text_stream_file(text));
        fputc('\n', td_text_stream_file(text));
    }
    return td_text_stream_commit(text);
}

static td_status write_vocabularies(const export *e)
{
    const td_data_info *info = td_dataset_info(e->trained.data);
    TD_TRY(write_names(e, "users.txt", info->users, user_name));
    TD_TRY(write_names(e, "items.txt", info->items, item_name));
    TD_TRY(write_names(e, "titles.txt", info->items, item_title));
    if (e->tokens.count == 0)
        return TD_OK;
    return write_names(e, "tokens.txt", e->tokens.count + 1, token_name);
}

/* The scale of what is derived from the time of rows; NULL if nothing is. */
static const td_time_scale *find_times(const td_trained_model *trained)
{
    const td_derivations *derivations = &trained->model_data.spec->derivations;
    const td_schema_field *time = td_schema_with_role(trained->model_data.schema, TD_ROLE_TIME);
    for (size_t i = 0; i < derivations->count; i++)
        if (time && strcmp(derivations->derivation[i].from, time->name) == 0 &&
            derivations->derivation[i].of == TD_OF_ROW &&
            derivations->derivation[i].scale.deviation > 0)
            return &derivations->derivation[i].scale;
    return NULL;
}

/* What the arrays do not say. The last file: it makes the folder an export. */
static td_status write_description(const export *e)
{
    const td_trained_model *trained = &e->trained;
    const td_checksum_text checksum = td_checksum_to_text(trained->info.data_checksum);
    json_t *object =
        json_pack("{s:s, s:i, s:I, s:s, s:I, s:I, s:I}", "format", "tandem-export", "version",
                  VERSION, "step", (json_int_t)trained->info.position.step, "data_checksum",
                  checksum.digits, "users", (json_int_t)td_dataset_info(trained->data)->users,
                  "items", (json_int_t)td_dataset_info(trained->data)->items, "width",
                  (json_int_t)trained->model->query.width);
    const td_time_scale *times = find_times(trained);
    if (times) {
        json_object_set_new(object, "time_mean", json_real(times->mean));
        json_object_set_new(object, "time_deviation", json_real(times->deviation));
    }
    char *text = td_made(json_dumps(object, JSON_INDENT(2)), "export.json");
    const td_status status = td_replace_text(file_of(e, "export.json").path, text);
    free(text);
    json_decref(object);
    return status;
}

/* What rank 0 writes alone. */
static td_status write_rest(const export *e)
{
    TD_TRY(write_parameters(e));
    TD_TRY(write_model_data(e));
    TD_TRY(write_vocabularies(e));
    return write_description(e);
}

/* C: begins the folder, fills it, and puts it in its place or takes it away. */
static td_status write_folder(export *e, const char *path)
{
    td_status status = TD_OK;
    if (e->writes)
        status = td_export_folder_begin(path, &e->folder);
    TD_TRY(td_comm_agree(e->comm, status));
    status = write_all_embeddings(e);
    if (status == TD_OK)
        status = td_comm_agree(e->comm, e->writes ? write_rest(e) : TD_OK);
    if (e->writes && status == TD_OK)
        status = td_export_folder_commit(&e->folder);
    else if (e->writes)
        td_export_folder_discard(&e->folder);
    return td_comm_agree(e->comm, status);
}

/* C */
static td_status open_run(export *e, const td_export_options *options)
{
    TD_TRY(td_trained_model_open(e->comm, &options->model, &e->trained));
    TD_TRY(td_known_names_read(e->trained.data, &e->known));
    e->time = td_trained_model_time(&e->trained, options->at);
    const td_schema_field *title = td_schema_with_role(e->trained.model_data.schema, TD_ROLE_TITLE);
    if (!title || !td_frame_find(&e->trained.model_data.items, title->name))
        return TD_OK;
    return td_dataset_read_vocabulary(e->trained.data, title->name, &e->tokens);
}

td_status td_export(td_comm *comm, const td_export_options *options, const char *path)
{
    TD_MEMORY_FOR("the exported arrays", NULL);
    export e = {.comm = comm, .writes = td_comm_rank(comm) == 0};
    td_status status = open_run(&e, options);
    if (status == TD_OK)
        status = write_folder(&e, path);
    td_strings_free(&e.tokens);
    td_known_names_free(e.known);
    td_trained_model_close(&e.trained);
    return status;
}
