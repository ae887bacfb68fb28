/* Features of a configuration over a schema: what towers read, tables and their owners, a row's
 * inputs, and what is said of declarations that do not fit the data. */
#include "model/encoder.h"
#include "model/inputs.h"
#include "model/spec.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { USERS = 4, ITEMS = 3, GENRES = 6, JOBS = 5 };

typedef struct {
    td_config config;
    td_schema schema;
    td_frame users, items;
    td_spec *spec;
} bench;

static void add(bench *b, const char *name, td_of of, td_kind kind, td_role role,
                int64_t vocabulary)
{
    td_schema_add(&b->schema, (td_schema_field){.name = (char *)name,
                                                .of = of,
                                                .kind = kind,
                                                .role = role,
                                                .vocabulary = vocabulary,
                                                .summary = {5, 0, 100, 30, 25}});
}

static void bench_start(bench *b, const char *yaml)
{
    memset(b, 0, sizeof *b);
    td_config_defaults(&b->config);
    cr_assert_eq(td_config_parse(yaml, "x.yaml", &b->config), TD_OK, "%s", td_message());
    add(b, "user", TD_OF_ROW, TD_KIND_CATEGORY, TD_ROLE_USER, USERS);
    add(b, "item", TD_OF_ROW, TD_KIND_CATEGORY, TD_ROLE_ITEM, ITEMS);
    add(b, "time", TD_OF_ROW, TD_KIND_TIME, TD_ROLE_TIME, 0);
    add(b, "device", TD_OF_ROW, TD_KIND_CATEGORY, TD_ROLE_NONE, 3);
    add(b, "age", TD_OF_USER, TD_KIND_NUMBER, TD_ROLE_NONE, 0);
    add(b, "occupation", TD_OF_USER, TD_KIND_CATEGORY, TD_ROLE_NONE, JOBS);
    add(b, "friend", TD_OF_USER, TD_KIND_CATEGORY, TD_ROLE_NONE, USERS);
    add(b, "genres", TD_OF_ITEM, TD_KIND_CATEGORIES, TD_ROLE_NONE, GENRES);
}

static const float ages[USERS] = {NAN, 30, 40, 20};
static const int32_t friends[USERS] = {0, 2, 3, 1};
static const int32_t jobs[USERS] = {0, 4, 1, 4};

static bench bench_create(const char *yaml)
{
    bench b;
    bench_start(&b, yaml);
    cr_assert_eq(td_spec_create(&b.config, "data.h5", &b.schema, &b.spec), TD_OK, "%s",
                 td_message());
    b.users.count = USERS;
    memcpy(td_frame_add(&b.users, "age", TD_FLOAT32, 1)->values, ages, sizeof ages);
    memcpy(td_frame_add(&b.users, "occupation", TD_INT32, 1)->values, jobs, sizeof jobs);
    memcpy(td_frame_add(&b.users, "friend", TD_INT32, 1)->values, friends, sizeof friends);
    td_frame_extend(&b.items, ITEMS);
    td_field *genres = td_frame_add_list(&b.items, "genres", TD_INT32, 1);
    td_field_put_list(genres, 1, 2, (const int32_t[]){2, 5});
    td_field_put_list(genres, 2, 1, (const int32_t[]){3});
    td_spec_bind(b.spec, &b.users, &b.items);
    return b;
}

static void bench_free(bench *b)
{
    td_spec_free(b->spec);
    td_schema_free(&b->schema);
    td_frame_free(&b->users);
    td_frame_free(&b->items);
}

static void expect_table(const td_spec *spec, size_t t, const char *name, int64_t rows,
                         size_t width, td_owner owner)
{
    const td_embedding_table *table = &spec->table[t];
    cr_expect_str_eq(table->name, name);
    cr_expect(table->rows == rows && table->width == width && table->owner == owner,
              "%s: %ld x %zu, owner %d", name, (long)table->rows, table->width, table->owner);
}

