/* What features make of fields, fitted to training values: by hand, the same on any ranks. */
#include "sample.h"

#include "job.h"
#include "run/model_data.h"

#include <math.h>

MPI_SUITE(fit)

enum { PEOPLE = 9 };

/* Of the nine users with rows one has no age; Zoe, who is 99, has no rows. Item i has the price 2
 * to the power of i, those below 8 in the category a, the others in b; z, alone in c, has no rows.
 */
static const char schema[] =
    "interactions:\n"
    "  header: yes\n"
    "  fields:\n"
    "    user: {kind: category, role: user}\n"
    "    item: {kind: category, role: item}\n"
    "    stars: {kind: number, role: label}\n"
    "    time: {kind: time, role: time}\n"
    "    device: {kind: category}\n"
    "users:\n  file: users\n  key: 1\n  fields:\n    age: {column: 2, kind: number}\n"
    "items:\n  file: items\n  key: 1\n  fields:\n    price: {column: 2, kind: number}\n"
    "    sort: {column: 3, kind: category}\n";
static const char *const ages[PEOPLE] = {"20", "60", "20", "30", "", "60", "50", "40", "20"};

typedef struct {
    td_comm *comm;
    char folder[PATH_BYTES];
    td_dataset *data;
    td_strings users, items;
    td_model_data loaded;
} fixture;

static void put(fixture *f, const char *name, const char *text)
{
    put_text(f->comm, in_folder(f->folder, name), text);
}

/* Row i is of user i % 9 and of item i % 5, at i days after the start of 2000. */
static void write_files(fixture *f)
{
    char rows[64 * 5 * PEOPLE], users[256] = "zoe,99\n", items[256] = "z,1000,c\n";
    size_t used = (size_t)sprintf(rows, "user,item,stars,time,device\n");
    for (int i = 0; i < 5 * PEOPLE; i++)
        used += (size_t)sprintf(rows + used, "u%d,i%d,%d,%d,%s\n", i % PEOPLE, i % 5, i % 7,
                                946684800 + 86400 * i, i % 2 ? "desk" : "phone");
    for (int u = 0; u < PEOPLE; u++)
        sprintf(users + strlen(users), "u%d,%s\n", u, ages[u]);
    for (int i = 0; i < 5; i++)
        sprintf(items + strlen(items), "i%d,%d,%s\n", i, 1 << i, i < 3 ? "a" : "b");
    put(f, "rows.csv", rows);
    put(f, "users", users);
    put(f, "items", items);
    put(f, "schema.yaml", schema);
}

static fixture *begin(void)
{
    fixture *f = TD_NEW(fixture, 1);
    td_prepare_report report;
    char input[2 * PATH_BYTES], schema_file[2 * PATH_BYTES];
    f->comm = job_comm();
    make_folder(f->comm, f->folder);
    write_files(f);
    snprintf(input, sizeof input, "%s", in_folder(f->folder, "rows.csv"));
    snprintf(schema_file, sizeof schema_file, "%s", in_folder(f->folder, "schema.yaml"));
    td_prepare_options options = td_prepare_defaults();
    options.input = input;
    options.schema = schema_file;
    options.test_fraction = 0;
    const td_status status =
        td_prepare(f->comm, &options, in_folder(f->folder, "data.h5"), &report);
    assert_on_all(f->comm, status == TD_OK, "td_prepare");
    f->data = sample_open(f->comm, in_folder(f->folder, "data.h5"));
    assert_on_all(f->comm, td_dataset_read_user_names(f->data, &f->users) == TD_OK, "users");
    assert_on_all(f->comm, td_dataset_read_item_names(f->data, &f->items) == TD_OK, "items");
    return f;
}

static void end(fixture *f)
{
    td_strings_free(&f->users);
    td_strings_free(&f->items);
    td_dataset_close(f->data);
    remove_folder(f->comm, f->folder);
    td_free(f);
}

/* Loads what a model of these settings reads. */
static td_status try(fixture *f, const char *settings)
{
    td_config config;
    td_config_defaults(&config);
    TD_TRY(td_config_parse(settings, "settings", &config));
    return td_model_data_load(f->data, "data.h5", &config, &f->loaded);
}

static void load(fixture *f, const char *settings)
{
    assert_on_all(f->comm, try(f, settings) == TD_OK, "td_model_data_load");
}

static void refuse(fixture *f, const char *settings, const char *message)
{
    assert_refused(f->comm, try(f, settings), TD_ERR_CONFIG, message);
    td_model_data_free(&f->loaded);
}

/* The value of a feature for the user or item of a name. */
static size_t id_of(const td_strings *names, const char *name)
{
    int64_t id = 0;
    while (id < names->count && strncmp(names->bytes + names->offsets[id], name, strlen(name)) != 0)
        id++;
    return (size_t)id + 1;
}

