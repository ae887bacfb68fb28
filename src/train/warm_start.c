/* From another run's tensors to ours, by names. */
#include "train/warm_start.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/names.h"
#include "run/checkpoint.h"
#include "run/checkpoints.h"
#include "run/model_data.h"
#include "run/placement.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values of an owned table of the other run that are here at a time. */
enum { WINDOW = 1 << 20 };

/* The other run. */
typedef struct {
    td_path data_path;
    td_path checkpoint;
    td_checkpoint_info info;
    td_dataset *data;
    td_model_data model_data;
    td_model *model;
} source;

/* Which row of the other run's table each row of ours takes; -1 for none. */
typedef struct {
    int64_t rows;
    int64_t *from;
} row_map;

static td_status open_data(td_comm *comm, const char *run, source *s)
{
    const char *path = s->data_path.path;
    const td_status status = td_dataset_open(comm, path, &s->data);
    if (status != TD_OK)
        return td_fail(status,
                       "the names of %s are in its data file: %s; if it moved, --warm-start-data "
                       "FILE names it",
                       run, td_message());
    const uint64_t found = td_dataset_info(s->data)->checksum;
    if (found == s->info.data_checksum)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s was trained on other data (checksum %016" PRIx64 ", but %s has %016" PRIx64
                   "); --warm-start-data names the right file",
                   run, s->info.data_checksum, path, found);
}

/* Their tables are placed as ours. */
static td_status load_model(td_comm *comm, const td_model *ours, source *s)
{
    td_metrics metrics;
    TD_TRY(td_model_data_load(s->data, s->data_path.path, &s->info.config, &s->model_data));
    const td_placement placement =
        td_placement_for_reading(comm, &ours->config, s->model_data.spec);
    TD_TRY(td_model_create(&s->info.config, s->model_data.spec, &ours->kernels, &placement,
                           &s->model));
    TD_TRY(td_checkpoint_load(comm, s->checkpoint.path, s->model, NULL, &metrics));
    td_metrics_free(&metrics);
    return TD_OK;
}

static td_status open_source(td_comm *comm, const char *run, const char *data, const td_model *ours,
                             source *s, int64_t *step)
{
    td_config config;       /* the checkpoint's own counts */
    uint64_t data_checksum; /* likewise */
    TD_TRY(td_run_read(comm, run, &config, &s->data_path, &data_checksum));
    if (data)
        snprintf(s->data_path.path, sizeof s->data_path.path, "%s", data);
    TD_TRY(td_checkpoints_find_newest(comm, run, step));
    if (*step < 0)
        return td_fail(TD_ERR_FILE, "--warm-start: %s has no checkpoint yet", run);
    s->checkpoint = td_run_checkpoint(run, *step);
    TD_TRY(td_checkpoint_read_info(comm, s->checkpoint.path, &s->info));
    TD_TRY(open_data(comm, run, s));
    return load_model(comm, ours, s);
}

static void close_source(source *s)
{
    td_model_free(s->model);
    td_model_data_free(&s->model_data);
    td_dataset_close(s->data);
}

static row_map new_map(int64_t rows)
{
    row_map map = {rows, TD_NEW(int64_t, (size_t)rows)};
    for (int64_t row = 1; row < rows; row++)
        map.from[row] = -1;
    return map; /* row 0 from row 0 */
}

/* Fills the map by names: those of rows first, first + 1, ... of both tables. */
static void map_names(row_map *map, const td_strings *ours, const td_strings *theirs, int64_t first,
                      int64_t their_rows)
{
    td_names *names = td_names_create(theirs);
    for (int64_t row = 1; row < map->rows; row++) {
        const int64_t *at = ours->offsets + row - first;
        const td_str name = {ours->bytes + at[0], (size_t)(at[1] - at[0])};
        const int64_t number = td_names_find(names, name); /* from 1 */
        const int64_t their_row = number - 1 + first;
        if (number > 0 && their_row < their_rows)
            map->from[row] = their_row;
    }
    td_names_free(names);
}

