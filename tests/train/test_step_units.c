/* Steps whose terms do not fit the finest units of exact sums: the gradient that doubles give, the
 * bits of one rank on every layout, units that come back when they are not needed. */
#include "base/memory.h"
#include "job.h"
#include "layouts.h"
#include "ranks.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

MPI_SUITE(step_units)

#define HEAVY 0x1p24F

static void make_heavy(td_comm *comm, const layout *l, storage *s)
{
    (void)comm;
    for (int64_t i = 0; i < l->rows; i++)
        s->weight[i] *= HEAVY;
}

/* Labels far from any prediction: the largest terms are losses. */
static void make_labels_large(td_comm *comm, const layout *l, storage *s)
{
    (void)comm;
    for (int64_t i = 0; i < l->rows; i++)
        s->rating[i] *= 352698;
}

static void make_all_large(td_comm *comm, const layout *l, storage *s)
{
    make_heavy(comm, l, s);
    make_labels_large(comm, l, s);
}

static int coarsest(const td_model *model)
{
    int most = 0;
    for (size_t k = 0; k < td_model_terms(model); k++)
        most = model->units[k].coarser > most ? model->units[k].coarser : most;
    return most;
}

static bool same(const outcome *x, const outcome *y)
{
    const td_parameters *a = &x->model->parameters, *b = &y->model->parameters;
    const size_t bytes = a->size * sizeof(float);
    bool equal = memcmp(x->losses, y->losses, sizeof x->losses) == 0 &&
                 memcmp(a->values, b->values, bytes) == 0 &&
                 memcmp(x->gradient, y->gradient, bytes) == 0 &&
                 memcmp(x->model->units, y->model->units,
                        td_model_terms(x->model) * sizeof *x->model->units) == 0;
    for (size_t i = 0; i < a->states; i++)
        equal = equal && memcmp(a->state[i], b->state[i], bytes) == 0;
    return equal;
}

typedef void change_rows(td_comm *comm, const layout *l, storage *s);

static outcome train(td_comm *comm, const layout *l, int threads, change_rows *change)
{
    omp_set_num_threads(threads);
    return take_steps(comm, l, model_of(l), change);
}

static void check_layout(td_comm *comm, td_comm *alone, const layout *l, change_rows *change)
{
    outcome expected = train(alone, l, 1, change);
    assert_on_all(comm, coarsest(expected.model) > 0, "the finest units were enough");
    for (int threads = 1; threads <= 3; threads++) {
        char what[96];
        outcome o = train(comm, l, threads, change);
        snprintf(what, sizeof what, "%lld rows with %d threads%s: other bits", (long long)l->rows,
                 threads, l->everything ? ", everything on" : "");
        assert_on_all(comm, same(&o, &expected), what);
        outcome_free(&o);
    }
    outcome_free(&expected);
}

/* Dense gradients by all and by owners, towers, tables that are met, groups, both tasks. */
MPI_TEST(step_units, give_the_bits_of_one_rank_on_every_layout)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    check_layout(comm, alone, &(layout){300, 64, 7, 2, false, 0}, make_heavy);
    check_layout(comm, alone, &(layout){260, 100, 64, 0, false, 0}, make_heavy);
    check_layout(comm, alone, &(layout){300, 20, 7, 1, true, 4}, make_all_large);
    check_layout(comm, alone, &(layout){300, 64, 7, 2, true, 0}, make_labels_large);
    td_comm_free(alone);
}

/* One row in doubles: the scores of all columns, and what it adds to the gradients of u and V. */
static double add_row(const td_model *model, const storage *s, int64_t i, const int32_t *count,
                      double *du, double *dv)
{
    const size_t width = model->query.width;
    const double inverse = 1 / model->config.retrieval_temperature, w = (double)s->weight[i];
    const float *u =
        td_parameters_row(&model->parameters, model->query.reads.feature[0].tensor, s->user[i]);
    const size_t items = model->candidate.reads.feature[0].tensor;
    double score[ITEMS], z = 0;
    for (int32_t j = 0; j < ITEMS; j++) {
        const float *v = td_parameters_row(&model->parameters, items, j);
        score[j] = 0;
        for (size_t k = 0; k < width; k++)
            score[j] += (double)u[k] * (double)v[k] * inverse;
        z += count[j] * exp(score[j]);
    }
    for (int32_t j = 0; j < ITEMS; j++) {
        const float *v = td_parameters_row(&model->parameters, items, j);
        const double ds = w * inverse * (count[j] * exp(score[j]) / z - (j == s->item[i]));
        for (size_t k = 0; k < width; k++) {
            du[k] += ds * (double)v[k];
            dv[(size_t)j * width + k] += ds * (double)u[k];
        }
    }
    return w * (log(z) - score[s->item[i]]);
}

