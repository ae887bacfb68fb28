/* The k best of items that come one after the other, and their order: by falling score, ties by a
 * hash of the item, scores that are NaN last. So the best of a union are the best of the parts'
 * best, however the items were parted. The hash is td_philox_key(0, TD_STREAM_TIES, item, 0), the
 * smaller first: numbers of items say something of their names, and often of their age or
 * popularity. All functions are Local.
 */
#ifndef TD_EVAL_TOP_K_H
#define TD_EVAL_TOP_K_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An item in a list. Item 0 is none: it fills lists up and comes after all others. */
typedef struct {
    float score;
    int32_t item;
} td_listed;

/* Returns what fills a list up. */
td_listed td_listed_none(void);

/* Tells whether a stands before b. */
bool td_listed_before(td_listed a, td_listed b);

/* Offers one item to the k best so far, of which *count are there: best is a heap with the last in
 * order at its root. k may be 0. */
void td_top_k_offer(size_t k, td_listed *best, size_t *count, td_listed offered);

/* Puts the best in order, and fills them up from count to k. */
void td_top_k_finish(size_t k, td_listed *best, size_t count);

#endif