/* Ages 20 20 20 30 40 50 60 60 in four buckets: they end with the second, fourth and sixth. */
MPI_TEST(fit, quantiles_put_equal_numbers_into_the_lower_bucket)
{
    static const int32_t expected[PEOPLE] = {1, 4, 1, 2, 0, 4, 3, 3, 1};
    fixture *f = begin();
    load(f, "query.features: [user, age]\nfeatures.age: {buckets: 4, transform: quantile}\n");
    const int32_t *ids = td_frame_values(&f->loaded.users, "feature/age");
    const td_time_scale *scale = &f->loaded.spec->derivations.derivation[0].scale;
    bool right = ids[0] == 0 && scale->count == 4 && f->loaded.spec->table[1].rows == 5;
    for (int u = 0; u < PEOPLE; u++)
        right = right &&
                ids[id_of(&f->users, (const char[]){'u', (char)('0' + u), '\0'})] == expected[u];
    right = right && scale->edges[0] == -INFINITY && scale->edges[1] == nextafterf(20, 99) &&
            scale->edges[2] == nextafterf(30, 99) && scale->edges[3] == nextafterf(50, 99);
    assert_on_all(f->comm, right, "buckets of ages");
    td_model_data_free(&f->loaded);
    /* The times of 45 rows, a day apart, in two buckets: the 23rd ends the first. */
    load(f, "query.features: [at]\nfeatures.at: {field: time, buckets: 2, transform: quantile}\n");
    scale = &f->loaded.spec->derivations.derivation[0].scale;
    assert_on_all(f->comm, scale->edges[1] == nextafterf((float)(946684800 + 86400 * 22), INFINITY),
                  "median of times");
    td_model_data_free(&f->loaded);
    /* The prices 1 2 4 8 16 of items with rows, in more buckets than there are prices. */
    load(f, "candidate.features: [price]\nfeatures.price: {buckets: 7, transform: quantile}\n");
    ids = td_frame_values(&f->loaded.items, "feature/price");
    right = ids[id_of(&f->items, "i0")] == 1 && ids[id_of(&f->items, "i1")] == 2 &&
            ids[id_of(&f->items, "i2")] == 3 && ids[id_of(&f->items, "i3")] == 5 &&
            ids[id_of(&f->items, "i4")] == 6 && ids[id_of(&f->items, "z")] == 7;
    assert_on_all(f->comm, right, "buckets of prices");
    td_model_data_free(&f->loaded);
    end(f);
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-5 * (1 + fabs(b));
}

static double item_number(const fixture *f, const char *feature, const char *item)
{
    const float *numbers = td_frame_values(&f->loaded.items, feature);
    return (double)numbers[id_of(&f->items, item)];
}

MPI_TEST(fit, numbers_have_the_scale_of_training_values)
{
    static const double prices[] = {1, 2, 4, 8, 16};
    fixture *f = begin();
    double mean = 0, square = 0;
    load(f, "candidate.features: [item, raw, log, price]\nfeatures:\n"
            "  raw: {field: price, transform: raw}\n"
            "  log: {field: price, transform: log}\n"
            "  price: {within: sort}\n");
    for (int i = 0; i < 5; i++) {
        mean += log1p(prices[i]) / 5;
        square += log1p(prices[i]) * log1p(prices[i]) / 5;
    }
    const double deviation = sqrt(square - mean * mean);
    bool right = f->loaded.spec->features[TD_CANDIDATE].feature[1].width == 1;
    for (int i = 0; i < 5; i++) {
        const char item[] = {'i', (char)('0' + i), '\0'};
        right = right && item_number(f, "feature/raw", item) == prices[i];
        right = right &&
                is_near(item_number(f, "feature/log", item), (log1p(prices[i]) - mean) / deviation);
    }
    assert_on_all(f->comm, right, "raw and logarithms");
    /* a has 1, 2 and 4; b has 8 and 16; c has no training value, so all of them count. */
    right = is_near(item_number(f, "feature/price", "i0"), (1 - 7 / 3.0) / sqrt(14 / 9.0)) &&
            is_near(item_number(f, "feature/price", "i2"), (4 - 7 / 3.0) / sqrt(14 / 9.0)) &&
            is_near(item_number(f, "feature/price", "i3"), -1) &&
            is_near(item_number(f, "feature/price", "i4"), 1) &&
            is_near(item_number(f, "feature/price", "z"), (1000 - 6.2) / sqrt(29.76));
    assert_on_all(f->comm, right, "prices within their category");
    td_model_data_free(&f->loaded);
    load(f, "query.features: [user, age]\nfeatures.age: {flag: true}\n");
    const float *age = td_frame_values(&f->loaded.users, "feature/age");
    const size_t missing = id_of(&f->users, "u4"), known = id_of(&f->users, "u0");
    const td_summary *summary = &td_schema_find(f->loaded.schema, "age")->summary;
    right = f->loaded.spec->features[TD_QUERY].feature[1].width == 2 && age[2 * missing] == 0 &&
            age[2 * missing + 1] == 1 && age[2 * known + 1] == 0 && age[1] == 1 &&
            is_near((double)age[2 * known], (20 - summary->mean) / sqrt(summary->variance));
    assert_on_all(f->comm, right, "a number and its flag");
    td_model_data_free(&f->loaded);
    end(f);
}