/* The largest difference over the largest element. */
static double distance(size_t n, const float *x, const double *y)
{
    double most = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs((double)x[i] - y[i]));
        largest = fmax(largest, fabs(y[i]));
    }
    return most / largest;
}

/* Towers that are tables alone: the loss and its gradient by the book. */
MPI_TEST(step_units, give_the_gradient_that_doubles_give)
{
    static const layout l = {260, 100, 64, 0, false, 0};
    static storage mine, all;
    static double du[USERS * 8], dv[ITEMS * 8];
    int64_t first;
    int32_t count[ITEMS] = {0};
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    td_model *model = model_of(&l);
    const size_t width = model->query.width, size = model->parameters.size;
    batch_of(alone, &l, 1, &all);
    make_heavy(comm, &l, &all);
    double loss = 0;
    for (int64_t i = 0; i < l.rows; i++)
        count[all.item[i]]++;
    for (int64_t i = 0; i < l.rows; i++)
        loss += add_row(model, &all, i, count, du + (size_t)all.user[i] * width, dv);
    const td_batch_limits limits = limits_of(comm, &l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, NULL, &limits);
    const td_batch batch = batch_of(comm, &l, 1, &mine);
    make_heavy(comm, &l, &mine);
    td_step_report report;
    const td_step step = {.batch = &batch, .number = 1};
    assert_on_all(comm, td_trainer_step(trainer, &step, &report) == TD_OK, td_message());
    float *gradient = TD_NEW(float, size);
    td_trainer_gradient(trainer, gradient);
    const td_tensor *tensor = model->parameters.tensor;
    const size_t user = model->query.reads.feature[0].tensor,
                 item = model->candidate.reads.feature[0].tensor;
    assert_on_all(comm, distance(USERS * width, gradient + tensor[user].offset, du) < 1e-5, "dU");
    assert_on_all(comm, distance(ITEMS * width, gradient + tensor[item].offset, dv) < 1e-5, "dV");
    assert_on_all(comm, fabs(td_task_loss_sum(&report.losses[0]) / loss - 1) < 1e-6, "the loss");
    assert_on_all(comm, model->units[user].coarser > 0 && model->units[item].coarser > 0, "units");
    td_free(gradient);
    td_trainer_free(trainer);
    td_model_free(model);
    td_comm_free(alone);
}

/* Steps with rows that are heavy at first, and then as they are. */
typedef struct {
    td_comm *comm;
    const layout *l;
    td_model *model;
    td_trainer *trainer;
} training;

static training training_of(td_comm *comm, const layout *l)
{
    int64_t first;
    training t = {.comm = comm, .l = l, .model = model_of(l)};
    const td_batch_limits limits = limits_of(comm, l, &first);
    t.trainer = td_trainer_create(comm, t.model, item_bias_of(l), &limits);
    return t;
}

static void training_free(training *t)
{
    td_trainer_free(t->trainer);
    td_model_free(t->model);
}

/* Takes step number; tells where its losses' units are. */
static int step_of(const training *t, int64_t number, bool is_heavy, bool knows_next)
{
    static storage s[2];
    td_step_report report;
    const td_batch batch = batch_of(t->comm, t->l, number % STEPS, &s[0]);
    const td_batch next = batch_of(t->comm, t->l, (number + 1) % STEPS, &s[1]);
    if (is_heavy)
        make_heavy(t->comm, t->l, &s[0]);
    const td_step step = {
        .batch = &batch, .next = knows_next ? &next : NULL, .number = number, .requests = 5};
    assert_on_all(t->comm, td_trainer_step(t->trainer, &step, &report) == TD_OK, td_message());
    assert_on_all(t->comm, report.requests == 5, "requests");
    return report.losses[0].coarser;
}

