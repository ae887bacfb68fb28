/* What a configuration accepts and what it says when it does not: the whole message is compared,
 * since place, key, expectation and finding are what it promises. */
#include "tandem/config.h"

#include "base/memory.h"
#include "base/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static td_config defaults(void)
{
    td_config config;
    td_config_defaults(&config);
    return config;
}

/* The documented defaults, written once more by hand. */
static td_config documented(void)
{
    td_config config;
    memset(&config, 0, sizeof config);
    config.model_width = 32;
    config.query_features = td_name_list_of(1, (const char *const[]){"user"});
    config.query_timestamp_edges = 1000;
    config.candidate_features = td_name_list_of(1, (const char *const[]){"item"});
    config.retrieval_weight = 1;
    config.retrieval_temperature = 1;
    config.retrieval_least_temperature = 0.01;
    config.retrieval_log_q_strength = 1;
    config.retrieval_negative_weight = 1;
    config.retrieval_margin = 0.5;
    config.rating_weight = 1;
    config.retrieval_group_rows = 8192;
    config.rating_hidden = td_int_list_of(2, (const int64_t[]){256, 128});
    config.optimizer_learning_rate = 0.1;
    config.optimizer_earlier_rates = "";
    config.optimizer_initial_accumulator = 0.1;
    config.optimizer_epsilon = 1e-7;
    config.optimizer_beta_1 = 0.9;
    config.optimizer_beta_2 = 0.999;
    config.train_batch_size = 8192;
    config.train_epochs = 3;
    config.train_seed = 42;
    config.placement_user_table = TD_PLACEMENT_AUTO;
    config.placement_item_table = TD_PLACEMENT_AUTO;
    config.math_kernels = TD_KERNELS_FIXED;
    config.math_precision = TD_PRECISION_FLOAT32;
    config.checkpoint_every_epochs = 1;
    config.checkpoint_every_seconds = 600;
    config.checkpoint_max_overhead = 0.05;
    config.checkpoint_keep = 5;
    config.checkpoint_keep_best = TD_KEEP_BEST_AUTO;
    config.checkpoint_required = true;
    config.eval_metrics =
        td_name_list_of(3, (const char *const[]){"top_k_categorical_accuracy",
                                                 "root_mean_squared_error", "mean_absolute_error"});
    config.eval_ks = td_int_list_of(5, (const int64_t[]){1, 5, 10, 50, 100});
    config.eval_candidates = TD_CANDIDATES_ROWS;
    config.eval_exclude_seen = "none";
    config.eval_by = "none";
    config.eval_systems = td_name_list_of(1, (const char *const[]){"popularity"});
    config.baseline_neighbors = 100;
    config.baseline_alpha = 1;
    config.baseline_beta = 0.6;
    config.baseline_fields = "all";
    config.baseline_days = 30;
    config.baseline_l2 = 500;
    config.baseline_ease_items = 20000;
    config.baseline_damping = 10;
    config.eval_repeats = TD_EVAL_REPEATS_DROP;
    config.eval_ties = TD_TIES_EXPECTED;
    return config;
}

static bool same(const td_config *a, const td_config *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* all are copies or begin as zeros: padding is equal */
}

Test(config, has_the_documented_defaults)
{
    td_config config = defaults(), expected = documented();
    char *found = td_config_to_yaml(&config, false), *right = td_config_to_yaml(&expected, false);
    cr_assert_str_eq(found, right);
    cr_assert_eq(config.optimizer_epsilon, 1e-7);
    cr_assert_eq(config.eval_ks.value[4], 100);
    td_free(found);
    td_free(right);
}

static td_config parsed(const char *yaml)
{
    td_config config = defaults();
    cr_assert_eq(td_config_parse(yaml, "x.yaml", &config), TD_OK, "%s", td_message());
    return config;
}

