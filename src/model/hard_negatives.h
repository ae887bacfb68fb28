/* The highest-scored part of a row's negatives. */
#ifndef TD_MODEL_HARD_NEGATIVES_H
#define TD_MODEL_HARD_NEGATIVES_H

#include <stddef.h>
#include <stdint.h>

/* Local. Sets kept[j], j < n, to what remains of weights[j] when only `most` of their sum is kept,
 * that of the highest scores; the last one taken may keep a part, and of equal scores the first
 * columns go first. Weights are whole numbers with a sum below 2^24. keys is room for n. */
void td_keep_highest(size_t n, const float *scores, const float *weights, float most,
                     uint32_t *keys, float *kept);

#endif
