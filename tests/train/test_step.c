/* The training step on several ranks: the bits of one rank alone, for every number of threads and
 * for layouts that nothing divides; and a number that is none stops all ranks before the update. */
#include "train/step.h"

#include "base/memory.h"
#include "base/share.h"
#include "ranks.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

enum { USERS = 50, ITEMS = 700, STEPS = 3, ROWS_MAX = 1000 };

TestSuite(step, .timeout = 100);

/* One way to cut a batch. */
typedef struct {
    int64_t rows;
    int64_t tile_rows;
    int64_t ranges;
    size_t layers;
} layout;

/* A batch that one rank holds whole. */
typedef struct {
    int32_t user[ROWS_MAX], item[ROWS_MAX];
    float weight[ROWS_MAX];
    int64_t offsets[ROWS_MAX + 1];
} storage;

static td_model *model_of(const layout *l)
{
    td_config config;
    td_kernels kernels;
    td_model *model;
    td_config_defaults(&config);
    config.model_width = 6;
    config.query_tower = config.candidate_tower = (td_int_list){l->layers, {5, 7}};
    config.retrieval_temperature = 0.5;
    config.train_item_ranges = l->ranges;
    const td_sizes sizes = {.users = USERS, .items = ITEMS};
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    cr_assert_eq(td_model_create(&config, &sizes, NULL, &kernels, &model), TD_OK);
    td_model_initialize(model);
    for (size_t i = model->parameters.dense_size; i < model->parameters.size; i++)
        model->parameters.values[i] *= 8; /* tables, far from the start's even scores */
    td_model_refresh(model);
    return model;
}

/* Row i of a step: users come back in many tiles, items too, and some only once. */
static void set_row(storage *s, int64_t i, int64_t step, int64_t row)
{
    s->user[i] = (int32_t)((row * 13 + step) % USERS);
    s->item[i] = (int32_t)(row % 3 ? row * row % 1009 % ITEMS : row % 20);
    s->weight[i] = 0.5F + (float)(row % 5) / 4;
}

static td_batch_limits limits_of(td_comm *comm, const layout *l, int64_t *first_row)
{
    int64_t tiles = (l->rows - 1) / l->tile_rows + 1, first, count;
    td_comm_share(comm, tiles, &first, &count);
    int64_t end = (first + count) * l->tile_rows;
    *first_row = first * l->tile_rows;
    end = end < l->rows ? end : l->rows;
    return (td_batch_limits){l->rows, end > *first_row ? end - *first_row : 0, tiles, l->tile_rows};
}

static td_batch batch_of(td_comm *comm, const layout *l, int64_t step, storage *s)
{
    int64_t first, rows = limits_of(comm, l, &first).my_rows;
    td_batch batch = {
        .rows = {.count = rows, .user = s->user, .item = s->item, .weight = s->weight},
        .offsets = s->offsets};
    s->offsets[0] = 0;
    for (int64_t i = 0; i < rows; i++) {
        set_row(s, i, step, first + i);
        if ((i + 1) % l->tile_rows == 0 || i + 1 == rows)
            s->offsets[++batch.tiles] = i + 1;
    }
    return batch;
}

/* A model after some steps, the loss of each, and the last gradient. */
typedef struct {
    td_model *model;
    td_exact losses[STEPS];
    float *gradient;
} outcome;

static outcome train(td_comm *comm, const layout *l, int threads)
{
    static storage s;
    int64_t first;
    omp_set_num_threads(threads);
    outcome o = {.model = model_of(l)};
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, o.model, NULL, &limits);
    for (int step = 0; step < STEPS; step++) {
        td_step_report report = {0};
        td_batch batch = batch_of(comm, l, step, &s);
        td_status status = td_trainer_step(trainer, &batch, step + 1, &report);
        assert_on_all(comm, status == TD_OK, td_message());
        assert_on_all(comm, report.rows == l->rows, "rows of a step");
        o.losses[step] = report.retrieval_loss;
    }
    o.gradient = TD_NEW(float, o.model->parameters.size);
    td_trainer_gradient(trainer, o.gradient);
    td_trainer_free(trainer);
    return o;
}

static void outcome_free(outcome *o)
{
    td_model_free(o->model);
    td_free(o->gradient);
}

static bool same(const outcome *x, const outcome *y)
{
    const td_parameters *a = &x->model->parameters, *b = &y->model->parameters;
    const size_t bytes = a->size * sizeof(float);
    return memcmp(x->losses, y->losses, sizeof x->losses) == 0 &&
           memcmp(a->values, b->values, bytes) == 0 &&
           memcmp(a->state[0], b->state[0], bytes) == 0 &&
           memcmp(x->gradient, y->gradient, bytes) == 0;
}

static bool has_learned(const outcome *o)
{
    return o->losses[0] > 0 && o->losses[STEPS - 1] != o->losses[0];
}

