/* The training step on several ranks: the bits of one rank alone, for every number of threads and
 * for layouts that nothing divides; and a number that is none stops all ranks before the update. */
#include "train/step.h"

#include "base/memory.h"
#include "base/range.h"
#include "job.h"
#include "layouts.h"
#include "ranks.h"
#include "train/id_dropout.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

MPI_SUITE(step)

static outcome train(td_comm *comm, const layout *l, int threads)
{
    omp_set_num_threads(threads);
    return take_steps(comm, l, model_of(l), NULL);
}

static bool same(const outcome *x, const outcome *y)
{
    const td_parameters *a = &x->model->parameters, *b = &y->model->parameters;
    const size_t bytes = a->size * sizeof(float);
    bool equal = memcmp(x->losses, y->losses, sizeof x->losses) == 0 &&
                 memcmp(a->values, b->values, bytes) == 0 &&
                 memcmp(x->gradient, y->gradient, bytes) == 0;
    for (size_t i = 0; i < a->states; i++)
        equal = equal && memcmp(a->state[i], b->state[i], bytes) == 0;
    return equal;
}

static bool has_gradient(const outcome *o, const td_tensor *tensor)
{
    for (size_t j = 0; j < tensor->rows * tensor->columns; j++)
        if (o->gradient[tensor->offset + j] != 0)
            return true;
    return false;
}

/* Every loss that there is changes, and every tensor has a gradient. */
static bool has_learned(const outcome *o, const layout *l)
{
    const td_parameters *parameters = &o->model->parameters;
    const td_exact *retrieval = o->losses, *rating = o->losses + STEPS;
    bool learned = retrieval[0] > 0 && retrieval[STEPS - 1] != retrieval[0];
    learned = learned && (rating[0] > 0 && rating[STEPS - 1] != rating[0]) == l->everything;
    for (size_t i = 0; i < parameters->count; i++)
        learned = learned && has_gradient(o, &parameters->tensor[i]);
    return learned;
}

static void check_layout(td_comm *comm, td_comm *alone, const layout *l)
{
    outcome expected = train(alone, l, 1);
    assert_on_all(comm, l->rows == 1 || has_learned(&expected, l), "learning");
    for (int threads = 1; threads <= 3; threads++) {
        char what[96];
        outcome o = train(comm, l, threads);
        snprintf(what, sizeof what, "%lld rows with %d threads%s: other bits", (long long)l->rows,
                 threads, l->everything ? ", everything on" : "");
        assert_on_all(comm, same(&o, &expected), what);
        outcome_free(&o);
    }
    outcome_free(&expected);
}

static void check_layouts(size_t n, const layout *layouts)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    for (size_t i = 0; i < n; i++)
        check_layout(comm, alone, &layouts[i]);
    td_comm_free(alone);
}

MPI_TEST(step, gives_the_bits_of_one_rank_on_every_layout)
{
    static const layout layouts[] = {
        {1, 16, 1, 0, false, 0},     {37, 5, 3, 0, false, 0},     {300, 64, 7, 2, false, 0},
        {1000, 128, 1, 1, false, 0}, {260, 100, 64, 0, false, 0}, {300, 20, 7, 1, false, 2},
    };
    check_layouts(sizeof layouts / sizeof *layouts, layouts);
}

MPI_TEST(step, gives_the_same_bits_with_everything_on)
{
    static const layout layouts[] = {{1, 16, 1, 1, true, 0},   {37, 5, 3, 1, true, 0},
                                     {300, 64, 7, 2, true, 0}, {1000, 128, 5, 2, true, 0},
                                     {300, 20, 7, 1, true, 4}, {290, 10, 3, 1, true, 7}};
    check_layouts(sizeof layouts / sizeof *layouts, layouts);
}

/* Of which the model has exp and ln of its own. */
MPI_TEST(step, keeps_a_learned_temperature_within_its_bounds)
{
    static const layout l = {37, 5, 3, 1, true, 0}; /* least_temperature 0.3 */
    static const double cases[][2] = {{9, 0.3}, {0.5, 0.60653066}, {-2, 7.3890561}, {-40, 1e6}};
    td_model *model = model_of(&l);
    float *log_inverse = td_parameters_values(&model->parameters, (size_t)model->log_inverse);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        *log_inverse = (float)cases[i][0];
        td_model_bound_temperature(model);
        const double found = 1 / (double)td_model_inverse_temperature(model);
        assert_on_all(job_comm(), fabs(found / cases[i][1] - 1) < 1e-5, "temperature");
    }
    td_model_initialize(model);
    assert_on_all(job_comm(), fabs((double)td_model_inverse_temperature(model) - 2) < 1e-6,
                  "it starts at retrieval.temperature");
    td_model_free(model);
}

enum { IDS = 4000 };

/* How many of the ids that one draw hides another hides, too. */
static size_t hidden_by_both(const int32_t *a, const int32_t *b)
{
    size_t n = 0;
    for (size_t i = 0; i < IDS; i++)
        n += a[i] == 0 && b[i] == 0;
    return n;
}

