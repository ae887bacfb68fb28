/* Tiles that threads share: each begins with a part of its own, the same one in every step, and
 * then takes what is left of the others'. So the rows of tables that it wrote for its tiles are in
 * its caches when they come again, and a thread that others disturb is helped. Which thread has a
 * tile changes no bit. All functions are Local.
 */
#ifndef TD_TRAIN_TILE_QUEUE_H
#define TD_TRAIN_TILE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TD_TILE_LINE = 64 }; /* bytes that processors exchange */

/* The tiles of a part that nobody has taken yet. */
typedef struct {
    _Alignas(TD_TILE_LINE) size_t next; /* may be beyond end */
    size_t end;
} td_tile_part;

typedef struct {
    int parts; /* threads */
    td_tile_part *part;
} td_tile_queue;

/* Of so many threads; td_tile_queue_free frees it. */
td_tile_queue td_tile_queue_create(int threads);
void td_tile_queue_free(td_tile_queue *queue);

/* Puts tiles [0, tiles) into the queue, cut evenly among the parts. No thread takes any meanwhile.
 */
void td_tile_queue_fill(td_tile_queue *queue, size_t tiles);

/* Sorts the words (tiles) of each part that was filled, ascending. */
void td_tile_queue_sort(const td_tile_queue *queue, uint64_t *words);

/* Where a thread has come to: the part that it takes from, and how many it has gone through. */
typedef struct {
    int part;
    int met;
} td_tile_taker;

/* The thread that asks, before it takes any. */
td_tile_taker td_tile_taker_start(void);

/* Sets *tile to the next one; returns false where none is left. */
bool td_tile_take(td_tile_queue *queue, td_tile_taker *taker, size_t *tile);

#endif