Test(step, gives_the_bits_of_one_rank_on_every_layout)
{
    static const layout layouts[] = {
        {1, 16, 1, 0}, {37, 5, 3, 0}, {300, 64, 7, 2}, {1000, 128, 1, 1}, {260, 100, 64, 0},
    };
    td_comm *comm = td_comm_start(), *alone = td_comm_alone(comm);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        outcome expected = train(alone, &layouts[i], 1);
        assert_on_all(comm, layouts[i].rows == 1 || has_learned(&expected), "learning");
        for (int threads = 1; threads <= 3; threads++) {
            char what[96];
            outcome o = train(comm, &layouts[i], threads);
            snprintf(what, sizeof what, "layout %zu with %d threads: other bits", i, threads);
            assert_on_all(comm, same(&o, &expected), what);
            outcome_free(&o);
        }
        outcome_free(&expected);
    }
    td_comm_free(alone);
    td_comm_stop(comm);
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
    td_model_refresh(model);
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, NULL, &limits);
    td_batch batch = batch_of(comm, l, step, &s);
    td_status status = td_trainer_step(trainer, &batch, step, &report);
    td_trainer_gradient(trainer, gradient);
    *loss = report.retrieval_loss;
    td_trainer_free(trainer);
    td_model_free(model);
    return status == TD_OK;
}

/* Nothing is left of the steps before: of their columns, sums or derived parameters. */
Test(step, depends_on_parameters_and_rows_alone)
{
    static storage s;
    static const layout l = {300, 64, 7, 2};
    int64_t first;
    td_comm *comm = td_comm_start();
    td_model *model = model_of(&l);
    const size_t size = model->parameters.size;
    float *gradient = TD_NEW(float, size), *again = TD_NEW(float, size);
    const td_batch_limits limits = limits_of(comm, &l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, NULL, &limits);
    for (int step = 0; step < STEPS; step++) {
        td_exact loss = 0;
        td_step_report report = {0};
        td_batch batch = batch_of(comm, &l, step, &s);
        assert_on_all(comm, step_again(comm, &l, model, step, &loss, again), td_message());
        assert_on_all(comm, td_trainer_step(trainer, &batch, step, &report) == TD_OK, td_message());
        td_trainer_gradient(trainer, gradient);
        assert_on_all(comm, loss == report.retrieval_loss, "loss of the same step again");
        assert_on_all(comm, memcmp(gradient, again, size * sizeof *again) == 0, "its gradient");
    }
    td_free(gradient);
    td_free(again);
    td_trainer_free(trainer);
    td_model_free(model);
    td_comm_stop(comm);
}

/* What is wrong on one rank: a parameter of the user of its first row, of an item that it embeds,
 * or that row's weight. */
typedef enum { BAD_USER, BAD_ITEM, BAD_WEIGHT, BAD_KINDS } bad_place;

static float *place_of(td_model *model, storage *s, int32_t item, bad_place where)
{
    const td_parameters *p = &model->parameters;
    const size_t user_table = model->query.feature[0].tensor;
    const size_t item_table = model->candidate.feature[0].tensor;
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
    td_status status = td_trainer_step(trainer, &batch, 77, &report);
    bool right = status == TD_ERR_NUMERIC && strncmp(td_message(), "step 77: ", 9) == 0 &&
                 (strstr(td_message(), "user_table/weight") != NULL ||
                  strstr(td_message(), "item_table/weight") != NULL ||
                  strstr(td_message(), "dense_0/kernel") != NULL) &&
                 memcmp(before, model->parameters.values, bytes) == 0 &&
                 memcmp(before + model->parameters.size, model->parameters.state[0], bytes) == 0 &&
                 report.rows == -1;
    if (place)
        *place = good;
    td_model_refresh(model);
    td_free(before);
    return right;
}

static void refuse_all(td_comm *comm, const layout *l)
{
    static storage s;
    const float bad[] = {NAN, INFINITY, -INFINITY, 1e30F, -1e30F};
    const size_t kinds[] = {3, 5, 5}; /* a huge user that prefers its own item has no loss at all */
    int64_t first;
    td_model *model = model_of(l);
    const td_batch_limits limits = limits_of(comm, l, &first);
    td_trainer *trainer = td_trainer_create(comm, model, NULL, &limits);
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
        assert_on_all(comm, td_trainer_step(trainer, &batch, step, &report) == TD_OK, "a step");
    }
    assert_on_all(comm,
                  memcmp(expected.model->parameters.values, model->parameters.values,
                         model->parameters.size * sizeof(float)) == 0,
                  "the steps after a refused one");
    outcome_free(&expected);
    td_trainer_free(trainer);
    td_model_free(model);
}

Test(step, stops_every_rank_at_a_number_that_is_none)
{
    td_comm *comm = td_comm_start();
    refuse_all(comm, &(layout){37, 5, 3, 0});
    refuse_all(comm, &(layout){37, 5, 3, 1});
    refuse_all(comm, &(layout){37, 5, 1, 0}); /* ranks that see nothing of it themselves */
    td_comm_stop(comm);
}