MPI_TEST(step_units, come_back_and_leave_no_trace)
{
    static const layout l = {300, 64, 7, 2, false, 0};
    td_comm *comm = job_comm();
    training t = training_of(comm, &l), other = training_of(comm, &l);
    const int there = step_of(&t, 1, true, true);
    assert_on_all(comm, there > 0 && coarsest(t.model) > 0, "a heavy step has coarse units");
    for (int64_t number = 2; number <= TD_SUM_UNIT_STEPS; number++)
        assert_on_all(comm, step_of(&t, number, false, true) == there, "and those after it");
    const int last = step_of(&t, TD_SUM_UNIT_STEPS + 1, false, false);
    assert_on_all(comm, last == there && coarsest(t.model) == 0, "until they were not needed");
    const size_t bytes = t.model->parameters.size * sizeof(float);
    memcpy(other.model->parameters.values, t.model->parameters.values, bytes);
    memcpy(other.model->parameters.state[0], t.model->parameters.state[0], bytes);
    td_model_refresh(other.model, NULL);
    step_of(&t, 70, false, false);
    step_of(&other, 70, false, false);
    assert_on_all(comm,
                  memcmp(other.model->parameters.values, t.model->parameters.values, bytes) == 0,
                  "the next step is as without them");
    training_free(&t);
    training_free(&other);
}

/* A trainer that starts in the middle goes on as the one that came there. */
MPI_TEST(step_units, are_all_that_a_start_in_the_middle_needs)
{
    static const layout l = {300, 64, 7, 2, true, 4};
    td_comm *comm = job_comm();
    training t = training_of(comm, &l), other = training_of(comm, &l);
    for (int64_t number = 1; number <= 40; number++)
        step_of(&t, number, number % 30 == 1, number % 7 > 0);
    const td_parameters *from = &t.model->parameters, *to = &other.model->parameters;
    memcpy(to->values, from->values, from->size * sizeof(float));
    for (size_t i = 0; i < from->states; i++)
        memcpy(to->state[i], from->state[i], from->size * sizeof(float));
    memcpy(other.model->units, t.model->units, td_model_terms(t.model) * sizeof *t.model->units);
    td_model_refresh(other.model, NULL);
    assert_on_all(comm, coarsest(t.model) > 0, "the middle of a phase");
    for (int64_t number = 41; number <= 2 * TD_SUM_UNIT_STEPS + 2; number++) { /* of two needs */
        step_of(&t, number, false, true);
        step_of(&other, number, false, false); /* counts of items that were taken early, or not */
    }
    assert_on_all(comm, coarsest(t.model) == 0, "its end");
    assert_on_all(comm, memcmp(to->values, from->values, from->size * sizeof(float)) == 0, "bits");
    training_free(&t);
    training_free(&other);
}

/* What measures leaves the units as they are, and tells those of its losses. */
MPI_TEST(step_units, are_not_moved_by_what_measures)
{
    static const layout l = {300, 64, 7, 2, true, 0};
    static storage s;
    td_comm *comm = job_comm();
    training t = training_of(comm, &l);
    const td_batch batch = batch_of(comm, &l, 1, &s);
    td_step_report report;
    const td_step step = {.batch = &batch, .number = 1, .measures = true};
    assert_on_all(comm, td_trainer_step(t.trainer, &step, &report) == TD_OK, td_message());
    const double light = td_task_loss_sum(&report.losses[0]);
    make_heavy(comm, &l, &s);
    assert_on_all(comm, td_trainer_step(t.trainer, &step, &report) == TD_OK, td_message());
    const double heavy = td_task_loss_sum(&report.losses[0]);
    assert_on_all(comm, report.losses[0].coarser > 0 && coarsest(t.model) == 0, "units");
    assert_on_all(comm, fabs(heavy / light / (double)HEAVY - 1) < 1e-5, "the loss");
    training_free(&t);
}

/* The norms of gradients of rows that are heavy, over those of rows that are not. */
MPI_TEST(step_units, have_norms_of_any_size)
{
    static const layout l = {300, 64, 7, 2, true, 0};
    static storage s;
    double norms[2][3];
    td_comm *comm = job_comm();
    for (int heavy = 0; heavy < 2; heavy++) {
        training t = training_of(comm, &l);
        const td_batch batch = batch_of(comm, &l, 1, &s);
        if (heavy)
            make_heavy(comm, &l, &s);
        td_step_report report;
        const td_step step = {.batch = &batch, .number = 1, .norms = true};
        assert_on_all(comm, td_trainer_step(t.trainer, &step, &report) == TD_OK, td_message());
        td_trainer_norms(t.trainer, norms[heavy]);
        training_free(&t);
    }
    for (size_t k = 0; k < 3; k++)
        assert_on_all(comm, fabs(norms[1][k] / norms[0][k] / (double)HEAVY - 1) < 1e-3, "a norm");
}
