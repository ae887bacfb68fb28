/* Shards of rows are read into memory, with what every step of theirs may need at most. */
#include "data/batches_parts.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/task_fields.h"

#include <string.h>

/* The most rows that one step takes from so many: ceil(m / T). */
static int64_t most_rows(const td_batches *batches, int64_t rows)
{
    return (rows + batches->steps - 1) / batches->steps;
}

/* The groups that the configuration asks for, of which some may be without a shard. */
static int64_t wanted_groups(const td_config *config)
{
    const int64_t rows = config->retrieval_group_rows;
    const int64_t groups = (config->train_batch_size + rows / 2) / rows;
    return config->retrieval_negatives == TD_NEGATIVES_BATCH || groups < 1 ? 1 : groups;
}

static td_status check_layout(td_comm *comm, const td_dataset *data, const td_config *config)
{
    if (td_comm_size(comm) > config->train_shards)
        td_warn(
            "%d ranks for %lld shards: the other ranks have no rows to train on, and help only to "
            "read and to evaluate; fewer ranks are not slower, and a new run may have more "
            "train.shards (another number gives other, equally good results)",
            td_comm_size(comm), (long long)config->train_shards);
    if (td_dataset_info(data)->rows[TD_TRAIN] == 0)
        return td_fail(TD_ERR_INPUT, "the data file has no training rows");
    if (wanted_groups(config) > td_batch_groups(config))
        td_warn("retrieval.group_rows asks for %lld groups, but a group has at least one of the "
                "train.shards shards: there are %lld groups",
                (long long)wanted_groups(config), (long long)td_batch_groups(config));
    return TD_OK;
}

/* Lists the fields that a step reads of a row, as far as the file has them: those of its roles, and
 * those that the model reads. They end with NULL; the caller frees the list. */
static const char **list_fields(const td_schema *schema, const td_config *config,
                                const char *const *read)
{
    const td_role roles[] = {TD_ROLE_ITEM, TD_ROLE_WEIGHT, TD_ROLE_LABEL};
    const size_t known = config->rating_enabled ? 3 : 2;
    const char **names = TD_NEW(const char *, schema->count + known + 1);
    size_t count = 0;
    for (size_t i = 0; i < known; i++) {
        const td_schema_field *field = td_schema_with_role(schema, roles[i]);
        if (field)
            names[count++] = field->name;
    }
    for (size_t i = 0; read && read[i]; i++)
        names[count++] = read[i];
    return names;
}

