/* Norms of what a step does to each group of parameters. Squares of a row are added in the order of
 * its columns, those of rows in any order (wide_sum.h). */
#include "train/trainer_parts.h"

#include "base/memory.h"
#include "base/str.h"
#include "math/exact_sum.h"
#include "run/placement.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* What is summed of a group. */
enum { OF_GRADIENT, OF_UPDATE, OF_PARAMETERS, SUMS };

/* "query_dense" of "query_dense_0/kernel"; a table has its whole name, which may end in a number.
 */
static size_t group_length(const td_tensor *tensor)
{
    size_t length = strcspn(tensor->name, "/"), end = length;
    while (end > 0 && isdigit((unsigned char)tensor->name[end - 1]))
        end--;
    const bool has_number = !tensor->is_table && end < length && end > 1;
    return has_number && tensor->name[end - 1] == '_' ? end - 1 : length;
}

static size_t group_named(td_step_norms *norms, const char *name, size_t length)
{
    size_t g = 0;
    while (g < norms->count &&
           (strncmp(norms->name[g], name, length) != 0 || norms->name[g][length]))
        g++;
    if (g == norms->count) {
        norms->name = td_grow(norms->name, norms->count, sizeof *norms->name);
        norms->name[norms->count++] = td_str_copy((td_str){name, length});
    }
    return g;
}

void td_step_norms_create(td_step_norms *norms, const td_parameters *parameters)
{
    *norms = (td_step_norms){.of_tensor = TD_NEW(size_t, parameters->count)};
    for (size_t i = 0; i < parameters->count; i++)
        norms->of_tensor[i] =
            group_named(norms, parameters->tensor[i].name, group_length(&parameters->tensor[i]));
    norms->sums = TD_NEW(td_wide, norms->count * SUMS);
    norms->group = TD_NEW(td_group_norms, norms->count);
}

void td_step_norms_free(td_step_norms *norms)
{
    for (size_t g = 0; g < norms->count; g++)
        td_free(norms->name[g]);
    td_free(norms->name);
    td_free(norms->of_tensor);
    td_free(norms->sums);
    td_free(norms->group);
    td_buffer_free(&norms->before);
}

/* Adds the squares of n elements to sums (SUMS). */
static void add_squares(size_t n, const float *gradient, const float *before, const float *after,
                        td_wide *sums)
{
    double squares[SUMS] = {0};
    for (size_t i = 0; i < n; i++) {
        const double moved = (double)after[i] - (double)before[i];
        squares[OF_GRADIENT] += (double)gradient[i] * (double)gradient[i];
        squares[OF_UPDATE] += moved * moved;
        squares[OF_PARAMETERS] += (double)after[i] * (double)after[i];
    }
    for (int k = 0; k < SUMS; k++)
        td_wide_add(&sums[k], squares[k]);
}

void td_step_norms_before_dense(td_step_norms *norms, const td_parameters *parameters)
{
    const size_t dense = parameters->dense_size;
    memset(norms->sums, 0, norms->count * SUMS * sizeof *norms->sums);
    float *before = td_buffer_fit(&norms->before, dense, sizeof *before);
    memcpy(before, parameters->values, dense * sizeof *before);
}

void td_step_norms_after_dense(td_step_norms *norms, const td_comm *comm,
                               const td_parameters *parameters, const float *gradient)
{
    const float *before = norms->before.at;
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        const td_range mine = td_rows_to_answer_for(comm, tensor);
        td_wide *sums = norms->sums + norms->of_tensor[i] * SUMS;
        if (tensor->is_table)
            continue;
#pragma omp parallel
        {
            td_wide part[SUMS] = {{{0}}};
#pragma omp for
            for (int64_t r = mine.first; r < mine.first + mine.count; r++) {
                const size_t at = td_tensor_place(tensor, r);
                add_squares(tensor->columns, gradient + at, before + at, parameters->values + at,
                            part);
            }
#pragma omp critical
            td_wide_merge(SUMS, part, sums);
        }
    }
}