Test(spec, finds_fields_tables_and_owners)
{
    bench b = bench_create(
        "query.features: [user, timestamp_buckets, timestamp, age, occupation, user_bias, hour]\n"
        "candidate.features: [item, genres, item_bias]\n"
        "query.timestamp_edges: 7\n"
        "features:\n"
        "  age:\n"
        "  occupation: {width: 8}\n"
        "  user_bias: {field: user, width: 1}\n"
        "  hour: {field: time, buckets: 24, table: hours}\n"
        "  genres: {pool: sum}\n"
        "  item_bias: {field: item, width: 1}\n");
    cr_assert(b.spec->users == USERS && b.spec->items == ITEMS && b.spec->tables == 8);
    expect_table(b.spec, 0, "user_table", USERS, 32, TD_OWNER_USER);
    expect_table(b.spec, 1, "bucket_table", 8, 32, TD_OWNER_NONE);
    expect_table(b.spec, 2, "occupation_table", JOBS, 8, TD_OWNER_NONE);
    expect_table(b.spec, 3, "user_bias_table", USERS, 1, TD_OWNER_USER);
    expect_table(b.spec, 4, "hours", 24, 32, TD_OWNER_NONE);
    expect_table(b.spec, 5, "item_table", ITEMS, 32, TD_OWNER_ITEM);
    expect_table(b.spec, 6, "genres_table", GENRES, 32, TD_OWNER_NONE);
    expect_table(b.spec, 7, "item_bias_table", ITEMS, 1, TD_OWNER_ITEM);
    cr_assert_eq(td_spec_find_table(b.spec, "hours/weight"), &b.spec->table[4]);
    cr_assert_null(td_spec_find_table(b.spec, "hours/weights"));
    cr_assert(b.spec->table[4].derivation && !b.spec->table[2].derivation);
    cr_assert(td_spec_reads(b.spec, td_schema_find(&b.schema, "age")) &&
              td_spec_reads(b.spec, td_schema_find(&b.schema, "time")));
    cr_assert_not(td_spec_reads(b.spec, td_schema_find(&b.schema, "device")));
    bench_free(&b);
}

Test(spec, shares_tables_by_name)
{
    bench b = bench_create("query.features: [user, first, second]\n"
                           "features:\n"
                           "  first: {field: occupation, table: jobs}\n"
                           "  second: {field: occupation, table: jobs}\n");
    cr_assert_eq(b.spec->tables, 3);
    cr_assert_eq(b.spec->features[TD_QUERY].feature[1].table,
                 b.spec->features[TD_QUERY].feature[2].table);
    bench_free(&b);
    /* Read by more than the users' own ids, a table has no owner. */
    for (int first = 0; first < 2; first++) {
        b = bench_create(first ? "query.features: [friend, user]\n"
                                 "features.friend: {table: user_table}\n"
                               : "query.features: [user, friend]\n"
                                 "features.friend: {table: user_table}\n");
        expect_table(b.spec, 0, "user_table", USERS, 32, TD_OWNER_NONE);
        cr_assert_eq(b.spec->tables, 2);
        if (first == 0)
            bench_free(&b);
    }
    bench_free(&b);
}

/* Ids by row, by user and by item; numbers normalized, missing ones at their mean; lists. */
Test(spec, builds_inputs_of_any_field)
{
    bench b = bench_create("query.features: [user, device, age, occupation]\n"
                           "candidate.features: [genres, item]\n"
                           "features: {device: {}, age: {}, occupation: {}, genres: {}}\n");
    const int32_t users[] = {3, 0, 1}, moments[] = {1, 0, 1}, devices[] = {2, 1};
    td_frame context = {.count = 2};
    memcpy(td_frame_add(&context, "device", TD_INT32, 1)->values, devices, sizeof devices);
    td_field_view views[4];
    const td_queries queries = {3, users, &context, moments, NULL, NULL};
    const td_inputs all = td_inputs_of_queries(b.spec, &queries, views);
    const td_inputs inputs = td_inputs_part(&all, 1, 2);
    cr_assert(inputs.first == 1 && inputs.count == 2);
    const int32_t *ids = views[0].values, *device_ids = views[1].values, *job_ids = views[3].values;
    const float *numbers = views[2].values;
    cr_assert_eq(ids[td_field_view_entry(&views[0], 2)], 1);
    cr_assert_eq(device_ids[td_field_view_entry(&views[1], 2)], 1);
    cr_assert_eq(numbers[td_field_view_entry(&views[2], 0)], -2, "(20 - 30) / 5");
    cr_assert_eq(numbers[td_field_view_entry(&views[2], 1)], 0, "a missing one is the mean");
    cr_assert_eq(job_ids[td_field_view_entry(&views[3], 0)], 4);
    cr_assert(td_context_is_same(b.spec, &context, 0, 0));
    cr_assert_not(td_context_is_same(b.spec, &context, 0, 1));
    const int32_t items[] = {2, 1};
    td_inputs_of_items(b.spec, 2, items, views);
    const size_t entry = td_field_view_entry(&views[0], 1);
    cr_assert_eq(views[0].offsets[entry + 1] - views[0].offsets[entry], 2);
    cr_assert_eq(((const int32_t *)views[0].values)[views[0].offsets[entry] + 1], 5);
    td_frame_free(&context);
    bench_free(&b);
}