/* Reads the names of a field's ids; *first is the row of the first. */
static td_status read_names(td_dataset *data, const td_schema_field *field, int64_t *first,
                            td_strings *names)
{
    *first = field->role == TD_ROLE_TITLE ? 0 : 1;
    if (field->role == TD_ROLE_USER)
        return td_dataset_read_user_names(data, names);
    if (field->role == TD_ROLE_ITEM)
        return td_dataset_read_item_names(data, names);
    if (field->role == TD_ROLE_TITLE)
        return td_dataset_read_token_names(data, names);
    return td_dataset_read_vocabulary(data, field->name, names);
}

static td_status map_by_names(const td_warm_target *target, const source *s,
                              const td_embedding_table *our_table,
                              const td_embedding_table *their_table, row_map *map)
{
    td_strings ours = {0}, theirs = {0};
    int64_t first = 0, their_first = 0;
    td_status status = read_names(target->data, our_table->field, &first, &ours);
    if (status == TD_OK)
        status = read_names(s->data, their_table->field, &their_first, &theirs);
    if (status == TD_OK && first == their_first)
        map_names(map, &ours, &theirs, first, their_table->rows);
    td_strings_free(&ours);
    td_strings_free(&theirs);
    return status;
}

/* Ids that are made of values are the same if equal values have equal ones. */
static void map_buckets(const td_derivation *ours, const td_derivation *theirs, row_map *map)
{
    const bool agree = theirs && td_derivations_agree(ours, theirs);
    for (int64_t row = 0; row < map->rows; row++)
        map->from[row] = agree ? row : -1;
}

/* Which rows a table of ours takes from theirs of the same name: by what the rows are of. */
static td_status map_table(const td_warm_target *target, const source *s, const char *tensor,
                           row_map *map)
{
    const td_embedding_table *ours = td_spec_find_table(target->model->spec, tensor);
    const td_embedding_table *theirs = td_spec_find_table(s->model->spec, tensor);
    TD_ASSERT(ours && theirs);
    if (ours->derivation)
        map_buckets(ours->derivation, theirs->derivation, map);
    else if (!theirs->derivation)
        return map_by_names(target, s, ours, theirs, map);
    return TD_OK;
}

/* A dense tensor is taken whole or not at all. */
static void map_dense(const td_tensor *ours, const td_tensor *theirs, row_map *map)
{
    for (int64_t row = 0; row < map->rows; row++)
        map->from[row] = ours->rows == theirs->rows ? row : -1;
}

/* Which held row of ours takes each row of theirs; -1 for none. No two take the same: names are
 * different. */
static int64_t *find_takers(const row_map *map, td_range held, size_t their_rows)
{
    int64_t *takers = TD_NEW(int64_t, their_rows);
    for (size_t i = 0; i < their_rows; i++)
        takers[i] = -1;
    for (int64_t i = 0; i < held.count; i++)
        if (map->from[held.first + i] >= 0)
            takers[map->from[held.first + i]] = i;
    return takers;
}

/* C: returns rows [first, first + n) of theirs, in window if they are owned. */
static const float *their_rows_from(td_comm *comm, const td_tensor *theirs, const float *block,
                                    size_t first, size_t n, float *window)
{
    const float *mine = block + theirs->offset;
    if (!theirs->is_owned)
        return mine + first * theirs->columns;
    td_comm_fetch_rows(comm, theirs->columns * sizeof *mine, theirs->held, mine,
                       (td_range){(int64_t)first, (int64_t)n}, window);
    return window;
}

/* C: takes the rows that are held here; theirs pass by, so many at a time. */
static void take_rows(td_comm *comm, const row_map *map, const td_tensor *ours, float *to,
                      const td_tensor *theirs, const float *from)
{
    const size_t width = ours->columns, fit = WINDOW / width, at_once = fit > 0 ? fit : 1;
    int64_t *takers = find_takers(map, ours->held, theirs->rows);
    float *window = TD_NEW(float, at_once *width);
    for (size_t first = 0; first < theirs->rows; first += at_once) {
        const size_t left = theirs->rows - first, n = left < at_once ? left : at_once;
        const float *rows = their_rows_from(comm, theirs, from, first, n, window);
        for (size_t i = 0; i < n; i++)
            if (takers[first + i] >= 0)
                memcpy(to + ours->offset + (size_t)takers[first + i] * width, rows + i * width,
                       width * sizeof *to);
    }
    td_free(window);
    td_free(takers);
}

