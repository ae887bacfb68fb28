/* Sections with free names: features declared in files and by --set, what is said of those that are
 * wrong, and one text for all ways to write them. */
#include "tandem/config.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <string.h>

static td_config defaults(void)
{
    td_config config;
    td_config_defaults(&config);
    return config;
}

static td_config parsed(const char *yaml)
{
    td_config config = defaults();
    cr_assert_eq(td_config_parse(yaml, "x.yaml", &config), TD_OK, "%s", td_message());
    cr_assert_eq(td_config_check(&config), TD_OK, "%s", td_message());
    return config;
}

Test(config_section, has_entries_by_name)
{
    td_config config =
        parsed("query.features: [user, hour, occupation]\n"
               "features:\n"
               "  occupation:\n"
               "    width: 8\n"
               "    pool: sum\n"
               "  hour: {field: timestamp, buckets: 24, table: \"hours of a day\"}\n");
    cr_assert_eq(config.features.count, 2);
    const td_feature_config *hour = td_config_feature(&config, "hour");
    const td_feature_config *occupation = td_config_feature(&config, "occupation");
    cr_assert_eq(config.features.entries, hour, "ascending by name");
    cr_assert_str_eq(hour->field, "timestamp");
    cr_assert_str_eq(hour->table, "hours of a day");
    cr_assert(hour->buckets == 24 && hour->width == 0 && hour->pool == TD_POOL_MEAN);
    cr_assert_str_eq(occupation->field, "");
    cr_assert(occupation->width == 8 && occupation->pool == TD_POOL_SUM);
    cr_assert_eq(occupation->encoder, TD_ENCODER_AUTO);
    cr_assert_null(td_config_feature(&config, "age"));
}

/* A config is plain data: equal ones have equal bytes, however they were written. */
Test(config_section, is_the_same_however_it_is_written)
{
    static const char *const same_texts[] = {
        "features: {b: {width: 3}, a: {}}", "features.a:\nfeatures.b: {width: 3}\n",
        "features:\n  a:\n  b:\n    width: 3\n", "features.b.width: 3\nfeatures.a.field: ''\n"};
    td_config first = parsed(same_texts[0]);
    char *text = td_config_to_yaml(&first, true);
    cr_assert(strstr(text, "features.a.width: 0\n") && strstr(text, "features.b.width: 3\n"));
    for (size_t i = 0; i < sizeof same_texts / sizeof *same_texts; i++) {
        td_config config = parsed(same_texts[i]);
        cr_expect_eq(memcmp(&config, &first, sizeof first), 0, "text %zu", i);
        cr_expect_eq(td_config_match(&config, &first), TD_OK);
    }
    td_config back = parsed(text);
    cr_expect_eq(memcmp(&back, &first, sizeof first), 0);
    td_free(text);
}

Test(config_section, writes_any_text_so_that_it_comes_back)
{
    static const char *const texts[] = {"",    "a b",    "3",         "true", "~", "\"q\" \\ 'r'",
                                        "# c", "x: [y]", "line\nend", "\x7f", "é", "-",
                                        "{",   "a,b",    "  blanks "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        td_config config = parsed("features.a.width: 3");
        td_feature_config entry = *td_config_feature(&config, "a");
        entry.table = texts[i];
        config.features.entries = &entry;
        char *text = td_config_to_yaml(&config, true);
        td_config back = parsed(text);
        cr_expect_str_eq(td_config_feature(&back, "a")->table, texts[i]);
        td_free(text);
    }
}

#define LIST " (`tandem help config` lists all)"