Test(config, reads_sections_and_dotted_keys)
{
    static const char *const same_texts[] = {
        "train:\n  batch_size: 64\n  reshuffle: true\nquery.tower: [8, 4]\n",
        "train.batch_size: 64\nquery:\n  tower:\n    - 8\n    - 4\ntrain.reshuffle: true\n",
        "{train: {batch_size: 64, reshuffle: true}, \"query\": {'tower': [8, 4]}}",
        "\xef\xbb\xbf---\ntrain: {batch_size: 64, reshuffle: true}\r\nquery.tower: [8,4]\r\n"};
    for (size_t i = 0; i < sizeof same_texts / sizeof *same_texts; i++) {
        td_config config = parsed(same_texts[i]);
        cr_assert_eq(config.train_batch_size, 64, "text %zu", i);
        cr_assert(config.train_reshuffle, "text %zu", i);
        cr_assert_eq(config.query_tower.count, 2, "text %zu", i);
        cr_assert_eq(config.query_tower.value[1], 4, "text %zu", i);
        cr_assert_eq(config.train_epochs, 3, "text %zu", i);
    }
}

Test(config, takes_an_empty_text_as_all_defaults)
{
    static const char *const empty[] = {"",      "\n\n", "# nothing\n",
                                        "---\n", "{}",   "train:\n  # later\n"};
    td_config expected = defaults();
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        td_config config = parsed(empty[i]);
        cr_assert(same(&config, &expected), "text %zu", i);
    }
}

/* As older files and checkpoints have them. */
Test(config, takes_the_older_names_of_choices)
{
    static const char *const same_texts[][2] = {
        {"model.normalize: l2", "model.normalize: both"},
        {"retrieval.log_q: true", "retrieval.log_q: all"},
        {"retrieval.log_q: false", "retrieval.log_q: none"},
    };
    for (size_t i = 0; i < sizeof same_texts / sizeof *same_texts; i++) {
        td_config before = parsed(same_texts[i][0]), now = parsed(same_texts[i][1]);
        cr_assert(same(&before, &now), "%s", same_texts[i][0]);
        cr_assert_eq(td_config_match(&before, &now), TD_OK);
    }
}

typedef struct {
    const char *text, *message;
} mistake;

static void check_mistakes(const mistake *mistakes, size_t count)
{
    const td_config before = defaults();
    for (size_t i = 0; i < count; i++) {
        td_config config = before;
        td_status status = td_config_parse(mistakes[i].text, "x.yaml", &config);
        cr_expect_eq(status, TD_ERR_CONFIG, "'%s' passed", mistakes[i].text);
        cr_expect_str_eq(td_message(), mistakes[i].message);
        cr_expect(same(&config, &before), "'%s' changed the config", mistakes[i].text);
    }
}

#define EPOCHS "train.epochs: expected an integer from 1 to 1000000; found "
#define RATE   "optimizer.learning_rate: expected a number from 0 to 1e6; found "
#define KS                                                                                         \
    "eval.ks: expected a list of at most 4096 integers from 1 to 1000000000, in brackets; found "
#define LIST " (`tandem help config` lists all)"

