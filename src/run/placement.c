/* From shards and item ranges to rows of tables. */
#include "run/placement.h"

static bool is_owned(const td_comm *comm, int choice)
{
    return choice == TD_PLACEMENT_OWNED || (choice == TD_PLACEMENT_AUTO && td_comm_size(comm) > 1);
}

/* The user at place p has row p + 1; those at the end of the file that have no id have no row. */
static td_range rows_of_users(const td_comm *comm, int64_t table_rows, const td_batches *batches)
{
    int64_t place, count;
    td_batches_users(batches, &place, &count);
    const int64_t end = td_smaller(place + count + 1, table_rows);
    const int64_t first = td_comm_rank(comm) == 0 ? 0 : td_smaller(place + 1, table_rows);
    return td_range_to(first, end);
}

td_range td_item_rows_of_rank(int64_t table_rows, int64_t ranges, int rank, int size)
{
    return td_range_to(td_share(table_rows, td_share(ranges, rank, size), ranges),
                       td_share(table_rows, td_share(ranges, rank + 1, size), ranges));
}

td_placement td_placement_for_training(const td_comm *comm, const td_config *config,
                                       const td_spec *spec, const td_batches *batches)
{
    td_placement placement = {.users = {.is_owned = is_owned(comm, config->placement_user_table)},
                              .items = {.is_owned = is_owned(comm, config->placement_item_table)}};
    placement.users.held = rows_of_users(comm, spec->users, batches);
    placement.items.held = td_item_rows_of_rank(spec->items, config->train_item_ranges,
                                                td_comm_rank(comm), td_comm_size(comm));
    return placement;
}

static td_range share_of(const td_comm *comm, int64_t table_rows)
{
    int64_t first, count;
    td_comm_share(comm, table_rows, &first, &count);
    return (td_range){first, count};
}

td_placement td_placement_for_reading(const td_comm *comm, const td_config *config,
                                      const td_spec *spec)
{
    return (td_placement){
        .users = {is_owned(comm, config->placement_user_table), share_of(comm, spec->users)},
        .items = {is_owned(comm, config->placement_item_table), share_of(comm, spec->items)}};
}

td_range td_rows_to_answer_for(const td_comm *comm, const td_tensor *tensor)
{
    return tensor->is_owned ? tensor->held : share_of(comm, (int64_t)tensor->rows);
}
