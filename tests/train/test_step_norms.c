/* Norms of groups of parameters: those of the whole step's gradient and update, on any layout. */
#include "train/step.h"

#include "base/memory.h"
#include "job.h"
#include "layouts.h"
#include "ranks.h"

#include <math.h>
#include <omp.h>
#include <string.h>

MPI_SUITE(step_norms)

static const layout everything = {300, 64, 7, 2, true, 0};

enum { GROUPS_MAX = 16 };

/* What one step was told to have done, and what the parameters say. */
typedef struct {
    size_t count;
    char name[GROUPS_MAX][64];
    td_group_norms norms[GROUPS_MAX];
    double spread;
    float *before, *gradient; /* of the parameters' block */
    td_model *model;
} told;

static void keep(told *t, const td_group_norms *group)
{
    cr_assert_leq(t->count, GROUPS_MAX);
    for (size_t g = 0; g < t->count; g++) {
        t->norms[g] = group[g];
        t->norms[g].name = NULL;
        snprintf(t->name[g], sizeof t->name[g], "%s", group[g].name);
    }
}

static told step_of(td_comm *comm, int threads)
{
    static storage s;
    int64_t first;
    td_step_report report;
    omp_set_num_threads(threads);
    told t = {.model = model_of(&everything)};
    const td_parameters *p = &t.model->parameters;
    const td_batch_limits limits = limits_of(comm, &everything, &first);
    td_trainer *trainer = td_trainer_create(comm, t.model, item_bias_of(&everything), &limits);
    const td_batch batch = batch_of(comm, &everything, 1, &s);
    t.before = TD_NEW(float, p->size);
    t.gradient = TD_NEW(float, p->size);
    memcpy(t.before, p->values, p->size * sizeof *t.before);
    assert_on_all(comm,
                  td_trainer_step(trainer, &(td_step){.batch = &batch, .number = 1, .norms = true},
                                  &report) == TD_OK,
                  td_message());
    td_trainer_gradient(trainer, t.gradient);
    keep(&t, td_trainer_group_norms(trainer, &t.count));
    t.spread = td_trainer_item_spread(trainer);
    td_trainer_free(trainer);
    return t;
}

static void forget(told *t)
{
    td_free(t->before);
    td_free(t->gradient);
    td_model_free(t->model);
}

/* Of the tensors whose names begin so. */
static td_group_norms norms_of(const told *t, const char *group)
{
    const td_parameters *p = &t->model->parameters;
    double gradient = 0, update = 0, parameters = 0;
    for (size_t i = 0; i < p->count; i++) {
        const td_tensor *tensor = &p->tensor[i];
        const size_t length = strlen(group);
        if (strncmp(tensor->name, group, length) != 0 ||
            (tensor->name[length] != '/' && tensor->name[length] != '_'))
            continue;
        for (size_t j = tensor->offset; j < tensor->offset + td_tensor_size(tensor); j++) {
            const double moved = (double)p->values[j] - (double)t->before[j];
            gradient += (double)t->gradient[j] * (double)t->gradient[j];
            update += moved * moved;
            parameters += (double)p->values[j] * (double)p->values[j];
        }
    }
    return (td_group_norms){NULL, sqrt(gradient), sqrt(update), sqrt(parameters)};
}

static bool is_near(double a, double b)
{
    return a > 0 && fabs(a - b) <= 1e-5 * b;
}

MPI_TEST(step_norms, are_those_of_the_gradient_and_of_how_far_it_moved)
{
    td_comm *comm = job_comm();
    told t = step_of(comm, 2);
    for (size_t g = 0; g < t.count; g++) {
        const td_group_norms right = norms_of(&t, t.name[g]);
        assert_on_all(comm, is_near(t.norms[g].gradient, right.gradient), t.name[g]);
        assert_on_all(comm, is_near(t.norms[g].update, right.update), t.name[g]);
        assert_on_all(comm,
                      t.norms[g].parameters > 0 &&
                          t.norms[g].parameters <= (1 + 1e-5) * right.parameters,
                      t.name[g]);
    }
    assert_on_all(comm, t.spread > 0 && t.spread < 1, "spread");
    forget(&t);
}

/* One group of a tower's layers, whatever their number; one of each table. */
MPI_TEST(step_norms, are_of_tables_towers_and_heads)
{
    static const char *const groups[] = {"user_table",      "query_dense", "item_table",
                                         "candidate_dense", "head",        "genres_table"};
    td_comm *comm = job_comm();
    told t = step_of(comm, 1);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        int found = 0;
        for (size_t g = 0; g < t.count; g++)
            found += strcmp(t.name[g], groups[i]) == 0;
        assert_on_all(comm, found == 1, groups[i]);
    }
    forget(&t);
}

MPI_TEST(step_norms, are_the_same_bits_on_any_layout)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    told one = step_of(alone, 1), all = step_of(comm, 3);
    assert_on_all(comm,
                  one.count == all.count &&
                      memcmp(one.norms, all.norms, one.count * sizeof *one.norms) == 0 &&
                      memcmp(&one.spread, &all.spread, sizeof one.spread) == 0,
                  "norms on other ranks");
    forget(&one);
    forget(&all);
    td_comm_free(alone);
}
