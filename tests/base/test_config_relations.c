/* Configurations as wholes: whether the values fit each other, whether two agree, and whether one
 * comes back from text to the same bits. */
#include "tandem/config.h"

#include "base/config_advice.h"
#include "base/config_value.h"
#include "base/memory.h"
#include "base/place.h"
#include "base/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static td_config defaults(void)
{
    td_config config;
    td_config_defaults(&config);
    return config;
}

Test(config_relations, fill_in_shards_and_item_ranges)
{
    static const int64_t cases[][2] = {{1, 1},   {63, 1},    {64, 1},           {191, 1},
                                       {192, 2}, {8192, 64}, {16777216, 131072}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        td_config config = defaults();
        config.train_batch_size = cases[i][0];
        cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
        cr_assert_eq(config.train_shards, cases[i][1], "batch %ld", (long)cases[i][0]);
        cr_assert_eq(config.train_item_ranges, cases[i][1], "batch %ld", (long)cases[i][0]);
    }
    td_config config = defaults();
    config.train_shards = 7;
    cr_assert_eq(td_config_check(&config), TD_OK);
    cr_assert(config.train_shards == 7 && config.train_item_ranges == 7);
    config.train_item_ranges = 5;
    cr_assert_eq(td_config_check(&config), TD_OK);
    cr_assert(config.train_shards == 7 && config.train_item_ranges == 5);
}

static void expect_refusal(td_config config, const char *message)
{
    const td_config before = config;
    cr_expect_eq(td_config_check(&config), TD_ERR_CONFIG, "%s", message);
    cr_expect_str_eq(td_message(), message);
    cr_expect_eq(memcmp(&config, &before, sizeof config), 0, "%s", message);
}

Test(config_relations, refuse_what_is_set_out_of_range_by_hand)
{
    td_config config = defaults();
    config.train_batch_size = 0;
    expect_refusal(config, "configuration: train.batch_size: expected an integer from 1 to "
                           "16777216; found 0");
    config = defaults();
    config.optimizer_learning_rate = NAN;
    expect_refusal(config, "configuration: optimizer.learning_rate: expected a number from 0 to "
                           "1e6; found nan");
    config = defaults();
    config.math_kernels = 2;
    expect_refusal(config, "configuration: math.kernels: expected one of fixed, openblas; found 2");
    config = defaults();
    config.eval_ks.count = 5000;
    expect_refusal(config, "configuration: eval.ks: expected a list of at most 4096 integers from "
                           "1 to 1000000000, in brackets; found 5000 elements");
    config = defaults();
    config.query_features = td_name_list_of(2, (const char *const[]){"user", "user"});
    expect_refusal(config, "configuration: query.features: expected a list of different names out "
                           "of user, timestamp_buckets, timestamp, in brackets; found one twice");
}

Test(config_relations, refuse_to_round_what_openblas_multiplies)
{
    td_config config = defaults();
    config.math_precision = TD_PRECISION_BFLOAT16;
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
    config = defaults();
    config.math_precision = TD_PRECISION_BFLOAT16;
    config.math_kernels = TD_KERNELS_OPENBLAS;
    expect_refusal(config, "configuration: math.precision: bfloat16 is for our kernels alone, and "
                           "math.kernels is openblas; set math.kernels: fixed, or math.precision: "
                           "float32");
}

Test(config_relations, refuse_to_train_nothing)
{
    td_config config = defaults();
    config.retrieval_weight = 0;
    expect_refusal(config, "configuration: nothing is trained: retrieval.weight is 0, and "
                           "rating.enabled is false or rating.weight 0; set one of them");
    config.rating_enabled = true;
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
}

Test(config_relations, refuse_a_temperature_that_would_fall_without_end)
{
    static const int losses[] = {TD_LOSS_BSL, TD_LOSS_CCL};
    td_config config = defaults();
    config.retrieval_learn_temperature = true;
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
    for (size_t i = 0; i < 2; i++) {
        config.retrieval_loss = losses[i];
        cr_assert_eq(td_config_check(&config), TD_ERR_CONFIG);
        cr_assert(strstr(td_message(), i == 0 ? "retrieval.loss bsl" : "retrieval.loss ccl"));
    }
    config.retrieval_loss = TD_LOSS_BPR;
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
    config.retrieval_temperature = 0.005;
    expect_refusal(config, "configuration: retrieval.temperature: expected "
                           "retrieval.least_temperature, 0.01, or more, where it begins to learn; "
                           "found 0.005");
}

