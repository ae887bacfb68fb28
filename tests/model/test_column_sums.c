/* Sums of columns in one place and in several: the same, whoever adds where. */
#include "model/column_sums.h"

#include "base/memory.h"
#include "model/columns.h"

#include <criterion/criterion.h>
#include <string.h>

enum { WIDTH = 3, COLUMNS = TD_COLUMN_TILE + 40, VALUES = COLUMNS * WIDTH, WORKERS = 5 };

/* Adds worker + 1 to every value of some columns of a tile. */
static void add(td_column_sums *sums, size_t worker, size_t first, size_t count)
{
    td_exact *at = td_column_sums_begin(sums, worker, first);
    for (size_t i = 0; i < count * WIDTH; i++)
        at[i] += (td_exact)worker + 1;
    td_column_sums_end(sums, worker, first);
}

/* Every worker adds to the columns from its number on, of both tiles; all values are joined. */
static void add_all(td_column_sums *sums, td_exact *joined)
{
    for (size_t w = 0; w < WORKERS; w++) {
        add(sums, w, w, TD_COLUMN_TILE - w);
        add(sums, w, TD_COLUMN_TILE + w, 7);
    }
    td_column_sums_join(sums, 0, COLUMNS, joined);
}

/* The numbers of those who have added to a column, plus 1. */
static td_exact expected(size_t column)
{
    td_exact sum = 0;
    const size_t place = column % TD_COLUMN_TILE;
    for (size_t w = 0; w < WORKERS; w++)
        if (place >= w && (column < TD_COLUMN_TILE || place < w + 7))
            sum += (td_exact)w + 1;
    return sum;
}

static void expect_sums(const td_exact *joined)
{
    for (size_t i = 0; i < VALUES; i++)
        cr_assert_eq(joined[i], expected(i / WIDTH), "column %zu: %lld", i / WIDTH,
                     (long long)joined[i]);
}

Test(column_sums, any_number_of_places_gives_the_same)
{
    static td_exact joined[VALUES];
    for (size_t places = 1; places <= WORKERS + 1; places++) {
        td_column_sums sums;
        td_column_sums_create(&sums, WIDTH, COLUMNS, places);
        add_all(&sums, joined);
        expect_sums(joined);
        td_column_sums_free(&sums);
    }
}

/* What is left in a place from a step before is no sum; nor is what nobody adds to. */
Test(column_sums, begin_empty_when_they_are_cleared)
{
    td_column_sums sums;
    static td_exact joined[VALUES];
    const size_t places = 3;
    char *room = TD_NEW(char, td_column_sums_bytes(WIDTH, COLUMNS, places));
    memset(room, 0x55, td_column_sums_bytes(WIDTH, COLUMNS, places));
    td_column_sums_create_in(&sums, WIDTH, COLUMNS, places, room);
    td_column_sums_share(&sums);
    td_column_sums_join(&sums, 0, COLUMNS, joined);
    for (size_t i = 0; i < VALUES; i++)
        cr_assert_eq(joined[i], 0);
    for (int step = 0; step < 2; step++) {
        add_all(&sums, joined);
        expect_sums(joined);
        td_column_sums_clear(&sums, (td_range){0, 1});
        td_column_sums_clear(&sums, (td_range){1, 2});
    }
    td_column_sums_free(&sums);
    td_free(room);
}

/* As a part of them does, in the first place itself, too. */
Test(column_sums, are_joined_in_place)
{
    td_column_sums sums;
    static td_exact joined[VALUES];
    td_column_sums_create(&sums, WIDTH, COLUMNS, 4);
    add_all(&sums, joined);
    td_column_sums_join(&sums, 500, 30, joined);
    for (size_t i = 0; i < (size_t)30 * WIDTH; i++)
        cr_assert_eq(joined[i], expected(500 + i / WIDTH));
    td_column_sums_join(&sums, 0, COLUMNS, sums.sums);
    expect_sums(sums.sums);
    td_column_sums_free(&sums);
}
