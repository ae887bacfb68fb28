/* Eight units of a row share one draw of 128 bits. */
#include "model/dropout.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"

enum { UNITS = 8, WHOLE = 1 << 16 };

td_dropout td_dropout_of(double share, const char *group, const char *part)
{
    char *name = td_print_text("%s/%s", group, part);
    const td_dropout dropout = {(float)share, td_stream_of_name(name)};
    td_free(name);
    return dropout;
}

td_draws td_draws_from(const td_draws *draws, size_t first)
{
    td_draws from = *draws;
    if (from.rows)
        from.rows += first;
    if (from.items)
        from.items += first;
    return from;
}

/* Unit u has 16 bits of its own: half u % 2 of word u / 2. */
static void factors_of(td_random drawn, uint32_t dropped, float scale, float factors[UNITS])
{
    for (size_t u = 0; u < UNITS; u++) {
        const uint32_t bits = drawn.word[u / 2] >> (u % 2 * 16) & (WHOLE - 1);
        factors[u] = bits < dropped ? 0 : scale;
    }
}

void td_dropout_apply(const td_dropout *dropout, const td_draws *draws, size_t rows, size_t units,
                      const float *x, float *y, size_t stride)
{
    TD_ASSERT(draws->step > 0 && (draws->rows || draws->items));
    const uint32_t dropped = (uint32_t)(dropout->share * WHOLE + 0.5F);
    const float scale = (float)WHOLE / (float)(WHOLE - dropped);
    const uint64_t key = td_philox_key(draws->seed, dropout->stream, (uint64_t)draws->step, 0);
    for (size_t r = 0; r < rows; r++) {
        const uint64_t number = (uint64_t)(draws->rows ? draws->rows[r] : draws->items[r]);
        for (size_t first = 0; first < units; first += UNITS) {
            float factors[UNITS];
            const size_t n = units - first < UNITS ? units - first : UNITS;
            const size_t at = r * stride + first;
            factors_of(td_philox(key, dropout->stream, number, (uint32_t)(first / UNITS)), dropped,
                       scale, factors);
            for (size_t u = 0; u < n; u++)
                y[at + u] = x[at + u] * factors[u];
        }
    }
}
