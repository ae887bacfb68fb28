/* A tile is cleared where it gets its first terms: what a worker does not meet costs nothing. */
#include "model/column_sums.h"

#include "base/memory.h"
#include "model/columns.h"

#include <string.h>

static size_t tiles_of(const td_column_sums *sums)
{
    return (sums->capacity + TD_COLUMN_TILE - 1) / TD_COLUMN_TILE;
}

size_t td_column_sums_bytes(size_t width, size_t capacity, size_t places)
{
    const td_column_sums sums = {.capacity = capacity};
    return td_cache_lines(1, td_locks_bytes()) +
           td_cache_lines(places * tiles_of(&sums), sizeof(bool)) +
           td_cache_lines(places * capacity * width, sizeof(td_exact));
}

void td_column_sums_create(td_column_sums *sums, size_t width, size_t capacity, size_t places)
{
    *sums =
        (td_column_sums){.width = width, .capacity = capacity, .places = places, .is_own = true};
    sums->locks = td_locks_create();
    sums->has_terms = TD_NEW(bool, places *tiles_of(sums));
    sums->sums = TD_NEW(td_exact, places * capacity * width);
}

void td_column_sums_create_in(td_column_sums *sums, size_t width, size_t capacity, size_t places,
                              void *room)
{
    *sums = (td_column_sums){.width = width, .capacity = capacity, .places = places};
    sums->locks = room;
    sums->has_terms = (bool *)room + td_cache_lines(1, td_locks_bytes());
    char *at = (char *)sums->has_terms + td_cache_lines(places * tiles_of(sums), sizeof(bool));
    sums->sums = (td_exact *)at;
}

void td_column_sums_share(td_column_sums *sums)
{
    td_locks_share(sums->locks);
    td_column_sums_clear(sums, (td_range){0, (int64_t)sums->places});
}

void td_column_sums_free(td_column_sums *sums)
{
    if (!sums->is_own)
        return;
    td_locks_free(sums->locks);
    td_free(sums->has_terms);
    td_free(sums->sums);
}

void td_column_sums_clear(td_column_sums *sums, td_range places)
{
    const size_t tiles = tiles_of(sums);
    memset(sums->has_terms + (size_t)places.first * tiles, false, (size_t)places.count * tiles);
}

/* A place's tile, by which its lock and whether it has terms are found. */
static size_t tile_of(const td_column_sums *sums, size_t place, size_t first)
{
    return place * tiles_of(sums) + first / TD_COLUMN_TILE;
}

/* The sums of a column, and of those behind it. */
static td_exact *sums_of(const td_column_sums *sums, size_t place, size_t column)
{
    return sums->sums + (place * sums->capacity + column) * sums->width;
}

td_exact *td_column_sums_begin(td_column_sums *sums, size_t worker, size_t first)
{
    const size_t place = worker % sums->places, tile = tile_of(sums, place, first);
    const size_t begin = first / TD_COLUMN_TILE * TD_COLUMN_TILE, left = sums->capacity - begin;
    td_lock(sums->locks, tile);
    if (!sums->has_terms[tile])
        memset(sums_of(sums, place, begin), 0,
               (left < TD_COLUMN_TILE ? left : TD_COLUMN_TILE) * sums->width * sizeof(td_exact));
    sums->has_terms[tile] = true;
    return sums_of(sums, place, first);
}

void td_column_sums_end(td_column_sums *sums, size_t worker, size_t first)
{
    td_unlock(sums->locks, tile_of(sums, worker % sums->places, first));
}

/* The same of columns of one tile. */
static void join_in_tile(const td_column_sums *sums, size_t first, size_t count, td_exact *out)
{
    const size_t n = count * sums->width;
    bool any = false;
    for (size_t p = 0; p < sums->places; p++)
        if (sums->has_terms[tile_of(sums, p, first)]) {
            td_exact_join(!any, n, sums_of(sums, p, first), out);
            any = true;
        }
    if (!any)
        memset(out, 0, n * sizeof *out);
}

void td_column_sums_join(const td_column_sums *sums, size_t first, size_t count, td_exact *out)
{
    while (count > 0) {
        const size_t left = TD_COLUMN_TILE - first % TD_COLUMN_TILE;
        const size_t n = count < left ? count : left;
        join_in_tile(sums, first, n, out);
        first += n;
        count -= n;
        out += n * sums->width;
    }
}
