/* What features make of fields, fitted to training values: by hand, the same on any ranks. */
#include "sample.h"

#include "run/model_data.h"

#include <math.h>

TestSuite(fit, .timeout = 100);

enum { PEOPLE = 9 };

/* Of the nine users with rows one has no age; Zoe, who is 99, has no rows. Item i has the price 2
 * to the power of i, in the categories of its list; z has no rows. */
static const char schema[] =
    "interactions:\n"
    "  header: yes\n"
    "  fields:\n"
    "    user: {kind: category, role: user}\n"
    "    item: {kind: category, role: item}\n"
    "    stars: {kind: number, role: label}\n"
    "    time: {kind: time, role: time}\n"
    "users:\n  file: users\n  key: 1\n  fields:\n    age: {column: 2, kind: number}\n"
    "items:\n  file: items\n  key: 1\n  fields:\n    price: {column: 2, kind: number}\n";
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
    char rows[64 * 5 * PEOPLE], users[256] = "zoe,99\n", items[256] = "z,1000\n";
    size_t used = (size_t)sprintf(rows, "user,item,stars,time\n");
    for (int i = 0; i < 5 * PEOPLE; i++)
        used += (size_t)sprintf(rows + used, "u%d,i%d,%d,%d\n", i % PEOPLE, i % 5, i % 7,
                                946684800 + 86400 * i);
    for (int u = 0; u < PEOPLE; u++)
        sprintf(users + strlen(users), "u%d,%s\n", u, ages[u]);
    for (int i = 0; i < 5; i++)
        sprintf(items + strlen(items), "i%d,%d\n", i, 1 << i);
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
    f->comm = td_comm_start();
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
    td_comm_stop(f->comm);
    td_free(f);
}

/* Loads what a model of these settings reads. */
static void load(fixture *f, const char *settings)
{
    td_config config;
    td_config_defaults(&config);
    td_status status = td_config_parse(settings, "settings", &config);
    if (status == TD_OK)
        status = td_model_data_load(f->data, "data.h5", &config, &f->loaded);
    assert_on_all(f->comm, status == TD_OK, "td_model_data_load");
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
Test(fit, quantiles_put_equal_numbers_into_the_lower_bucket)
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
