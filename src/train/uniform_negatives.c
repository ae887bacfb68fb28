/* Draws of a step, and whose they are. */
#include "train/uniform_negatives.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/range.h"
#include "train/batch_columns_parts.h"

#include <string.h>

/* A group that begins on the rank before is that one's. */
static size_t first_to_bring(const td_batch_columns *columns)
{
    const td_column_cuts *cuts = &columns->cuts;
    const int rank = td_comm_rank(columns->comm), size = td_comm_size(columns->comm);
    const td_range shards =
        td_range_to(td_share(cuts->shards, rank, size), td_share(cuts->shards, rank + 1, size));
    int64_t first, end;
    td_groups_of_rank(cuts, rank, size, &first, &end);
    const int64_t begin = td_share(cuts->shards, first, cuts->groups);
    const bool is_mine = begin >= shards.first && begin < td_range_end(shards);
    return first < end && is_mine ? 0 : 1;
}

td_uniform_negatives td_uniform_negatives_create(uint64_t seed, int64_t count,
                                                 const td_batch_columns *columns)
{
    td_uniform_negatives n = {.seed = seed,
                              .items = columns->items.table_rows,
                              .count = count,
                              .groups = columns->groups,
                              .first = first_to_bring(columns)};
    if (count == 0)
        return n;
    n.drawn = TD_NEW(int32_t, n.groups * (size_t)count);
    n.offsets = TD_NEW(int64_t, n.groups + 1);
    return n;
}

void td_uniform_negatives_free(td_uniform_negatives *negatives)
{
    td_free(negatives->drawn);
    td_free(negatives->offsets);
}

/* One of the items from 1 on; of so many below 2^31 none is drawn more often than another by more
 * than items / 2^32 of its chance. */
static int32_t draw(const td_uniform_negatives *n, int64_t step, int64_t i)
{
    const td_random random = td_philox(n->seed, TD_STREAM_NEGATIVES, (uint64_t)step, (uint32_t)i);
    return (int32_t)(1 + (random.word[0] * (uint64_t)(n->items - 1) >> 32));
}

td_batch td_uniform_negatives_add(td_uniform_negatives *n, int64_t step, const td_batch *batch)
{
    td_batch with = *batch;
    const size_t count = (size_t)n->count;
    if (count == 0)
        return with;
    TD_ASSERT(!batch->more_offsets);
    for (size_t g = 0; g < n->groups; g++)
        n->offsets[g + 1] = n->offsets[g] + (g < n->first ? 0 : n->count);
    for (int64_t i = 0; i < n->offsets[n->groups]; i++)
        n->drawn[i] = i < n->count ? draw(n, step, i) : n->drawn[i - n->count];
    with.more_items = n->drawn;
    with.more_offsets = n->offsets;
    return with;
}
