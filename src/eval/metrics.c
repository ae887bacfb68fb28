/* Tables, columns, steps and ks are kept sorted, so that equal metrics give equal files. */
#include "eval/metrics.h"

#include "base/log.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

void td_metrics_free(td_metrics *metrics)
{
    for (size_t t = 0; t < metrics->count; t++) {
        td_metrics_table *table = &metrics->table[t];
        for (size_t c = 0; c < table->columns; c++) {
            td_free(table->column[c].name);
            td_free(table->column[c].value);
        }
        td_free(table->name);
        td_free(table->step);
        td_free(table->k);
        td_free(table->column);
    }
    td_free(metrics->table);
    *metrics = (td_metrics){0};
}

/* The first place of an ascending list whose number is at least this one. */
static size_t place_of(size_t count, const int64_t *list, int64_t number)
{
    size_t place = count; /* new numbers mostly come last */
    while (place > 0 && list[place - 1] >= number)
        place--;
    return place;
}

static bool has(size_t count, const int64_t *list, int64_t number)
{
    const size_t place = place_of(count, list, number);
    return place < count && list[place] == number;
}

static int64_t *insert_number(size_t count, int64_t *list, size_t place, int64_t number)
{
    list = td_reallocate(list, count, count + 1, sizeof *list);
    memmove(list + place + 1, list + place, (count - place) * sizeof *list);
    list[place] = number;
    return list;
}

/* Puts NaN into values before place, then before every stride-th of those that follow, n in all:
 * a row of n of them with stride 0, or a column of n rows. Frees the old ones. */
static double *insert_values(double *values, size_t count, size_t place, size_t stride, size_t n)
{
    double *larger = TD_NEW(double, count + n);
    size_t from = 0, to = 0;
    for (size_t i = 0; i < n; i++) {
        while (from < place + i * stride)
            larger[to++] = values[from++];
        larger[to++] = NAN;
    }
    while (from < count)
        larger[to++] = values[from++];
    td_free(values);
    return larger;
}

static size_t values_of(const td_metrics_table *table, const td_metrics_column *column)
{
    return table->steps * (column->has_k ? table->ks : 1);
}

/* Every column gets a row of NaN. */
static void add_step(td_metrics_table *table, int64_t step)
{
    const size_t place = place_of(table->steps, table->step, step);
    for (size_t c = 0; c < table->columns; c++) {
        td_metrics_column *column = &table->column[c];
        const size_t width = column->has_k ? table->ks : 1;
        column->value =
            insert_values(column->value, values_of(table, column), place * width, 0, width);
    }
    table->step = insert_number(table->steps++, table->step, place, step);
}

/* Every column that has k gets one more value in each row. */
static void add_k(td_metrics_table *table, int64_t k)
{
    const size_t place = place_of(table->ks, table->k, k);
    for (size_t c = 0; c < table->columns; c++) {
        td_metrics_column *column = &table->column[c];
        if (column->has_k)
            column->value = insert_values(column->value, values_of(table, column), place, table->ks,
                                          table->steps);
    }
    table->k = insert_number(table->ks++, table->k, place, k);
}

/* The place of a table, or of a column, by name: the first whose name does not come before it. */
static size_t table_place(const td_metrics *metrics, const char *name)
{
    size_t place = 0;
    while (place < metrics->count && strcmp(metrics->table[place].name, name) < 0)
        place++;
    return place;
}

static size_t column_place(const td_metrics_table *table, const char *name)
{
    size_t place = 0;
    while (place < table->columns && strcmp(table->column[place].name, name) < 0)
        place++;
    return place;
}

static const td_metrics_column *find_column(const td_metrics_table *table, const char *name)
{
    const size_t place = column_place(table, name);
    const bool found = place < table->columns && strcmp(table->column[place].name, name) == 0;
    return found ? &table->column[place] : NULL;
}

const td_metrics_table *td_metrics_find(const td_metrics *metrics, const char *table)
{
    const size_t place = table_place(metrics, table);
    const bool found = place < metrics->count && strcmp(metrics->table[place].name, table) == 0;
    return found ? &metrics->table[place] : NULL;
}

td_metrics_table *td_metrics_need(td_metrics *metrics, const char *table)
{
    const size_t place = table_place(metrics, table), count = metrics->count;
    if (!td_metrics_find(metrics, table)) {
        metrics->table = td_reallocate(metrics->table, count, count + 1, sizeof *metrics->table);
        memmove(metrics->table + place + 1, metrics->table + place,
                (count - place) * sizeof *metrics->table);
        metrics->table[place] = (td_metrics_table){.name = td_copy_text(table)};
        metrics->count++;
    }
    return &metrics->table[place];
}

void td_metrics_take_column(td_metrics_table *table, const char *name, bool has_k, double *values)
{
    const size_t place = column_place(table, name), count = table->columns;
    table->column = td_reallocate(table->column, count, count + 1, sizeof *table->column);
    memmove(table->column + place + 1, table->column + place,
            (count - place) * sizeof *table->column);
    td_metrics_column *column = &table->column[place];
    column->name = td_copy_text(name);
    column->has_k = has_k;
    column->value = values;
    table->columns++;
}

