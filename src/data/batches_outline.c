/* How many rows each shard has, the limits that follow, and the room for a step: all that is known
 * before rows are read. */
#include "data/batches_parts.h"

#include "base/memory.h"
#include "data/task_fields.h"

/* The most rows that one step takes from so many: ceil(m / T). */
static int64_t most_rows(const td_batches *batches, int64_t rows)
{
    return (rows + batches->steps - 1) / batches->steps;
}

td_status td_batches_check_rows(const td_dataset *data)
{
    if (td_dataset_info(data)->rows[TD_TRAIN] == 0)
        return td_fail(TD_ERR_INPUT, "the data file has no training rows");
    return TD_OK;
}

/* Lists the fields that a step reads of a row, as far as the file has them: those of its roles, and
 * those that the model reads. They end with NULL; the caller frees the list. */
const char **td_batches_list_fields(const td_schema *schema, const td_config *config,
                                    const char *const *read)
{
    const struct {
        td_role role;
        bool is_read;
    } known[] = {{TD_ROLE_ITEM, true},
                 {TD_ROLE_WEIGHT, true},
                 {TD_ROLE_LABEL, config->rating_enabled},
                 {TD_ROLE_TIME, config->train_half_life > 0}};
    const size_t roles = sizeof known / sizeof *known;
    const char **names = TD_NEW(const char *, schema->count + roles + 1);
    size_t count = 0;
    for (size_t i = 0; i < roles; i++) {
        const td_schema_field *field = td_schema_with_role(schema, known[i].role);
        if (known[i].is_read && field)
            names[count++] = field->name;
    }
    for (size_t i = 0; read && read[i]; i++)
        names[count++] = read[i];
    return names;
}

/* The users of this rank's shards. */
void td_batches_find_my_users(const td_comm *comm, const int64_t *first_user, int64_t shards,
                              td_batches *batches)
{
    td_comm_share(comm, shards, &batches->first_shard, &batches->shards);
    const int64_t *mine = first_user + batches->first_shard;
    batches->first_user = mine[0];
    batches->users = mine[batches->shards] - mine[0];
}

/* Which rows are of which shard, from which are of which user (users + 1). */
void td_batches_set_offsets(const int64_t *first_user, const int64_t *user_offsets,
                            td_batches *batches)
{
    const int64_t *mine = first_user + batches->first_shard;
    batches->offsets = TD_NEW(int64_t, (size_t)batches->shards + 1);
    for (int64_t s = 0; s <= batches->shards; s++)
        batches->offsets[s] = user_offsets[mine[s] - mine[0]];
}

/* Collective. Every rank learns the rows of every shard. */
void td_batches_gather_sizes(td_comm *comm, td_batches *batches)
{
    size_t total;
    int64_t *mine = TD_NEW(int64_t, (size_t)batches->shards);
    for (int64_t s = 0; s < batches->shards; s++)
        mine[s] = batches->offsets[s + 1] - batches->offsets[s];
    batches->sizes = td_comm_allgatherv(comm, mine, (size_t)batches->shards, sizeof *mine, &total);
    td_free(mine);
}

/* Adds up what a step takes from each group at most. */
void td_batches_find_limits(int64_t batch_size, td_batches *batches)
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
void td_batches_make_room(const td_schema *schema, td_batches *batches)
{
    TD_MEMORY_FOR("rows of a step", "train.batch_size");
    const size_t rows = (size_t)batches->limits.my_rows;
    size_t tiles = 0;
    const float one = 1;
    batches->zeros = TD_NEW(float, rows);
    batches->ones = td_allocate_filled(rows, sizeof one, &one);
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

/* Batches of which nothing is read yet. */
td_batches *td_batches_start(td_dataset *data, const td_config *config)
{
    td_batches *batches = TD_NEW(td_batches, 1);
    const td_data_info *info = td_dataset_info(data);
    batches->steps = (info->rows[TD_TRAIN] - 1) / config->train_batch_size + 1;
    batches->seed = (uint64_t)config->train_seed;
    batches->reshuffle = config->train_reshuffle;
    batches->epoch = -1;
    batches->all_shards = config->train_shards;
    batches->groups = td_batch_groups(config);
    batches->limits.shared = config->retrieval_uniform_negatives;
    batches->limits.only_shared = config->retrieval_negatives == TD_NEGATIVES_UNIFORM;
    batches->limits.selects = td_task_fields_are_needed(config, &info->schema);
    return batches;
}

/* C: the shards' sizes, without their rows. */
static td_status outline(td_comm *comm, td_dataset *data, td_batches *batches)
{
    int64_t *user_offsets;
    int64_t *first_user = TD_NEW(int64_t, (size_t)batches->all_shards + 1);
    td_status status = td_dataset_cut_shards(data, batches->all_shards, first_user);
    if (status == TD_OK) {
        td_batches_find_my_users(comm, first_user, batches->all_shards, batches);
        status = td_dataset_read_user_offsets(
            data, TD_TRAIN, (td_range){batches->first_user, batches->users}, &user_offsets);
    }
    if (status == TD_OK) {
        td_batches_set_offsets(first_user, user_offsets, batches);
        td_free(user_offsets);
        td_batches_gather_sizes(comm, batches);
    }
    td_free(first_user);
    return status;
}

td_status td_batches_outline(td_comm *comm, td_dataset *data, const td_config *config,
                             td_batches **out)
{
    TD_TRY(td_batches_check_rows(data));
    td_batches *batches = td_batches_start(data, config);
    const td_status status = outline(comm, data, batches);
    if (status != TD_OK) {
        td_batches_free(batches);
        return status;
    }
    td_batches_find_limits(config->train_batch_size, batches);
    *out = batches;
    return TD_OK;
}

/* Of lists, whose lengths are not known yet, the offsets alone. */
static void plan_rows(td_batches *batches, const td_schema *schema, const td_config *config,
                      const char *const *read)
{
    TD_MEMORY_FOR("training rows", "--data");
    td_frame *frame = &batches->rows.frame;
    const char **fields = td_batches_list_fields(schema, config, read);
    for (size_t i = 0; fields[i]; i++)
        if (!td_frame_find(frame, fields[i]))
            td_schema_add_to(td_schema_find(schema, fields[i]), frame);
    td_frame_add(frame, td_schema_with_role(schema, TD_ROLE_USER)->name, TD_INT32, 1);
    td_frame_add(frame, TD_FIELD_ROW, TD_INT64, 1);
    if (config->train_half_life > 0 && !td_schema_with_role(schema, TD_ROLE_WEIGHT))
        td_frame_add(frame, TD_FIELD_WEIGHT, TD_FLOAT32, 1);
    td_frame_reserve(frame, batches->offsets[batches->shards]);
    td_free(fields);
}

void td_batches_plan(td_batches *batches, const td_dataset *data, const td_config *config,
                     const char *const *read)
{
    const td_schema *schema = &td_dataset_info(data)->schema;
    plan_rows(batches, schema, config, read);
    td_rows_bind(&batches->rows, schema);
    td_batches_make_room(schema, batches);
}
