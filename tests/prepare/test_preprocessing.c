/* Vocabularies, times and tokens against what Keras's own layers gave (tests/reference). */
#include "data/moments.h"
#include "data/time_scale.h"
#include "data/tokens.h"
#include "prepare/catalog.h"
#include "prepare/source.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *load(const char *member)
{
    json_error_t error;
    json_t *all = json_load_file(TESTS_REFERENCE "/preprocessing.json", 0, &error);
    cr_assert_not_null(all, "%s", error.text);
    json_t *part = json_incref(json_object_get(all, member));
    json_decref(all);
    cr_assert_not_null(part, "%s", member);
    return part;
}

static td_str field(const char *text)
{
    return (td_str){text, strlen(text)};
}

/* The strings of a JSON array, one after the other. */
static td_strings strings_of(const json_t *array)
{
    td_vocabulary *v = td_vocabulary_create();
    size_t count = json_array_size(array);
    int32_t *numbers = TD_NEW(int32_t, count);
    for (size_t i = 0; i < count; i++)
        numbers[i] = td_vocabulary_add(v, field(json_string_value(json_array_get(array, i))));
    td_strings strings = td_vocabulary_strings(v, (int64_t)count, numbers);
    td_free(numbers);
    td_vocabulary_free(v);
    return strings;
}

static void assert_ids(const td_vocabulary *learned, const char *title, const json_t *ids)
{
    td_tokenizer text = {0};
    td_tokens_cut(&text, field(title));
    cr_assert_eq(text.count, json_array_size(ids), "'%s': %zu tokens", title, text.count);
    for (size_t i = 0; i < text.count; i++)
        cr_assert_eq(td_tokens_id(learned, text.tokens[i]),
                     json_integer_value(json_array_get(ids, i)), "token %zu of '%s'", i, title);
    td_tokenizer_free(&text);
}

static void assert_tokens(const td_vocabulary *learned, const json_t *list, int32_t first)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *token = json_string_value(json_array_get(list, i));
        int32_t id = first + (int32_t)i;
        if (id >= TD_TOKEN_FIRST) /* before them: padding and [UNK] */
            cr_assert_eq(td_tokens_id(learned, field(token)), id, "'%s'", token);
    }
}

static void check_vectorization(const char *member, int32_t max_tokens)
{
    json_t *expected = load(member);
    const json_t *input = json_object_get(expected, "input");
    const json_t *vocabulary = json_object_get(expected, "vocabulary");
    td_strings texts = strings_of(input);
    td_vocabulary *learned = td_tokens_learn(&texts, max_tokens);
    cr_assert_eq((size_t)td_vocabulary_count(learned) + TD_TOKEN_FIRST,
                 json_array_size(vocabulary));
    assert_tokens(learned, vocabulary, 0);
    for (size_t i = 0; i < json_array_size(input); i++)
        assert_ids(learned, json_string_value(json_array_get(input, i)),
                   json_array_get(json_object_get(expected, "ids"), i));
    td_vocabulary_free(learned);
    td_strings_free(&texts);
    json_decref(expected);
}

Test(preprocessing, tokens_of_odd_titles)
{
    check_vectorization("text_vectorization_max_10000", 10000);
}

Test(preprocessing, no_more_tokens_than_allowed)
{
    check_vectorization("text_vectorization_max_12", 12);
}

/* MovieLens 100K as td_prepare reads it. */
typedef struct {
    td_comm *comm;
    td_source source;
    td_catalog catalog;
    td_records ratings;
    td_vocabulary *users;
    const int64_t *times; /* (ratings.frame.count) */
} films;

static bool read_films(films *f)
{
    char path[1024];
    td_bad_lines none = {.limit = 0};
    td_prepare_options options = td_prepare_defaults();
    const char *data = getenv("TANDEM_DATA");
    snprintf(path, sizeof path, "%s/ml-100k", data ? data : "");
    options.format = "movielens-100k";
    options.input = path;
    if (!data || td_source_describe(&options, NULL, &f->source) != TD_OK)
        return false;
    f->comm = td_comm_start();
    td_status status = td_catalog_read(f->comm, &f->source, &none, &f->catalog);
    cr_assert_eq(status, TD_OK, "%s", td_message());
    const td_row_judge judge = {.known_items = f->catalog.ids};
    status = td_records_read(f->comm, &f->source, TD_OF_ROW, &judge, &none, &f->ratings);
    cr_assert_eq(status, TD_OK, "%s", td_message());
    f->users = td_records_take_names(&f->ratings, "user");
    f->times = td_frame_values(&f->ratings.frame, "timestamp");
    td_free(td_vocabulary_sort(f->users));
    return true;
}

static void free_films(films *f)
{
    td_vocabulary_free(f->users);
    td_records_free(&f->ratings);
    td_catalog_free(&f->catalog);
    td_source_free(&f->source);
    td_comm_stop(f->comm);
}

