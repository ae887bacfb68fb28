/* Totals of metrics: errors of predicted ratings near those in double, and the same bits however
 * many ranks share the items; those of users by hand. */
#include "eval/metric_totals.h"

#include "../model/specs.h"

#include "../model/samples.h"
#include "../train/ranks.h"
#include "base/memory.h"
#include "eval/systems.h"
#include "job.h"

enum { WIDTH = 4, ITEMS = 1500, QUERIES = 90, ROWS = 900 };

MPI_SUITE(metric_totals)

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
    config.rating_hidden = td_int_list_of(2, (const int64_t[]){7, 5});
    cr_assert_eq(td_kernels_find(NULL, openblas, &kernels), TD_OK);
    static spec_data spec; /* of the last model */
    spec_free(&spec);
    spec = spec_of(&config, 1, ITEMS, 0, NULL, NULL);
    cr_assert_eq(td_model_create(&config, spec.spec, &kernels, NULL, &model), TD_OK);
    fill_samples(model->parameters.size, 3, 0.5F, model->parameters.values);
    td_model_refresh(model, NULL);
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
    p->ranking = (td_ranking){.queries = QUERIES, .rows = ROWS, .query = p->query, .item = p->item};
    return p;
}

static void problem_free(problem *p)
{
    td_model_free(p->model);
    td_free(p);
}

/* The rows of queries [first, first + count), each a user's. */
static void add_part(td_metric_totals *totals, const problem *p, const td_fitted *fitted, int first,
                     int count)
{
    enum { EACH = ROWS / QUERIES };
    const td_scorer scorer = td_product_scorer(&fitted->candidates, &p->model->kernels, p->u);
    td_ranking part = p->ranking;
    int64_t row_offsets[QUERIES + 1];
    float *prediction = TD_NEW(float, ROWS);
    part.rows = (size_t)count * EACH;
    part.query += first * EACH;
    part.item += first * EACH;
    for (int i = 0; i <= count; i++)
        row_offsets[i] = i * EACH;
    const int32_t users[QUERIES] = {0};
    const td_queries queries = {.count = QUERIES, .users = users};
    cr_assert_eq(fitted->system->predict(fitted, 0, &queries, &scorer, &part, prediction), TD_OK);
    const td_metric_rows rows = {.users = (size_t)count,
                                 .row_offsets = row_offsets,
                                 .item = part.item,
                                 .prediction = prediction,
                                 .label = p->ratings + first * EACH};
    td_metric_totals_add(totals, fitted->comm, &rows, (td_kept_users){.sums = NULL});
    td_free(prediction);
}

/* Adds the rows in two parts, as blocks of users are. */
static void measure(td_comm *comm, const problem *p, double errors[2])
{
    td_config config;
    td_metric_totals totals;
    td_target target = {.task = "rating",
                        .head = &td_model_head(p->model, TD_TASK_RATING)->head,
                        .loss = td_loss_find("mse")};
    td_fitted fitted = {
        .system = &td_all_systems[0], .comm = comm, .model = p->model, .targets = {1, &target}};
    td_config_defaults(&config);
    td_candidates_create(&fitted.candidates, comm, ITEMS, p->weight, WIDTH, embed, NULL);
    td_metric_totals_create(&totals, &config, TD_NEEDS_PREDICTIONS, ITEMS);
    add_part(&totals, p, &fitted, 0, QUERIES / 3);
    add_part(&totals, p, &fitted, QUERIES / 3, QUERIES - QUERIES / 3);
    cr_assert_eq(totals.count, 2);
    td_metric_totals_finish(&totals, comm, errors);
    td_metric_totals_free(&totals);
    td_candidates_free(&fitted.candidates);
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
    for (size_t l = 0; l < td_model_head(p->model, TD_TASK_RATING)->head.layers.count; l++) {
        const td_dense *d = &td_model_head(p->model, TD_TASK_RATING)->head.layers.layer[l].dense;
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
    double squares = 0, absolutes = 0, rows = 0;
    for (int i = 0; i < ROWS; i++) {
        if (isnan(p->ratings[i])) /* a row without label */
            continue;
        rows++;
        const double error = predict(p, i) - (double)p->ratings[i];
        squares += error * error;
        absolutes += fabs(error);
    }
    return fabs(errors[0] / sqrt(squares / rows) - 1) < 1e-6 &&
           fabs(errors[1] / (absolutes / rows) - 1) < 1e-6;
}

/* Also with a model whose dense layers are OpenBLAS's: evaluation never is. */
MPI_TEST(metric_totals, are_those_of_one_rank_and_near_those_in_double)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
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
}

/* One row is enough, on whatever rank it is predicted. */
MPI_TEST(metric_totals, are_no_number_if_one_is_none)
{
    const float bad[] = {INFINITY, 1e30F, 1e5F};
    td_comm *comm = job_comm();
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
            p->ratings[row] = NAN;
            measure(comm, p, errors);
            assert_on_all(comm, is_near(p, errors), "a row without label counts");
            problem_free(p);
        }
}

