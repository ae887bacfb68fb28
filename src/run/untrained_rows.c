/* Means of tables. */
#include "run/untrained_rows.h"

#include "base/memory.h"
#include "math/exact_sum.h"

#include <string.h>

static float *row_at(const td_tensor *table, int64_t place)
{
    return table->values + (size_t)place * table->columns;
}

/* Says of each held row whether it is where it started, a byte each. */
static uint8_t *find_untrained(const td_tensor *table, uint64_t seed)
{
    const size_t bytes = table->columns * sizeof(float);
    uint8_t *is_untrained = TD_NEW(uint8_t, (size_t)table->held.count);
#pragma omp parallel
    {
        float *start = TD_NEW(float, table->columns);
#pragma omp for
        for (int64_t r = 0; r < table->held.count; r++) {
            td_tensor_start(table, seed, table->held.first + r, start);
            is_untrained[r] = memcmp(start, row_at(table, r), bytes) == 0;
        }
        td_free(start);
    }
    return is_untrained;
}

/* Adds up the trained rows, in units of 2^-exponent: sums (columns, and their number). Returns the
 * largest value. */
static td_magnitude add_trained(const td_tensor *table, const uint8_t *is_untrained, int exponent,
                                td_exact *sums)
{
    td_magnitude largest = 0;
    memset(sums, 0, (table->columns + 1) * sizeof *sums);
    for (int64_t r = 0; r < table->held.count; r++) {
        if (is_untrained[r])
            continue;
        const td_magnitude size = td_exact_add(exponent, table->columns, row_at(table, r), sums);
        largest = size > largest ? size : largest;
        sums[table->columns]++;
    }
    return largest;
}

/* C, of an owned table. Sets sums to those of all ranks, in the finest units that hold them. */
static td_status add_all(td_comm *comm, const td_tensor *table, const uint8_t *is_untrained,
                         int *exponent, td_exact *sums)
{
    const int exponents[] = {TD_EXACT_GRADIENT, TD_EXACT_TOTAL};
    for (size_t i = 0; i < 2; i++) {
        *exponent = exponents[i];
        td_magnitude largest = add_trained(table, is_untrained, *exponent, sums);
        if (table->is_owned) {
            td_comm_max(comm, 1, &largest);
            td_comm_sum(comm, table->columns + 1, sums);
        }
        if (td_exact_in_range(*exponent, table->rows, largest))
            return TD_OK;
    }
    return td_fail(TD_ERR_NUMERIC,
                   "%s has values that are too large for their mean, which answers for untrained "
                   "rows (model.untrained_rows: mean); say initial",
                   table->name);
}

/* C, of an owned table: row 0 to every rank, from the one that holds it, which of items is not
 * rank 0 where there are more ranks than item ranges. False if it is untrained, too. */
static bool take_unknown(td_comm *comm, const td_tensor *table, const uint8_t *is_untrained,
                         float *values)
{
    const td_range unknown = {0, 1};
    const size_t bytes = table->columns * sizeof *values;
    uint8_t unknown_is_untrained = true;
    if (table->is_owned) {
        td_comm_fetch_rows(comm, 1, table->held, is_untrained, unknown, &unknown_is_untrained);
        td_comm_fetch_rows(comm, bytes, table->held, table->values, unknown, values);
    } else {
        unknown_is_untrained = is_untrained[0];
        memcpy(values, row_at(table, 0), bytes);
    }
    return !unknown_is_untrained;
}

/* C, of an owned table. */
static td_status set_table(td_comm *comm, const td_tensor *table, const uint8_t *is_untrained)
{
    int exponent = 0;
    td_exact *sums = TD_NEW(td_exact, table->columns + 1);
    float *mean = TD_NEW(float, table->columns);
    td_status status = add_all(comm, table, is_untrained, &exponent, sums);
    const int64_t trained = sums[table->columns];
    if (status == TD_OK && trained > 0 && !take_unknown(comm, table, is_untrained, mean)) {
        td_exact_to_float(exponent, table->columns, sums, mean);
        for (size_t c = 0; c < table->columns; c++)
            mean[c] /= (float)trained;
    }
    for (int64_t r = 0; r < table->held.count && status == TD_OK && trained > 0; r++)
        if (is_untrained[r])
            memcpy(row_at(table, r), mean, table->columns * sizeof *mean);
    td_free(sums);
    td_free(mean);
    return status;
}

td_untrained_rows td_untrained_rows_find(const td_model *model)
{
    const td_parameters *parameters = &model->parameters;
    const uint64_t seed = (uint64_t)model->config.train_seed;
    const td_untrained_rows rows = {parameters->count, TD_NEW(uint8_t *, parameters->count)};
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->tensor[i].is_table)
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is memory for what counts
             */
            rows.is_untrained[i] = find_untrained(&parameters->tensor[i], seed);
    return rows;
}

td_status td_untrained_rows_set(td_comm *comm, td_model *model, const td_untrained_rows *rows)
{
    td_status status = TD_OK;
    if (model->config.model_untrained_rows == TD_UNTRAINED_INITIAL)
        return TD_OK;
    for (size_t i = 0; i < rows->tensors && status == TD_OK; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is memory for what counts */
        if (rows->is_untrained[i])
            status = set_table(comm, &model->parameters.tensor[i], rows->is_untrained[i]);
    return status;
}

td_status td_untrained_rows_answer(td_comm *comm, td_model *model, td_untrained_rows *rows)
{
    *rows = (td_untrained_rows){.tensors = 0};
    if (model->config.model_untrained_rows == TD_UNTRAINED_INITIAL)
        return TD_OK;
    *rows = td_untrained_rows_find(model);
    return td_untrained_rows_set(comm, model, rows);
}

void td_untrained_rows_put_back(td_model *model, const td_untrained_rows *rows)
{
    const uint64_t seed = (uint64_t)model->config.train_seed;
    for (size_t i = 0; i < rows->tensors; i++) {
        const td_tensor *table = &model->parameters.tensor[i];
        for (int64_t r = 0; rows->is_untrained[i] && r < table->held.count; r++)
            if (rows->is_untrained[i][r])
                td_tensor_start(table, seed, table->held.first + r, row_at(table, r));
    }
}

void td_untrained_rows_count(td_comm *comm, const td_model *model, const td_untrained_rows *rows,
                             int64_t *counts)
{
    for (size_t i = 0; i < rows->tensors; i++) {
        const td_tensor *table = &model->parameters.tensor[i];
        const bool counts_here = table->is_owned || td_comm_rank(comm) == 0;
        counts[i] = 0;
        for (int64_t r = 0; rows->is_untrained[i] && r < table->held.count && counts_here; r++)
            counts[i] += rows->is_untrained[i][r];
    }
    td_comm_sum(comm, rows->tensors, counts);
}

void td_untrained_rows_free(td_untrained_rows *rows)
{
    for (size_t i = 0; i < rows->tensors; i++)
        td_free(rows->is_untrained[i]);
    td_free(rows->is_untrained);
    *rows = (td_untrained_rows){.tensors = 0};
}
