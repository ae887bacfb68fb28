/* Each rank has rows of its own. Every rank in turn tells all others its rows of label 0, a count
 * for each prediction that there is, and they count pairs with their rows of label 1. */
#include "eval/row_auc.h"

#include "base/memory.h"
#include "math/float_key.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of label 0 of one prediction. */
typedef struct {
    uint32_t key;
    int64_t count;
} run_of_zeros;

void td_row_auc_free(td_row_auc *auc)
{
    td_free(auc->row);
    *auc = (td_row_auc){0};
}

void td_row_auc_add(td_row_auc *auc, size_t rows, const float *prediction, const float *label)
{
    if (auc->count + rows > auc->room) {
        const size_t room = auc->count + rows + auc->room / 2;
        auc->row = td_reallocate(auc->row, auc->count, room, sizeof *auc->row);
        auc->room = room;
    }
    for (size_t i = 0; i < rows; i++) {
        if (isnan(label[i]))
            continue;
        if (isnan(prediction[i]) || (label[i] != 0 && label[i] != 1))
            auc->is_no_number = true;
        auc->row[auc->count++] = (uint64_t)td_float_key(prediction[i]) << 1 | (label[i] == 1);
    }
}

static int by_number(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Lists the sorted rows of label 0 by prediction, and returns how many there are. */
static size_t list_zeros(const td_row_auc *auc, run_of_zeros *run)
{
    size_t runs = 0;
    for (size_t i = 0; i < auc->count; i++) {
        const uint32_t key = (uint32_t)(auc->row[i] >> 1);
        if (auc->row[i] & 1)
            continue;
        if (runs == 0 || run[runs - 1].key != key)
            run[runs++] = (run_of_zeros){.key = key};
        run[runs - 1].count++;
    }
    return runs;
}

/* Returns twice the pairs of this rank's rows of label 1 with these of label 0 that stand right, a
 * tie being one. */
static int64_t count_pairs(const td_row_auc *auc, size_t runs, const run_of_zeros *run)
{
    int64_t pairs = 0, below = 0;
    size_t next = 0;
    for (size_t i = 0; i < auc->count; i++) {
        const uint32_t key = (uint32_t)(auc->row[i] >> 1);
        if (!(auc->row[i] & 1))
            continue;
        while (next < runs && run[next].key < key)
            below += run[next++].count;
        pairs += 2 * below + (next < runs && run[next].key == key ? run[next].count : 0);
    }
    return pairs;
}

double td_row_auc_find(td_comm *comm, td_row_auc *auc)
{
    enum { PAIRS, ONES, ZEROS, SUMS };
    int64_t sums[SUMS] = {0};
    if (auc->count > 0)
        qsort(auc->row, auc->count, sizeof *auc->row, by_number);
    run_of_zeros *mine = TD_NEW(run_of_zeros, auc->count);
    const size_t runs = list_zeros(auc, mine);
    for (int rank = 0; rank < td_comm_size(comm); rank++) {
        const bool is_mine = rank == td_comm_rank(comm);
        size_t count = runs;
        td_comm_broadcast(comm, rank, &count, sizeof count);
        run_of_zeros *run = is_mine ? mine : TD_NEW(run_of_zeros, count);
        td_comm_broadcast(comm, rank, run, count * sizeof *run);
        sums[PAIRS] += count_pairs(auc, count, run);
        if (!is_mine)
            td_free(run);
    }
    for (size_t i = 0; i < auc->count; i++)
        sums[auc->row[i] & 1 ? ONES : ZEROS]++;
    td_free(mine);
    td_comm_sum(comm, SUMS, sums);
    if (td_comm_any(comm, auc->is_no_number))
        return NAN;
    return (double)sums[PAIRS] / (2 * (double)sums[ONES] * (double)sums[ZEROS]);
}