Test(config, refuses_wrong_values)
{
    static const mistake mistakes[] = {
        {"train.epochs: 08", "x.yaml:1:15: " EPOCHS "'08'"},
        {"\ntrain:\n  epochs: 1e3", "x.yaml:3:11: " EPOCHS "'1e3'"},
        {"train.epochs: 3.0", "x.yaml:1:15: " EPOCHS "'3.0'"},
        {"train.epochs: 0", "x.yaml:1:15: " EPOCHS "'0'"},
        {"train.epochs: 1000001", "x.yaml:1:15: " EPOCHS "'1000001'"},
        {"train.epochs: 99999999999999999999", "x.yaml:1:15: " EPOCHS "'99999999999999999999'"},
        {"train.epochs: \"3\"", "x.yaml:1:15: " EPOCHS "the quoted text '3'"},
        {"train.epochs: [3]", "x.yaml:1:15: " EPOCHS "a list"},
        {"train.epochs: {a: 3}", "x.yaml:1:15: " EPOCHS "a section"},
        {"train.epochs:\n", "x.yaml:1:14: " EPOCHS "nothing"},
        {"train.epochs: ~", "x.yaml:1:15: " EPOCHS "'~'"},
        {"optimizer.learning_rate: nan", "x.yaml:1:26: " RATE "'nan'"},
        {"optimizer.learning_rate: .nan", "x.yaml:1:26: " RATE "'.nan'"},
        {"optimizer.learning_rate: inf", "x.yaml:1:26: " RATE "'inf'"},
        {"optimizer.learning_rate: 0,1", "x.yaml:1:26: " RATE "'0,1'"},
        {"optimizer.learning_rate: -0.1", "x.yaml:1:26: " RATE "'-0.1'"},
        {"optimizer.learning_rate: 1e400", "x.yaml:1:26: " RATE "'1e400'"},
        {"optimizer.learning_rate: 1e-400", "x.yaml:1:26: " RATE "'1e-400'"},
        {"train.reshuffle: yes",
         "x.yaml:1:18: train.reshuffle: expected true or false; found 'yes'"},
        {"train.reshuffle: True",
         "x.yaml:1:18: train.reshuffle: expected true or false; found 'True'"},
        {"math.kernels: mkl",
         "x.yaml:1:15: math.kernels: expected one of fixed, openblas; found 'mkl'"},
        {"math.kernels: fixed|openblas",
         "x.yaml:1:15: math.kernels: expected one of fixed, openblas; found 'fixed|openblas'"},
    };
    check_mistakes(mistakes, sizeof mistakes / sizeof *mistakes);
}

/* Writes "eval.ks: [1, 2, ..., count]". */
static char *ks_up_to(size_t count)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    for (size_t k = 1; k <= count; k++)
        fprintf(stream, "%s%zu", k == 1 ? "eval.ks: [" : ", ", k);
    fputs("]", stream);
    fclose(stream);
    return text;
}

Test(config, takes_lists_of_any_sensible_length)
{
    td_config config = defaults();
    char *text = ks_up_to(17), *more = ks_up_to(4097);
    cr_assert_eq(td_config_parse(text, "x.yaml", &config), TD_OK, "%s", td_message());
    cr_assert(config.eval_ks.count == 17 && config.eval_ks.value[16] == 17);
    cr_assert_eq(td_config_parse(more, "x.yaml", &config), TD_ERR_CONFIG);
    cr_assert_str_eq(td_message(), "x.yaml:1:10: " KS "4097 elements");
    cr_assert_eq(config.eval_ks.count, 17);
    free(text);
    free(more);
}

Test(config, refuses_wrong_lists)
{
    static const mistake mistakes[] = {
        {"eval.ks: 5", "x.yaml:1:10: " KS "'5'"},
        {"eval.ks: [1, x]", "x.yaml:1:14: " KS "'x'"},
        {"eval.ks:\n  - 1\n  - 0\n", "x.yaml:3:5: " KS "'0'"},
        {"eval.ks: [1, [2]]", "x.yaml:1:14: " KS "a list"},
        {"query.features: [user, user]", "x.yaml:1:17: query.features: expected a list of "
                                         "different names out of user, "
                                         "timestamp_buckets, timestamp, in brackets; "
                                         "found 'user' twice"},
        {"query.features: [item]", "x.yaml:1:18: query.features: expected a list of different "
                                   "names out of user, "
                                   "timestamp_buckets, timestamp, in brackets; "
                                   "found 'item'"},
    };
    check_mistakes(mistakes, sizeof mistakes / sizeof *mistakes);
}

