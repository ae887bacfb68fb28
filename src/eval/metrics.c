/* Metrics in memory, sorted by step; the file is written whole. */
#include "eval/metrics.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

static void free_split(td_split_metrics *split)
{
    td_free(split->steps);
    td_free(split->rows);
    td_free(split->ks);
    td_free(split->model);
    td_free(split->popularity);
    td_free(split->rmse);
    td_free(split->mae);
    *split = (td_split_metrics){0};
}

void td_metrics_free(td_metrics *metrics)
{
    for (int s = 0; s < TD_SPLITS; s++)
        free_split(&metrics->split[s]);
    td_free(metrics->training.steps);
    td_free(metrics->training.retrieval);
    td_free(metrics->training.rating);
    metrics->training = (td_loss_metrics){0};
}

/* The place of step in a sorted list: of the step itself, or where it belongs. */
static size_t place_of(const int64_t *steps, size_t count, int64_t step)
{
    size_t place = 0;
    while (place < count && steps[place] < step)
        place++;
    return place;
}

static bool has_step(const int64_t *steps, size_t count, int64_t step)
{
    size_t place = place_of(steps, count, step);
    return place < count && steps[place] == step;
}

/* Returns rows (count, columns) with a row of NaN put in at place; frees the old ones, NULL if
 * there are none. */
static double *insert_row(double *rows, size_t count, size_t columns, size_t place)
{
    double *larger = TD_NEW(double, (count + 1) * columns);
    for (size_t i = 0; i < place * columns; i++)
        larger[i] = rows[i];
    for (size_t k = 0; k < columns; k++)
        larger[place * columns + k] = NAN;
    for (size_t i = place * columns; i < count * columns; i++)
        larger[i + columns] = rows[i];
    td_free(rows);
    return larger;
}

static int64_t *insert_step(int64_t *steps, size_t count, size_t place, int64_t step)
{
    steps = td_reallocate(steps, count, count + 1, sizeof *steps);
    memmove(steps + place + 1, steps + place, (count - place) * sizeof *steps);
    steps[place] = step;
    return steps;
}

/* Returns rows (count, columns) with a column of NaN put in at place; frees the old ones. */
static double *insert_column(double *rows, size_t count, size_t columns, size_t place)
{
    double *larger = TD_NEW(double, count *(columns + 1));
    for (size_t i = 0; i < count; i++) {
        double *to = larger + i * (columns + 1);
        const double *from = rows + i * columns;
        memcpy(to, from, place * sizeof *to);
        to[place] = NAN;
        memcpy(to + place + 1, from + place, (columns - place) * sizeof *to);
    }
    td_free(rows);
    return larger;
}

static void add_k(td_split_metrics *split, int64_t k)
{
    if (has_step(split->ks, split->columns, k))
        return;
    size_t place = place_of(split->ks, split->columns, k);
    split->model = insert_column(split->model, split->count, split->columns, place);
    split->popularity = insert_column(split->popularity, split->count, split->columns, place);
    split->ks = insert_step(split->ks, split->columns, place, k);
    split->columns++;
}

static void add_step(td_split_metrics *split, int64_t step)
{
    if (has_step(split->steps, split->count, step))
        return;
    size_t place = place_of(split->steps, split->count, step);
    split->model = insert_row(split->model, split->count, split->columns, place);
    split->popularity = insert_row(split->popularity, split->count, split->columns, place);
    split->rmse = insert_row(split->rmse, split->count, 1, place);
    split->mae = insert_row(split->mae, split->count, 1, place);
    split->rows = insert_step(split->rows, split->count, place, 0);
    split->steps = insert_step(split->steps, split->count, place, step);
    split->count++;
}

/* Different rows were evaluated: their numbers must not stand in one line. */
static void forget_row(td_split_metrics *split, size_t row)
{
    for (size_t k = row * split->columns; k < (row + 1) * split->columns; k++)
        split->model[k] = split->popularity[k] = NAN;
}