Test(config_section, says_what_is_wrong)
{
    static const char *const mistakes[][2] = {
        {"features:\n  age:\n    bukets: 8",
         "x.yaml:3:5: there is no key 'features.age.bukets'; the nearest is "
         "'features.age.buckets'" LIST},
        {"features.age.width: -1",
         "x.yaml:1:21: features.age.width: expected an integer from 0 to 4096; found '-1'"},
        {"features:\n  age: {pool: max}",
         "x.yaml:2:15: features.age.pool: expected one of mean, sum, sqrt; found 'max'"},
        {"features:\n  age: {field: [a]}",
         "x.yaml:2:16: features.age.field: expected a text; found a list"},
        {"featrues:\n  age: {}",
         "x.yaml:1:1: there is no key 'featrues'; the nearest is 'features'" LIST},
        {"features: [age]", "x.yaml:1:11: features: expected names with keys below this section, "
                            "such as field; found a list"},
        {"features:\n  age: 3", "x.yaml:2:8: features.age: expected keys below this section, such "
                                "as field; found a value"},
        {"features:\n  two words: {}",
         "x.yaml:2:3: features: expected a name of at most 64 letters, digits, '_' and '-'; found "
         "'two words'"},
        {"features:\n  age: {}\n  age: {}",
         "x.yaml:3:3: features.age: expected each section once; found a second, after line 2's"},
        {"features.age.width: 2\nfeatures:\n  age:\n    width: 2",
         "x.yaml:4:5: features.age.width: expected each key once; found a second, after line 1's"},
        {"features: {age: {}, user: {dropout: 0.5}}\nquery.features: [user, agee]",
         "x.yaml:2:24: query.features: expected a list of different names out of user, "
         "timestamp_buckets, timestamp, age, in brackets; found 'agee'"},
    };
    const td_config before = defaults();
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        td_config config = before;
        cr_expect_eq(td_config_parse(mistakes[i][0], "x.yaml", &config), TD_ERR_CONFIG, "%s",
                     mistakes[i][0]);
        cr_expect_str_eq(td_message(), mistakes[i][1]);
        cr_expect_eq(memcmp(&config, &before, sizeof config), 0);
    }
}

Test(config_section, is_set_key_by_key)
{
    td_config config = defaults();
    cr_assert_eq(td_config_set(&config, "features.age.buckets=8"), TD_OK, "%s", td_message());
    cr_assert_eq(td_config_set(&config, "features.age.field=years"), TD_OK, "%s", td_message());
    cr_assert_eq(td_config_set(&config, "query.features=[user, age]"), TD_OK, "%s", td_message());
    cr_assert_eq(td_config_feature(&config, "age")->buckets, 8);
    cr_assert_str_eq(td_config_feature(&config, "age")->field, "years");
    cr_assert_eq(td_config_set(&config, "features.age=8"), TD_ERR_CONFIG);
    cr_assert_str_eq(td_message(), "--set features.age=8: 'features.age' is a section; expected a "
                                   "key of it, such as field");
    cr_assert_eq(td_config_set(&config, "query.features=[years]"), TD_ERR_CONFIG);
    cr_assert_str_eq(td_message(),
                     "--set query.features=[years]: query.features: expected a list of different "
                     "names out of user, timestamp_buckets, timestamp, age, in brackets; found "
                     "'years'");
}

Test(config_section, is_part_of_a_runs_identity)
{
    td_config ours = parsed("features: {age: {width: 3}, hour: {}}");
    td_config theirs = parsed("features: {age: {width: 4}, zone: {}}");
    cr_assert_eq(td_config_match(&ours, &theirs), TD_ERR_MISMATCH);
    cr_assert(strstr(td_message(), "\n  features.age.width: it is 3 here and 4 there"));
    cr_assert(strstr(td_message(), "\n  features.hour.width: it is 0 here and nothing there"));
    cr_assert(strstr(td_message(), "\n  features.zone.width: it is nothing here and 0 there"));
}

Test(config_section, has_more_names_than_a_list_of_numbers)
{
    enum { MANY = 300 };
    char *text = TD_NEW(char, MANY * 32);
    size_t used = 0;
    for (int i = 0; i < MANY; i++)
        used += (size_t)sprintf(text + used, "features.f%d.width: %d\n", i, i + 1);
    used += (size_t)sprintf(text + used, "query.features: [user");
    for (int i = 0; i < MANY; i++)
        used += (size_t)sprintf(text + used, ", f%d", i);
    strcpy(text + used, "]\n");
    td_config config = parsed(text);
    cr_assert(config.features.count == MANY && config.query_features.count == MANY + 1);
    cr_assert_eq(td_config_feature(&config, "f299")->width, 300);
    td_free(text);
}
