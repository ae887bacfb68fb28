/* Items: popularity falls as 1 / (rank + FLAT) times the cube of the share of ranks still to come,
 * so that it thins out as real data do: at the default size the 100 most popular of 1,682 items
 * have a quarter of the ratings, the median item 30, the last ones one or two. */
#include "synth/items.h"

#include "base/memory.h"
#include "synth/random.h"

enum { FLAT = 40, FLAT_SHARE = 16, MOST_TASTES = 256 };

/* About half a square root: 20 tastes for 1,682 items, 80 for 26,000. */
static int32_t count_tastes(int64_t items)
{
    int32_t tastes = 1;
    while (tastes < MOST_TASTES && 4 * (int64_t)(tastes + 1) * (tastes + 1) <= items)
        tastes++;
    return tastes;
}

static uint64_t popularity(int64_t count, int64_t rank)
{
    uint64_t n = (uint64_t)count, r = (uint64_t)rank;
    uint64_t flat = n / FLAT_SHARE < FLAT ? n / FLAT_SHARE + 1 : FLAT;
    uint64_t weight = (UINT64_C(1) << 36) / (r + flat);
    for (int i = 0; i < 3; i++)
        weight = weight * (n - r) / n; /* below 2^62: TD_SYNTH_MOST_ITEMS is 2^26 */
    return weight + 1;
}

static td_synth_item make_item(const td_synth_items *items, int64_t taste, int64_t rank)
{
    uint64_t count = (uint64_t)items->count;
    td_random random = td_philox(items->seed, SYNTH_ITEM, (uint64_t)rank, 0);
    uint64_t place = td_synth_permute(items->seed, SYNTH_ITEM_ORDER, count, (uint64_t)rank);
    int liked = (int)(128 - 256 * rank / items->count); /* what many see is a little better */
    return (td_synth_item){.id = (int32_t)place + 1,
                           .taste = (uint16_t)taste,
                           .peak = (uint16_t)random.word[0],
                           .quality = (int16_t)(td_synth_bell(random.word[1]) * 3 / 4 + liked)};
}

/* The items of a taste; of their weights, each one's own. */
static void make_items_of(td_synth_items *items, int64_t taste)
{
    int64_t place = td_synth_items_first(items, taste);
    for (int64_t rank = taste; rank < items->count; rank += items->tastes, place++) {
        items->at[place] = make_item(items, taste, rank);
        items->place_of[items->at[place].id - 1] = (int32_t)place;
        items->weight[place + 1] = popularity(items->count, rank);
    }
}

td_synth_items td_synth_items_create(int64_t count, uint64_t seed)
{
    td_synth_items items = {.seed = seed, .count = count, .tastes = count_tastes(count)};
    items.at = TD_NEW(td_synth_item, (size_t)count);
    items.place_of = TD_NEW(int32_t, (size_t)count);
    items.weight = TD_NEW(uint64_t, (size_t)count + 1);
#pragma omp parallel for schedule(dynamic)
    for (int64_t taste = 0; taste < items.tastes; taste++)
        make_items_of(&items, taste);
    for (int64_t place = 0; place < count; place++)
        items.weight[place + 1] += items.weight[place];
    return items;
}

void td_synth_items_free(td_synth_items *items)
{
    td_free(items->at);
    td_free(items->place_of);
    td_free(items->weight);
    *items = (td_synth_items){0};
}

int64_t td_synth_items_first(const td_synth_items *items, int64_t taste)
{
    int64_t each = items->count / items->tastes, larger = items->count % items->tastes;
    return taste * each + (taste < larger ? taste : larger);
}

int64_t td_synth_items_draw(const td_synth_items *items, int64_t first, int64_t end, uint64_t bits)
{
    const uint64_t *weight = items->weight;
    uint64_t target = weight[first] + td_synth_below(bits, weight[end] - weight[first]);
    while (end - first > 1) { /* weight[first] <= target < weight[end] */
        int64_t middle = first + (end - first) / 2;
        if (weight[middle] <= target)
            first = middle;
        else
            end = middle;
    }
    return first;
}