static void assert_rows(const td_vocabulary *v, json_t *expected)
{
    const char *name;
    json_t *row;
    json_object_foreach(expected, name, row)
        cr_assert_eq(td_vocabulary_find(v, field(name)), json_integer_value(row), "'%s'", name);
}

static json_int_t whole(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static double real(const json_t *object, const char *name)
{
    return json_real_value(json_object_get(object, name));
}

Test(preprocessing, vocabularies_and_times_of_movielens)
{
    films f;
    if (!read_films(&f))
        cr_skip_test("skipped: TANDEM_DATA has no ml-100k");
    json_t *expected = load("ml-100k");
    const td_vocabulary *titles = f.catalog.items, *users = f.users;
    cr_assert_eq(td_vocabulary_count(titles), whole(expected, "distinct_titles"));
    cr_assert_eq(td_vocabulary_count(users), whole(expected, "distinct_users"));
    assert_rows(titles, json_object_get(expected, "title_row"));
    assert_rows(users, json_object_get(expected, "user_row"));
    cr_assert_eq(td_vocabulary_find(titles, field("no such film")),
                 whole(expected, "unknown_title_row"));
    cr_assert_eq(td_vocabulary_find(users, field("944")), whole(expected, "unknown_user_row"));

    td_moments m = {0};
    for (int64_t i = 0; i < f.ratings.frame.count; i++)
        td_moments_add(&m, f.times[i]);
    double mean = real(expected, "exact_mean"), variance = real(expected, "exact_variance");
    cr_assert_eq(m.first, whole(expected, "timestamp_min"));
    cr_assert_eq((double)m.last, (double)whole(expected, "timestamp_max"));
    cr_assert_eq(td_moments_mean(&m), mean);
    cr_assert_float_eq(td_moments_variance(&m), variance, 1e-14 * variance);
    json_decref(expected);
    free_films(&f);
}

Test(preprocessing, buckets_of_movielens)
{
    films f;
    if (!read_films(&f))
        cr_skip_test("skipped: TANDEM_DATA has no ml-100k");
    json_t *expected = load("ml-100k");
    td_time_scale scale = td_time_scale_create(1000, (double)whole(expected, "timestamp_min"),
                                               (double)whole(expected, "timestamp_max"), 0, 1);
    bool has[1001] = {false};
    for (int64_t i = 0; i < f.ratings.frame.count; i++)
        has[td_time_bucket(&scale, f.times[i])] = true;
    json_int_t distinct = 0;
    for (int bucket = 0; bucket <= 1000; bucket++)
        distinct += has[bucket];
    cr_assert_eq(distinct, whole(expected, "distinct_buckets"));
    td_time_scale_free(&scale);
    json_decref(expected);
    free_films(&f);
}

/* The first line that md5sum prints of the tokens, one a line without a last line end. */
static void digest(const td_vocabulary *learned, char md5[33])
{
    char path[] = "/tmp/tandem-tokens-XXXXXX", command[64];
    int descriptor = mkstemp(path);
    FILE *file = fdopen(descriptor, "w");
    cr_assert_not_null(file);
    fputs("\n[UNK]", file);
    for (int32_t n = 1; n <= td_vocabulary_count(learned); n++) {
        td_str token = td_vocabulary_name(learned, n);
        fprintf(file, "\n%.*s", (int)token.length, token.text);
    }
    cr_assert_eq(fclose(file), 0);
    snprintf(command, sizeof command, "md5sum < %s", path);
    FILE *pipe = popen(command, "r");
    cr_assert(pipe && fscanf(pipe, "%32s", md5) == 1);
    pclose(pipe);
    remove(path);
}

Test(preprocessing, tokens_of_movielens)
{
    films f;
    if (!read_films(&f))
        cr_skip_test("skipped: TANDEM_DATA has no ml-100k");
    json_t *expected = load("ml-100k"), *ids;
    const char *title;
    char md5[33] = "";
    td_strings titles = td_catalog_titles(&f.catalog);
    td_vocabulary *learned = td_tokens_learn(&titles, 10000);
    json_int_t tokens = whole(expected, "tokens");
    cr_assert_eq(td_vocabulary_count(learned) + TD_TOKEN_FIRST, tokens);
    assert_tokens(learned, json_object_get(expected, "token_first"), 0);
    json_t *last = json_object_get(expected, "token_last");
    assert_tokens(learned, last, (int32_t)(tokens - (json_int_t)json_array_size(last)));
    json_object_foreach(json_object_get(expected, "title_token_ids"), title, ids)
        assert_ids(learned, title, ids);
    digest(learned, md5);
    cr_assert_str_eq(md5,
                     json_string_value(json_object_get(expected, "token_list_md5_newline_joined")));
    td_vocabulary_free(learned);
    json_decref(expected);
    free_films(&f);
}
