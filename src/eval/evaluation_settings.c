/* What evaluations must have in common to be compared, and what a configuration may ask of data. */
#include "base/memory.h"
#include "eval/evaluation.h"
#include "eval/groups.h"
#include "eval/seen_items.h"

#include <inttypes.h>

char *td_evaluation_settings(const td_config *config)
{
    static const char *const candidates[] = {"rows", "unique", "trained"};
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

td_status td_evaluation_check(td_dataset *data, const td_config *config)
{
    TD_TRY(td_groups_check(&td_dataset_info(data)->schema, config->eval_by));
    return td_seen_rule_check(data, config->eval_exclude_seen);
}