/* The embedding of items {2, 5} and {3}, added, averaged and in between, and its gradient. */
Test(spec, pools_by_sum_and_mean)
{
    static const char *const pools[] = {"mean", "sum", "sqrt"};
    static const float parts[] = {2, 1, 1.41421356F};
    for (int p = 0; p < 3; p++) {
        char yaml[128];
        sprintf(yaml, "candidate.features: [genres]\nfeatures.genres: {pool: %s, width: 2}\n",
                pools[p]);
        bench b = bench_create(yaml);
        const int32_t items[] = {1, 2, 0};
        const float dx[] = {2, 4, 8, 16, 1, 1};
        float x[6], scratch[2 * TD_TILE_ROWS];
        td_parameters parameters = {0};
        td_row_sums sums;
        td_kernels kernels;
        td_field_view view;
        td_feature feature = b.spec->features[TD_CANDIDATE].feature[0];
        cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
        feature.tensor = td_parameters_declare_table(&parameters, "genres_table", GENRES, 2);
        cr_assert_eq(td_parameters_declare_table(&parameters, "genres_table", GENRES, 2), 0);
        td_parameters_allocate(&parameters, 0);
        for (int i = 0; i < 2 * GENRES; i++)
            parameters.values[i] = (float)i;
        td_row_sums_create(&sums, (td_range){0, GENRES}, 2);
        td_gradients gradients = td_gradients_create(&kernels, &parameters, 0, &sums);
        td_inputs_of_items(b.spec, 3, items, &view);
        const td_encoder_rows rows = {&view, 0, 3};
        td_feature_touch(&feature, &rows, &sums);
        td_feature_forward(&feature, &parameters, &rows, x, 2);
        td_feature_backward(&feature, &rows, dx, 2, scratch, &gradients);
        const float scale = parts[p];
        cr_assert(x[0] == 14 / scale && x[1] == 16 / scale, "rows 2 (4, 5) and 5 (10, 11)");
        cr_assert(x[2] == 6 && x[3] == 7 && x[4] == 0 && x[5] == 0);
        cr_assert(sums.count == 3 && sums.slots[5] >= 0);
        const td_exact found = sums.sums[sums.slots[5] * 2 + 1];
        const double share = ldexp((double)found, -TD_EXACT_GRADIENT);
        cr_assert(p == 2 ? fabs(share - 4 / sqrt(2)) < 1e-6 : share == (p == 1 ? 4 : 2));
        td_gradients_free(&gradients);
        td_row_sums_free(&sums);
        td_parameters_free(&parameters);
        bench_free(&b);
    }
}

/* Item 1 has the genres 2 and 5 with the weights 0.5 and 2: sums, means and what is in between, and
 * the gradient as the slope of the sum of dx times x. */
