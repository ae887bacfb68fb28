/* Who takes which tile. */
#include "train/tile_queue.h"

#include <criterion/criterion.h>

enum { TILES_MOST = 70, THREADS_MOST = 5 };

/* Threads take what was filled in; adds to times how often each was taken. */
static void take_all(td_tile_queue *queue, int threads, int *times)
{
#pragma omp parallel num_threads(threads)
    {
        td_tile_taker taker = td_tile_taker_start();
        size_t tile;
        while (td_tile_take(queue, &taker, &tile))
#pragma omp atomic
            times[tile]++;
    }
}

Test(tile_queue, gives_every_tile_once_to_as_many_threads_as_come)
{
    for (int parts = 1; parts <= THREADS_MOST; parts++) {
        td_tile_queue queue = td_tile_queue_create(parts);
        for (int threads = 1; threads <= parts; threads++)
            for (size_t tiles = 0; tiles <= TILES_MOST; tiles++) {
                int times[TILES_MOST] = {0};
                td_tile_queue_fill(&queue, tiles);
                take_all(&queue, threads, times);
                for (size_t i = 0; i < tiles; i++)
                    cr_assert_eq(times[i], 1, "%d parts, %d threads: tile %zu of %zu, %d times",
                                 parts, threads, i, tiles, times[i]);
            }
        td_tile_queue_free(&queue);
    }
}

/* Alone it goes on with the part after its own. */
Test(tile_queue, begins_with_the_part_of_the_thread)
{
    td_tile_queue queue = td_tile_queue_create(3);
    td_tile_taker taker = {.part = 1};
    static const size_t expected[] = {3, 4, 5, 6, 7, 8, 9, 0, 1, 2};
    size_t tile;
    td_tile_queue_fill(&queue, 10);
    for (size_t i = 0; i < 10; i++) {
        cr_assert(td_tile_take(&queue, &taker, &tile));
        cr_assert_eq(tile, expected[i], "%zu: tile %zu, expected %zu", i, tile, expected[i]);
    }
    cr_assert_not(td_tile_take(&queue, &taker, &tile));
    cr_assert_not(td_tile_take(&queue, &taker, &tile), "asked again");
    td_tile_queue_free(&queue);
}

Test(tile_queue, sorts_within_parts)
{
    td_tile_queue queue = td_tile_queue_create(2);
    uint64_t words[] = {5, 1, 3, 4, 2, 0};
    static const uint64_t expected[] = {1, 3, 5, 0, 2, 4};
    td_tile_queue_fill(&queue, 6);
    td_tile_queue_sort(&queue, words);
    for (size_t i = 0; i < 6; i++)
        cr_assert_eq(words[i], expected[i]);
    td_tile_queue_free(&queue);
}
