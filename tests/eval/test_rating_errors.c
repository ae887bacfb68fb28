/* Errors of predicted ratings: near those in double, and the same bits however many ranks share
 * the items. */
#include "eval/rating_errors.h"

#include "../model/specs.h"

#include "../model/samples.h"
#include "../train/ranks.h"
#include "base/memory.h"

enum { WIDTH = 4, ITEMS = 1500, QUERIES = 90, ROWS = 900 };

TestSuite(rating_errors, .timeout = 60);

/* All the same on every rank. */
typedef struct {
    td_model *model;
    int32_t weight[ITEMS];
    float u[QUERIES * WIDTH], ratings[ROWS];
    int32_t query[ROWS], item[ROWS];
    td_ranking ranking;
} problem;

static void embed(const void *context, size_t n, const int32_t *items, float *v)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        fill_samples(WIDTH, (uint32_t)items[i], 2, v + i * WIDTH);
}

static td_model *model_of(bool openblas)
{
    td_config config;
    td_kernels kernels;
    td_model *model;
    td_config_defaults(&config);
    config.model_width = WIDTH;
    config.rating_enabled = true;
    config.rating_hidden = (td_int_list){2, {7, 5}};
    cr_assert_eq(td_kernels_find(NULL, openblas, &kernels), TD_OK);
    static spec_data spec; /* of the last model */
    spec_free(&spec);
    spec = spec_of(&config, 1, ITEMS, 0, NULL, NULL);
    cr_assert_eq(td_model_create(&config, spec.spec, &kernels, NULL, &model), TD_OK);
    fill_samples(model->parameters.size, 3, 0.5F, model->parameters.values);
    td_model_refresh(model);
    return model;
}

static problem *problem_create(bool openblas)
{
    problem *p = TD_NEW(problem, 1);
    p->model = model_of(openblas);
    fill_samples(QUERIES * WIDTH, 1, 2, p->u);
    for (int32_t i = 0; i < ITEMS; i++)
        p->weight[i] = 1;
    for (int32_t i = 0; i < ROWS; i++) {
        p->query[i] = i / (ROWS / QUERIES);
        p->item[i] = i * i % ITEMS;
        p->ratings[i] = (float)(1 + i % 5);
    }
    p->ranking = (td_ranking){
        .queries = QUERIES, .u = p->u, .rows = ROWS, .query = p->query, .item = p->item};
    return p;
}

static void problem_free(problem *p)
{
    td_model_free(p->model);
    td_free(p);
}

/* Adds the rows in two parts, as blocks of users are. */
static void measure(td_comm *comm, const problem *p, double errors[2])
{
    td_candidates candidates;
    td_rating_errors sums = {0};
    td_candidates_create(&candidates, comm, ITEMS, p->weight, WIDTH, embed, NULL);
    td_ranking part = p->ranking;
    part.rows = ROWS / 3;
    td_rating_errors_add(&sums, p->model, &candidates, &part, p->ratings);
    part.rows = ROWS - ROWS / 3;
    part.query += ROWS / 3;
    part.item += ROWS / 3;
    td_rating_errors_add(&sums, p->model, &candidates, &part, p->ratings + ROWS / 3);
    td_rating_errors_finish(&sums, comm, &errors[0], &errors[1]);
    td_candidates_free(&candidates);
}

/* The head's prediction for a row, in double. */
static double predict(const problem *p, int row)
{
    double x[2 * WIDTH], y[2 * WIDTH] = {0};
    float v[WIDTH];
    embed(NULL, 1, &p->item[row], v);
    for (int k = 0; k < WIDTH; k++) {
        x[k] = (double)p->u[p->query[row] * WIDTH + k];
        x[WIDTH + k] = (double)v[k];
    }
    for (size_t l = 0; l < td_model_head(p->model)->count; l++) {
        const td_dense *d = &td_model_head(p->model)->layer[l].dense;
        const float *kernel = td_parameters_values(&p->model->parameters, d->kernel);
        for (size_t j = 0; j < d->units; j++) {
            y[j] = (double)td_parameters_values(&p->model->parameters, d->bias)[j];
            for (size_t i = 0; i < d->inputs; i++)
                y[j] += x[i] * (double)kernel[i * d->units + j];
            y[j] = d->relu ? fmax(y[j], 0) : y[j];
        }
        memcpy(x, y, sizeof x);
    }
    return x[0];
}

static bool is_near(const problem *p, const double errors[2])
{
    double squares = 0, absolutes = 0;
    for (int i = 0; i < ROWS; i++) {
        const double error = predict(p, i) - (double)p->ratings[i];
        squares += error * error;
        absolutes += fabs(error);
    }
    return fabs(errors[0] / sqrt(squares / ROWS) - 1) < 1e-6 &&
           fabs(errors[1] / (absolutes / ROWS) - 1) < 1e-6;
}

/* Also with a model whose dense layers are OpenBLAS's: evaluation never is. */
Test(rating_errors, are_those_of_one_rank_and_near_those_in_double)
{
    td_comm *comm = td_comm_start(), *alone = td_comm_alone(comm);
    double first[2];
    for (int openblas = 0; openblas < 2; openblas++) {
        problem *p = problem_create(openblas);
        double together[2], by_one[2];
        measure(comm, p, together);
        measure(alone, p, by_one);
        assert_on_all(comm, memcmp(together, by_one, sizeof by_one) == 0, "other bits");
        assert_on_all(comm, is_near(p, together), "far from double");
        if (openblas)
            assert_on_all(comm, memcmp(first, by_one, sizeof by_one) == 0, "OpenBLAS's bits");
        memcpy(first, by_one, sizeof first);
        problem_free(p);
    }
    td_comm_free(alone);
    td_comm_stop(comm);
}

/* One row is enough, on whatever rank it is predicted. */
Test(rating_errors, are_no_number_if_one_is_none)
{
    const float bad[] = {NAN, INFINITY, 1e30F, 1e5F};
    td_comm *comm = td_comm_start();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int row = 0; row < ROWS; row += ROWS - 1) {
            problem *p = problem_create(false);
            double errors[2];
            p->ratings[row] = bad[i];
            measure(comm, p, errors);
            assert_on_all(comm, isnan(errors[0]) && isnan(errors[1]), "a number");
            p->ratings[row] = 100; /* far off, but a number */
            measure(comm, p, errors);
            assert_on_all(comm, is_near(p, errors), "no number, or a wrong one");
            problem_free(p);
        }
    td_comm_stop(comm);
}