/* 2000 began on a Saturday. Item i was first met on day i of 45, and z never. */
MPI_TEST(fit, times_are_hours_weekdays_and_ages)
{
    const int64_t at[] = {946684800, 946684800 + 86400 + 3599, INT64_MIN};
    fixture *f = begin();
    load(f, "query.features: [hour, local_hour, day, local_day]\n"
            "candidate.features: [item, age]\nfeatures:\n"
            "  hour: {field: time, transform: hour, width: 4}\n"
            "  day: {field: time, transform: weekday}\n"
            "  local_hour: {field: time, transform: hour, zone: '+02:30'}\n"
            "  local_day: {field: time, transform: weekday, zone: '-01:00'}\n"
            "  age: {field: time, transform: age}\n");
    td_frame context = td_model_data_context(&f->loaded, 3, at);
    const int32_t *hour = td_frame_values(&context, "feature/hour");
    const int32_t *day = td_frame_values(&context, "feature/day");
    const int32_t *local_hour = td_frame_values(&context, "feature/local_hour");
    const int32_t *local_day = td_frame_values(&context, "feature/local_day");
    bool right = hour[0] == 1 && hour[1] == 1 && hour[2] == 0 && day[0] == 6 && day[1] == 7 &&
                 day[2] == 0 && local_hour[0] == 3 && local_hour[1] == 4 && local_day[0] == 5 &&
                 local_day[1] == 6 && f->loaded.spec->table[0].rows == 25 &&
                 f->loaded.spec->table[2].rows == 8;
    assert_on_all(f->comm, right, "hours and weekdays");
    right = is_near(item_number(f, "feature/age", "i0"), sqrt(2)) &&
            is_near(item_number(f, "feature/age", "i2"), 0) &&
            is_near(item_number(f, "feature/age", "i4"), -sqrt(2)) &&
            item_number(f, "feature/age", "z") == 0;
    assert_on_all(f->comm, right, "ages of items");
    td_frame_free(&context);
    td_model_data_free(&f->loaded);
    end(f);
}

/* In training rows have their own values, in use one that the configuration says. */
MPI_TEST(fit, what_is_served_is_not_what_was_trained_on)
{
    static const int32_t devices[] = {1, 2};
    static const float stars[] = {1, 2};
    fixture *f = begin();
    load(f, "query.features: [device, stars, day]\nfeatures:\n"
            "  device: {serve: phone}\n"
            "  stars: {transform: raw, serve: 4.5}\n"
            "  day: {field: time, transform: weekday, serve: 2000-01-03}\n");
    const int64_t at[] = {946684800, 946684800};
    td_frame context = td_model_data_context(&f->loaded, 2, at), rows = {.count = 2, .room = 2};
    const int32_t *device = td_frame_values(&context, "feature/device");
    const int32_t *day = td_frame_values(&context, "feature/day");
    const float *star = td_frame_values(&context, "feature/stars");
    bool right = device[0] == 2 && device[1] == 2 && day[0] == 1 && day[1] == 1 &&
                 star[0] == 4.5F && star[1] == 4.5F && f->loaded.spec->table[0].rows == 3 &&
                 !f->loaded.spec->table[0].derivation;
    memcpy(td_frame_add(&rows, "device", TD_INT32, 1)->values, devices, sizeof devices);
    memcpy(td_frame_add(&rows, "stars", TD_FLOAT32, 1)->values, stars, sizeof stars);
    td_derive_for_training(&f->loaded.spec->derivations, TD_OF_ROW, &rows);
    device = td_frame_values(&rows, "feature/device");
    star = td_frame_values(&rows, "feature/stars");
    right = right && device[0] == 1 && device[1] == 2 && star[0] == 1 && star[1] == 2;
    assert_on_all(f->comm, right, "values in use and in training");
    td_frame_free(&context);
    td_frame_free(&rows);
    td_model_data_free(&f->loaded);
    refuse(f, "query.features: [device]\nfeatures.device: {serve: watch}\n",
           "configuration: features.device.serve: expected a category of the data, found 'watch'");
    refuse(f, "query.features: [day]\nfeatures.day: {field: time, serve: noon}\n",
           "configuration: features.day.serve: expected seconds");
    end(f);
}
