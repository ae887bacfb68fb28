/* Expected counts of negatives, and their logarithms. */
#include "train/log_q.h"

#include "math/elementary.h"

#include <stddef.h>

td_log_q td_log_q_of(const td_config *config, const float *item_bias, int64_t items)
{
    const int64_t drawn = items > 1 ? items - 1 : 1;
    return (td_log_q){.item_bias = config->retrieval_log_q ? item_bias : NULL,
                      .of_negatives = config->retrieval_log_q == TD_LOG_Q_NEGATIVES,
                      .strength = (float)config->retrieval_log_q_strength,
                      .uniform = (float)config->retrieval_uniform_negatives / (float)drawn};
}

float td_log_q_bias(const td_log_q *log_q, int64_t rows, int32_t item)
{
    if (!log_q->item_bias)
        return 0;
    const float bias = log_q->item_bias[item];
    if (!log_q->of_negatives && log_q->uniform == 0)
        return log_q->strength * bias;
    return -log_q->strength * td_ln((float)rows * td_exp(-bias) + log_q->uniform);
}
