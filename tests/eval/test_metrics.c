/* Metrics over the steps of a run: adding in any order, ks that differ, cutting; the file, written
 * and read by several ranks; and files that are not what they say. */
#include "eval/metrics.h"

#include "../store/shared.h"
#include "store/row_checksum.h"

#include <math.h>

enum { FEW = 2 };

TestSuite(metrics, .timeout = 60);

/* An evaluation of 10 rows whose hits at k are hits[k's place], and the baseline's one less. */
static td_evaluation evaluation_of(td_int_list ks, const int64_t *hits, bool rated)
{
    td_evaluation evaluation = {.rows = 10, .ks = ks, .rated = rated, .rmse = 1.5, .mae = 1.25};
    for (size_t i = 0; i < ks.count; i++) {
        evaluation.hits[i] = hits[i];
        evaluation.popularity_hits[i] = hits[i] - 1;
    }
    return evaluation;
}

static void add(td_metrics *metrics, int64_t step, td_int_list ks, const int64_t *hits, bool rated)
{
    const td_evaluation evaluation = evaluation_of(ks, hits, rated);
    td_metrics_add(metrics, TD_TEST, step, &evaluation);
}

/* Steps 8, 4, 4 again; ks 5 and 100, then 1 and 5 in falling order, then 5 alone. */
static td_metrics sample(void)
{
    td_metrics metrics = {0};
    add(&metrics, 8, (td_int_list){2, {5, 100}}, (const int64_t[]){3, 9}, true);
    add(&metrics, 4, (td_int_list){2, {5, 1}}, (const int64_t[]){2, 1}, false);
    add(&metrics, 12, (td_int_list){1, {5}}, (const int64_t[]){7}, true);
    add(&metrics, 12, (td_int_list){1, {5}}, (const int64_t[]){6}, true);
    td_metrics_add_losses(&metrics, 12, 7.5, NAN);
    td_metrics_add_losses(&metrics, 4, 8.25, 1.125);
    td_metrics_add_losses(&metrics, 12, 7.25, NAN);
    return metrics;
}

static bool equal(size_t n, const double *x, const double *y)
{
    for (size_t i = 0; i < n; i++)
        if (!(x[i] == y[i] || (isnan(x[i]) && isnan(y[i]))))
            return false;
    return true;
}

/* Exactly what sample() adds, up to this many of its steps. */
static bool is_sample(const td_metrics *metrics, size_t steps)
{
    static const int64_t expected_steps[] = {4, 8, 12}, ks[] = {1, 5, 100}, losses_at[] = {4, 12};
    const double model[] = {0.1, 0.2, NAN, NAN, 0.3, 0.9, NAN, 0.6, NAN};
    const double popularity[] = {0, 0.1, NAN, NAN, 0.2, 0.8, NAN, 0.5, NAN};
    const double rmse[] = {NAN, 1.5, 1.5}, mae[] = {NAN, 1.25, 1.25};
    const double retrieval[] = {8.25, 7.25}, rating[] = {1.125, NAN};
    const int64_t rows[] = {10, 10, 10};
    const td_split_metrics *test = &metrics->split[TD_TEST];
    const td_loss_metrics *training = &metrics->training;
    const size_t losses = steps < 3 ? 1 : 2;
    return metrics->split[TD_TRAIN].count == 0 && test->count == steps && test->columns == 3 &&
           memcmp(test->steps, expected_steps, steps * sizeof *ks) == 0 &&
           memcmp(test->rows, rows, steps * sizeof *rows) == 0 &&
           memcmp(test->ks, ks, sizeof ks) == 0 && equal(3 * steps, test->model, model) &&
           equal(3 * steps, test->popularity, popularity) && equal(steps, test->rmse, rmse) &&
           equal(steps, test->mae, mae) && training->count == losses &&
           memcmp(training->steps, losses_at, losses * sizeof *ks) == 0 &&
           equal(losses, training->retrieval, retrieval) && equal(losses, training->rating, rating);
}

