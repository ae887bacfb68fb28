/* Metrics over the steps of a run: adding in any order, ks that differ, cutting; the file, written
 * and read by several ranks; and files that are not what they say. */
#include "evaluations.h"

#include "../store/shared.h"
#include "job.h"
#include "store/checksum.h"

#include <math.h>

enum { FEW = 2 };

MPI_SUITE(metrics)

/* Steps 8, 4, 4 again; ks 5 and 100, then 1 and 5 in falling order, then 5 alone. */
static bool have_no_steps(const td_metrics *metrics)
{
    size_t steps = 0;
    for (size_t t = 0; t < metrics->count; t++)
        steps += metrics->table[t].steps;
    return steps == 0;
}

static td_metrics sample(void)
{
    td_metrics metrics = {0};
    put_evaluation(&metrics, 8, 10, td_int_list_of(2, (const int64_t[]){5, 100}),
                   (const int64_t[]){3, 9}, 1.5);
    put_evaluation(&metrics, 4, 10, td_int_list_of(2, (const int64_t[]){5, 1}),
                   (const int64_t[]){2, 1}, NAN);
    put_evaluation(&metrics, 12, 10, td_int_list_of(1, (const int64_t[]){5}), (const int64_t[2]){7},
                   1.5);
    put_evaluation(&metrics, 12, 10, td_int_list_of(1, (const int64_t[]){5}), (const int64_t[2]){6},
                   1.5);
    put_losses(&metrics, 12, 7.5, NAN);
    put_losses(&metrics, 4, 8.25, 1.125);
    put_losses(&metrics, 12, 7.25, NAN);
    return metrics;
}

/* Exactly what sample() adds, up to this many of its steps. */
static bool is_sample(const td_metrics *metrics, size_t steps)
{
    static const int64_t expected_steps[] = {4, 8, 12}, ks[] = {1, 5, 100}, losses_at[] = {4, 12};
    const double model[3][3] = {{0.1, NAN, NAN}, {0.2, 0.3, 0.6}, {NAN, 0.9, NAN}};
    const double popularity[3][3] = {{0, NAN, NAN}, {0.1, 0.2, 0.5}, {NAN, 0.8, NAN}};
    const td_metrics_table *test = td_metrics_find(metrics, ALL_ROWS);
    const td_metrics_table *training = td_metrics_find(metrics, TD_TRAINING_TABLE);
    const size_t losses = steps < 3 ? 1 : 2;
    bool same = metrics->count == 2 && test->steps == steps && test->ks == 3 &&
                test->columns == 5 && training->steps == losses && training->columns == 2 &&
                memcmp(test->step, expected_steps, steps * sizeof *ks) == 0 &&
                memcmp(test->k, ks, sizeof ks) == 0 &&
                memcmp(training->step, losses_at, losses * sizeof *ks) == 0;
    for (int k = 0; k < 3 && same; k++)
        same = has_values(metrics, ALL_ROWS, MODEL, ks[k], steps, model[k]) &&
               has_values(metrics, ALL_ROWS, BASELINE, ks[k], steps, popularity[k]);
    return same && has_values(metrics, ALL_ROWS, RMSE, 0, steps, (const double[]){NAN, 1.5, 1.5}) &&
           has_values(metrics, ALL_ROWS, MAE, 0, steps, (const double[]){NAN, 0.75, 0.75}) &&
           has_values(metrics, ALL_ROWS, TD_ROWS_COLUMN, 0, steps, (const double[]){10, 10, 10}) &&
           has_values(metrics, TD_TRAINING_TABLE, "retrieval_loss", 0, losses,
                      (const double[]){8.25, 7.25}) &&
           has_values(metrics, TD_TRAINING_TABLE, "rating_loss", 0, losses,
                      (const double[]){1.125, NAN});
}

