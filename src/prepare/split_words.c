/* What is said of the split, by options and by a schema's `split`. */
#include "base/number.h"
#include "prepare/schema_section.h"
#include "prepare/split_rule.h"
#include "text/decimal.h"
#include "text/time_text.h"

#include <string.h>

enum { SEED = 42 };

#define TEST_FRACTION 0.2

td_split_words td_split_words_none(void)
{
    return (td_split_words){.seed = UINT64_MAX,
                            .test_fraction = TD_FRACTION_AS_TOLD,
                            .validation_fraction = TD_FRACTION_AS_TOLD,
                            .warm_fraction = TD_FRACTION_AS_TOLD};
}

/* Tells a number that was said, else another. */
static double said_or(double said, double otherwise)
{
    return said == TD_FRACTION_AS_TOLD ? otherwise : said;
}

static const char *rule_of(const td_prepare_options *o)
{
    return o->split ? o->split
           : (o->test_inputs && *o->test_inputs) || (o->validation_inputs && *o->validation_inputs)
               ? "files"
               : NULL;
}

td_split_words td_split_words_beside(const td_prepare_options *options,
                                     const td_split_words *schema)
{
    const char *rule = rule_of(options);
    td_split_words words = td_split_words_none();
    words.seed = schema->seed;
    return rule && schema->rule && strcmp(rule, schema->rule) != 0 ? words : *schema;
}

td_prepare_options td_split_complete(const td_prepare_options *options,
                                     const td_split_words *schema)
{
    td_prepare_options o = *options;
    td_split_words words = td_split_words_beside(options, schema);
    const char *rule = rule_of(options);
    if (o.test_from || o.validation_from) /* the one or the other cuts in time */
        words.test_fraction = words.validation_fraction = TD_FRACTION_AS_TOLD;
    else if (o.test_fraction != TD_FRACTION_AS_TOLD || o.validation_fraction != TD_FRACTION_AS_TOLD)
        words.test_from = words.validation_from = NULL;
    o.test_from = o.test_from ? o.test_from : words.test_from;
    o.validation_from = o.validation_from ? o.validation_from : words.validation_from;
    o.split = rule ? rule : words.rule ? words.rule : "rows";
    o.seed = o.seed < UINT64_MAX ? o.seed : words.seed < UINT64_MAX ? words.seed : SEED;
    o.test_fraction = said_or(o.test_fraction, said_or(words.test_fraction, TEST_FRACTION));
    o.validation_fraction = said_or(o.validation_fraction, said_or(words.validation_fraction, 0));
    o.warm_fraction = said_or(o.warm_fraction, said_or(words.warm_fraction, 0));
    o.test_last = o.test_last > 0 ? o.test_last : words.test_last;
    o.validation_last = o.validation_last > 0 ? o.validation_last : words.validation_last;
    o.test_where = o.test_where ? o.test_where : words.test_where;
    return o;
}

static td_status read_rule(td_schema_section *s, const td_yaml *node)
{
    const char *names[TD_SPLIT_RULES];
    td_split_rule_names(names);
    for (size_t i = 0; i < TD_SPLIT_RULES && !s->source->split.rule; i++)
        if (strcmp(names[i], td_schema_word(node)) == 0)
            s->source->split.rule = names[i];
    return s->source->split.rule ? TD_OK : td_schema_fail_choice(s, node, TD_SPLIT_RULES, names);
}

static td_status read_seed(td_schema_section *s, const td_yaml *node)
{
    int64_t seed;
    const char *word = td_schema_word(node);
    if (!td_decimal_whole(word, strlen(word), INT64_MAX, &seed))
        return td_schema_fail_value(s, node, "a whole number from 0");
    s->source->split.seed = (uint64_t)seed;
    return TD_OK;
}

static td_status read_share(const td_schema_section *s, const td_yaml *node, double *share)
{
    return td_number_read_real(td_schema_word(node), share) && *share >= 0 && *share < 1
               ? TD_OK
               : td_schema_fail_value(s, node, "a share of the rows, from 0 to less than 1");
}

