/* What a label is by its user and item alone: mu + b_u + b_i, the mean of the training labels (the
 * base rate, where they are classes), and how far those of an item, and then those of a user, are
 * from it on average:
 *
 *     b_i = sum of (y - mu) / (n_i + damping)         over the item's n_i training rows with labels
 *     b_u = sum of (y - mu - b_i) / (n_u + damping)   over the user's
 *
 * Sums are exact, so that the bits are the same on any layout. Source: Koren 2010, "Factor in the
 * neighbors", section 2.1.
 */
#ifndef TD_EVAL_BIASES_H
#define TD_EVAL_BIASES_H

#include "eval/targets.h"

#include <stdint.h>

typedef struct td_biases td_biases; /* of several targets */

typedef struct {
    double damping;
    bool means_alone; /* b_u = b_i = 0 */
} td_bias_rule;

/* Collective; finds those of the targets that are asked for, is_asked (targets), all of which are
 * then on every rank. TD_ERR_NUMERIC where labels are beyond the range of exact sums. The caller
 * frees it with td_biases_free. */
td_status td_biases_create(td_comm *comm, const td_model *model, td_dataset *data,
                           const td_targets *targets, const bool *is_asked,
                           const td_bias_rule *rule, td_biases **out);
void td_biases_free(td_biases *biases);

/* Local. Returns the label of a user and an item, of a target that was asked for; a bias is 0 for
 * one that the data do not know. */
float td_biases_predict(const td_biases *biases, size_t target, int32_t user, int32_t item);

#endif
