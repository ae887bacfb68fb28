/* The split is the one of a plain sort by (key, row), of the size that was asked for. */
#include "prepare/split_rule.h"

#include "../store/shared.h"
#include "base/random.h"

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

/* Gathers what all ranks chose. */
static void choose_together(td_comm *comm, uint64_t seed, int64_t rows, int64_t test_rows,
                            bool *is_test)
{
    int64_t first, count;
    size_t total;
    td_comm_share(comm, rows, &first, &count);
    uint8_t *mine = TD_NEW(uint8_t, (size_t)count);
    int64_t *row = TD_NEW(int64_t, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        row[i] = first + i;
    td_split_choose(comm, seed, rows, test_rows, count, row, mine);
    uint8_t *all = td_comm_allgatherv(comm, mine, (size_t)count, sizeof *mine, &total);
    for (size_t i = 0; i < total; i++)
        is_test[i] = all[i] == TD_TEST;
    td_free(mine);
    td_free(row);
    td_free(all);
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
    td_comm *comm = td_comm_start();
    bool right = true;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        choose_by_sorting(cases[i].seed, cases[i].rows, cases[i].test_rows, expected);
        choose_together(comm, cases[i].seed, cases[i].rows, cases[i].test_rows, found);
        right = right && memcmp(expected, found, (size_t)cases[i].rows * sizeof *found) == 0;
    }
    assert_on_all(comm, right, "the rows of a sort");
    td_comm_stop(comm);
}

Test(split, depends_on_the_seed)
{
    enum { ROWS = 1000 };
    static bool one[ROWS], two[ROWS];
    int same = 0;
    td_comm *comm = td_comm_start();
    choose_together(comm, 1, ROWS, ROWS / 2, one);
    choose_together(comm, 2, ROWS, ROWS / 2, two);
    for (int row = 0; row < ROWS; row++)
        same += one[row] == two[row];
    assert_on_all(comm, same > 400 && same < 600, "about half of the rows fall alike");
    td_comm_stop(comm);
}
