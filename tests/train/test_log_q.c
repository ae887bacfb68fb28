/* What scores start from, by hand. */
#include "train/log_q.h"

#include <criterion/criterion.h>
#include <math.h>

enum { ITEMS = 5 };

/* -ln of shares 1/2, 1/4, 1/8, 1/8 of items 1 to 4. */
static const float item_bias[ITEMS] = {13.815510F, 0.6931472F, 1.3862944F, 2.0794415F, 2.0794415F};

static float bias_of(int log_q, double strength, int64_t uniform, int64_t rows, int32_t item)
{
    td_config config;
    td_config_defaults(&config);
    config.retrieval_log_q = log_q;
    config.retrieval_log_q_strength = strength;
    config.retrieval_uniform_negatives = uniform;
    const td_log_q q = td_log_q_of(&config, item_bias, ITEMS);
    return td_log_q_bias(&q, rows, item);
}

Test(log_q, is_none_or_that_of_an_items_share)
{
    cr_assert_eq(bias_of(TD_LOG_Q_NONE, 1, 8, 64, 2), 0);
    for (int32_t item = 0; item < ITEMS; item++)
        cr_assert_eq(bias_of(TD_LOG_Q_ALL, 1, 0, 64, item), item_bias[item], "to the bit");
    cr_assert_eq(bias_of(TD_LOG_Q_ALL, 0.5, 0, 64, 2), item_bias[2] / 2);
    cr_assert_eq(bias_of(TD_LOG_Q_ALL, 0, 0, 64, 2), 0);
}

/* 64 rows of which 16 have item 2, and 8 draws from 4 items: 18 of it are expected. */
Test(log_q, is_that_of_expected_counts)
{
    const double near = 1e-5;
    cr_assert_float_eq((double)bias_of(TD_LOG_Q_NEGATIVES, 1, 0, 64, 2), -log(16), near);
    cr_assert_float_eq((double)bias_of(TD_LOG_Q_NEGATIVES, 0.25, 0, 64, 2), -log(16) / 4, near);
    cr_assert_float_eq((double)bias_of(TD_LOG_Q_ALL, 1, 8, 64, 2), -log(18), near);
    cr_assert_float_eq((double)bias_of(TD_LOG_Q_NEGATIVES, 1, 8, 64, 2), -log(18), near);
    cr_assert_float_eq((double)bias_of(TD_LOG_Q_ALL, 1, 8, 0, 2), -log(2), near, "draws alone");
}
