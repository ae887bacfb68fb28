/* What a model asks of a data file: the file's own numbers where it has them, else a message that
 * names the file and the key. */
#include "run/model_data.h"

#include "../data/sample.h"
#include "eval/item_counts.h"
#include "job.h"

#include <math.h>

MPI_SUITE(model_data)

/* Prepares the sample as folder/some.h5, without what is NULL. */
static void prepare(td_comm *comm, const char *folder, const char *rating, const char *timestamp)
{
    char input[2 * PATH_BYTES];
    td_prepare_report report;
    sample_write(comm, folder);
    snprintf(input, sizeof input, "%s", in_folder(folder, "sample.csv"));
    td_prepare_options options = sample_options(input);
    options.rating_column = rating;
    options.timestamp_column = timestamp;
    td_status status = td_prepare(comm, &options, in_folder(folder, "some.h5"), &report);
    assert_on_all(comm, status == TD_OK, "td_prepare");
}

static td_status load(td_dataset *data, const char *settings, td_model_data *loaded)
{
    td_config config;
    td_config_defaults(&config);
    TD_TRY(td_config_parse(settings, "settings", &config));
    return td_model_data_load(data, "some.h5", &config, loaded);
}

static const struct {
    const char *settings;
    const char *what;
    const char *key;
} lacking[] = {
    {"candidate: {features: [item, title_text]}", "no titles", "candidate.features: title_text"},
    {"query: {features: [user, timestamp]}", "no timestamps", "query.features: "},
    {"query: {features: [timestamp_buckets, user]}", "no timestamps", "timestamp_buckets"},
    {"rating: {enabled: true}", "no ratings", "rating.enabled"},
};

MPI_TEST(model_data, that_are_not_there_are_named)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    td_model_data loaded;
    make_folder(comm, folder);
    prepare(comm, folder, NULL, NULL);
    td_dataset *data = sample_open(comm, in_folder(folder, "some.h5"));
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++) {
        td_status status = load(data, lacking[i].settings, &loaded);
        assert_refused(comm, status, TD_ERR_MISMATCH, lacking[i].what);
        assert_refused(comm, status, TD_ERR_MISMATCH, lacking[i].key);
        assert_refused(comm, status, TD_ERR_MISMATCH, "some.h5 has ");
        td_model_data_free(&loaded);
    }
    assert_on_all(comm, load(data, "{}", &loaded) == TD_OK, "a model that asks for nothing");
    assert_on_all(comm, loaded.spec->derivations.count == 0, "times that nobody reads");
    assert_on_all(comm, loaded.items.fields == 0, "titles that nobody reads");
    td_model_data_free(&loaded);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

static bool times_are_right(const td_data_info *info, const td_model_data *loaded)
{
    const td_derivation *derived =
        td_derivations_find(&loaded->spec->derivations, "feature/timestamp_buckets");
    const td_time_scale *times = derived ? &derived->scale : NULL;
    const td_summary said = td_schema_with_role(&info->schema, TD_ROLE_TIME)->summary;
    return times && times->count == 7 && loaded->spec->table[1].rows == 8 &&
           times->edges[0] == (float)said.low && times->edges[6] == (float)said.high &&
           times->mean == said.mean && times->deviation == sqrt(said.variance);
}

/* -log of an item's share of the training rows; what has none counts as 1e-6. */
static bool bias_is_right(const td_data_info *info, const int64_t *counts, const float *bias)
{
    if (!bias)
        return false;
    for (int64_t i = 0; i <= info->items; i++) {
        const double share = (double)counts[i] / (double)info->rows[TD_TRAIN];
        if (fabs((double)bias[i] + log(fmax(share, 1e-6))) > 1e-5)
            return false;
    }
    return counts[0] == 0 && fabs((double)bias[0] - log(1e6)) < 1e-5;
}

MPI_TEST(model_data, are_the_files_numbers)
{
    static const char settings[] =
        "query: {features: [user, timestamp_buckets], timestamp_edges: 7}\n"
        "retrieval: {log_q: true}\nrating: {enabled: true}\n";
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    td_model_data loaded = {0};
    int64_t *counts = NULL;
    make_folder(comm, folder);
    prepare(comm, folder, "stars", "time");
    td_dataset *data = sample_open(comm, in_folder(folder, "some.h5"));
    const td_data_info *info = td_dataset_info(data);
    assert_on_all(comm, td_dataset_read_item_counts(data, &counts) == TD_OK, "counts");
    const bool loads = load(data, settings, &loaded) == TD_OK && loaded.spec;
    assert_on_all(comm, loads, "td_model_data_load");
    if (!loads)
        return;
    assert_on_all(comm, loaded.spec->users == info->users + 1, "users");
    assert_on_all(comm, loaded.spec->items == info->items + 1, "items");
    assert_on_all(comm, times_are_right(info, &loaded), "times");
    td_config config;
    float *bias = NULL;
    td_config_defaults(&config);
    assert_on_all(comm, td_item_bias_read(data, &config, &bias) == TD_OK, "td_item_bias_read");
    assert_on_all(comm, bias_is_right(info, counts, bias), "sampling probabilities");
    td_free(bias);
    td_model_data_free(&loaded);
    td_free(counts);
    td_dataset_close(data);
    remove_folder(comm, folder);
}