Test(config, refuses_unknown_and_repeated_keys)
{
    static const mistake mistakes[] = {
        {"train:\n  batchsize: 3",
         "x.yaml:2:3: there is no key 'train.batchsize'; the nearest is 'train.batch_size'" LIST},
        {"batch_size: 3",
         "x.yaml:1:1: there is no key 'batch_size'; the nearest is 'train.batch_size'" LIST},
        {"trian.epochs: 3",
         "x.yaml:1:1: there is no key 'trian.epochs'; the nearest is 'train.epochs'" LIST},
        {"eval.k: [1]",
         "x.yaml:1:1: there is no key 'eval.k'; here it is 'eval.ks' (`tandem help eval.ks`)"},
        {"optimizer.lr: 1", "x.yaml:1:1: there is no key 'optimizer.lr'; here it is "
                            "'optimizer.learning_rate' (`tandem help optimizer.learning_rate`)"},
        {"batch-size: 1",
         "x.yaml:1:1: there is no key 'batch-size'; the nearest is 'train.batch_size'" LIST},
        {"\"train.epochs\\t\": 3",
         "x.yaml:1:1: there is no key 'train.epochs?'; the nearest is 'train.epochs'" LIST},
        {"train.epochs.x: 3",
         "x.yaml:1:1: there is no key 'train.epochs.x'; the nearest is 'train.epochs'" LIST},
        {"train.epochs: 3\ntrain:\n  epochs: 4",
         "x.yaml:3:3: train.epochs: expected each key once; found a second, after line 1's"},
        {"train: {epochs: 3}\neval:\ntrain: {seed: 4}",
         "x.yaml:3:1: train: expected each section once; found a second, after line 1's"},
        {"train: 3",
         "x.yaml:1:8: train: expected keys below this section, such as train.batch_size; "
         "found a value"},
        {"train: [3]",
         "x.yaml:1:8: train: expected keys below this section, such as train.batch_size; "
         "found a list"},
        {"? [a]\n: 3", "x.yaml:1:3: expected the name of a key; found a list or section"},
        {"?\n: 3", "x.yaml:1:2: expected the name of a key; found nothing"},
        {"3", "x.yaml:1:1: expected keys with values, such as `train.epochs: 3`; found a value"},
        {"[3]", "x.yaml:1:1: expected keys with values, such as `train.epochs: 3`; found a list"},
    };
    check_mistakes(mistakes, sizeof mistakes / sizeof *mistakes);
}

Test(config, refuses_the_rest_of_yaml)
{
    static const mistake mistakes[] = {
        {"train: &a\n  epochs: 3",
         "x.yaml:1:8: expected values written out; found the anchor or alias 'a'"},
        {"train.epochs: *a",
         "x.yaml:1:15: expected values written out; found the anchor or alias 'a'"},
        {"train:\n  <<: {epochs: 3}",
         "x.yaml:2:3: expected values written out; found the merge key '<<'"},
        {"train.epochs: !!int 3",
         "x.yaml:1:15: expected values without a tag; found 'tag:yaml.org,2002:int'"},
        {"train.epochs: 3\n---\ntrain.epochs: 4",
         "x.yaml:2:1: expected one YAML document; found a second"},
        {"\"train.epochs\\0x\": 3", "x.yaml:1:1: expected text; found a null byte in it"},
        {"[[[[[[[[[[", "x.yaml:1:9: expected keys in sections; found 9 levels of nesting"},
        {"train.epochs: 3\ntrain.seed: \xff\n",
         "x.yaml:2:13: expected YAML in UTF-8: invalid leading UTF-8 octet"},
        {"train.epochs: 3\n# \x01",
         "x.yaml:2:3: expected YAML in UTF-8: control characters are not allowed"},
        {"train: epochs: 3",
         "x.yaml:1:14: expected YAML: mapping values are not allowed in this context"},
        {"eval.ks: [1, 2\n", "x.yaml:2:1: expected YAML: did not find expected ',' or ']'"},
        {"train:\n\tepochs: 3",
         "x.yaml:2:1: expected YAML: found character that cannot start any token"},
    };
    check_mistakes(mistakes, sizeof mistakes / sizeof *mistakes);
}

