/* The block of parameters: its layout, and the start of training as a pure function. */
#include "model/parameters.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>

enum { ROWS = 300, COLUMNS = 7 };

/* A table and a layer, and others before and between where asked for. */
static td_parameters declare(bool with_others, size_t *table, size_t *kernel)
{
    td_parameters parameters = {0};
    if (with_others)
        td_parameters_declare(&parameters, "other_table", "weight", 11, 3, true, 0.05F);
    *table = td_parameters_declare(&parameters, "user_table", "weight", ROWS, COLUMNS, true, 0.05F);
    if (with_others)
        td_parameters_declare(&parameters, "other", "bias", 1, 5, false, 0);
    *kernel = td_parameters_declare(&parameters, "layer", "kernel", COLUMNS, 4, false, 0.5F);
    td_parameters_declare(&parameters, "layer", "bias", 1, 4, false, 0);
    td_parameters_allocate(&parameters, 2);
    return parameters;
}

Test(parameters, dense_tensors_come_first_and_nothing_overlaps)
{
    size_t table, kernel, bias, found;
    td_parameters parameters = declare(true, &table, &kernel);
    cr_assert_eq(parameters.dense_size, 5 + COLUMNS * 4 + 4);
    cr_assert_eq(parameters.size, parameters.dense_size + 33 + ROWS * COLUMNS);
    size_t end = 0;
    for (int tables = 0; tables < 2; tables++)
        for (size_t i = 0; i < parameters.count; i++) {
            const td_tensor *tensor = &parameters.tensor[i];
            if (tensor->is_table != tables)
                continue;
            cr_assert_eq(tensor->offset, end, "%s", tensor->name);
            end += tensor->rows * tensor->columns;
        }
    cr_assert_eq(end, parameters.size);
    cr_assert(td_parameters_find(&parameters, "user_table/weight", &found) && found == table);
    cr_assert(td_parameters_find(&parameters, "layer/bias", &bias) && bias == kernel + 1);
    cr_assert_not(td_parameters_find(&parameters, "user_table", &found));
    td_parameters_free(&parameters);
}

Test(parameters, that_are_not_finite_are_found)
{
    size_t table, kernel;
    td_parameters p = declare(true, &table, &kernel);
    const size_t last = p.size - 1, middle = p.tensor[kernel].offset + 3;
    cr_assert_null(td_parameters_find_infinite(&p, 0, p.size));
    p.values[last] = INFINITY;
    cr_assert_eq(td_parameters_find_infinite(&p, 0, p.size), &p.tensor[table]);
    cr_assert_null(td_parameters_find_infinite(&p, 0, last));
    p.state[1][middle] = NAN;
    cr_assert_eq(td_parameters_find_infinite(&p, middle, 1), &p.tensor[kernel]);
    cr_assert_null(td_parameters_find_infinite(&p, middle + 1, last - middle - 1));
    td_parameters_free(&p);
}

Test(parameters, the_start_is_a_function_of_seed_and_name_alone)
{
    size_t table, kernel, table_with, kernel_with;
    td_parameters alone = declare(false, &table, &kernel);
    td_parameters with = declare(true, &table_with, &kernel_with);
    omp_set_num_threads(1);
    td_parameters_initialize(&alone, 42, 0.1F);
    omp_set_num_threads(3);
    td_parameters_initialize(&with, 42, 0.1F);
    const size_t bytes = ROWS * COLUMNS * sizeof(float);
    float *first = td_parameters_values(&alone, table);
    cr_assert_arr_eq(first, td_parameters_values(&with, table_with), bytes);
    cr_assert_arr_eq(td_parameters_values(&alone, kernel), td_parameters_values(&with, kernel_with),
                     COLUMNS * 4 * sizeof(float));
    cr_assert_neq(first[0], td_parameters_values(&alone, kernel)[0] / 10, "streams must differ");
    td_parameters_initialize(&with, 43, 0.1F);
    cr_assert_neq(first[0], td_parameters_values(&with, table_with)[0], "seeds must differ");
    td_parameters_free(&alone);
    td_parameters_free(&with);
}