static void draw(td_id_dropout *dropout, int64_t step, size_t first, const int32_t *ids,
                 const int64_t *rows, int32_t *left)
{
    td_id_dropout_draw(dropout, step, IDS - first, ids + first, rows ? rows + first : NULL);
    memcpy(left + first, dropout->ids[0], (IDS - first) * sizeof *left);
}

/* A quarter of the ids, a function of seed, name, step and counter, wherever a rank's rows begin.
 */
MPI_TEST(step, hides_ids_by_step_and_counter)
{
    td_comm *comm = job_comm();
    static int32_t ids[IDS], left[IDS], other[IDS];
    static int64_t rows[IDS];
    td_feature feature[] = {{.name = "user", .dropout = 0.25F, .is_id = true}, {.name = "age"}};
    const td_features features = {.count = 2, .feature = feature};
    td_id_dropout dropout;
    td_id_dropout_create(&dropout, 42, &features, IDS);
    for (size_t i = 0; i < IDS; i++) {
        ids[i] = (int32_t)(1 + i % 7);
        rows[i] = (int64_t)(3 * i);
    }
    draw(&dropout, 5, 0, ids, rows, left);
    const size_t hidden = hidden_by_both(left, left);
    bool are_ids = dropout.ids[1] == NULL && hidden > IDS / 4 - 90 && hidden < IDS / 4 + 90;
    for (size_t i = 0; i < IDS; i++)
        are_ids = are_ids && (left[i] == 0 || left[i] == ids[i]);
    assert_on_all(comm, are_ids, "a quarter of the ids are hidden");
    draw(&dropout, 5, IDS / 3, ids, rows, other);
    assert_on_all(comm, memcmp(left + IDS / 3, other + IDS / 3, IDS - IDS / 3) == 0, "a part");
    draw(&dropout, 6, 0, ids, rows, other);
    assert_on_all(comm, hidden_by_both(left, other) < IDS / 16 + 60, "another step's draw");
    draw(&dropout, 5, 0, ids, NULL, other);
    bool by_id = true;
    for (size_t i = 7; i < IDS; i++)
        by_id = by_id && (other[i] == 0) == (other[i - 7] == 0);
    assert_on_all(comm, by_id, "without rows an id is hidden wherever it is");
    draw(&dropout, 0, 0, ids, rows, other);
    assert_on_all(comm, memcmp(other, ids, sizeof ids) == 0, "step 0 hides none");
    td_id_dropout_free(&dropout);
}

/* The view of a history that is hidden is that of an empty list, of another that of its row. */
MPI_TEST(step, hides_histories_whole)
{
    td_comm *comm = job_comm();
    int32_t users[IDS];
    int64_t rows[IDS];
    td_feature feature = {.name = "past", .dropout = 0.5F, .is_history = true};
    const td_features features = {.count = 1, .feature = &feature};
    td_field_view view = {0};
    td_id_dropout dropout;
    td_id_dropout_create(&dropout, 42, &features, IDS);
    for (size_t i = 0; i < IDS; i++) {
        users[i] = (int32_t)(1 + i % 7);
        rows[i] = (int64_t)(3 * i);
    }
    td_id_dropout_draw(&dropout, 5, IDS, users, rows);
    td_id_dropout_hide(&dropout, 0, &view);
    size_t hidden = 0;
    bool right = view.index && !view.values;
    for (size_t i = 0; i < IDS && right; i++) {
        right = view.index[i] == -1 || view.index[i] == (int32_t)i;
        hidden += view.index[i] == -1;
    }
    assert_on_all(comm, right && hidden > IDS / 2 - 90 && hidden < IDS / 2 + 90, "half of them");
    td_id_dropout_draw(&dropout, 0, IDS, users, rows);
    for (size_t i = 0; i < IDS && right; i++)
        right = view.index[i] == (int32_t)i;
    assert_on_all(comm, right, "step 0 hides none");
    td_id_dropout_free(&dropout);
}

/* A new trainer of a new model that has the parameters of another takes a step of that one's. */
static bool step_again(td_comm *comm, const layout *l, const td_model *other, int step,
                       td_exact *loss, float *gradient)
{
    static storage s;
    int64_t first;
    td_step_report report;
    td_model *model = model_of(l);
    const size_t bytes = model->parameters.size * sizeof(float);
    memcpy(model->parameters.values, other->parameters.values, bytes);
    td_model_refresh(model, NULL);
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, item_bias_of(l), &limits);
    td_batch batch = batch_of(comm, l, step, &s);
    td_status status =
        td_trainer_step(trainer, &(td_step){.batch = &batch, .number = step}, &report);
    td_trainer_gradient(trainer, gradient);
    *loss = report.losses[0].sum;
    td_trainer_free(trainer);
    td_model_free(model);
    return status == TD_OK;
}

/* The objective of step 1: each task's weight, times its mean loss where that is trained. */
static double objective(td_trainer *trainer, td_model *model, const td_batch *batch)
{
    td_step_report report = {0};
    double sum = 0;
    td_model_refresh(model, NULL);
    cr_assert_eq(td_trainer_step(trainer, &(td_step){.batch = batch, .number = 1, .measures = true},
                                 &report),
                 TD_OK);
    for (size_t k = 0; k < model->tasks; k++) {
        const td_task *task = &model->task[k].is;
        sum += task->weight * ldexp((double)report.losses[k].sum, -TD_EXACT_TOTAL) /
               (task->is_mean ? (double)report.losses[k].rows : 1);
    }
    return sum;
}