static bool is_listed(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* Collective. Makes what declared tasks train on, and keeps of the other fields those that a step
 * reads. */
static td_status add_task_fields(td_comm *comm, td_dataset *data, const td_config *config,
                                 const char *const *kept, td_batches *batches)
{
    const td_schema *schema = &td_dataset_info(data)->schema;
    td_rows *rows = &batches->rows;
    TD_TRY(td_task_fields_add(comm, data, config, rows));
    for (size_t i = 0; i < schema->count; i++) {
        const td_schema_field *field = &schema->fields[i];
        if (field->of == TD_OF_ROW && field->role != TD_ROLE_USER && !is_listed(kept, field->name))
            td_frame_remove(&rows->frame, field->name);
    }
    td_rows_bind(rows, schema);
    return TD_OK;
}

/* Reads the users of this rank's shards, and finds which rows are whose. */
static td_status read_shards(td_comm *comm, td_dataset *data, const int64_t *first_user,
                             int64_t shards, const char *const *fields, td_batches *batches)
{
    int64_t *user_offsets;
    td_comm_share(comm, shards, &batches->first_shard, &batches->shards);
    const int64_t *mine = first_user + batches->first_shard;
    batches->first_user = mine[0];
    batches->users = mine[batches->shards] - mine[0];
    TD_TRY(td_dataset_read_users(data, TD_TRAIN, mine[0], batches->users, fields, &user_offsets,
                                 &batches->rows));
    batches->offsets = TD_NEW(int64_t, (size_t)batches->shards + 1);
    for (int64_t s = 0; s <= batches->shards; s++)
        batches->offsets[s] = user_offsets[mine[s] - mine[0]];
    td_free(user_offsets);
    return TD_OK;
}

/* Collective. Every rank learns the rows of every shard. */
static void gather_sizes(td_comm *comm, td_batches *batches)
{
    size_t total;
    int64_t *mine = TD_NEW(int64_t, (size_t)batches->shards);
    for (int64_t s = 0; s < batches->shards; s++)
        mine[s] = batches->offsets[s + 1] - batches->offsets[s];
    batches->sizes = td_comm_allgatherv(comm, mine, (size_t)batches->shards, sizeof *mine, &total);
    td_free(mine);
}

/* Adds up what a step takes from each group at most. */
static void find_limits(int64_t batch_size, td_batches *batches)
{
    td_batch_limits *limits = &batches->limits;
    int64_t *rows = TD_NEW(int64_t, (size_t)batches->groups);
    limits->tiles = batches->all_shards + batch_size / TD_TILE_ROWS + 1;
    for (int64_t s = 0; s < batches->all_shards; s++) {
        const int64_t most = most_rows(batches, batches->sizes[s]);
        rows[td_part_of(batches->all_shards, s, batches->groups)] += most;
        limits->rows += most;
    }
    for (int64_t s = 0; s < batches->shards; s++) {
        const int64_t most = most_rows(batches, td_batches_shard_rows(batches, s));
        limits->my_rows += most;
        limits->tile_rows = td_larger(limits->tile_rows, most < TD_TILE_ROWS ? most : TD_TILE_ROWS);
    }
    int64_t first, end;
    td_batch_groups_of(batches->all_shards, batches->groups, batches->first_shard,
                       batches->first_shard + batches->shards, &first, &end);
    for (int64_t g = first; g < end; g++) {
        limits->met_rows += rows[g];
        limits->group_rows = td_larger(limits->group_rows, rows[g]);
    }
    td_free(rows);
}

/* A batch has the fields of the rows that are held, and neutral values for those that are not. */
static void make_room(const td_schema *schema, td_batches *batches)
{
    const size_t rows = (size_t)batches->limits.my_rows;
    size_t tiles = 0;
    batches->zeros = TD_NEW(float, rows);
    batches->ones = TD_NEW(float, rows);
    for (size_t i = 0; i < rows; i++)
        batches->ones[i] = 1;
    for (int64_t s = 0; s < batches->shards; s++)
        tiles += (size_t)(most_rows(batches, td_batches_shard_rows(batches, s)) / TD_TILE_ROWS + 1);
    for (int i = 0; i < 2; i++) {
        td_rows *held = &batches->batch[i].rows;
        td_frame_add_like(&held->frame, &batches->rows.frame);
        td_frame_reserve(&held->frame, batches->limits.my_rows);
        td_rows_bind(held, schema);
        held->rating = held->rating ? held->rating : batches->zeros;
        held->weight = held->weight ? held->weight : batches->ones;
        batches->batch[i].offsets = TD_NEW(int64_t, tiles + 1);
        batches->batch[i].group_tiles = TD_NEW(size_t, (size_t)batches->shards + 2);
    }
}

td_status td_batches_create(td_comm *comm, td_dataset *data, const td_config *config,
                            const char *const *read, const td_derivations *derivations,
                            td_batches **out)
{
    TD_TRY(check_layout(comm, data, config));
    td_batches *batches = TD_NEW(td_batches, 1);
    const td_schema *schema = &td_dataset_info(data)->schema;
    const bool declares = td_task_fields_are_needed(config, schema);
    const char **fields = list_fields(schema, config, read);
    const char **all = declares ? td_schema_names(schema, TD_OF_ROW) : NULL; /* labels may be any */
    int64_t rows = td_dataset_info(data)->rows[TD_TRAIN];
    int64_t *first_user = TD_NEW(int64_t, (size_t)config->train_shards + 1);
    batches->steps = (rows - 1) / config->train_batch_size + 1;
    batches->seed = (uint64_t)config->train_seed;
    batches->reshuffle = config->train_reshuffle;
    batches->epoch = -1;
    batches->all_shards = config->train_shards;
    batches->groups = td_batch_groups(config);
    td_status status = td_dataset_cut_shards(data, config->train_shards, first_user);
    if (status == TD_OK)
        status =
            read_shards(comm, data, first_user, config->train_shards, all ? all : fields, batches);
    if (status == TD_OK && declares)
        status = add_task_fields(comm, data, config, fields, batches);
    td_free(first_user);
    td_free(fields);
    td_free(all);
    if (status != TD_OK) {
        td_batches_free(batches);
        return status;
    }
    if (derivations)
        td_rows_replace_derived(&batches->rows, schema, derivations);
    gather_sizes(comm, batches);
    find_limits(config->train_batch_size, batches);
    batches->limits.selects = declares;
    make_room(schema, batches);
    *out = batches;
    return TD_OK;
}

td_status td_batches_add_histories(td_batches *batches, td_dataset *data,
                                   const td_history_rules *rules)
{
    const int64_t ids = td_dataset_info(data)->users;
    const int64_t first = td_smaller(batches->first_user, ids);
    const td_range users = {first + 1, td_smaller(batches->users, ids - first)};
    TD_TRY(td_histories_read(data, rules, users, &batches->histories));
    for (int i = 0; i < 2; i++)
        td_histories_reserve(&batches->histories, batches->limits.my_rows,
                             &batches->batch[i].lists);
    return TD_OK;
}

int64_t td_batch_groups(const td_config *config)
{
    return td_smaller(wanted_groups(config), config->train_shards);
}