/* Two users of three rows and one: hits at k 1 of item ranks 1, 3, 2 and 1. */
MPI_TEST(metric_totals, are_means_over_all_rows)
{
    td_comm *comm = job_comm();
    const int64_t row_offsets[] = {0, 3, 3, 4}, candidates[] = {20, 20, 20};
    const td_item_place place[] = {{0, 0}, {2, 0}, {TD_NOT_RANKED, 0}, {1, 0}};
    const int32_t item[] = {5, 6, 7, 5};
    td_config config;
    td_metric_totals totals;
    double value[3];
    td_config_defaults(&config);
    config.eval_ks = td_int_list_of(3, (const int64_t[]){1, 2, 3});
    td_metric_totals_create(&totals, &config, TD_NEEDS_ITEM_RANKS, 20);
    assert_on_all(comm, totals.count == 3 && totals.needs == TD_NEEDS_ITEM_RANKS, "metrics");
    td_metric_totals_finish(&totals, comm, value);
    assert_on_all(comm, isnan(value[0]), "a mean of nothing");
    const td_metric_rows rows = {.users = 3,
                                 .row_offsets = row_offsets,
                                 .item = item,
                                 .place = place,
                                 .candidates = candidates};
    td_metric_totals_add(&totals, comm, &rows, (td_kept_users){.sums = NULL});
    td_metric_totals_finish(&totals, comm, value);
    assert_on_all(comm, value[0] == 0.25 && value[1] == 0.5 && value[2] == 0.75, "accuracies");
    td_metric_totals_free(&totals);
}

/* The first row of three is in group 1 with the user's last and the next user's, the second in
 * group 0; nothing is in group 2. Item ranks are 1, 3, none and 2, so that of group 1 are 1 of 3
 * hits at k 1 and 2 at 2. A user is of the last row's group. */
MPI_TEST(metric_totals, are_those_of_groups)
{
    td_comm *comm = job_comm();
    const int64_t row_offsets[] = {0, 3, 4}, candidates[] = {20, 20};
    const td_item_place place[] = {{0, 0}, {2, 0}, {TD_NOT_RANKED, 0}, {1, 0}};
    const int32_t item[] = {5, 6, 7, 5}, group[] = {1, 0, 1, 1};
    const double expected[3][4] = {
        {0, 0, NAN, NAN}, {1 / 3.0, 2 / 3.0, 1 / 6.0, 2 / 3.0}, {NAN, NAN, NAN, NAN}};
    const td_metric_rows rows = {.users = 2,
                                 .row_offsets = row_offsets,
                                 .item = item,
                                 .place = place,
                                 .candidates = candidates,
                                 .group = group};
    td_config config;
    td_metric_totals totals;
    double value[12];
    td_config_defaults(&config);
    config.eval_metrics =
        td_name_list_of(2, (const char *const[]){TD_METRIC_ACCURACY, "recall_at_k"});
    config.eval_ks = td_int_list_of(2, (const int64_t[]){1, 2});
    td_metric_totals_create(&totals, &config, TD_NEEDS_ITEM_RANKS, 20);
    td_metric_totals_group(&totals, 3);
    td_metric_totals_add(&totals, comm, &rows, (td_kept_users){.sums = NULL});
    td_metric_totals_finish_groups(&totals, comm, value);
    for (int i = 0; i < 12; i++) {
        const double right = expected[i / 4][i % 4];
        assert_on_all(comm, fabs(value[i] - right) < 1e-6 || (isnan(value[i]) && isnan(right)),
                      "a mean of a group");
    }
    td_metric_totals_free(&totals);
}

/* The first user's items are 5 (at place 1, and 9 in a later row), and 6 and 7, which tie with each
 * other and with one more candidate for places 2 to 4; the third's item 5 is missed. By hand, with
 * 1, 0.63093 and 0.5 for places 1 to 3: of recall 1/3 + 2/3 (1, 2, or 0 of two) / 3 at k = 2 ... */
MPI_TEST(metric_totals, are_means_over_users_with_rows)
{
    static const double expected[][6] = {
        {1 / 6.0, (1 + 2 / 3.0) / 6, (1 + 4 / 3.0) / 6, 0.5,
         (1 + 2 / 3.0 * 0.6309297535714575) / 3.261859507142915,
         (1 + 2 / 3.0 * 1.1309297535714575) / 4.261859507142915},
        {1 / 6.0, 2 / 6.0, 0.5, 0.5, 0.5, 0.5},
        {1 / 6.0, 1 / 6.0, 2 / 6.0, 0.5, 1 / 3.261859507142915, 1.5 / 4.261859507142915}};
    td_comm *comm = job_comm();
    const int64_t row_offsets[] = {0, 4, 4, 5}, candidates[] = {20, 20, 20};
    const td_item_place place[] = {{1, 2}, {0, 0}, {1, 2}, {8, 0}, {TD_NOT_RANKED, 0}};
    const int32_t item[] = {7, 5, 6, 5, 5};
    const td_metric_rows rows = {.users = 3,
                                 .row_offsets = row_offsets,
                                 .item = item,
                                 .place = place,
                                 .candidates = candidates};
    td_config config;
    td_config_defaults(&config);
    config.eval_metrics = td_name_list_of(2, (const char *const[]){"recall_at_k", "ndcg_at_k"});
    config.eval_ks = td_int_list_of(3, (const int64_t[]){1, 2, 3});
    for (int ties = TD_TIES_EXPECTED; ties <= TD_TIES_PESSIMISTIC; ties++) {
        td_metric_totals totals;
        double value[6];
        config.eval_ties = ties;
        td_metric_totals_create(&totals, &config, TD_NEEDS_ITEM_RANKS, 20);
        td_metric_totals_add(&totals, comm, &rows, (td_kept_users){.sums = NULL});
        td_metric_totals_finish(&totals, comm, value);
        for (int i = 0; i < 6; i++)
            assert_on_all(comm, fabs(value[i] - expected[ties][i]) < 1e-6, "a mean over users");
        td_metric_totals_free(&totals);
    }
}