/* Along the gradient of one tensor the loss rises as fast as that is long: through histories of
 * both sides, hidden ids, tables that features share, added features, both tasks. */
static void check_gradient(td_comm *alone, const layout *l)
{
    static storage s;
    int64_t first;
    td_model *model = model_of(l);
    td_parameters *p = &model->parameters;
    const td_batch_limits limits = limits_of(alone, l, &first);
    const td_batch batch = batch_of(alone, l, 1, &s);
    float *before = TD_NEW(float, p->size), *gradient = TD_NEW(float, p->size);
    memcpy(before, p->values, p->size * sizeof *before);
    td_trainer *trainer = td_trainer_create(alone, model, item_bias_of(l), &limits);
    td_step_report report;
    cr_assert_eq(td_trainer_step(trainer, &(td_step){.batch = &batch, .number = 1}, &report),
                 TD_OK);
    td_trainer_gradient(trainer, gradient);
    for (size_t i = 0; i < p->count; i++) {
        const size_t from = p->tensor[i].offset, n = td_tensor_size(&p->tensor[i]);
        double squares = 0, values[2];
        for (size_t j = from; j < from + n; j++)
            squares += (double)gradient[j] * (double)gradient[j];
        const float step = (float)(0x1p-11 / sqrt(squares));
        for (int side = 0; side < 2; side++) {
            memcpy(p->values, before, p->size * sizeof *before);
            for (size_t j = from; j < from + n; j++)
                p->values[j] += side ? step * gradient[j] : -step * gradient[j];
            values[side] = objective(trainer, model, &batch);
        }
        const double slope = (values[1] - values[0]) / (2 * 0x1p-11);
        cr_expect_float_eq(slope, sqrt(squares), 0.02 * sqrt(squares) + 1e-4, "%s: %g, not %g",
                           p->tensor[i].name, slope, sqrt(squares));
    }
    td_trainer_free(trainer);
    td_model_free(model);
    td_free(before);
    td_free(gradient);
}

MPI_TEST(step, has_the_gradient_of_its_loss)
{
    static const layout layouts[] = {{60, 20, 3, 1, true, 0}, {60, 20, 3, 2, true, 0}};
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    for (size_t c = 0; c < 2; c++)
        check_gradient(alone, &layouts[c]);
    td_comm_free(alone);
}

/* Every loss, with uniform negatives besides the batch's and alone, and what log q makes of them.
 */
static const negatives_choice choices[] = {
    {TD_LOSS_SOFTMAX, TD_LOG_Q_NONE, 0, 40},
    {TD_LOSS_SOFTMAX, TD_LOG_Q_ALL, 0, 40},
    {TD_LOSS_SOFTMAX, TD_LOG_Q_NEGATIVES, 0, 900},
    {TD_LOSS_SOFTMAX, TD_LOG_Q_ALL, TD_NEGATIVES_UNIFORM, 1500},
    {TD_LOSS_SOFTMAX, TD_LOG_Q_NEGATIVES, TD_NEGATIVES_UNIFORM, 40},
    {TD_LOSS_BSL, TD_LOG_Q_ALL, TD_NEGATIVES_UNIFORM, 60},
    {TD_LOSS_CCL, TD_LOG_Q_NEGATIVES, 0, 60},
    {TD_LOSS_BPR, TD_LOG_Q_ALL, TD_NEGATIVES_UNIFORM, 60},
};
enum { CHOICES = sizeof choices / sizeof *choices };

MPI_TEST(step, has_the_gradient_of_its_loss_with_other_negatives)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    for (size_t c = 0; c < CHOICES; c++) {
        negatives_of_test = choices[c];
        check_gradient(alone, &(layout){60, 20, 3, 1, true, 0});
        negatives_of_test = (negatives_choice){0};
    }
    td_comm_free(alone);
}

MPI_TEST(step, gives_the_same_bits_with_other_negatives)
{
    static const layout layouts[] = {
        {37, 5, 3, 0, false, 0}, {300, 64, 7, 1, true, 0}, {290, 10, 3, 1, true, 7}};
    for (size_t c = 0; c < CHOICES; c++) {
        negatives_of_test = choices[c];
        /* one group where rows are no negatives */
        check_layouts(choices[c].negatives ? 2 : 3, layouts);
        negatives_of_test = (negatives_choice){0};
    }
}