/* Accumulators are per value and know nothing of the step, moments and their corrections do. */
static bool states_follow(const td_model *ours, const td_model *theirs)
{
    return ours->config.optimizer_kind == TD_ADAGRAD && theirs->config.optimizer_kind == TD_ADAGRAD;
}

static int64_t count_taken(const row_map *map)
{
    int64_t taken = 0;
    for (int64_t row = 0; row < map->rows; row++)
        taken += map->from[row] >= 0;
    return taken;
}

/* C: takes a tensor from one of the same name. */
static void take_mapped(td_comm *comm, const row_map *map, const td_tensor *ours, td_model *to,
                        const td_tensor *theirs, const td_model *from)
{
    take_rows(comm, map, ours, to->parameters.values, theirs, from->parameters.values);
    if (states_follow(to, from))
        take_rows(comm, map, ours, to->parameters.state[0], theirs, from->parameters.state[0]);
    td_log("warm start: %s: %" PRId64 " of %" PRId64 " rows", ours->name, count_taken(map),
           map->rows);
}

/* C */
static td_status take_tensor(td_comm *comm, const td_warm_target *target, const source *s,
                             const td_tensor *ours)
{
    size_t place;
    if (!td_parameters_find(&s->model->parameters, ours->name, &place)) {
        td_log("warm start: %s: none, the other run has no such tensor", ours->name);
        return TD_OK;
    }
    const td_tensor *theirs = &s->model->parameters.tensor[place];
    if (ours->columns != theirs->columns) {
        td_log("warm start: %s: none, it has %zu columns here and %zu there", ours->name,
               ours->columns, theirs->columns);
        return TD_OK;
    }
    td_status status = TD_OK;
    row_map map = new_map((int64_t)ours->rows);
    if (ours->is_table)
        status = map_table(target, s, ours->name, &map);
    else
        map_dense(ours, theirs, &map);
    if (status == TD_OK)
        take_mapped(comm, &map, ours, target->model, theirs, s->model);
    td_free(map.from);
    return status;
}

/* C */
static td_status take_all(td_comm *comm, const td_warm_target *target, const source *s)
{
    const td_parameters *parameters = &target->model->parameters;
    td_log("warm start from %s", s->checkpoint.path);
    for (size_t i = 0; i < parameters->count; i++)
        TD_TRY(take_tensor(comm, target, s, &parameters->tensor[i]));
    if (parameters->states > 0)
        td_log("warm start: the optimizer's state %s",
               states_follow(target->model, s->model) ? "follows the rows" : "begins anew");
    return TD_OK;
}

/* The run is remembered by its whole path, as the data file is. */
static td_status set_origin(td_comm *comm, const char *run, int64_t step, td_run_origin *origin)
{
    td_status status = TD_OK;
    *origin = (td_run_origin){.step = step};
    if (td_comm_rank(comm) == 0 && !realpath(run, origin->run.path))
        status = td_fail(TD_ERR_FILE, "%s: %s", run, strerror(errno));
    TD_TRY(td_comm_agree(comm, status));
    td_comm_broadcast(comm, 0, origin, sizeof *origin);
    return TD_OK;
}

td_status td_warm_start(td_comm *comm, const char *run, const char *data,
                        const td_warm_target *target, td_run_origin *origin)
{
    source s = {.data = NULL};
    int64_t step = -1;
    td_status status = open_source(comm, run, data, target->model, &s, &step);
    if (status == TD_OK)
        status = take_all(comm, target, &s);
    if (status == TD_OK)
        status = set_origin(comm, run, step, origin);
    close_source(&s);
    if (status == TD_OK)
        td_model_refresh(target->model);
    return status;
}