static td_status read_test_fraction(td_schema_section *s, const td_yaml *node)
{
    return read_share(s, node, &s->source->split.test_fraction);
}

static td_status read_validation_fraction(td_schema_section *s, const td_yaml *node)
{
    return read_share(s, node, &s->source->split.validation_fraction);
}

static td_status read_warm_fraction(td_schema_section *s, const td_yaml *node)
{
    double *share = &s->source->split.warm_fraction;
    return td_number_read_real(td_schema_word(node), share) && *share >= 0 && *share < 0.5
               ? TD_OK
               : td_schema_fail_value(s, node, "a share of the rows, from 0 to less than 0.5");
}

static td_status read_test_last(td_schema_section *s, const td_yaml *node)
{
    return td_schema_read_count(s, node, "a whole number from 1", &s->source->split.test_last);
}

static td_status read_validation_last(td_schema_section *s, const td_yaml *node)
{
    return td_schema_read_count(s, node, "a whole number from 1",
                                &s->source->split.validation_last);
}

static td_status read_from_time(const td_schema_section *s, const td_yaml *node, const char **text)
{
    int64_t time;
    *text = td_schema_text(node);
    return *text && td_time_read(*text, strlen(*text), &time)
               ? TD_OK
               : td_schema_fail_value(s, node, TD_TIME_EXPECTED);
}

static td_status read_test_from(td_schema_section *s, const td_yaml *node)
{
    return read_from_time(s, node, &s->source->split.test_from);
}

static td_status read_validation_from(td_schema_section *s, const td_yaml *node)
{
    return read_from_time(s, node, &s->source->split.validation_from);
}

static td_status read_test_where(td_schema_section *s, const td_yaml *node)
{
    s->source->split.test_where = td_schema_text(node);
    return s->source->split.test_where
               ? TD_OK
               : td_schema_fail_value(s, node, "a condition, such as 'event = purchase'");
}

/* What is held out for both leaves rows for training, and is in the order of time. */
static td_status check_together(const td_schema_section *s, const td_yaml *node)
{
    const td_split_words *w = &s->source->split;
    int64_t validation = INT64_MIN, test = INT64_MAX;
    if (said_or(w->test_fraction, 0) + said_or(w->validation_fraction, 0) >= 1)
        return td_schema_fail_value(s, node, "fractions that are less than 1 together");
    if ((w->test_from || w->validation_from) &&
        (w->test_fraction > 0 || w->validation_fraction > 0))
        return td_schema_fail_value(s, node, "fractions or times, not both");
    if (w->validation_from)
        td_time_read(w->validation_from, strlen(w->validation_from), &validation);
    if (w->test_from)
        td_time_read(w->test_from, strlen(w->test_from), &test);
    return validation < test ? TD_OK
                             : td_schema_fail_value(s, node, "validation_from before test_from");
}

td_status td_schema_read_split(td_schema_section *s, const td_yaml *node)
{
    static const td_schema_key keys[] = {{"rule", read_rule},
                                         {"seed", read_seed},
                                         {"test_fraction", read_test_fraction},
                                         {"validation_fraction", read_validation_fraction},
                                         {"warm_fraction", read_warm_fraction},
                                         {"test_last", read_test_last},
                                         {"validation_last", read_validation_last},
                                         {"test_from", read_test_from},
                                         {"validation_from", read_validation_from},
                                         {"test_where", read_test_where},
                                         {NULL, NULL}};
    const td_yaml *key = s->key;
    if (s->of != TD_OF_ROW)
        return td_schema_fail(s, "expected split of interactions only");
    s->source->split.place = node->place;
    if (node->kind != TD_YAML_MAP)
        return td_schema_fail_value(s, node, "{rule: leave_one_out}, or another rule");
    TD_TRY(td_schema_read_section(s, node, keys));
    s->key = key;
    return check_together(s, node);
}