static void check_every_step_again(td_comm *comm, const layout *l)
{
    static storage s;
    int64_t first;
    td_model *model = model_of(l);
    const size_t size = model->parameters.size;
    float *gradient = TD_NEW(float, size), *again = TD_NEW(float, size);
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, item_bias_of(l), &limits);
    for (int step = 1; step <= STEPS; step++) {
        td_exact loss = 0;
        td_step_report report = {0};
        td_batch batch = batch_of(comm, l, step, &s);
        assert_on_all(comm, step_again(comm, l, model, step, &loss, again), td_message());
        assert_on_all(
            comm,
            td_trainer_step(trainer, &(td_step){.batch = &batch, .number = step}, &report) == TD_OK,
            td_message());
        td_trainer_gradient(trainer, gradient);
        assert_on_all(comm, loss == report.losses[0].sum, "loss of the same step again");
        assert_on_all(comm, memcmp(gradient, again, size * sizeof *again) == 0, "its gradient");
    }
    td_free(gradient);
    td_free(again);
    td_trainer_free(trainer);
    td_model_free(model);
}

/* Nothing is left of the steps before: of their columns, sums or derived parameters. */
MPI_TEST(step, depends_on_parameters_and_rows_alone)
{
    td_comm *comm = job_comm();
    check_every_step_again(comm, &(layout){300, 64, 7, 2, false, 0});
    check_every_step_again(comm, &(layout){300, 64, 7, 2, true, 0});
}

/* The steps of two epochs; returns how many blocks of memory the second took. */
static int64_t count_blocks(td_comm *comm, const layout *l)
{
    static storage s[STEPS];
    int64_t first, taken = 0;
    td_model *model = model_of(l);
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, item_bias_of(l), &limits);
    td_batch batch[STEPS];
    for (int step = 0; step < STEPS; step++)
        batch[step] = batch_of(comm, l, step, &s[step]);
    for (int64_t number = 1; number <= 2 * STEPS; number++) {
        const int64_t step = (number - 1) % STEPS, before = td_allocations();
        td_step_report report;
        const td_step now = {.batch = &batch[step],
                             .next = step + 1 < STEPS ? &batch[step + 1] : NULL,
                             .number = number};
        assert_on_all(comm, td_trainer_step(trainer, &now, &report) == TD_OK, td_message());
        taken += number > STEPS ? td_allocations() - before : 0;
    }
    td_trainer_free(trainer);
    td_model_free(model);
    return taken;
}

/* Dense gradients by all and by owners, items counted by lists and by a histogram, negatives of the
 * batch and of groups. */
MPI_TEST(step, takes_no_memory_once_it_has_met_the_largest)
{
    static const layout layouts[] = {{300, 64, 7, 2, false, 0},
                                     {1400, 128, 1, 1, false, 0},
                                     {300, 20, 7, 1, true, 0},
                                     {300, 20, 7, 1, true, 4}};
    td_comm *comm = job_comm();
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        char what[64];
        const int64_t taken = count_blocks(comm, &layouts[i]);
        snprintf(what, sizeof what, "layout %zu took %lld blocks", i, (long long)taken);
        assert_on_all(comm, taken == 0, what);
    }
}

/* Brings values and states back to what they were. */
static void restore(td_model *model, const float *values)
{
    td_parameters *p = &model->parameters;
    memcpy(p->values, values, p->size * sizeof(float));
    for (size_t i = 0; i < p->states; i++)
        memcpy(p->state[i], values + (i + 1) * p->size, p->size * sizeof(float));
    td_model_refresh(model, NULL);
}

static void check_again(td_comm *comm, const layout *l)
{
    static storage s[2];
    int64_t first;
    td_model *model = model_of(l);
    const td_parameters *p = &model->parameters;
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, item_bias_of(l), &limits);
    const td_batch batch = batch_of(comm, l, 0, &s[0]), next = batch_of(comm, l, 1, &s[1]);
    for (int64_t i = 0; i < next.rows.count; i++) /* step 2 has other counts of items */
        s[1].item[i] = (int32_t)((s[1].item[i] + i % 3) % ITEMS);
    const td_step now = {.batch = &batch, .next = &next, .number = 1},
                  then = {.batch = &next, .number = 2};
    float *before = TD_NEW(float, (1 + p->states) * p->size);
    float *gradient = TD_NEW(float, 4 * p->size);
    memcpy(before, p->values, p->size * sizeof(float));
    for (size_t i = 0; i < p->states; i++)
        memcpy(before + (i + 1) * p->size, p->state[i], p->size * sizeof(float));
    td_exact loss[4];
    for (size_t i = 0; i < 4; i++) { /* step 1, again from its inputs, and the same of step 2 */
        restore(model, before);
        td_step_report report;
        assert_on_all(comm, td_trainer_step(trainer, i < 2 ? &now : &then, &report) == TD_OK,
                      td_message());
        loss[i] = report.losses[0].sum;
        td_trainer_gradient(trainer, gradient + i * p->size);
    }
    for (size_t i = 0; i < 4; i += 2) {
        assert_on_all(comm, loss[i] == loss[i + 1], "the loss");
        assert_on_all(comm,
                      memcmp(gradient + i * p->size, gradient + (i + 1) * p->size,
                             p->size * sizeof(float)) == 0,
                      "the gradient");
    }
    assert_on_all(comm, loss[0] != loss[2], "two steps");
    td_free(before);
    td_free(gradient);
    td_trainer_free(trainer);
    td_model_free(model);
}

