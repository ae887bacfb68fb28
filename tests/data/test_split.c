/* The split is the one of a plain sort by (key, row), of the size that was asked for. */
#include "data/split.h"

#include "base/memory.h"
#include "base/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(split, rounds_the_number_of_test_rows_half_away_from_zero)
{
    const struct {
        int64_t rows;
        double fraction;
        int64_t test_rows;
    } cases[] = {
        {100000, 0.2, 20000}, {100836, 0.2, 20167},
        {5, 0.1, 1},          {5, 0.5, 3},
        {5, 0.3, 2}, /* the product is 1.5, although 0.3 is a little less than that as a double */
        {4, 0.1, 0},          {7, 0, 0},
        {1, 0.4, 0},          {1, 0.5, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(td_split_test_rows(cases[i].rows, cases[i].fraction), cases[i].test_rows,
                     "%g of %d", cases[i].fraction, (int)cases[i].rows);
}

typedef struct {
    uint64_t key;
    int64_t row;
} keyed;

static int by_key(const void *left, const void *right)
{
    const keyed *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Marks the last test_rows of the sorted rows. */
static void choose_by_sorting(uint64_t seed, int64_t rows, int64_t test_rows, bool *is_test)
{
    keyed *order = TD_NEW(keyed, (size_t)rows);
    for (int64_t row = 0; row < rows; row++)
        order[row] = (keyed){td_philox_key(seed, TD_STREAM_SPLIT, (uint64_t)row, 0), row};
    qsort(order, (size_t)rows, sizeof *order, by_key);
    for (int64_t i = 0; i < rows; i++)
        is_test[order[i].row] = i >= rows - test_rows;
    td_free(order);
}

Test(split, is_that_of_a_sort)
{
    enum { ROWS = 5000 };
    static bool expected[ROWS], found[ROWS];
    const struct {
        uint64_t seed;
        int64_t rows, test_rows;
    } cases[] = {{42, ROWS, 1000}, {7, ROWS, 1}, {7, ROWS, ROWS - 1}, {7, ROWS, ROWS},
                 {0, ROWS, 0},     {1, 1, 1},    {1, 2, 1},           {UINT64_MAX, 777, 333}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        choose_by_sorting(cases[i].seed, cases[i].rows, cases[i].test_rows, expected);
        td_split_choose(cases[i].seed, cases[i].rows, cases[i].test_rows, found);
        for (int64_t row = 0; row < cases[i].rows; row++)
            cr_assert_eq(found[row], expected[row], "case %zu, row %d", i, (int)row);
    }
}

Test(split, depends_on_the_seed)
{
    enum { ROWS = 1000 };
    static bool one[ROWS], two[ROWS];
    int same = 0;
    td_split_choose(1, ROWS, ROWS / 2, one);
    td_split_choose(2, ROWS, ROWS / 2, two);
    for (int row = 0; row < ROWS; row++)
        same += one[row] == two[row];
    cr_assert(same > 400 && same < 600, "%d of %d rows fall alike", same, ROWS);
}
