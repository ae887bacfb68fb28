/* What usually cures a model whose lists a ranking by popularity beats. One text for evaluations
 * after training and during it.
 *
 * All functions are Local.
 */
#ifndef TD_EVAL_POPULARITY_HINT_H
#define TD_EVAL_POPULARITY_HINT_H

#include "tandem/config.h"
#include "tandem/metric.h"

#include <stdbool.h>
#include <stddef.h>

/* Returns the model's value of the first metric of lists, at its largest k, if popularity's is
 * above it; else NULL, also where either is missing or no number. *popularity is the other one. */
const td_metric_value *td_below_popularity(size_t count, const td_metric_value *value,
                                           const td_metric_value **popularity);

/* Returns one sentence on the keys that usually cure it: those that config has otherwise than
 * configs/recipes/implicit.yaml, which the sentence names; more epochs where the model may improve
 * yet. The caller frees it with td_free. */
char *td_popularity_cure(const td_config *config, bool may_improve);

/* Warns with both where the model is below popularity and retrieval is trained (retrieval.weight).
 */
void td_warn_below_popularity(const td_config *config, size_t count, const td_metric_value *value);

#endif