/* Nothing of its inputs is consumed, the early counts of its items neither. */
MPI_TEST(step, runs_again_from_its_inputs)
{
    td_comm *comm = job_comm();
    check_again(comm, &(layout){300, 64, 7, 2, false, 0});
    check_again(comm, &(layout){1400, 128, 1, 1, false, 0});
    check_again(comm, &(layout){300, 20, 7, 1, true, 4});
}

static void check_measured(td_comm *comm, const layout *l, double retrieval, double rating)
{
    static storage s;
    int64_t first;
    td_model *model = model_of(l);
    const size_t bytes = model->parameters.size * sizeof(float);
    model->task[0].is.weight = retrieval;
    model->task[1].is.weight = rating;
    float *before = TD_NEW(float, model->parameters.size);
    memcpy(before, model->parameters.values, bytes);
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, item_bias_of(l), &limits);
    td_batch batch = batch_of(comm, l, 1, &s);
    td_step_report report = {0};
    assert_on_all(comm,
                  td_trainer_step(trainer,
                                  &(td_step){.batch = &batch, .number = 1, .measures = true},
                                  &report) == TD_OK,
                  td_message());
    const td_task_loss measured[] = {report.losses[0], report.losses[1]};
    assert_on_all(comm, report.rows == l->rows, "rows");
    assert_on_all(comm, memcmp(before, model->parameters.values, bytes) == 0, "a change");
    assert_on_all(
        comm, td_trainer_step(trainer, &(td_step){.batch = &batch, .number = 1}, &report) == TD_OK,
        td_message());
    assert_on_all(comm, report.rows == l->rows, "rows");
    assert_on_all(comm, measured[0].sum > 0 && measured[1].sum > 0, "no loss");
    assert_on_all(comm, report.losses[0].sum == (retrieval > 0 ? measured[0].sum : 0), "retrieval");
    assert_on_all(comm, report.losses[1].sum == (rating > 0 ? measured[1].sum : 0), "rating");
    td_free(before);
    td_trainer_free(trainer);
    td_model_free(model);
}

/* One step; norms (3) or NULL. The caller frees the gradient. */
static float *step_with_norms(td_comm *comm, const layout *l, double *norms)
{
    static storage s;
    int64_t first;
    td_step_report report;
    td_model *model = model_of(l);
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, item_bias_of(l), &limits);
    const td_batch batch = batch_of(comm, l, 1, &s);
    const td_step step = {.batch = &batch, .number = 1, .norms = norms != NULL};
    float *gradient = TD_NEW(float, model->parameters.size);
    assert_on_all(comm, td_trainer_step(trainer, &step, &report) == TD_OK, td_message());
    if (norms)
        td_trainer_norms(trainer, norms);
    td_trainer_gradient(trainer, gradient);
    td_trainer_free(trainer);
    td_model_free(model);
    return gradient;
}

/* Each row of this layout has a user of its own, whose embedding is the query tower's output: the
 * gradient of the table is that of the output. */
static void check_norm_of_one_task(td_comm *comm)
{
    const layout l = {37, 5, 3, 0, false, 0};
    double norms[3], square = 0;
    size_t users;
    td_model *model = model_of(&l);
    float *gradient = step_with_norms(comm, &l, norms);
    td_parameters_find(&model->parameters, "user_table/weight", &users);
    const td_tensor *table = &model->parameters.tensor[users];
    for (size_t i = 0; i < td_tensor_size(table); i++)
        square += pow((double)gradient[table->offset + i], 2);
    cr_assert_float_eq(norms[0], sqrt(square), 1e-5);
    cr_assert_eq(norms[1], norms[0], "of the one task, and of all");
    td_free(gradient);
    td_model_free(model);
}

MPI_TEST(step, tells_the_norms_of_gradients_and_moves_no_other_bit)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    const layout l = {300, 64, 7, 2, true, 0};
    double norms[3], expected[3];
    check_norm_of_one_task(comm);
    float *with = step_with_norms(comm, &l, norms), *without = step_with_norms(comm, &l, NULL);
    float *one = step_with_norms(alone, &l, expected);
    td_model *model = model_of(&l);
    const size_t bytes = model->parameters.size * sizeof *one;
    assert_on_all(comm, memcmp(with, without, bytes) == 0, "the gradient");
    assert_on_all(comm, memcmp(norms, expected, sizeof norms) == 0, "norms on other ranks");
    assert_on_all(comm,
                  norms[0] > 0 && norms[1] > 0 && norms[2] <= norms[0] + norms[1] + 1e-6 &&
                      norms[2] >= fabs(norms[0] - norms[1]) - 1e-6,
                  "the sides of a triangle");
    td_free(with);
    td_free(without);
    td_free(one);
    td_model_free(model);
    td_comm_free(alone);
}

/* A task of weight 0 is not computed in training, but measured; measuring changes nothing. */
MPI_TEST(step, measures_tasks_that_it_does_not_train)
{
    td_comm *comm = job_comm();
    const layout l = {37, 5, 3, 1, true, 0};
    check_measured(comm, &l, 1, 0.5);
    check_measured(comm, &l, 0, 1);
    check_measured(comm, &l, 2, 0);
}

