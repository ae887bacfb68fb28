/* What evaluations must have in common to be compared, and what a configuration may ask of data. */
#include "base/memory.h"
#include "eval/evaluation.h"
#include "eval/groups.h"
#include "eval/seen_items.h"

#include <inttypes.h>

char *td_evaluation_settings(const td_config *config)
{
    static const char *const candidates[] = {"rows", "unique", "trained", "alive"};
    static const char *const ties[] = {"expected", "optimistic", "pessimistic"};
    char *seen = td_seen_rule_name(config->eval_exclude_seen);
    char *settings = td_print_text(
        "candidates=%s,exclude_seen=%s,repeats=%s,sample=%" PRId64 ",ties=%s%s",
        candidates[config->eval_candidates], seen,
        config->eval_repeats == TD_EVAL_REPEATS_KEEP ? "keep" : "drop", config->eval_sample,
        ties[config->eval_ties], config->eval_clip ? ",clip=true" : "");
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
