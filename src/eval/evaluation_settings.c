/* What evaluations must have in common to be compared, and what a configuration may ask of data. */
#include "base/memory.h"
#include "eval/evaluation.h"
#include "eval/groups.h"
#include "eval/seen_items.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

char *td_settings_of(const td_config *config, const char *const *keys)
{
    char *text;
    size_t size;
    FILE *stream = td_text_writer(&text, &size);
    for (size_t i = 0; keys[i]; i++) {
        char *value = td_config_value(config, keys[i]);
        fprintf(stream, "%s%s=%s", i > 0 ? "," : "", strchr(keys[i], '.') + 1, value);
        td_free(value);
    }
    td_text_writer_close(stream);
    return text;
}

/* A condition of exclude_seen is told by a digest. */
char *td_evaluation_settings(const td_config *config)
{
    static const char *const candidates[] = {"eval.candidates", NULL};
    static const char *const others[] = {"eval.repeats", "eval.sample", "eval.ties", NULL};
    char *first = td_settings_of(config, candidates), *rest = td_settings_of(config, others);
    char *seen = td_seen_rule_name(config->eval_exclude_seen);
    char *settings = td_print_text("%s,exclude_seen=%s,%s%s", first, seen, rest,
                                   config->eval_clip ? ",clip=true" : "");
    td_free(first);
    td_free(rest);
    td_free(seen);
    return settings;
}

/* Whether the data say which items are alive at which row's time. */
static td_status check_alive(const td_schema *schema)
{
    const td_schema_field *time = td_schema_with_role(schema, TD_ROLE_TIME);
    if (!td_schema_with_role(schema, TD_ROLE_ALIVE_FROM) &&
        !td_schema_with_role(schema, TD_ROLE_ALIVE_UNTIL))
        return td_fail(TD_ERR_CONFIG,
                       "eval.candidates: alive needs a field of items with the role alive_from or "
                       "alive_until, which the data have not; name other candidates");
    if (!time)
        return td_fail(TD_ERR_CONFIG, "eval.candidates: alive needs times of the rows, which the "
                                      "data have not; name other candidates");
    if (time->missing > 0)
        return td_fail(TD_ERR_CONFIG,
                       "eval.candidates: alive needs a time of every row, but %s is missing in "
                       "%" PRId64 "; leave these out (prepare --where), or name other candidates",
                       time->name, time->missing);
    return TD_OK;
}

td_status td_evaluation_check(td_dataset *data, const td_config *config)
{
    TD_TRY(td_groups_check(&td_dataset_info(data)->schema, config->eval_by));
    if (config->eval_candidates == TD_CANDIDATES_ALIVE)
        TD_TRY(check_alive(&td_dataset_info(data)->schema));
    return td_seen_rule_check(data, config->eval_exclude_seen);
}