/* Adds the losses of a group's rows as a batch of their own. */
static void measure_group(td_comm *alone, const layout *l, const td_batch *whole, size_t group,
                          td_task_loss *sums)
{
    static int64_t offsets[ROWS_MAX + 1];
    static size_t group_tiles[2];
    const size_t first = whole->group_tiles[group];
    const int64_t row = whole->offsets[first];
    td_batch batch = {.all_rows = whole->offsets[whole->group_tiles[group + 1]] - row,
                      .tiles = whole->group_tiles[group + 1] - first,
                      .offsets = offsets,
                      .groups = 1,
                      .group_tiles = group_tiles};
    const layout one = {l->rows, l->tile_rows, l->ranges, l->layers, l->everything, 0};
    td_step_report report = {0};
    int64_t first_row;
    for (size_t t = 0; t <= batch.tiles; t++)
        offsets[t] = whole->offsets[first + t] - row;
    group_tiles[1] = batch.tiles;
    td_field fields[TIME_FIELDS];
    int32_t *bucket = td_frame_values(&whole->rows.frame, "feature/timestamp_buckets");
    float *time = td_frame_values(&whole->rows.frame, "feature/timestamp");
    batch.rows =
        (td_rows){.count = offsets[batch.tiles],
                  .user = whole->rows.user + row,
                  .item = whole->rows.item + row,
                  .row = whole->rows.row + row,
                  .rating = whole->rows.rating + row,
                  .weight = whole->rows.weight + row,
                  .frame = times_of(fields, offsets[batch.tiles], bucket + row, time + row)};
    td_field past = whole->lists.field[0];
    past.offsets += row;
    batch.lists = (td_frame){.count = offsets[batch.tiles], .fields = 1, .field = &past};
    td_model *model = model_of(&one);
    const td_batch_limits limits = limits_of(alone, &one, &first_row);
    td_trainer *trainer = td_trainer_create(alone, model, item_bias_of(&one), &limits);
    cr_assert_eq(td_trainer_step(
                     trainer, &(td_step){.batch = &batch, .number = 1, .measures = true}, &report),
                 TD_OK);
    td_task_losses_add(model->tasks, sums, report.losses);
    td_trainer_free(trainer);
    td_model_free(model);
}

static void check_groups(td_comm *comm, td_comm *alone, const layout *l)
{
    static storage mine, everyones;
    int64_t first;
    td_model *model = model_of(l);
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, item_bias_of(l), &limits);
    const td_batch batch = batch_of(comm, l, 1, &mine), whole = batch_of(alone, l, 1, &everyones);
    td_step_report report = {0};
    td_task_loss expected[2] = {0};
    assert_on_all(comm,
                  td_trainer_step(trainer,
                                  &(td_step){.batch = &batch, .number = 1, .measures = true},
                                  &report) == TD_OK,
                  td_message());
    for (size_t g = 0; g < whole.groups; g++)
        measure_group(alone, l, &whole, g, expected);
    assert_on_all(comm, whole.groups == (size_t)l->groups, "groups");
    assert_on_all(comm, report.rows == l->rows && expected[0].rows == l->rows, "rows");
    assert_on_all(comm, report.losses[0].sum == expected[0].sum, "retrieval loss");
    if (l->everything)
        assert_on_all(comm, report.losses[1].sum == expected[1].sum, "rating loss");
    td_trainer_free(trainer);
    td_model_free(model);
}

/* The negatives of a row are the rows of its group, wherever they are: its loss is that of a batch
 * which is the group, to the bit. */
MPI_TEST(step, finds_negatives_in_the_group)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    check_groups(comm, alone, &(layout){300, 20, 7, 1, false, 2});
    check_groups(comm, alone, &(layout){300, 20, 7, 1, true, 4});
    check_groups(comm, alone, &(layout){290, 10, 3, 1, true, 29});
    td_comm_free(alone);
}

/* Which rows train which task, by their number in the step: two in three train retrieval, and the
 * head the same or, if tasks differ, every other. */
typedef struct {
    uint8_t of[2][ROWS_MAX];
    const uint8_t *tasks[2];
} chosen;

static void choose(td_comm *comm, const layout *l, bool differ, td_batch *batch, chosen *c)
{
    int64_t first;
    limits_of(comm, l, &first);
    for (int64_t i = 0; i < batch->rows.count; i++) {
        c->of[0][i] = (first + i) % 3 != 1;
        c->of[1][i] = (uint8_t)(differ ? (first + i) % 2 == 0 : c->of[0][i]);
    }
    c->tasks[0] = c->of[0];
    c->tasks[1] = c->of[1];
    batch->trains = c->tasks;
}

/* Gives row n, whose list follows those of the rows before, the list of row i. */
static void keep_list(td_frame *lists, int64_t i, int64_t n)
{
    td_field *field = &lists->field[0];
    int32_t *ids = field->values;
    const int64_t from = field->offsets[i], count = field->offsets[i + 1] - from;
    memmove(ids + field->offsets[n], ids + from, (size_t)count * sizeof *ids);
    field->offsets[n + 1] = field->offsets[n] + count;
}

