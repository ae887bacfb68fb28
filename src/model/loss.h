/* Losses of a head's prediction p against a label y. A kind of loss is a row of the table in
 * loss.c.
 *
 *     mse   value (p - y)^2                             slope 2 (p - y)
 *     bce   value max(p, 0) - p y + ln(1 + exp(-|p|))   slope 1 / (1 + exp(-p)) - y
 *
 * bce is the binary cross-entropy of a label from 0 to 1 and the probability 1 / (1 + exp(-p)).
 * Source: tf.nn.sigmoid_cross_entropy_with_logits.
 *
 * All functions are Local.
 */
#ifndef TD_MODEL_LOSS_H
#define TD_MODEL_LOSS_H

#include <stddef.h>

typedef struct {
    const char *name;
    float (*value)(float prediction, float label);
    float (*slope)(float prediction, float label); /* d value / d prediction */
} td_loss;

/* Returns the loss of this name, NULL if there is none. */
const td_loss *td_loss_find(const char *name);

/* Writes the names of all losses, with commas. */
void td_loss_names(size_t size, char *names);

#endif