Test(spec, weighs_categories)
{
    static const char *const pools[] = {"mean", "sum", "sqrt"};
    static const double parts[] = {2.5, 1, 2.0615528128088303};
    static const int32_t items[] = {1, 2};
    static const float dx[] = {3, -1, 4, 2};
    for (int p = 0; p < 3; p++) {
        char yaml[128];
        float x[4], scratch[2 * TD_TILE_ROWS];
        td_parameters parameters = {0};
        td_row_sums sums;
        td_kernels kernels;
        td_field_view view;
        bench b;
        sprintf(yaml, "candidate.features: [genres]\nfeatures.genres: {pool: %s, width: 2}\n",
                pools[p]);
        bench_start(&b, yaml);
        add(&b, "genres_weights", TD_OF_ITEM, TD_KIND_NUMBERS, TD_ROLE_NONE, 0);
        cr_assert_eq(td_spec_create(&b.config, "data.h5", &b.schema, &b.spec), TD_OK);
        cr_assert(td_spec_reads(b.spec, td_schema_find(&b.schema, "genres_weights")));
        td_frame_extend(&b.items, ITEMS);
        td_field_put_list(td_frame_add_list(&b.items, "genres", TD_INT32, 1), 1, 2,
                          (const int32_t[]){2, 5});
        td_field_put_list(td_frame_add_list(&b.items, "genres_weights", TD_FLOAT32, 1), 1, 2,
                          (const float[]){0.5F, 2});
        for (int f = 0; f < 2; f++)
            b.items.field[f].offsets[3] = 2;
        td_spec_bind(b.spec, &b.users, &b.items);
        td_feature feature = b.spec->features[TD_CANDIDATE].feature[0];
        cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
        feature.tensor = td_parameters_declare_table(&parameters, "genres_table", GENRES, 2);
        td_parameters_allocate(&parameters, 0);
        for (int i = 0; i < 2 * GENRES; i++)
            parameters.values[i] = (float)i;
        td_row_sums_create(&sums, (td_range){0, GENRES}, 2);
        td_gradients gradients = td_gradients_create(&kernels, &parameters, 0, &sums);
        td_inputs_of_items(b.spec, 2, items, &view);
        const td_encoder_rows rows = {&view, 0, 2};
        td_feature_touch(&feature, &rows, &sums);
        td_feature_forward(&feature, &parameters, &rows, x, 2);
        td_feature_backward(&feature, &rows, dx, 2, scratch, &gradients);
        cr_assert_float_eq((double)x[0], (0.5 * 4 + 2 * 10) / parts[p], 1e-5);
        cr_assert_float_eq((double)x[1], (0.5 * 5 + 2 * 11) / parts[p], 1e-5);
        cr_assert(x[2] == 0 && x[3] == 0);
        for (int g = 0; g < 2; g++) {
            float *value = &parameters.values[2 * (g == 0 ? 2 : 5)];
            *value += 1; /* the sum of dx x is linear */
            const double before = (double)x[0];
            td_feature_forward(&feature, &parameters, &rows, x, 2);
            const double slope = 3 * ((double)x[0] - before);
            const td_exact found = sums.sums[sums.slots[g == 0 ? 2 : 5] * 2];
            cr_assert_float_eq(ldexp((double)found, -TD_EXACT_GRADIENT), slope, 1e-4, "%s", yaml);
        }
        td_gradients_free(&gradients);
        td_row_sums_free(&sums);
        td_parameters_free(&parameters);
        bench_free(&b);
    }
}

