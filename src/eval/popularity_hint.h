/* What usually cures a model that a baseline beats: a ranking by popularity, or another. One text
 * for evaluations after training and during it.
 *
 * All functions are Local.
 */
#ifndef TD_EVAL_POPULARITY_HINT_H
#define TD_EVAL_POPULARITY_HINT_H

#include "tandem/config.h"
#include "tandem/metric.h"

#include <stdbool.h>
#include <stddef.h>

/* Returns the model's value of its first metric of lists, at its largest k; NULL without. */
const td_metric_value *td_first_of_lists(size_t count, const td_metric_value *value);

/* Returns td_first_of_lists if popularity's value of it is above; else NULL, also where either is
 * missing or no number. *popularity is the other one. */
const td_metric_value *td_below_popularity(size_t count, const td_metric_value *value,
                                           const td_metric_value **popularity);

/* Returns one sentence on the keys that usually cure it: those that config has otherwise than
 * configs/recipes/implicit.yaml, which the sentence names; more epochs where the model may improve
 * yet; and on others, where most users of those counts are new, or all rows newer than training's.
 * The caller frees it with td_free. */
char *td_popularity_cure(const td_config *config, const td_evaluation_counts *counts,
                         bool may_improve);

/* Returns the value of the system, popularity left out, that is best by the metric of the model's
 * value ours, if it is clearly better: by two standard errors of a share of so many rows or users,
 * by one percent of an error. NULL if none is, or ours is NULL or no number. */
const td_metric_value *td_better_baseline(size_t count, const td_metric_value *value,
                                          const td_evaluation_counts *counts,
                                          const td_metric_value *ours);

/* Returns what usually makes a model better than such a baseline, likewise. The caller frees it
 * with td_free. */
char *td_baseline_cure(const td_config *config, const td_evaluation_counts *counts);

/* Warns where the model is below popularity, or else below a baseline, with the cure. Goes by
 * td_first_of_lists where retrieval was trained (run/trained_retrieval.h), else by the first metric
 * of predictions of a head that is. */
void td_warn_below_baselines(const td_config *config, bool has_retrieval, size_t count,
                             const td_metric_value *value, const td_evaluation_counts *counts);

#endif
