/* The threshold is found bit by bit, over keys that sort as the scores do: 32 passes, whatever the
 * scores are, and no sort. */
#include "model/hard_negatives.h"

#include <string.h>

/* Maps floats to integers of the same order; -0 equals 0. */
static uint32_t key_of(float score)
{
    const float unsigned_zero = score + 0.0F;
    uint32_t bits;
    memcpy(&bits, &unsigned_zero, sizeof bits);
    return bits & 0x80000000U ? ~bits : bits | 0x80000000U;
}

/* sum_j weights_j [keys_j >= threshold] */
static float weight_from(size_t n, const uint32_t *keys, const float *weights, uint32_t threshold)
{
    float sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += keys[j] >= threshold ? weights[j] : 0;
    return sum;
}

/* The greatest threshold with at least `most` of the weight at or above it, 0 if there is none. */
static uint32_t find_threshold(size_t n, const uint32_t *keys, const float *weights, float most)
{
    uint32_t threshold = 0;
    for (uint32_t bit = 0x80000000U; bit != 0; bit >>= 1)
        if (weight_from(n, keys, weights, threshold | bit) >= most)
            threshold |= bit;
    return threshold;
}

/* All above the threshold, then those at it in their order, as far as most allows. */
void td_keep_highest(size_t n, const float *scores, const float *weights, float most,
                     uint32_t *keys, float *kept)
{
    for (size_t j = 0; j < n; j++)
        keys[j] = key_of(scores[j]);
    const uint32_t threshold = find_threshold(n, keys, weights, most);
    float left = most;
    for (size_t j = 0; j < n; j++) {
        kept[j] = keys[j] > threshold ? weights[j] : 0;
        left -= kept[j];
    }
    for (size_t j = 0; j < n; j++) {
        if (keys[j] != threshold)
            continue;
        kept[j] = weights[j] < left ? weights[j] : left;
        left -= kept[j];
    }
}
