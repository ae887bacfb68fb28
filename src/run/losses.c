/* Means of exact sums. */
#include "run/losses.h"

#include <math.h>
#include <stdio.h>

static double mean(td_exact sum, int64_t rows)
{
    return ldexp((double)sum, -TD_EXACT_TOTAL) / (double)rows;
}

double td_losses_total(const td_config *config, double retrieval, double rating)
{
    return (isnan(retrieval) ? 0 : config->retrieval_weight * retrieval) +
           (isnan(rating) ? 0 : config->rating_weight * rating);
}

td_losses td_losses_of(const td_config *config, td_exact retrieval, td_exact rating, int64_t rows)
{
    const bool retrieves = config->retrieval_weight > 0;
    const bool rates = config->rating_enabled && config->rating_weight > 0;
    td_losses losses = {.retrieval = retrieves ? mean(retrieval, rows) : NAN,
                        .rating = rates ? mean(rating, rows) : NAN};
    losses.total = td_losses_total(config, losses.retrieval, losses.rating);
    return losses;
}

void td_losses_text(const td_losses *losses, char text[TD_LOSSES_TEXT])
{
    if (isnan(losses->retrieval) || isnan(losses->rating))
        snprintf(text, TD_LOSSES_TEXT, "loss %.4f", losses->total);
    else
        snprintf(text, TD_LOSSES_TEXT, "loss %.4f (retrieval %.4f, rating %.4f)", losses->total,
                 losses->retrieval, losses->rating);
}
