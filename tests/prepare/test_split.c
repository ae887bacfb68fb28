/* The split is the one of a plain sort by (key, row), of the size that was asked for. */
#include "prepare/split_rule.h"

#include "../store/shared.h"
#include "base/random.h"
#include "job.h"

MPI_SUITE(split)

MPI_TEST(split, rounds_the_number_of_test_rows_half_away_from_zero)
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

MPI_TEST(split, is_that_of_a_sort)
{
    enum { ROWS = 5000 };
    static bool expected[ROWS], found[ROWS];
    const struct {
        uint64_t seed;
        int64_t rows, test_rows;
    } cases[] = {{42, ROWS, 1000}, {7, ROWS, 1}, {7, ROWS, ROWS - 1}, {7, ROWS, ROWS},
                 {0, ROWS, 0},     {1, 1, 1},    {1, 2, 1},           {UINT64_MAX, 777, 333}};
    td_comm *comm = job_comm();
    bool right = true;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        choose_by_sorting(cases[i].seed, cases[i].rows, cases[i].test_rows, expected);
        choose_together(comm, cases[i].seed, cases[i].rows, cases[i].test_rows, found);
        right = right && memcmp(expected, found, (size_t)cases[i].rows * sizeof *found) == 0;
    }
    assert_on_all(comm, right, "the rows of a sort");
}

MPI_TEST(split, depends_on_the_seed)
{
    enum { ROWS = 1000 };
    static bool one[ROWS], two[ROWS];
    int same = 0;
    td_comm *comm = job_comm();
    choose_together(comm, 1, ROWS, ROWS / 2, one);
    choose_together(comm, 2, ROWS, ROWS / 2, two);
    for (int row = 0; row < ROWS; row++)
        same += one[row] == two[row];
    assert_on_all(comm, same > 400 && same < 600, "about half of the rows fall alike");
}

/* One user of three rows, one of one, one of two at the same time; the numbers of their rows. */
MPI_TEST(split, leaves_the_newest_rows_out)
{
    td_comm *comm = job_comm();
    int64_t time[] = {5, 9, 7, 4, 3, 3}, row[] = {10, 20, 30, 40, 50, 60};
    const int32_t user[] = {1, 1, 1, 2, 3, 3};
    const uint8_t newest_first =
        td_philox_key(42, TD_STREAM_SPLIT, 50, 0) > td_philox_key(42, TD_STREAM_SPLIT, 60, 0);
    td_frame rows = {.count = 0};
    td_frame_extend(&rows, 6);
    memcpy(td_frame_add(&rows, "when", TD_INT64, 1)->values, time, sizeof time);
    td_schema schema = {.count = 0};
    td_schema_add(&schema,
                  (td_schema_field){.name = "when", .kind = TD_KIND_TIME, .role = TD_ROLE_TIME});
    const td_split_question question = {.seed = 42,
                                        .total = 6,
                                        .users = 3,
                                        .user = user,
                                        .row = row,
                                        .rows = &rows,
                                        .schema = &schema};
    const td_split_rule *rule = NULL;
    uint8_t split[6] = {TD_TRAIN};
    assert_on_all(comm, td_split_rule_find("leave_one_out", &rule) == TD_OK, "the rule is there");
    rule->choose(comm, &question, split);
    assert_on_all(comm,
                  split[0] == TD_TRAIN && split[1] == TD_TEST && split[2] == TD_VALIDATION &&
                      split[3] == TD_TRAIN,
                  "the newest is for testing, the next for validation, one alone for training");
    assert_on_all(comm,
                  split[newest_first ? 4 : 5] == TD_TEST && split[newest_first ? 5 : 4] == TD_TRAIN,
                  "of equal times the one of the larger key is the newer");
    td_frame_free(&rows);
    td_schema_free(&schema);
}