Test(config_relations, refuse_a_temperature_by_the_data_without_cosines)
{
    td_config config = defaults();
    config.retrieval_temperature = 0;
    expect_refusal(config, "configuration: retrieval.temperature: expected a number above 0, since "
                           "0, which is by the data, goes with model.normalize both alone");
    config.model_normalize = TD_NORMALIZE_BOTH;
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
    config.retrieval_learn_temperature = true;
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
    config.retrieval_temperature = 1e-7;
    expect_refusal(config, "configuration: retrieval.temperature: expected 0, or a number from "
                           "1e-6 to 1e6, found 1e-07");
}

Test(config_relations, refuse_an_item_bias_beside_products_of_another_size)
{
    td_config config = defaults();
    config.retrieval_item_bias = true;
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
    config.model_normalize = TD_NORMALIZE_TRAINING;
    cr_assert_eq(td_config_check(&config), TD_ERR_CONFIG);
    cr_assert(strstr(td_message(), "retrieval.item_bias") && strstr(td_message(), "both or none"));
}

Test(config_relations, refuse_heads_that_would_predict_from_other_embeddings)
{
    td_config config = defaults();
    config.model_normalize = TD_NORMALIZE_TRAINING;
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
    config.rating_enabled = true;
    cr_assert_eq(td_config_check(&config), TD_ERR_CONFIG);
    config.rating_enabled = false;
    cr_assert_eq(td_config_set(&config, "tasks.like.label=rating >= 4"), TD_OK);
    cr_assert_eq(td_config_check(&config), TD_ERR_CONFIG);
    cr_assert(strstr(td_message(), "model.normalize: training"), "%s", td_message());
}