Test(config, sets_one_key)
{
    td_config config = defaults();
    cr_assert_eq(td_config_set(&config, "train.epochs=7"), TD_OK, "%s", td_message());
    cr_assert_eq(td_config_set(&config, "eval.ks=[2, 3]"), TD_OK, "%s", td_message());
    cr_assert_eq(td_config_set(&config, "query.tower=[]"), TD_OK, "%s", td_message());
    cr_assert_eq(td_config_set(&config, "optimizer.learning_rate=5e-2"), TD_OK, "%s", td_message());
    cr_assert_eq(config.train_epochs, 7);
    cr_assert(config.eval_ks.count == 2 && config.eval_ks.value[1] == 3);
    cr_assert_eq(config.query_tower.count, 0);
    cr_assert_eq(config.optimizer_learning_rate, 0.05);
}

Test(config, refuses_to_set_nonsense)
{
    static const mistake mistakes[] = {
        {"train.epochs=x", "--set train.epochs=x: " EPOCHS "'x'"},
        {"train.epochs=", "--set train.epochs=: " EPOCHS "nothing"},
        {"train.epochs=*a",
         "--set train.epochs=*a: expected values written out; found the anchor or alias 'a'"},
        {"eval.ks=[1", "--set eval.ks=[1: expected YAML: did not find expected ',' or ']'"},
        {"eval.ks=1,2", "--set eval.ks=1,2: " KS "'1,2'"},
        {"epochs=3",
         "--set epochs=3: there is no key 'epochs'; the nearest is 'train.epochs'" LIST},
        {"train=3",
         "--set train=3: 'train' is a section; expected a key of it, such as train.batch_size"},
        {"train.epochs", "--set train.epochs: expected key=value, such as train.epochs=3"},
        {"=3", "--set =3: expected key=value, such as train.epochs=3"},
    };
    const td_config before = defaults();
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        td_config config = before;
        cr_expect_eq(td_config_set(&config, mistakes[i].text), TD_ERR_CONFIG);
        cr_expect_str_eq(td_message(), mistakes[i].message);
        cr_expect(same(&config, &before), "'%s' changed the config", mistakes[i].text);
    }
}

Test(config, survives_texts_longer_than_any_message)
{
    enum { LONG = 100000 };
    char *text = TD_NEW(char, LONG + 32);
    td_config config = defaults();
    memset(text, 'k', LONG);
    strcpy(text + LONG, ": 3");
    cr_assert_eq(td_config_parse(text, "x.yaml", &config), TD_ERR_CONFIG);
    memcpy(text, "train.epochs=", 13);
    text[LONG] = '\0';
    cr_assert_eq(td_config_set(&config, text), TD_ERR_CONFIG);
    cr_assert(strstr(td_message(), EPOCHS "'kkk"), "%s", td_message());
    memcpy(text, "train.epochs: x", 15);
    for (int i = 15; i < LONG - 1; i += 2) /* an e acute at every odd byte */
        memcpy(text + i, "\xc3\xa9", 2);
    cr_assert_eq(td_config_parse(text, text + 15, &config), TD_ERR_CONFIG);
    cr_assert(strstr(td_message(), "\xc3\xa9...'"), "%s", td_message());
    td_free(text);
}

/* A file of random bytes may only end in a message. */
Test(config, survives_random_texts)
{
    static const char alphabet[] = "train:epochs.[]{},-?&*!|>'\"%@` \n\n\t#01e\xc3\xa9\x80";
    const td_config before = defaults();
    for (uint64_t i = 0; i < 20000; i++) {
        char text[33] = "";
        for (uint32_t c = 0; c < 32; c++)
            text[c] = alphabet[td_philox(2, TD_STREAM_SYNTH, i, c).word[0] % (sizeof alphabet - 1)];
        td_config config = before;
        if (td_config_parse(text, "x.yaml", &config) != TD_OK)
            cr_assert(same(&config, &before) && strncmp(td_message(), "x.yaml:", 7) == 0, "%s",
                      text);
    }
}
