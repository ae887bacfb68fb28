/* The losses of a step or an epoch, as means per example. */
#ifndef TD_RUN_LOSSES_H
#define TD_RUN_LOSSES_H

#include "math/exact_sum.h"
#include "tandem/config.h"

typedef struct {
    double total;     /* weighted by retrieval.weight and rating.weight */
    double retrieval; /* NaN for a task that is not trained */
    double rating;    /* likewise: the mean squared error */
} td_losses;

/* Local. Returns the means over rows of sums in units of 2^-TD_EXACT_TOTAL. */
td_losses td_losses_of(const td_config *config, td_exact retrieval, td_exact rating, int64_t rows);

/* Local. The weighted sum of two means; NaN counts as 0. */
double td_losses_total(const td_config *config, double retrieval, double rating);

enum { TD_LOSSES_TEXT = 96 };

/* Local. Writes "loss 8.4681", or with both tasks "loss 9.62 (retrieval 8.47, rating 1.15)". */
void td_losses_text(const td_losses *losses, char text[TD_LOSSES_TEXT]);

#endif
