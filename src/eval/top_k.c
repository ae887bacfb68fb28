/* A binary heap: what is below a place in the heap stands before it in the list. */
#include "eval/top_k.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>

td_listed td_listed_none(void)
{
    return (td_listed){NAN, 0};
}

static uint64_t tie_key(int32_t item)
{
    return td_philox_key(0, TD_STREAM_TIES, (uint64_t)item, 0);
}

/* Higher scores first, NaN after all numbers, no item after all items, then by the items' hashes.
 */
bool td_listed_before(td_listed a, td_listed b)
{
    if (a.score > b.score)
        return true;
    if (a.score < b.score)
        return false;
    if (isnan(a.score) != isnan(b.score))
        return isnan(b.score);
    if ((a.item == 0) != (b.item == 0))
        return b.item == 0;
    const uint64_t key_a = tie_key(a.item), key_b = tie_key(b.item);
    return key_a < key_b || (key_a == key_b && a.item < b.item);
}

static void swap(td_listed *a, td_listed *b)
{
    const td_listed kept = *a;
    *a = *b;
    *b = kept;
}

/* Lets an entry rise while its parent stands before it in the list. */
static void sift_up(td_listed *heap, size_t place)
{
    while (place > 0 && td_listed_before(heap[(place - 1) / 2], heap[place])) {
        swap(&heap[(place - 1) / 2], &heap[place]);
        place = (place - 1) / 2;
    }
}

/* Lets the root sink below children that stand behind it in the list. */
static void sift_down(size_t count, td_listed *heap)
{
    size_t place = 0;
    for (;;) {
        size_t last = place;
        for (size_t child = 2 * place + 1; child <= 2 * place + 2 && child < count; child++)
            if (td_listed_before(heap[last], heap[child]))
                last = child;
        if (last == place)
            return;
        swap(&heap[last], &heap[place]);
        place = last;
    }
}

/* best[0] is the last of the list so far: it gives way to what stands before it. */
void td_top_k_offer(size_t k, td_listed *best, size_t *count, td_listed offered)
{
    if (*count < k) {
        best[*count] = offered;
        sift_up(best, (*count)++);
    } else if (k > 0 && td_listed_before(offered, best[0])) {
        best[0] = offered;
        sift_down(k, best);
    }
}

static int compare(const void *a, const void *b)
{
    const td_listed *left = a, *right = b;
    return td_listed_before(*right, *left) - td_listed_before(*left, *right);
}

void td_top_k_finish(size_t k, td_listed *best, size_t count)
{
    qsort(best, count, sizeof *best, compare);
    for (size_t i = count; i < k; i++)
        best[i] = td_listed_none();
}
