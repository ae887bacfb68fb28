/* What a training had better be looked at for: rules over what is known at an epoch's end, each
 * with the cure. A rule of which something is not known has nothing to say. All functions are
 * Local.
 */
#ifndef TD_RUN_WARNINGS_H
#define TD_RUN_WARNINGS_H

#include "run/epoch_facts.h"

typedef struct {
    const char *name; /* in the log: "flat_loss" */

    /* Returns what is odd and what cures it, one sentence or two without a capital letter and an
     * end mark, which the caller frees with td_free; NULL: nothing is. */
    char *(*check)(const td_epoch_facts *facts);
} td_warning_rule;

/* The more telling first. */
extern const td_warning_rule td_warning_rules[];
extern const size_t td_warning_rules_count;

#endif
