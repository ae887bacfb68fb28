/* The sample of an evaluation against a sort of all rows; places that tie in their keys. */
#include "eval/row_sample.h"

#include "../data/sample.h"
#include "job.h"

enum { SEED = 7 };

MPI_SUITE(row_sample)

static int by_place(const void *a, const void *b)
{
    const td_row_place *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* All places of the test rows, sorted. */
static td_row_place *sorted_places(td_comm *comm, td_dataset *data, int64_t rows)
{
    int64_t *number = TD_NEW(int64_t, (size_t)rows);
    td_row_place *places = TD_NEW(td_row_place, (size_t)rows);
    const td_status status = td_dataset_read_row_numbers(data, TD_TEST, 0, rows, number);
    assert_on_all(comm, status == TD_OK, "row numbers");
    for (int64_t i = 0; i < rows; i++)
        places[i] = (td_row_place){td_philox_key(SEED, TD_STREAM_SAMPLE, (uint64_t)number[i], 0),
                                   number[i]};
    qsort(places, (size_t)rows, sizeof *places, by_place);
    td_free(number);
    return places;
}

/* Tells whether a sample of n holds the first n of the sorted places, and no other. */
static bool holds_first(td_comm *comm, td_dataset *data, const td_row_place *places, int64_t rows,
                        int64_t n)
{
    td_row_sample sample;
    if (td_row_sample_choose(comm, data, TD_TEST, SEED, n, &sample) != TD_OK)
        return false;
    const int64_t expected = n == 0 || n > rows ? rows : n;
    for (int64_t i = 0; i < rows; i++)
        if (td_row_sample_has(&sample, places[i].row) != (i < expected))
            return false;
    return true;
}

MPI_TEST(row_sample, is_that_of_a_sort)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare(comm, folder);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    const int64_t rows = td_dataset_info(data)->rows[TD_TEST];
    td_row_place *places = sorted_places(comm, data, rows);
    const int64_t sizes[] = {0, 1, 2, 37, 300, rows - 1, rows, rows + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_on_all(comm, holds_first(comm, data, places, rows, sizes[i]), "a sample");
    td_free(places);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

MPI_TEST(row_sample, has_ties_by_row)
{
    enum { EACH = 5 };
    td_comm *comm = job_comm();
    const int rank = td_comm_rank(comm), size = td_comm_size(comm);
    td_row_place mine[EACH], all[EACH * 4];
    for (int i = 0; i < EACH * size; i++) /* two keys, rows that differ in high and low bytes */
        all[i] = (td_row_place){i % 2 ? UINT64_MAX : 1, (int64_t)i * 7 % 20 << 40 | i};
    for (int i = 0; i < EACH; i++)
        mine[i] = all[rank * EACH + i];
    qsort(mine, EACH, sizeof *mine, by_place);
    qsort(all, (size_t)(EACH * size), sizeof *all, by_place);
    for (int n = 1; n <= EACH * size; n++) {
        const td_row_place nth = td_row_places_nth(comm, mine, EACH, n);
        assert_on_all(comm, by_place(&nth, &all[n - 1]) == 0, "the n-th");
    }
}