static double *missing_values(size_t n)
{
    double *values = TD_NEW(double, n);
    for (size_t i = 0; i < n; i++)
        values[i] = NAN;
    return values;
}

/* The column of a name, full of NaN where it was not there. */
static td_metrics_column *need_column(td_metrics_table *table, const char *name, bool has_k)
{
    const td_metrics_column empty = {.has_k = has_k};
    if (!find_column(table, name))
        td_metrics_take_column(table, name, has_k, missing_values(values_of(table, &empty)));
    return &table->column[column_place(table, name)];
}

/* Where a column has the value of a step and k that are there. */
static size_t value_place(const td_metrics_table *table, const td_metrics_column *column,
                          int64_t step, int64_t k)
{
    const size_t row = place_of(table->steps, table->step, step);
    return column->has_k ? row * table->ks + place_of(table->ks, table->k, k) : row;
}

void td_metrics_put(td_metrics *metrics, const char *table, const char *column, int64_t step,
                    int64_t k, double value)
{
    td_metrics_table *in = td_metrics_need(metrics, table);
    td_metrics_column *of = need_column(in, column, k > 0);
    TD_ASSERT(of->has_k == (k > 0));
    if (!has(in->steps, in->step, step))
        add_step(in, step);
    if (k > 0 && !has(in->ks, in->k, k))
        add_k(in, k);
    of->value[value_place(in, of, step, k)] = value;
}

double td_metrics_value(const td_metrics_table *table, const char *column, int64_t step, int64_t k)
{
    const td_metrics_column *of = table ? find_column(table, column) : NULL;
    if (!of || of->has_k != (k > 0) || !has(table->steps, table->step, step) ||
        (k > 0 && !has(table->ks, table->k, k)))
        return NAN;
    return of->value[value_place(table, of, step, k)];
}

void td_metrics_add(td_metrics *metrics, int64_t step, const td_evaluation *evaluation)
{
    char *table = td_print_text("%s/%s", td_split_name(evaluation->split), evaluation->settings);
    td_metrics_put(metrics, table, TD_ROWS_COLUMN, step, 0, (double)evaluation->counts.rows);
    for (size_t i = 0; i < evaluation->count; i++) {
        const td_metric_value *value = &evaluation->value[i];
        char *name = td_metric_name(value->task, value->metric, 0);
        char *column = td_print_text("%s%s%s/%s", value->system, value->by ? "," : "",
                                     value->by ? value->by : "", name);
        td_metrics_put(metrics, table, column, step, value->k, value->value);
        td_free(name);
        td_free(column);
    }
    td_free(table);
}

void td_metrics_add_loss(td_metrics *metrics, int64_t step, const char *task, double mean)
{
    char *column = td_print_text("%s_loss", task);
    td_metrics_put(metrics, TD_TRAINING_TABLE, column, step, 0, mean);
    td_free(column);
}

double td_metrics_loss(const td_metrics *metrics, int64_t step, const char *task)
{
    char *column = td_print_text("%s_loss", task);
    const double mean =
        td_metrics_value(td_metrics_find(metrics, TD_TRAINING_TABLE), column, step, 0);
    td_free(column);
    return mean;
}

/* Values of later steps stay in memory, behind what is counted. */
void td_metrics_cut(td_metrics *metrics, int64_t step)
{
    for (size_t t = 0; t < metrics->count; t++) {
        td_metrics_table *table = &metrics->table[t];
        table->steps = place_of(table->steps, table->step, step + 1);
    }
}

/* The row of one step. */
static void merge_row(td_metrics *into, const td_metrics_table *from, size_t row)
{
    for (size_t c = 0; c < from->columns; c++) {
        const td_metrics_column *column = &from->column[c];
        const size_t width = column->has_k ? from->ks : 1;
        for (size_t i = 0; i < width; i++) {
            const td_metrics_table *there = td_metrics_find(into, from->name);
            const int64_t step = from->step[row], k = column->has_k ? from->k[i] : 0;
            if (isnan(td_metrics_value(there, column->name, step, k)))
                td_metrics_put(into, from->name, column->name, step, k,
                               column->value[row * width + i]);
        }
    }
}

void td_metrics_merge(td_metrics *into, const td_metrics *from)
{
    for (size_t t = 0; t < from->count; t++) {
        const td_metrics_table *table = &from->table[t];
        const bool are_losses = strcmp(table->name, TD_TRAINING_TABLE) == 0; /* whole epochs */
        for (size_t row = 0; row < table->steps; row++) {
            const td_metrics_table *there = td_metrics_find(into, table->name);
            if (!are_losses || !there || !has(there->steps, there->step, table->step[row]))
                merge_row(into, table, row);
        }
    }
}