Test(spec, says_what_does_not_fit)
{
    static const struct {
        const char *yaml;
        td_status status;
        const char *message;
    } mistakes[] = {
        {"candidate.features: [item, title_text]", TD_ERR_MISMATCH,
         "data.h5 has no titles, which the configuration asks for (candidate.features: "
         "title_text); prepare the data with them, or leave that out"},
        {"features.job: {field: ocupation}\nquery.features: [job]", TD_ERR_MISMATCH,
         "data.h5 has no field 'ocupation', which the configuration asks for (features.job.field); "
         "the nearest is 'occupation'"},
        {"features.genres: {}\nquery.features: [genres]", TD_ERR_CONFIG,
         "configuration: features.genres.field: the query tower reads fields of users and rows; "
         "the field 'genres' is a categories of each item"},
        {"features.device: {}\ncandidate.features: [item, device]", TD_ERR_CONFIG,
         "configuration: features.device.field: the candidate tower reads fields of items alone, "
         "since each item is embedded once; the field 'device' is a category of each row"},
        {"features.age: {encoder: embed}\nquery.features: [age]", TD_ERR_CONFIG,
         "configuration: features.age.encoder: embed reads ids; the field 'age' is a number of "
         "each user"},
        {"features.device: {encoder: number}\nquery.features: [device]", TD_ERR_CONFIG,
         "configuration: features.device.encoder: number reads numbers, times and vectors; the "
         "field 'device' is a category of each row"},
        {"features.device: {buckets: 8}\nquery.features: [device]", TD_ERR_CONFIG,
         "configuration: features.device.buckets: expected at least 3, of a field of numbers "
         "or times; the field 'device' is a category of each row"},
        {"features.age: {transform: quantil, buckets: 8}\nquery.features: [age]", TD_ERR_CONFIG,
         "configuration: features.age.transform: expected a transform (tandem help config), found "
         "'quantil'; the nearest is 'quantile'"},
        {"features.age: {transform: normalized, buckets: 8}\nquery.features: [age]", TD_ERR_CONFIG,
         "configuration: features.age.buckets: expected 0 with this transform; the field 'age' is "
         "a number of each user"},
        {"features.age: {transform: quantile, buckets: 1}\nquery.features: [age]", TD_ERR_CONFIG,
         "configuration: features.age.buckets: expected at least 2, of a field of numbers or "
         "times; "
         "the field 'age' is a number of each user"},
        {"features.device: {dropout: 0.5}\nquery.features: [device]", TD_ERR_CONFIG,
         "configuration: features.device.dropout: expected a field of users or items, whose ids it "
         "hides; the field 'device' is a category of each row"},
        {"features.age: {}\ntasks.like: {label: rating, features: [age]}", TD_ERR_CONFIG,
         "configuration: features.age.field: a head reads fields of rows; what users and items "
         "have "
         "goes to their towers; the field 'age' is a number of each user"},
        {"features.past: {encoder: history}\ntasks.like: {label: rating, features: [past]}",
         TD_ERR_CONFIG,
         "configuration: features.past.encoder: towers have histories, a head has none; the field "
         "'user' is a category of each row"},
        {"features.past: {encoder: history, field: age}\nquery.features: [past]", TD_ERR_CONFIG,
         "configuration: features.past.field: a history in the query tower is of items: their ids, "
         "or a field of theirs that has names; the field 'age' is a number of each user"},
        {"features.fans: {encoder: history, field: genres}\ncandidate.features: [item, fans]",
         TD_ERR_CONFIG,
         "configuration: features.fans.field: a history in the candidate tower is of users: their "
         "ids, or a field of theirs that has names; the field 'genres' is a categories of each "
         "item"},
        {"features.fans: {encoder: history, which: before}\ncandidate.features: [fans]",
         TD_ERR_CONFIG,
         "configuration: features.fans.which: an item is embedded once for all rows, so its "
         "history "
         "is all; the field 'user' is a category of each row"},
        {"features.fans: {encoder: history, own: drop}\ncandidate.features: [fans]", TD_ERR_CONFIG,
         "configuration: features.fans.own: an item is embedded once for all rows, so it keeps "
         "all; "
         "the field 'user' is a category of each row"},
        {"features.age: {}\nquery.features: [user, age]\nquery.combine: sum", TD_ERR_CONFIG,
         "configuration: query.features are added (combine: sum), so they need one width; user has "
         "32, but age 1"},
        {"features.past: {encoder: history, which: all, days: 3}\nquery.features: [past]",
         TD_ERR_CONFIG,
         "configuration: features.past.days: only a history before a row counts days; the field "
         "'item' is a category of each row"},
        {"features.device: {table: a/b}\nquery.features: [device]", TD_ERR_CONFIG,
         "configuration: features.device.table: expected letters, digits, '_' and '-'; found "
         "'a/b'"},
        {"features.device: {table: user_table}\nquery.features: [user, device]", TD_ERR_CONFIG,
         "configuration: features.device.table: 'user_table' has 4 rows of width 32 for another "
         "feature, but this one needs 3 of width 32: give them tables of their own"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        bench b;
        bench_start(&b, mistakes[i].yaml);
        cr_expect_eq(td_spec_create(&b.config, "data.h5", &b.schema, &b.spec), mistakes[i].status);
        cr_expect_str_eq(td_message(), mistakes[i].message);
        bench_free(&b);
    }
}