void td_step_norms_before_table(td_step_norms *norms, const td_parameters *parameters,
                                size_t tensor, const td_row_sums *sums)
{
    const td_tensor *table = &parameters->tensor[tensor];
    const size_t width = sums->width;
    float *before = td_buffer_fit(&norms->before, sums->count * width, sizeof *before);
#pragma omp parallel for
    for (size_t s = 0; s < sums->count; s++)
        memcpy(before + s * width, parameters->values + td_tensor_place(table, sums->ids[s]),
               width * sizeof *before);
}

/* Each touched row counts once: with its owner, or where every rank has it with one of them. */
void td_step_norms_after_table(td_step_norms *norms, const td_comm *comm,
                               const td_parameters *parameters, size_t tensor,
                               const td_row_sums *sums)
{
    const td_tensor *table = &parameters->tensor[tensor];
    const td_range mine = td_rows_to_answer_for(comm, table);
    const float *before = norms->before.at;
    const size_t width = sums->width;
    td_wide *all = norms->sums + norms->of_tensor[tensor] * SUMS;
#pragma omp parallel
    {
        td_wide part[SUMS] = {{{0}}};
        float *gradient = TD_NEW(float, width);
#pragma omp for
        for (size_t s = 0; s < sums->count; s++) {
            const int32_t id = sums->ids[s];
            if (id < mine.first || id >= mine.first + mine.count)
                continue;
            td_exact_to_float(sums->exponent, width, sums->sums + s * width, gradient);
            add_squares(width, gradient, before + s * width,
                        parameters->values + td_tensor_place(table, id), part);
        }
        td_free(gradient);
#pragma omp critical
        td_wide_merge(SUMS, part, all);
    }
}

const td_group_norms *td_trainer_group_norms(td_trainer *t, size_t *count)
{
    td_step_norms *norms = &t->norms;
    td_comm_sum(t->comm, norms->count * SUMS * TD_WIDE_BINS, norms->sums[0].bin);
    for (size_t g = 0; g < norms->count; g++) {
        const td_wide *sums = norms->sums + g * SUMS;
        norms->group[g] = (td_group_norms){
            .name = norms->name[g],
            .gradient = sqrt(td_wide_value(&sums[OF_GRADIENT])),
            .update = sqrt(td_wide_value(&sums[OF_UPDATE])),
            .parameters = sqrt(td_wide_value(&sums[OF_PARAMETERS])),
        };
    }
    *count = norms->count;
    return norms->group;
}

double td_trainer_item_spread(const td_trainer *t)
{
    const size_t items = t->batch_columns.items.my_count, width = t->columns.width;
    td_wide squares = {{0}};
    td_magnitude largest = 0;
    td_exact *sums = TD_NEW(td_exact, width + 1); /* and how many */
    for (size_t i = 0; i < items; i++) {
        const float *v = t->my_v + i * width;
        const td_magnitude size = td_exact_add(TD_EXACT_TOTAL, width, v, sums);
        double square = 0;
        for (size_t c = 0; c < width; c++)
            square += (double)v[c] * (double)v[c];
        td_wide_add(&squares, square);
        largest = size > largest ? size : largest;
    }
    sums[width] = (td_exact)items;
    td_comm_sum(t->comm, width + 1, sums);
    td_comm_sum(t->comm, TD_WIDE_BINS, squares.bin);
    td_comm_max(t->comm, 1, &largest);
    const double count = (double)sums[width], all = td_wide_value(&squares);
    const bool is_known = td_exact_in_range(TD_EXACT_TOTAL, (size_t)sums[width], largest);
    double of_sum = 0;
    for (size_t c = 0; c < width; c++) {
        const double sum = ldexp((double)sums[c], -TD_EXACT_TOTAL);
        of_sum += sum * sum;
    }
    td_free(sums);
    return is_known && all > 0 ? 1 - of_sum / (count * all) : NAN;
}
