/* The items of generated data: what they are, and how one is drawn by popularity.
 *
 * Every item belongs to one taste. Places number the items taste by taste, the popular ones of a
 * taste first; ids, 1..count, are in random order. Item m of taste k (both from 0) is the
 * (m * tastes + k)-th most popular of all. All functions are Local.
 */
#ifndef TD_SYNTH_ITEMS_H
#define TD_SYNTH_ITEMS_H

#include <stdint.h>

typedef struct {
    int32_t id;
    uint16_t taste;
    uint16_t peak;   /* when it is in fashion, in 2^-16 of the time that the data span */
    int16_t quality; /* what it adds to a rating, in 1/256 star */
} td_synth_item;

typedef struct {
    uint64_t seed;
    int64_t count;
    int32_t tastes;
    td_synth_item *at; /* (count) by place */
    int32_t *place_of; /* (count) by id - 1 */
    uint64_t *weight;  /* (count + 1) sum of the popularity of the places before */
} td_synth_items;

/* Returns count items of a seed; the caller frees them with td_synth_items_free. */
td_synth_items td_synth_items_create(int64_t count, uint64_t seed);
void td_synth_items_free(td_synth_items *items);

/* Returns the first place of a taste; of tastes itself, the count. */
int64_t td_synth_items_first(const td_synth_items *items, int64_t taste);

/* Returns a place in [first, end), drawn in proportion to popularity. */
int64_t td_synth_items_draw(const td_synth_items *items, int64_t first, int64_t end, uint64_t bits);

#endif