void td_metrics_add(td_metrics *metrics, td_split which, int64_t step,
                    const td_evaluation *evaluation)
{
    td_split_metrics *split = &metrics->split[which];
    for (size_t i = 0; i < evaluation->ks.count; i++)
        add_k(split, evaluation->ks.value[i]);
    add_step(split, step);
    size_t row = place_of(split->steps, split->count, step);
    if (split->rows[row] != evaluation->rows)
        forget_row(split, row);
    split->rows[row] = evaluation->rows;
    split->rmse[row] = evaluation->rated ? evaluation->rmse : NAN;
    split->mae[row] = evaluation->rated ? evaluation->mae : NAN;
    for (size_t i = 0; i < evaluation->ks.count; i++) {
        size_t at =
            row * split->columns + place_of(split->ks, split->columns, evaluation->ks.value[i]);
        split->model[at] = (double)evaluation->hits[i] / (double)evaluation->rows;
        split->popularity[at] = (double)evaluation->popularity_hits[i] / (double)evaluation->rows;
    }
}

void td_metrics_add_losses(td_metrics *metrics, int64_t step, double retrieval, double rating)
{
    td_loss_metrics *training = &metrics->training;
    size_t place = place_of(training->steps, training->count, step);
    if (!has_step(training->steps, training->count, step)) {
        training->retrieval = insert_row(training->retrieval, training->count, 1, place);
        training->rating = insert_row(training->rating, training->count, 1, place);
        training->steps = insert_step(training->steps, training->count, place, step);
        training->count++;
    }
    training->retrieval[place] = retrieval;
    training->rating[place] = rating;
}

bool td_metrics_are_empty(const td_metrics *metrics)
{
    size_t count = metrics->training.count;
    for (int s = 0; s < TD_SPLITS; s++)
        count += metrics->split[s].count;
    return count == 0;
}

void td_metrics_cut(td_metrics *metrics, int64_t step)
{
    for (int i = 0; i < TD_SPLITS; i++) {
        td_split_metrics *split = &metrics->split[i];
        split->count = place_of(split->steps, split->count, step + 1);
    }
    td_loss_metrics *training = &metrics->training;
    training->count = place_of(training->steps, training->count, step + 1);
}

/* Fills what into has not of a row. Its columns are there already. */
static void merge_row(td_split_metrics *into, const td_split_metrics *from, size_t row)
{
    add_step(into, from->steps[row]);
    const size_t to = place_of(into->steps, into->count, from->steps[row]);
    if (into->rows[to] == 0)
        into->rows[to] = from->rows[row];
    if (into->rows[to] != from->rows[row])
        return;
    for (size_t k = 0; k < from->columns; k++) {
        const size_t column = place_of(into->ks, into->columns, from->ks[k]);
        const size_t source = row * from->columns + k, target = to * into->columns + column;
        if (!isnan(into->model[target]))
            continue;
        into->model[target] = from->model[source];
        into->popularity[target] = from->popularity[source];
    }
    if (isnan(into->rmse[to])) {
        into->rmse[to] = from->rmse[row];
        into->mae[to] = from->mae[row];
    }
}

void td_metrics_merge(td_metrics *into, const td_metrics *from)
{
    const td_loss_metrics *losses = &from->training;
    for (size_t i = 0; i < losses->count; i++)
        if (!has_step(into->training.steps, into->training.count, losses->steps[i]))
            td_metrics_add_losses(into, losses->steps[i], losses->retrieval[i], losses->rating[i]);
    for (int s = 0; s < TD_SPLITS; s++) {
        const td_split_metrics *split = &from->split[s];
        for (size_t k = 0; k < split->columns; k++)
            add_k(&into->split[s], split->ks[k]);
        for (size_t row = 0; row < split->count; row++)
            merge_row(&into->split[s], split, row);
    }
}
