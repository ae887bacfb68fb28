/* The items that users have had: what a list may leave out. Collective, each rank its own choice of
 * users, by place in the data file. */
#ifndef TD_EVAL_SEEN_ITEMS_H
#define TD_EVAL_SEEN_ITEMS_H

#include "base/range.h"
#include "data/dataset.h"

#include <stdint.h>

/* Items by user. Begins as {0}; td_seen_free frees it. */
typedef struct {
    int64_t *offsets; /* (users + 1) */
    int32_t *items;
} td_seen;

void td_seen_free(td_seen *seen);

/* TD_ERR_CONFIG, naming the key, if a condition is none on rows of the data. */
td_status td_seen_check(td_dataset *data, const char *key, const char *condition);

/* Sets seen to the items of users' training rows that satisfy a condition, in the rows' order. */
td_status td_seen_where(td_dataset *data, const char *key, const char *condition, td_range users,
                        td_seen *seen);

/* The same of eval.exclude_seen, if that is a condition. */
td_status td_seen_rule_check(td_dataset *data, const char *rule);

/* Sets seen to what eval.exclude_seen says (none, train, train+validation, or a condition), for
 * rows of a split, whose own rows never count: ascending items of each user; NULLs where that is
 * nothing. trained: those of all training rows, ascending. */
td_status td_seen_of_rule(td_dataset *data, td_split split, const char *rule, td_range users,
                          const td_seen *trained, td_seen *seen);

/* Local. Tells whether a user, by place among those that were read, has an item; ascending items.
 */
bool td_seen_has(const td_seen *seen, int64_t user, int32_t item);

/* Local. Returns the rule as the name of settings has it: itself, or for a condition "if-" and 16
 * hexadecimal digits. The caller frees it. */
char *td_seen_rule_name(const char *rule);

#endif