Test(parameters, the_start_is_uniform_within_the_limit)
{
    size_t table, kernel;
    td_parameters parameters = declare(false, &table, &kernel);
    td_parameters_initialize(&parameters, 1, 0.25F);
    const float *values = td_parameters_values(&parameters, table);
    double sum = 0, squares = 0;
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        cr_assert(values[i] >= -0.05F && values[i] < 0.05F);
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    const double n = ROWS * COLUMNS, variance = 0.1 * 0.1 / 12; /* of U(-0.05, 0.05) */
    cr_assert_lt(fabs(sum / n), 4 * sqrt(variance / n));
    cr_assert_float_eq(squares / n / variance, 1, 0.1);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(td_parameters_values(&parameters, kernel + 1)[i], 0, "a bias starts at 0");
    cr_assert_eq(parameters.states, 2);
    for (size_t i = 0; i < parameters.size; i++)
        cr_assert(parameters.state[0][i] == 0.25F && parameters.state[1][i] == 0.25F);
    td_parameters_free(&parameters);
}

/* What L2 and decay pull to 0 is neither a bias nor a temperature. */
Test(parameters, kernels_alone_are_kernels)
{
    td_parameters parameters = {0};
    td_parameters_declare(&parameters, "layer", "kernel", 2, 2, false, 0);
    td_parameters_declare(&parameters, "layer", "bias", 1, 2, false, 0);
    td_parameters_declare(&parameters, "retrieval_temperature", "log_inverse", 1, 1, false, 0);
    cr_assert(td_tensor_is_kernel(&parameters.tensor[0]));
    cr_assert_not(td_tensor_is_kernel(&parameters.tensor[1]));
    cr_assert_not(td_tensor_is_kernel(&parameters.tensor[2]));
    td_parameters_free(&parameters);
}

/* Of a table that is owned in parts, each part is what the whole has in its rows. */
Test(parameters, parts_of_a_table_start_as_the_whole)
{
    size_t table, kernel, found;
    td_parameters whole = declare(false, &table, &kernel);
    td_parameters_initialize(&whole, 42, 0.1F);
    const td_range parts[] = {{0, 100}, {100, 0}, {100, 199}, {299, 1}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        td_parameters part = {0};
        td_parameters_declare(&part, "user_table", "weight", ROWS, COLUMNS, true, 0.05F);
        td_parameters_declare(&part, "other_table", "weight", 11, 3, true, 0.05F);
        td_parameters_own(&part, 0, parts[i]);
        td_parameters_allocate(&part, 1);
        td_parameters_initialize(&part, 42, 0.1F);
        cr_assert_eq(part.size, (size_t)parts[i].count * COLUMNS + 33);
        for (int64_t r = 0; r < parts[i].count; r++)
            cr_assert_arr_eq(td_parameters_row(&part, 0, parts[i].first + r),
                             td_parameters_row(&whole, table, parts[i].first + r),
                             COLUMNS * sizeof(float));
        cr_assert(td_parameters_find(&part, "user_table/weight", &found) && found == 0);
        cr_assert(part.tensor[0].is_owned && !part.tensor[1].is_owned);
        part.state[0][part.size - 1] = NAN;
        cr_assert_eq(td_parameters_find_infinite(&part, 0, part.size), &part.tensor[1]);
        td_parameters_free(&part);
    }
    td_parameters_free(&whole);
}

Test(parameters, that_are_not_here_are_not_read, .exit_code = 1)
{
    td_parameters part = {0};
    td_parameters_declare(&part, "user_table", "weight", ROWS, COLUMNS, true, 0.05F);
    td_parameters_own(&part, 0, (td_range){100, 50});
    td_parameters_allocate(&part, 0);
    td_parameters_row(&part, 0, 99);
}
