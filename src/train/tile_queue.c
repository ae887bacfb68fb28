/* A counter for each part, on a cache line of its own. */
#include "train/tile_queue.h"

#include "base/memory.h"
#include "base/range.h"

#include <omp.h>
#include <stdlib.h>

td_tile_queue td_tile_queue_create(int threads)
{
    return (td_tile_queue){threads, TD_NEW(td_tile_part, (size_t)threads)};
}

void td_tile_queue_free(td_tile_queue *queue)
{
    td_free(queue->part);
}

void td_tile_queue_fill(td_tile_queue *queue, size_t tiles)
{
    for (int p = 0; p < queue->parts; p++)
        queue->part[p] = (td_tile_part){(size_t)td_share((int64_t)tiles, p, queue->parts),
                                        (size_t)td_share((int64_t)tiles, p + 1, queue->parts)};
}

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void td_tile_queue_sort(const td_tile_queue *queue, uint64_t *words)
{
    for (int p = 0; p < queue->parts; p++) {
        const td_tile_part *part = &queue->part[p];
        qsort(words + part->next, part->end - part->next, sizeof *words, ascending);
    }
}

td_tile_taker td_tile_taker_start(void)
{
    return (td_tile_taker){.part = omp_get_thread_num()};
}

bool td_tile_take(td_tile_queue *queue, td_tile_taker *taker, size_t *tile)
{
    for (; taker->met < queue->parts; taker->met++) {
        td_tile_part *part = &queue->part[taker->part];
        size_t next;
#pragma omp atomic read
        next = part->next;
        if (next < part->end) /* else another one's line would be taken for nothing */
#pragma omp atomic capture
            next = part->next++;
        if (next < part->end) {
            *tile = next;
            return true;
        }
        taker->part = (taker->part + 1) % queue->parts;
    }
    return false;
}