MPI_TEST(metrics, are_sorted_by_step_and_k)
{
    td_comm *comm = job_comm();
    td_metrics metrics = sample();
    assert_on_all(comm, is_sample(&metrics, 3), "what was added");
    td_metrics_cut(&metrics, 11);
    assert_on_all(comm, is_sample(&metrics, 2), "what lies up to step 11");
    td_metrics_cut(&metrics, 8);
    assert_on_all(comm, is_sample(&metrics, 2), "step 8 itself stays");
    put_evaluation(&metrics, 12, 10, td_int_list_of(1, (const int64_t[]){5}), (const int64_t[2]){6},
                   1.5);
    put_losses(&metrics, 12, 7.25, NAN);
    assert_on_all(comm, is_sample(&metrics, 3), "steps after a cut");
    td_metrics_cut(&metrics, 0);
    assert_on_all(comm, have_no_steps(&metrics), "none");
    td_metrics_free(&metrics);
}

/* At step 8: ks 1 and 5 of 10 rows, then 5 of 4 rows. */
MPI_TEST(metrics, under_other_settings_stand_apart)
{
    td_comm *comm = job_comm();
    td_metrics metrics = {0};
    put_evaluation(&metrics, 8, 10, td_int_list_of(2, (const int64_t[]){1, 5}),
                   (const int64_t[]){3, 9}, 1.5);
    put_evaluation(&metrics, 8, 4, td_int_list_of(1, (const int64_t[]){5}), (const int64_t[2]){3},
                   1.5);
    assert_on_all(comm, metrics.count == 2, "two tables");
    assert_on_all(comm, has_values(&metrics, ALL_ROWS, MODEL, 5, 1, (const double[]){0.9}),
                  "the first stays");
    assert_on_all(comm, has_values(&metrics, SAMPLE, MODEL, 1, 1, (const double[]){NAN}),
                  "k 1 of other rows is not the second's");
    assert_on_all(comm, has_values(&metrics, SAMPLE, MODEL, 5, 1, (const double[]){0.75}),
                  "the second");
    td_metrics_free(&metrics);
}

MPI_TEST(metrics, are_read_as_they_were_saved)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "metrics.h5");
    td_metrics metrics = sample(), loaded;
    assert_on_all(comm, td_metrics_load(comm, path, &loaded) == TD_OK, "a file that is not there");
    assert_on_all(comm, have_no_steps(&loaded), "nothing");
    for (int again = 0; again < 2; again++) {
        assert_on_all(comm, td_metrics_save(comm, path, &metrics, NULL) == TD_OK, "saving");
        assert_on_all(comm, td_metrics_load(comm, path, &loaded) == TD_OK, "loading");
        assert_on_all(comm, is_sample(&loaded, 3), "what was saved");
        td_metrics_cut(&loaded, 8);
        put_evaluation(&loaded, 12, 10, td_int_list_of(1, (const int64_t[]){5}),
                       (const int64_t[2]){6}, 1.5);
        put_losses(&loaded, 12, 7.25, NAN);
        assert_on_all(comm, is_sample(&loaded, 3), "what was loaded, cut and added to");
        td_metrics_free(&loaded);
    }
    td_metrics_free(&metrics);
    remove_folder(comm, folder);
}

/* A file of two tables with one dataset wrong: missing, of another shape or type, or with these
 * numbers. */
typedef struct {
    const char *name;
    td_shape shape; /* rows 0: missing */
    int64_t numbers[FEW];
    const char *words;
} mistake;