/* Leaves the rows that train a task, in their tiles. */
static void keep_chosen(td_batch *batch, const uint8_t *trains)
{
    int64_t n = 0, i = 0;
    td_rows *r = &batch->rows;
    int32_t *bucket = td_frame_values(&r->frame, "feature/timestamp_buckets");
    float *time = td_frame_values(&r->frame, "feature/timestamp");
    for (size_t t = 0; t < batch->tiles; t++) {
        for (; i < batch->offsets[t + 1]; i++) {
            r->user[n] = r->user[i];
            r->item[n] = r->item[i];
            r->rating[n] = r->rating[i];
            r->weight[n] = r->weight[i];
            r->row[n] = r->row[i];
            keep_list(&batch->lists, i, n);
            bucket[n] = bucket[i];
            time[n] = time[i];
            n += trains[i] != 0;
        }
        batch->offsets[t + 1] = n;
    }
    batch->all_rows = r->count = n;
    batch->trains = NULL;
}

/* A step of a new model: its losses and, if gradient is not NULL, its gradient. */
static void step_once(td_comm *comm, const layout *l, const td_batch *batch, bool selects,
                      td_task_loss *losses, float *gradient)
{
    int64_t first;
    td_step_report report = {0};
    td_model *model = model_of(l);
    td_batch_limits limits = limits_of(comm, l, &first);
    limits.selects = selects;
    td_trainer *trainer = td_trainer_create(comm, model, item_bias_of(l), &limits);
    const td_step step = {.batch = batch, .number = 1};
    assert_on_all(comm, td_trainer_step(trainer, &step, &report) == TD_OK, td_message());
    memcpy(losses, report.losses, model->tasks * sizeof *losses);
    td_trainer_gradient(trainer, gradient);
    td_trainer_free(trainer);
    td_model_free(model);
}

static size_t gradient_size(const layout *l)
{
    td_model *model = model_of(l);
    const size_t size = model->parameters.size;
    td_model_free(model);
    return size;
}

/* Rows that do not train are as good as absent: of columns, losses, denominators and gradients. */
static void check_absent(td_comm *alone, const layout *l)
{
    static storage s, kept;
    static chosen c;
    td_task_loss some[2] = {0}, only[2] = {0};
    const size_t size = gradient_size(l);
    float *of_some = TD_NEW(float, size), *of_only = TD_NEW(float, size);
    td_batch batch = batch_of(alone, l, 1, &s), left = batch_of(alone, l, 1, &kept);
    choose(alone, l, false, &batch, &c);
    keep_chosen(&left, c.of[0]);
    step_once(alone, l, &batch, true, some, of_some);
    step_once(alone, l, &left, false, only, of_only);
    double largest = 0, error = 0;
    for (size_t i = 0; i < size; i++) {
        largest = fmax(largest, fabs((double)of_only[i]));
        error = fmax(error, fabs((double)of_some[i] - (double)of_only[i]));
    }
    cr_assert_lt(error, 1e-5 * largest, "the gradient is off by %g of %g", error, largest);
    cr_assert_eq(some[0].rows, left.all_rows);
    cr_assert_eq(only[0].rows, left.all_rows);
    cr_assert_float_eq((double)some[0].sum, (double)only[0].sum, 1e-6 * (double)only[0].sum);
    cr_assert_eq(some[1].sum, only[1].sum, "a head sees nothing of other rows");
    cr_assert_eq(some[1].rows, only[1].rows);
    td_free(of_some);
    td_free(of_only);
}

/* Tasks that differ in their rows, on every layout. */
static void check_differing(td_comm *comm, td_comm *alone, const layout *l)
{
    static storage s, all;
    static chosen c, everyones;
    td_task_loss losses[2] = {0}, expected[2] = {0};
    const size_t size = gradient_size(l);
    float *ours = TD_NEW(float, size), *whole = TD_NEW(float, size);
    td_batch mine = batch_of(comm, l, 1, &s), batch = batch_of(alone, l, 1, &all);
    choose(comm, l, true, &mine, &c);
    choose(alone, l, true, &batch, &everyones);
    for (int threads = 1; threads <= 2; threads++) {
        omp_set_num_threads(threads);
        step_once(comm, l, &mine, true, losses, ours);
        step_once(alone, l, &batch, true, expected, whole);
        assert_on_all(comm, memcmp(losses, expected, sizeof losses) == 0, "losses");
        assert_on_all(comm, memcmp(ours, whole, size * sizeof *ours) == 0, "gradients");
    }
    assert_on_all(comm, !l->everything || losses[0].rows != losses[1].rows, "rows of the tasks");
    td_free(ours);
    td_free(whole);
}

MPI_TEST(step, trains_a_task_on_its_rows_alone)
{
    static const layout layouts[] = {{300, 64, 7, 1, false, 0},
                                     {1400, 128, 5, 1, false, 0},
                                     {300, 64, 7, 2, true, 0},
                                     {300, 20, 7, 1, true, 4}};
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        if (td_comm_size(comm) == 1)
            check_absent(alone, &layouts[i]);
        check_differing(comm, alone, &layouts[i]);
    }
    td_comm_free(alone);
}

