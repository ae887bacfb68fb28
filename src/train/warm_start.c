/* From another run's tensors to ours, by names. */
#include "train/warm_start.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/names.h"
#include "run/placement.h"
#include "run/trained_model.h"
#include "train/named_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values of an owned table of the other run that are here at a time. */
enum { WINDOW = 1 << 20 };

/* Which row of the other run's table each row of ours takes; -1 for none. */
typedef struct {
    int64_t rows;
    int64_t *from;
} row_map;

static row_map new_map(int64_t rows)
{
    row_map map = {rows, TD_NEW(int64_t, (size_t)rows)};
    for (int64_t row = 1; row < rows; row++)
        map.from[row] = -1;
    return map; /* row 0 from row 0 */
}

/* Each row comes from the same one where rows of the same place are of the same thing, else none
 * does. */
static void map_places(bool agree, row_map *map)
{
    for (int64_t row = 0; row < map->rows; row++)
        map->from[row] = agree ? row : -1;
}

/* Fills the map by the names of ids, from row 1 on; users at the end of a list may have no row. */
static td_status map_by_names(const td_warm_target *target, const td_trained_model *s,
                              const td_embedding_table *our_table,
                              const td_embedding_table *their_table, row_map *map)
{
    td_strings ours = {0}, theirs = {0};
    const bool ours_hashed = our_table->field->is_hashed;
    const bool theirs_hashed = their_table->field->is_hashed;
    if (ours_hashed || theirs_hashed) { /* a name has the same hash in tables of as many rows */
        map_places(ours_hashed && theirs_hashed && our_table->rows == their_table->rows, map);
        return TD_OK;
    }
    td_status status = td_dataset_read_vocabulary(target->data, our_table->field->name, &ours);
    if (status == TD_OK)
        status = td_dataset_read_vocabulary(s->data, their_table->field->name, &theirs);
    if (status == TD_OK) {
        td_names *names = td_names_create(&theirs);
        for (int64_t row = 1; row < map->rows; row++) {
            const int64_t their_row = td_names_find(names, td_string_at(&ours, row - 1));
            if (their_row > 0 && their_row < their_table->rows)
                map->from[row] = their_row;
        }
        td_names_free(names);
    }
    td_strings_free(&ours);
    td_strings_free(&theirs);
    return status;
}

/* Which rows a table of ours takes from theirs of the same name: by what the rows are of. */
static td_status map_table(const td_warm_target *target, const td_trained_model *s,
                           const char *tensor, row_map *map)
{
    const td_embedding_table *ours = td_spec_find_table(target->model->spec, tensor);
    const td_embedding_table *theirs = td_spec_find_table(s->model->spec, tensor);
    TD_ASSERT(ours && theirs);
    if (ours->derivation) /* ids that are made of values are the same if equal values have them */
        map_places(theirs->derivation && td_derivations_agree(ours->derivation, theirs->derivation),
                   map);
    else if (!theirs->derivation)
        return map_by_names(target, s, ours, theirs, map);
    return TD_OK;
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
static bool states_follow(const td_warm_target *target, const td_model *theirs)
{
    const int kind = target->model->config.optimizer_kind;
    return kind == theirs->config.optimizer_kind && (kind == TD_ADAGRAD || target->keeps_optimizer);
}

/* Counts the rows of a table that are not taken and that no training row names: nobody trains them.
 */
static int64_t count_never_trained(const td_spec *spec, const char *tensor, const row_map *map,
                                   const td_named_rows *named)
{
    const int64_t *times = named->times[td_spec_find_table(spec, tensor) - spec->table];
    int64_t never = 0;
    for (int64_t row = 1; row < map->rows; row++)
        never += map->from[row] < 0 && times[row] == 0;
    return never;
}

/* How many rows of a table are of users or items that have none in the data themselves. */
static int64_t count_kept(const td_warm_target *target, const td_tensor *ours)
{
    const td_data_info *info = td_dataset_info(target->data);
    const td_embedding_table *table =
        ours->is_table ? td_spec_find_table(target->model->spec, ours->name) : NULL;
    if (!table || table->derivation)
        return 0;
    return table->field->role == TD_ROLE_USER   ? info->kept_users
           : table->field->role == TD_ROLE_ITEM ? info->kept_items
                                                : 0;
}

/* Says how many rows of a tensor came, are new, and are left behind. */
static void tell_rows(const td_warm_target *target, const td_tensor *ours, const td_tensor *theirs,
                      const row_map *map, const td_named_rows *named)
{
    int64_t taken = 0;
    const int64_t kept = count_kept(target, ours);
    char more[64] = "", besides[64] = "";
    for (int64_t row = 0; row < map->rows; row++)
        taken += map->from[row] >= 0;
    if (ours->is_table)
        snprintf(more, sizeof more, ", %" PRId64 " never trained",
                 count_never_trained(target->model->spec, ours->name, map, named));
    if (kept > 0)
        snprintf(besides, sizeof besides, ", %" PRId64 " of them kept", kept);
    td_log("warm start: %s: %" PRId64 " of %" PRId64 " rows are old%s, %" PRId64 " new, %" PRId64
           " dropped%s",
           ours->name, taken, map->rows, besides, map->rows - taken, (int64_t)theirs->rows - taken,
           more);
}

/* C: takes a tensor from one of the same name. */
static void take_mapped(td_comm *comm, const row_map *map, const td_tensor *ours,
                        const td_warm_target *target, const td_tensor *theirs, const td_model *from)
{
    const td_parameters *to = &target->model->parameters;
    take_rows(comm, map, ours, to->values, theirs, from->parameters.values);
    for (size_t i = 0; i < to->states && states_follow(target, from); i++)
        take_rows(comm, map, ours, to->state[i], theirs, from->parameters.state[i]);
}

/* C */
static td_status take_tensor(td_comm *comm, const td_warm_target *target, const td_trained_model *s,
                             const td_tensor *ours, const td_named_rows *named)
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
    else /* whole or not at all */
        map_places(ours->rows == theirs->rows, &map);
    if (status == TD_OK) {
        take_mapped(comm, &map, ours, target, theirs, s->model);
        tell_rows(target, ours, theirs, &map, named);
    }
    td_free(map.from);
    return status;
}

