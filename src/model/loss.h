/* Losses of a head's prediction p against a label y. A kind of loss is a row of the table in
 * loss.c.
 *
 *     mse    value (p - y)^2                             slope 2 (p - y)
 *     huber  value (p - y)^2 / 2 where |p - y| <= delta  slope p - y, from -delta to delta
 *            else delta (|p - y| - delta / 2)
 *     bce    value max(p, 0) - p y + ln(1 + exp(-|p|))   slope 1 / (1 + exp(-p)) - y
 *
 * A bias starts at the mean, with bce at the mean's log-odds, or 0 if these are infinite. A
 * prediction stands for itself, with bce for the probability.
 *
 * bce is the binary cross-entropy of a label from 0 to 1 and the probability 1 / (1 + exp(-p)).
 * Sources: Keras's Huber; tf.nn.sigmoid_cross_entropy_with_logits.
 *
 * All functions are Local.
 */
#ifndef TD_MODEL_LOSS_H
#define TD_MODEL_LOSS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *name;
    float (*value)(float prediction, float label, float delta);
    float (*slope)(float prediction, float label, float delta); /* d value / d prediction */
    float (*start)(float mean);      /* where a bias starts if this is the labels' mean */
    float (*mean)(float prediction); /* the mean label that it stands for */
    bool is_of_classes;              /* labels are 0 and 1, and a mean is a probability */
} td_loss;

/* Returns the loss of this name, NULL if there is none. */
const td_loss *td_loss_find(const char *name);

/* Writes the names of all losses, with commas. */
void td_loss_names(size_t size, char *names);

#endif