Test(metrics, are_sorted_by_step_and_k)
{
    td_comm *comm = td_comm_start();
    td_metrics metrics = sample();
    assert_on_all(comm, is_sample(&metrics, 3), "what was added");
    td_metrics_cut(&metrics, 11);
    assert_on_all(comm, is_sample(&metrics, 2), "what lies up to step 11");
    td_metrics_cut(&metrics, 8);
    assert_on_all(comm, is_sample(&metrics, 2), "step 8 itself stays");
    add(&metrics, 12, (td_int_list){1, {5}}, (const int64_t[]){6}, true);
    td_metrics_add_losses(&metrics, 12, 7.25, NAN);
    assert_on_all(comm, is_sample(&metrics, 3), "steps after a cut");
    td_metrics_cut(&metrics, 0);
    assert_on_all(comm, metrics.split[TD_TEST].count == 0 && metrics.training.count == 0, "none");
    td_metrics_free(&metrics);
    td_comm_stop(comm);
}

/* At step 8: ks 1 and 5 of 10 rows, then 5 of 4 rows. */
static td_metrics of_fewer_rows(void)
{
    td_metrics metrics = {0};
    add(&metrics, 8, (td_int_list){2, {1, 5}}, (const int64_t[]){3, 9}, true);
    td_evaluation fewer = evaluation_of((td_int_list){1, {5}}, (const int64_t[]){3}, true);
    fewer.rows = 4;
    td_metrics_add(&metrics, TD_TEST, 8, &fewer);
    return metrics;
}

static bool is_of_fewer_rows(const td_metrics *metrics)
{
    const td_split_metrics *test = &metrics->split[TD_TEST];
    return test->count == 1 && test->rows[0] == 4 && test->columns == 2 &&
           equal(2, test->model, (const double[]){NAN, 0.75}) &&
           equal(2, test->popularity, (const double[]){NAN, 0.5});
}

Test(metrics, of_other_rows_take_the_place_of_all)
{
    td_comm *comm = td_comm_start();
    td_metrics metrics = of_fewer_rows(), more = {0}, merged = {0};
    assert_on_all(comm, is_of_fewer_rows(&metrics), "k 1 of other rows is gone");
    add(&more, 8, (td_int_list){1, {1}}, (const int64_t[]){3}, true);
    td_metrics_merge(&metrics, &more);
    assert_on_all(comm, is_of_fewer_rows(&metrics), "nothing of other rows is merged");
    td_metrics_merge(&merged, &metrics);
    assert_on_all(comm, is_of_fewer_rows(&merged), "what is merged into nothing");
    td_metrics_free(&metrics);
    td_metrics_free(&more);
    td_metrics_free(&merged);
    td_comm_stop(comm);
}

Test(metrics, are_read_as_they_were_saved)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "metrics.h5");
    td_metrics metrics = sample(), loaded;
    assert_on_all(comm, td_metrics_load(comm, path, &loaded) == TD_OK, "a file that is not there");
    assert_on_all(comm, loaded.split[TD_TEST].count == 0 && loaded.training.count == 0, "nothing");
    for (int again = 0; again < 2; again++) {
        assert_on_all(comm, td_metrics_save(comm, path, &metrics, NULL) == TD_OK, "saving");
        assert_on_all(comm, td_metrics_load(comm, path, &loaded) == TD_OK, "loading");
        assert_on_all(comm, is_sample(&loaded, 3), "what was saved");
        td_metrics_cut(&loaded, 8);
        add(&loaded, 12, (td_int_list){1, {5}}, (const int64_t[]){6}, true);
        td_metrics_add_losses(&loaded, 12, 7.25, NAN);
        assert_on_all(comm, is_sample(&loaded, 3), "what was loaded, cut and added to");
        td_metrics_free(&loaded);
    }
    td_metrics_free(&metrics);
    remove_folder(comm, folder);
    td_comm_stop(comm);
}

/* A file of the group "test" with one dataset wrong: missing, of another shape or type, or with
 * these numbers. */
typedef struct {
    const char *name;
    td_shape shape; /* rows 0: missing */
    int64_t numbers[FEW];
    const char *words;
} mistake;