Test(config_relations, refuse_keys_that_a_task_has_elsewhere)
{
    static const char *const wrong[][2] = {
        {"tasks.rating.hidden=[8]", "it is rating.hidden"},
        {"tasks.retrieval.weight=2", "it is retrieval.weight"},
        {"tasks.retrieval.kind=regression", "expected retrieval"},
        {"tasks.rating.negatives=rating = 1", "retrieval alone has negatives"},
        {"tasks.like.kind=retrieval", "one task of retrieval"},
        {"tasks.like.kind=classification", "tasks.like.label: expected a field"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        td_config config;
        td_config_defaults(&config);
        config.rating_enabled = true;
        cr_assert_eq(td_config_set(&config, wrong[i][0]), TD_OK, "%s", td_message());
        cr_assert_eq(td_config_check(&config), TD_ERR_CONFIG, "%s", wrong[i][0]);
        cr_assert(strstr(td_message(), wrong[i][1]), "%s", td_message());
    }
    td_config config;
    td_config_defaults(&config);
    config.rating_enabled = true;
    cr_assert_eq(td_config_set(&config, "tasks.rating.loss=huber"), TD_OK);
    cr_assert_eq(td_config_set(&config, "tasks.retrieval.where=rating > 3"), TD_OK);
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
}

Test(config_relations, refuse_lists_that_make_no_sense)
{
    td_config config = defaults();
    config.query_features.count = 0;
    expect_refusal(config, "configuration: query.features: expected at least one element, such as "
                           "[user]; found an empty list");
    config = defaults();
    config.candidate_features.count = 0;
    expect_refusal(config, "configuration: candidate.features: expected at least one element, such "
                           "as [item]; found an empty list");
    config = defaults();
    config.eval_ks.count = 0;
    expect_refusal(config, "configuration: eval.ks: expected at least one element, such as [100]; "
                           "found an empty list");
    config = defaults();
    config.eval_ks = td_int_list_of(3, (const int64_t[]){1, 5, 5});
    expect_refusal(config, "configuration: eval.ks: expected ascending values, each once; found 5 "
                           "after 5");
}

static uint64_t random_below(uint64_t bound, uint64_t i, uint32_t block)
{
    return td_philox_key(3, TD_STREAM_SYNTH, i, block) % bound;
}

/* A value that the key accepts; real ones of random bits. */
static td_value random_value(const td_config_key *key, uint64_t i, uint32_t block)
{
    static char name[TD_KEY_WORDS]; /* until the next value */
    td_value value = {0};
    td_str choice;
    uint64_t bits = td_philox_key(4, TD_STREAM_SYNTH, i, block);
    switch (key->kind) {
    case TD_KEY_BOOL:
        value.integer = (int64_t)(bits & 1);
        break;
    case TD_KEY_REAL:
        bits >>= 1; /* positive */
        memcpy(&value.real, &bits, sizeof bits);
        if (!td_value_fits(key, value))
            value.real = key->low_real + (key->high_real - key->low_real) * 0x1p-63 * (double)bits;
        break;
    case TD_KEY_TEXT:
        value.text = bits % 2 ? "user" : "two \"words\"\n";
        break;
    case TD_KEY_NAMES:
        choice =
            td_choice_name(key->choices, (int64_t)(bits % (uint64_t)td_choice_count(key->choices)));
        snprintf(name, sizeof name, "%.*s", (int)choice.length, choice.text);
        value.text = name;
        break;
    case TD_KEY_CHOICE:
        value.integer = (int64_t)(bits % (uint64_t)td_choice_count(key->choices));
        break;
    case TD_KEY_INT:
    case TD_KEY_INTS:
        value.integer = key->low + (int64_t)(bits % (uint64_t)(key->high - key->low + 1));
        break;
    }
    return value;
}

static td_config random_config(uint64_t i)
{
    enum { LONGEST = 32 };
    td_config config;
    memset(&config, 0, sizeof config);
    for (size_t k = 0; k < td_config_key_count; k++) {
        const td_config_key *key = &td_config_keys[k];
        uint32_t block = (uint32_t)(k * (LONGEST + 1));
        uint64_t longest = key->kind == TD_KEY_NAMES ? 1 : LONGEST;
        td_value values[LONGEST];
        const size_t count =
            td_key_is_list(key) ? random_below(longest + 1, i, block + LONGEST) : 1;
        for (size_t e = 0; e < count; e++)
            values[e] = random_value(key, i, block + (uint32_t)e);
        td_value_set(key, &config, count, values);
    }
    return config;
}

Test(config_relations, come_back_from_text_to_the_same_bits)
{
    for (uint64_t i = 0; i < 500; i++) {
        td_config config = random_config(i), back = defaults();
        char *yaml = td_config_to_yaml(&config, false);
        cr_assert_eq(td_config_parse(yaml, "text", &back), TD_OK, "%s", td_message());
        for (size_t k = 0; k < td_config_key_count; k++)
            cr_assert(td_value_equal(&td_config_keys[k], &config, &back), "%s in\n%s",
                      td_config_keys[k].name, yaml);
        char *again = td_config_to_yaml(&back, false);
        cr_assert_str_eq(again, yaml);
        td_free(yaml);
        td_free(again);
    }
}

Test(config_relations, write_shaping_keys_alone)
{
    td_config config = defaults();
    char *yaml = td_config_to_yaml(&config, true);
    cr_assert(strstr(yaml, "train.batch_size: 8192\n"));
    cr_assert(strstr(yaml, "optimizer.learning_rate: 0.1\n"));
    cr_assert(strstr(yaml, "query.features: [user]\n"));
    cr_assert_not(strstr(yaml, "train.epochs"));
    cr_assert_not(strstr(yaml, "eval.ks"));
    td_free(yaml);
}

Test(config_relations, match_names_the_keys_that_differ)
{
    td_config ours = defaults(), theirs = defaults();
    theirs.train_epochs = 100;
    theirs.eval_ks.count = 1;
    cr_assert_eq(td_config_match(&ours, &theirs), TD_OK, "free keys may differ");
    theirs.train_seed = 43;
    theirs.optimizer_learning_rate = 0.25;
    cr_assert_eq(td_config_match(&ours, &theirs), TD_ERR_MISMATCH);
    cr_assert_str_eq(td_message(), "these keys must not change within a run:\n"
                                   "  optimizer.learning_rate: it is 0.1 here and 0.25 there\n"
                                   "  train.seed: it is 42 here and 43 there");
    theirs = defaults();
    theirs.query_tower = td_int_list_of(2, (const int64_t[]){64, 32});
    cr_assert_eq(td_config_match(&ours, &theirs), TD_ERR_MISMATCH);
    cr_assert_str_eq(td_message(), "these keys must not change within a run:\n"
                                   "  query.tower: it is [] here and [64, 32] there");
}

/* Every shaping key alone must be seen, whatever its kind. */
Test(config_relations, match_sees_every_shaping_key)
{
    for (size_t k = 0; k < td_config_key_count; k++) {
        const td_config_key *key = &td_config_keys[k];
        td_config ours = defaults(), theirs = defaults();
        td_value value = td_key_is_list(key) ? (td_value){0} : td_value_get(key, &theirs, 0);
        if (key->kind == TD_KEY_REAL)
            value.real = nextafter(value.real, 2);
        else
            value.integer = !value.integer;
        if (key->kind == TD_KEY_NAMES || key->kind == TD_KEY_TEXT)
            value.text = "x";
        td_value_set(key, &theirs, 1, &value);
        td_status expected = key->shapes ? TD_ERR_MISMATCH : TD_OK;
        cr_expect_eq(td_config_match(&ours, &theirs), expected, "%s", key->name);
    }
}

Test(config_relations, reference_fits_in_100_columns_and_has_every_key)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    td_config_print_reference(stream);
    fclose(stream);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        cr_expect_leq(strcspn(line, "\n"), 100, "%.120s", line);
    for (size_t k = 0; k < td_config_key_count; k++) {
        char entry[256];
        snprintf(entry, sizeof entry, "%c %s: %s\n", td_config_keys[k].shapes ? '*' : ' ',
                 td_config_keys[k].name,
                 *td_config_keys[k].standard ? td_config_keys[k].standard : "\"\"");
        cr_expect(strstr(text, entry), "%s", entry);
    }
    free(text);
}