/* What is wrong on one rank: a parameter of the user of its first row, of an item that it embeds,
 * or that row's weight. */
typedef enum { BAD_USER, BAD_ITEM, BAD_WEIGHT, BAD_KINDS } bad_place;

static float *place_of(td_model *model, storage *s, int32_t item, bad_place where)
{
    const td_parameters *p = &model->parameters;
    const size_t user_table = model->query.reads.feature[0].tensor;
    const size_t item_table = model->candidate.reads.feature[0].tensor;
    switch (where) {
    case BAD_USER:
        return td_parameters_values(p, user_table) + (size_t)s->user[0] * 6 + 2;
    case BAD_ITEM:
        return td_parameters_values(p, item_table) + (size_t)item * 6 + 5;
    default:
        return &s->weight[0];
    }
}

/* The rank that uses what is wrong: the last, which has rows where any has, or the item's owner. */
static int rank_of(td_comm *comm, const layout *l, bad_place where, int32_t item)
{
    int size = td_comm_size(comm), rank = 0;
    if (where != BAD_ITEM)
        return size - 1;
    while (td_share(ITEMS, td_share(l->ranges, rank + 1, size), l->ranges) <= item)
        rank++;
    return rank;
}

/* Takes one step, with a bad number on one rank. True if it ended as it must: refused by all,
 * named, and nothing changed. */
static bool is_refused(td_trainer *trainer, td_model *model, td_comm *comm, const layout *l,
                       bad_place where, float bad)
{
    static storage s;
    const size_t bytes = model->parameters.size * sizeof(float);
    td_step_report report = {.rows = -1};
    td_batch batch = batch_of(comm, l, 0, &s);
    int32_t item = s.item[0];
    td_comm_broadcast(comm, td_comm_size(comm) - 1, &item, sizeof item);
    bool mine = td_comm_rank(comm) == rank_of(comm, l, where, item);
    float *place = mine ? place_of(model, &s, item, where) : NULL;
    float good = place ? *place : 0;
    if (place)
        *place = bad;
    float *before = TD_NEW(float, 2 * model->parameters.size);
    memcpy(before, model->parameters.values, bytes);
    memcpy(before + model->parameters.size, model->parameters.state[0], bytes);
    td_status status = td_trainer_step(trainer, &(td_step){.batch = &batch, .number = 77}, &report);
    bool right = status == TD_ERR_NUMERIC && strncmp(td_message(), "step 77: ", 9) == 0 &&
                 (strstr(td_message(), " embeddings has a term of size ") != NULL ||
                  strstr(td_message(), "user_table/weight") != NULL ||
                  strstr(td_message(), "item_table/weight") != NULL ||
                  strstr(td_message(), "dense_0/kernel") != NULL) &&
                 memcmp(before, model->parameters.values, bytes) == 0 &&
                 memcmp(before + model->parameters.size, model->parameters.state[0], bytes) == 0 &&
                 report.rows == -1;
    if (place)
        *place = good;
    td_model_refresh(model, NULL);
    td_free(before);
    return right;
}

static void refuse_all(td_comm *comm, const layout *l)
{
    static storage s;
    const float bad[] = {NAN, INFINITY, -INFINITY, 1e30F, -1e30F};
    /* A huge user that prefers its own item has no loss at all; what is normalized is not huge. */
    const size_t all = l->everything ? 1 : 5, kinds[] = {l->everything ? 1 : 3, all, all};
    int64_t first;
    td_model *model = model_of(l);
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, item_bias_of(l), &limits);
    for (bad_place where = 0; where < BAD_KINDS; where++)
        for (size_t i = 0; i < kinds[where]; i++) {
            char what[96];
            bool right = is_refused(trainer, model, comm, l, where, bad[i]);
            snprintf(what, sizeof what, "%g in place %d: '%.40s'", (double)bad[i], (int)where,
                     td_message());
            assert_on_all(comm, right, what);
        }
    outcome expected = train(comm, l, 1); /* what was refused has left nothing behind */
    for (int step = 0; step < STEPS; step++) {
        td_step_report report;
        td_batch batch = batch_of(comm, l, step, &s);
        assert_on_all(comm,
                      td_trainer_step(trainer, &(td_step){.batch = &batch, .number = step + 1},
                                      &report) == TD_OK,
                      "a step");
    }
    assert_on_all(comm,
                  memcmp(expected.model->parameters.values, model->parameters.values,
                         model->parameters.size * sizeof(float)) == 0,
                  "the steps after a refused one");
    outcome_free(&expected);
    td_trainer_free(trainer);
    td_model_free(model);
}

MPI_TEST(step, stops_every_rank_at_a_number_that_is_none)
{
    td_comm *comm = job_comm();
    refuse_all(comm, &(layout){37, 5, 3, 0, false, 0});
    refuse_all(comm, &(layout){37, 5, 3, 1, false, 0});
    refuse_all(comm,
               &(layout){37, 5, 1, 0, false, 0}); /* ranks that see nothing of it themselves */
    refuse_all(comm, &(layout){37, 5, 3, 1, true, 0});
}