static const mistake mistakes[] = {
    {"test/step", {TD_INT64, 0, 0}, {0}, "no dataset 'test/step'"},
    {"test/step", {TD_INT64, 2, 0}, {8, 4}, "test/step does not ascend"},
    {"test/step", {TD_INT64, 2, 0}, {4, 4}, "test/step does not ascend"},
    {"test/step", {TD_FLOAT64, 2, 0}, {0}, "test/step"},
    {"test/step", {TD_INT64, 1, 2}, {4, 8}, "test/step has 1 x 2 values; expected 1 x 0"},
    {"test/step", {TD_INT64, 1, 0}, {4}, "expected 1 x 0"},
    {"test/rows", {TD_INT64, 0, 0}, {0}, "no dataset 'test/rows'"},
    {"test/rows", {TD_INT64, 1, 0}, {10}, "expected 2 x 0"},
    {"test/rows", {TD_FLOAT64, 2, 0}, {0}, "test/rows"},
    {"test/k", {TD_INT64, 0, 0}, {0}, "no dataset 'test/k'"},
    {"test/k", {TD_INT64, 2, 0}, {5, 1}, "test/k does not ascend"},
    {"test/k", {TD_INT64, 2, 0}, {1, 5}, "expected 2 x 2"},
    {"test/top_k_categorical_accuracy", {TD_FLOAT64, 2, 0}, {0}, "expected 2 x 1"},
    {"test/popularity_top_k_categorical_accuracy", {TD_FLOAT64, 1, 1}, {0}, "expected 2 x 1"},
    {"test/popularity_top_k_categorical_accuracy", {TD_FLOAT64, 0, 0}, {0}, "no dataset"},
    {"test/root_mean_squared_error", {TD_FLOAT64, 1, 0}, {0}, "expected 2 x 0"},
    {"test/root_mean_squared_error", {TD_FLOAT32, 2, 0}, {0}, "test/root_mean_squared_error"},
    {"test/mean_absolute_error", {TD_FLOAT64, 2, 1}, {0}, "expected 2 x 0"},
    {"training/step", {TD_INT64, 2, 0}, {2, 1}, "training/step does not ascend"},
    {"training/retrieval_loss", {TD_FLOAT64, 2, 0}, {0}, "expected 1 x 0"},
    {"training/rating_loss", {TD_FLOAT64, 0, 0}, {0}, "no dataset 'training/rating_loss'"},
};

static const mistake right[] = {
    {"test/step", {TD_INT64, 2, 0}, {4, 8}, NULL},
    {"test/rows", {TD_INT64, 2, 0}, {10, 10}, NULL},
    {"test/k", {TD_INT64, 1, 0}, {5}, NULL},
    {"test/top_k_categorical_accuracy", {TD_FLOAT64, 2, 1}, {0}, NULL},
    {"test/popularity_top_k_categorical_accuracy", {TD_FLOAT64, 2, 1}, {0}, NULL},
    {"test/root_mean_squared_error", {TD_FLOAT64, 2, 0}, {0}, NULL},
    {"test/mean_absolute_error", {TD_FLOAT64, 2, 0}, {0}, NULL},
    {"training/step", {TD_INT64, 1, 0}, {4}, NULL},
    {"training/retrieval_loss", {TD_FLOAT64, 1, 0}, {0}, NULL},
    {"training/rating_loss", {TD_FLOAT64, 1, 0}, {0}, NULL},
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

Test(metrics, refuse_a_file_that_contradicts_itself)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES];
    td_metrics metrics;
    make_folder(comm, folder);
    const char *path = in_folder(folder, "metrics.h5");
    assert_on_all(comm, write_file(comm, path, NULL) == TD_OK, "a good file");
    assert_on_all(comm, td_metrics_load(comm, path, &metrics) == TD_OK, "a good file");
    assert_on_all(comm, metrics.split[TD_TEST].count == 2 && metrics.training.count == 1, "counts");
    td_metrics_free(&metrics);
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        assert_on_all(comm, write_file(comm, path, &mistakes[i]) == TD_OK, mistakes[i].name);
        const td_status status = td_metrics_load(comm, path, &metrics);
        assert_refused(comm, status, TD_ERR_FORMAT, mistakes[i].words);
        assert_on_all(comm, strstr(td_message(), path) != NULL, "the file's name");
        assert_on_all(comm, metrics.split[TD_TEST].steps == NULL, "nothing is left");
    }
    put_text(comm, path, "no metrics");
    assert_refused(comm, td_metrics_load(comm, path, &metrics), TD_ERR_FORMAT, "metrics.h5");
    remove_folder(comm, folder);
    td_comm_stop(comm);
}