/* C */
static td_status take_all(td_comm *comm, const td_warm_target *target, const td_trained_model *s)
{
    const td_parameters *parameters = &target->model->parameters;
    td_named_rows named;
    td_log("warm start from %s", s->checkpoint.path);
    td_status status = td_named_rows_find(comm, target->data, target->model->spec, &named);
    for (size_t i = 0; i < parameters->count && status == TD_OK; i++)
        status = take_tensor(comm, target, s, &parameters->tensor[i], &named);
    td_named_rows_free(&named);
    TD_TRY(status);
    if (parameters->states > 0)
        td_log("warm start: the optimizer's state %s",
               states_follow(target, s->model) ? "follows the rows" : "begins anew");
    return TD_OK;
}

/* C: the run is remembered by its whole path, as the data file is, and with the updates that its
 * moments count. */
static td_status set_origin(td_comm *comm, const char *run, const td_warm_target *target,
                            const td_trained_model *s, td_run_origin *origin)
{
    td_run_origin before;
    td_status status = TD_OK;
    TD_TRY(td_run_read_origin(comm, run, &before));
    *origin = (td_run_origin){.step = s->info.position.step};
    if (target->keeps_optimizer && target->model->config.optimizer_kind == TD_ADAM)
        origin->updates = before.updates + origin->step;
    if (td_comm_rank(comm) == 0 && !realpath(run, origin->run.path))
        status = td_fail(TD_ERR_FILE, "%s: %s", run, strerror(errno));
    TD_TRY(td_comm_agree(comm, status));
    td_comm_broadcast(comm, 0, origin, sizeof *origin);
    return TD_OK;
}

static td_status check_optimizer(const char *run, const td_warm_target *target,
                                 const td_trained_model *s)
{
    if (!target->keeps_optimizer ||
        s->info.config.optimizer_kind == target->model->config.optimizer_kind)
        return TD_OK;
    return td_fail(
        TD_ERR_MISMATCH,
        "--keep-optimizer: %s was trained with another optimizer.kind, whose state is of "
        "no use here; leave the option out, or set the same kind",
        run);
}

/* Their tables are placed as ours. */
static td_status open_source(td_comm *comm, const td_trained_options *options,
                             const td_warm_target *target, td_trained_model *s)
{
    const td_model *ours = target->model;
    TD_TRY(td_trained_model_find(comm, options, "--warm-start-data", s));
    TD_TRY(check_optimizer(options->run, target, s));
    const td_placement placement =
        td_placement_for_reading(comm, &ours->config, s->model_data.spec);
    return td_trained_model_place(comm, &ours->kernels, &placement, s);
}

td_status td_warm_start(td_comm *comm, const char *run, const char *data,
                        const td_warm_target *target, td_run_origin *origin)
{
    const td_trained_options options = {.run = run, .data = data};
    td_trained_model s;
    td_status status = open_source(comm, &options, target, &s);
    if (status == TD_OK)
        status = take_all(comm, target, &s);
    if (status == TD_OK)
        status = set_origin(comm, run, target, &s, origin);
    td_trained_model_close(&s);
    if (status == TD_OK)
        td_model_refresh(target->model, NULL);
    return status;
}
