/* Shards of rows are read into memory, with what every step of theirs may need at most. */
#include "data/batches_parts.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/half_life.h"
#include "data/task_fields.h"

#include <string.h>

/* The groups that the configuration asks for, of which some may be without a shard. */
static int64_t wanted_groups(const td_config *config)
{
    const int64_t rows = config->retrieval_group_rows;
    const int64_t groups = (config->train_batch_size + rows / 2) / rows;
    return config->retrieval_negatives != TD_NEGATIVES_GROUP || groups < 1 ? 1 : groups;
}

static td_status check_layout(td_comm *comm, const td_dataset *data, const td_config *config)
{
    if (td_comm_size(comm) > config->train_shards)
        td_warn(
            "%d ranks for %lld shards: the other ranks have no rows to train on, and help only to "
            "read and to evaluate; fewer ranks are not slower, and a new run may have more "
            "train.shards (another number gives other, equally good results)",
            td_comm_size(comm), (long long)config->train_shards);
    TD_TRY(td_batches_check_rows(data));
    TD_TRY(td_half_life_check(config, &td_dataset_info(data)->schema));
    if (wanted_groups(config) > td_batch_groups(config))
        td_warn("retrieval.group_rows asks for %lld groups, but a group has at least one of the "
                "train.shards shards: there are %lld groups",
                (long long)wanted_groups(config), (long long)td_batch_groups(config));
    return TD_OK;
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
    td_batches_find_my_users(comm, first_user, shards, batches);
    TD_TRY(td_dataset_read_users(data, TD_TRAIN, batches->first_user, batches->users, fields,
                                 &user_offsets, &batches->rows));
    td_batches_set_offsets(first_user, user_offsets, batches);
    td_free(user_offsets);
    return TD_OK;
}

/* Collective. Weighs rows by their age, and forgets their times if no one else reads these. */
static void weigh_by_age(td_comm *comm, const td_schema *schema, const td_config *config,
                         const char *const *read, td_rows *rows)
{
    const char *time = td_schema_with_role(schema, TD_ROLE_TIME)->name;
    td_half_life_weigh(comm, config, rows);
    if (!read || !is_listed(read, time))
        td_frame_remove(&rows->frame, time);
    td_rows_bind(rows, schema);
}

td_status td_batches_create(td_comm *comm, td_dataset *data, const td_config *config,
                            const char *const *read, const td_derivations *derivations,
                            td_batches **out)
{
    TD_MEMORY_FOR("training rows", "--data");
    TD_TRY(check_layout(comm, data, config));
    td_batches *batches = td_batches_start(data, config);
    const td_schema *schema = &td_dataset_info(data)->schema;
    const bool declares = batches->limits.selects;
    const char **fields = td_batches_list_fields(schema, config, read);
    const char **all = declares ? td_schema_names(schema, TD_OF_ROW) : NULL; /* labels may be any */
    int64_t *first_user = TD_NEW(int64_t, (size_t)config->train_shards + 1);
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
    if (config->train_half_life > 0)
        weigh_by_age(comm, schema, config, read, &batches->rows);
    if (derivations)
        td_rows_replace_derived(&batches->rows, schema, derivations);
    td_batches_gather_sizes(comm, batches);
    td_batches_find_limits(config->train_batch_size, batches);
    td_batches_make_room(schema, batches);
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