/* The full name of an entry's key in the advice's table: "features.width" as "features.a.width". */
static void name_for_set(const char *key, char name[256])
{
    const bool is_free = strncmp(key, "features.", 9) == 0 || strncmp(key, "tasks.", 6) == 0;
    const int section = (int)strcspn(key, ".");
    snprintf(name, 256, "%.*s%s%s", section, key, is_free ? ".a" : "", key + section);
}

Test(config_relations, every_key_has_advice_with_an_example_that_can_be_set)
{
    size_t k = 0;
    for (size_t s = 0; s <= td_config_section_count; s++) {
        const td_config_section *section = s > 0 ? &td_config_sections[s - 1] : NULL;
        const size_t count = section ? section->key_count : td_config_key_count;
        for (size_t i = 0; i < count; i++, k++) {
            const td_config_key *key = section ? &section->keys[i] : &td_config_keys[i];
            td_config config = defaults();
            char expected[256], name[256], assignment[512];
            snprintf(expected, sizeof expected, "%s%s%s", section ? section->name : "",
                     section ? "." : "", key->name);
            cr_assert_lt(k, td_config_advice_count);
            const td_key_advice *advice = &td_config_advice[k];
            cr_assert_str_eq(advice->key, expected);
            cr_expect_str_neq(advice->example, key->standard, "%s: the default", expected);
            name_for_set(expected, name);
            snprintf(assignment, sizeof assignment, "%s=%s", name, advice->example);
            if (!strstr(expected, "e.features") && !strstr(expected, "y.features")) /* undeclared */
                cr_expect_eq(td_config_set(&config, assignment), TD_OK, "%s: %s", assignment,
                             td_message());
        }
    }
    cr_assert_eq(k, td_config_advice_count);
}

static char *help_on(const char *topic, bool *found)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    *found = td_config_print_help(stream, topic);
    fclose(stream);
    return text;
}

static void expect_help(const char *topic, const char *has, const char *lacks)
{
    bool found;
    char *text = help_on(topic, &found);
    cr_expect(found, "%s", topic);
    cr_expect(strstr(text, has), "%s: %s", topic, text);
    cr_expect(!lacks || !strstr(text, lacks), "%s: %s", topic, text);
    free(text);
}

Test(config_relations, help_finds_keys_by_name_and_by_what_others_call_them)
{
    bool found;
    expect_help("train.epochs", "--set train.epochs=20\n", "train.steps: ");
    expect_help("learning_rate", "optimizer.learning_rate: 0.1\n", "beta");
    expect_help("lr", "optimizer.learning_rate: 0.1\n", "beta");
    expect_help("Batch-Size", "train.batch_size: 8192\n", NULL);
    expect_help("features.age.buckets", "in YAML: features: {NAME: {buckets: 10}}\n",
                "transform: ");
    expect_help("features.buckets", "features.NAME.buckets: 0\n", "transform: ");
    expect_help("features", "features.NAME.where: ", "tasks.NAME.where: ");
    expect_help("where", "tasks.NAME.where: ", "features.NAME.last: ");
    expect_help("checkpoint", "checkpoint.required: true\n", "eval.every_epochs: ");
    expect_help("dropoutnet", "features.NAME.dropout: 0\n", NULL);
    expect_help("overhead", "checkpoint.max_overhead: 0.05\n", NULL);
    expect_help("early stop", "train.patience: 0\n", NULL);
    expect_help("earlystopping", "train.patience: 0\n", NULL);
    expect_help("weight_decay", "optimizer.weight_decay: 0\n", NULL);
    expect_help("eval.metrics", "gini_at_k, popularity_at_k, in brackets", NULL);
    char *nearest = td_config_nearest_topic("learningrat");
    cr_expect_str_eq(nearest, "learning_rate");
    td_free(nearest);
    free(help_on("no such thing", &found));
    cr_expect_not(found);
}