static const mistake mistakes[] = {
    {"test/a=1/step", {TD_INT64, 0, 0}, {0}, "no dataset 'test/a=1/step'"},
    {"test/a=1/step", {TD_INT64, 2, 0}, {8, 4}, "test/a=1/step does not ascend"},
    {"test/a=1/step", {TD_INT64, 2, 0}, {4, 4}, "test/a=1/step does not ascend"},
    {"test/a=1/step", {TD_INT64, 2, 0}, {-1, 4}, "test/a=1/step does not ascend"},
    {"test/a=1/step", {TD_FLOAT64, 2, 0}, {0}, "test/a=1/step"},
    {"test/a=1/step", {TD_INT64, 1, 2}, {4, 8}, "test/a=1/step has 1 x 2 values; expected one"},
    {"test/a=1/step", {TD_INT64, 1, 0}, {4}, "expected 1 x "},
    {"test/a=1/k", {TD_INT64, 0, 0}, {0}, "expected 2 x 0"},
    {"test/a=1/k", {TD_INT64, 1, 0}, {0}, "test/a=1/k does not ascend from 1"},
    {"test/a=1/k", {TD_INT64, 2, 0}, {5, 1}, "test/a=1/k does not ascend"},
    {"test/a=1/k", {TD_INT64, 2, 0}, {1, 5}, "expected 2 x 2"},
    {"test/a=1/model/at_k", {TD_FLOAT64, 1, 1}, {0}, "expected 2 x 1"},
    {"test/a=1/model/error", {TD_FLOAT64, 1, 0}, {0}, "expected 2 x 0"},
    {"test/a=1/model/error", {TD_FLOAT32, 2, 0}, {0}, "test/a=1/model/error"},
    {"training/step", {TD_INT64, 2, 0}, {2, 1}, "training/step does not ascend"},
    {"training/loss", {TD_FLOAT64, 2, 0}, {0}, "expected 1 x 0"},
    {"stray", {TD_FLOAT64, 1, 0}, {0}, "'stray' is of no table"},
};

static const mistake right[] = {
    {"test/a=1/step", {TD_INT64, 2, 0}, {4, 8}, NULL},
    {"test/a=1/k", {TD_INT64, 1, 0}, {5}, NULL},
    {"test/a=1/model/at_k", {TD_FLOAT64, 2, 1}, {0}, NULL},
    {"test/a=1/model/error", {TD_FLOAT64, 2, 0}, {0}, NULL},
    {"training/step", {TD_INT64, 1, 0}, {4}, NULL},
    {"training/loss", {TD_FLOAT64, 1, 0}, {0}, NULL},
    {"stray", {TD_FLOAT64, 0, 0}, {0}, NULL},
};

/* All datasets are made, then all are filled. */
static td_status write_datasets(td_comm *comm, td_file *file, const mistake *wrong)
{
    enum { DATASETS = sizeof right / sizeof *right };
    for (size_t i = 0; i < 2 * (size_t)DATASETS; i++) {
        const mistake *m = &right[i % DATASETS];
        m = wrong && strcmp(wrong->name, m->name) == 0 ? wrong : m;
        const int64_t rows = td_comm_rank(comm) == 0 ? m->shape.rows : 0;
        if (m->shape.rows == 0)
            continue;
        if (i < DATASETS)
            TD_TRY(td_file_make_checked(file, m->name, m->shape, 0, rows, m->numbers));
        else
            TD_TRY(td_file_write_rows(file, m->name, 0, rows, m->numbers));
    }
    return TD_OK;
}

static td_status write_file(td_comm *comm, const char *path, const mistake *wrong)
{
    td_file *file;
    TD_TRY(td_file_create(comm, path, TD_METRICS_FORMAT, TD_METRICS_VERSION, &file));
    td_status status = write_datasets(comm, file, wrong);
    if (status == TD_OK)
        return td_file_publish(file);
    td_file_discard(file);
    return status;
}

MPI_TEST(metrics, refuse_a_file_that_contradicts_itself)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    td_metrics metrics;
    make_folder(comm, folder);
    const char *path = in_folder(folder, "metrics.h5");
    assert_on_all(comm, write_file(comm, path, NULL) == TD_OK, "a good file");
    assert_on_all(comm, td_metrics_load(comm, path, &metrics) == TD_OK, "a good file");
    assert_on_all(comm, metrics.count == 2 && metrics.table[0].steps == 2, "counts");
    td_metrics_free(&metrics);
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        assert_on_all(comm, write_file(comm, path, &mistakes[i]) == TD_OK, mistakes[i].name);
        const td_status status = td_metrics_load(comm, path, &metrics);
        assert_refused(comm, status, TD_ERR_FORMAT, mistakes[i].words);
        assert_on_all(comm, strstr(td_message(), path) != NULL, "the file's name");
        assert_on_all(comm, metrics.table == NULL, "nothing is left");
    }
    put_text(comm, path, "no metrics");
    assert_refused(comm, td_metrics_load(comm, path, &metrics), TD_ERR_FORMAT, "metrics.h5");
    remove_folder(comm, folder);
}
