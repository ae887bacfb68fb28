/* What a label is by its user and item alone: mu + b_u + b_i, the mean of the training labels, and
 * how far those of an item, and then those of a user, are from it on average:
 *
 *     b_i = sum of (y - mu) / (n_i + damping)         over the item's n_i training rows with labels
 *     b_u = sum of (y - mu - b_i) / (n_u + damping)   over the user's
 *
 * Sums are exact, so that the bits are the same on any layout. Source: Koren 2010, "Factor in the
 * neighbors", section 2.1.
 */
#ifndef TD_EVAL_BIASES_H
#define TD_EVAL_BIASES_H

#include "data/dataset.h"

#include <stdint.h>

typedef struct td_biases td_biases;

/* Collective; all of it is then on every rank. TD_ERR_CONFIG where the data have no labels,
 * TD_ERR_NUMERIC where they are beyond the range of exact sums. The caller frees it with
 * td_biases_free. */
td_status td_biases_create(td_comm *comm, td_dataset *data, double damping, td_biases **out);
void td_biases_free(td_biases *biases);

/* Local. Returns the label of a user and an item; 0 for one that the data do not know. */
float td_biases_predict(const td_biases *biases, int32_t user, int32_t item);

#endif
