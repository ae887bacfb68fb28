/* A norm a row, of all ranks' rows; sums run over the rows in their order. */
#include "report/norms.h"

#include "base/memory.h"
#include "tandem/memory.h"

#include <math.h>
#include <stdlib.h>

static double square_of(size_t n, const float *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static int by_size(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* C: squares (count) of the rows that are looked at, on every rank; to be freed. */
static double *squares_of(td_comm *comm, const td_tensor *tensor, const uint8_t *is_untrained,
                          size_t *count)
{
    const size_t held = (size_t)tensor->held.count;
    double *mine = TD_NEW(double, held);
    size_t n = 0;
    for (size_t r = 0; r < held && (tensor->is_owned || td_comm_rank(comm) == 0); r++)
        if (!is_untrained || !is_untrained[r])
            mine[n++] = square_of(tensor->columns, tensor->values + r * tensor->columns);
    double *all = td_comm_allgatherv(comm, mine, n, sizeof *mine, count);
    td_free(mine);
    return all;
}

/* Of norms (count), which are sorted. */
static void describe(size_t count, double *norm, td_norms *norms)
{
    qsort(norm, count, sizeof *norm, by_size);
    norms->least = norm[0];
    norms->tenth = norm[count / 10];
    norms->median = norm[count / 2];
    norms->ninetieth = norm[count - 1 - count / 10];
    norms->most = norm[count - 1];
    for (size_t i = 0; i < count; i++) {
        const double place = norms->most > 0 ? norm[i] / norms->most * TD_NORM_BINS : 0;
        norms->bin[place < TD_NORM_BINS ? (int)place : TD_NORM_BINS - 1]++;
    }
}

/* C */
static td_norms norms_of(td_comm *comm, const td_tensor *tensor, const uint8_t *is_untrained)
{
    size_t count;
    td_norms norms = {.name = td_copy_text(tensor->name),
                      .rows = (int64_t)tensor->rows,
                      .columns = (int64_t)tensor->columns,
                      .is_table = tensor->is_table,
                      .rms = NAN};
    double *norm = squares_of(comm, tensor, is_untrained, &count), sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += norm[i];
        norm[i] = sqrt(norm[i]);
    }
    norms.untrained = norms.rows - (int64_t)count;
    if (count > 0 && isfinite(sum)) {
        norms.rms = sqrt(sum / ((double)count * (double)tensor->columns));
        describe(count, norm, &norms);
    }
    td_free(norm);
    return norms;
}

void td_norms_measure(td_comm *comm, const td_trained_model *trained, size_t *count,
                      td_norms **norms)
{
    const td_parameters *parameters = &trained->model->parameters;
    td_untrained_rows found = {.tensors = 0};
    const td_untrained_rows *untrained = &trained->untrained;
    if (untrained->tensors == 0) { /* they answer as they are, and so can be found */
        found = td_untrained_rows_find(trained->model);
        untrained = &found;
    }
    *count = parameters->count;
    *norms = TD_NEW(td_norms, parameters->count);
    for (size_t t = 0; t < parameters->count; t++)
        (*norms)[t] = norms_of(comm, &parameters->tensor[t],
                               t < untrained->tensors ? untrained->is_untrained[t] : NULL);
    td_untrained_rows_free(&found);
}

void td_norms_free(size_t count, td_norms *norms)
{
    for (size_t t = 0; t < count; t++)
        td_free(norms[t].name);
    td_free(norms);
}
