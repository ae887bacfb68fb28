/* Items in an order of random keys, of which the last are held out. */
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/range.h"
#include "prepare/split_rule.h"

#include <inttypes.h>
#include <stdlib.h>

/* An item in the order of its key. */
typedef struct {
    uint64_t key;
    int64_t item;
} keyed_item;

static int compare_items(const void *left, const void *right)
{
    const keyed_item *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

void td_split_items(const td_splitting *s, int64_t items, uint8_t *part)
{
    const int64_t rows = s->rows->p->rows.frame.count;
    int64_t *count = TD_NEW(int64_t, (size_t)items + 1), n = 0;
    keyed_item *item = TD_NEW(keyed_item, (size_t)items);
    for (int64_t i = 0; i < rows; i++)
        count[s->rows->item[i]] += s->rows->keep[i];
    td_comm_sum(s->comm, (size_t)items + 1, count);
    for (int64_t i = 1; i <= items; i++)
        if (count[i] > 0)
            item[n++] = (keyed_item){
                td_philox_key(s->options->seed, TD_STREAM_ITEM_SPLIT, (uint64_t)i, 0), i};
    qsort(item, (size_t)n, sizeof *item, compare_items);
    const int64_t tests = td_split_share(n, s->options->test_fraction);
    const int64_t others =
        td_smaller(td_split_share(n, s->options->validation_fraction), n - tests);
    for (int64_t i = n - tests - others; i < n; i++)
        part[item[i].item] = i < n - tests ? TD_VALIDATION : TD_TEST;
    td_log("split items: of %" PRId64 " items %" PRId64 " are for testing, %" PRId64
           " for validation",
           n, tests, others);
    td_free(count);
    td_free(item);
}
