#include "prepare/odd.h"

#include <math.h>

enum { SHARE = 100 };

td_ends td_ends_begin(void)
{
    return (td_ends){INFINITY, INFINITY, -INFINITY, -INFINITY, 0, 0};
}

static void add_low(td_ends *ends, double value, int64_t count)
{
    if (value < ends->low) {
        ends->next = ends->low;
        ends->low = value;
        ends->lows = count;
    } else if (value == ends->low) {
        ends->lows += count;
    } else if (value < ends->next) {
        ends->next = value;
    }
}

static void add_high(td_ends *ends, double value, int64_t count)
{
    if (value > ends->high) {
        ends->before = ends->high;
        ends->high = value;
        ends->highs = count;
    } else if (value == ends->high) {
        ends->highs += count;
    } else if (value > ends->before) {
        ends->before = value;
    }
}

void td_ends_add(td_ends *ends, double value, int64_t count)
{
    add_low(ends, value, count);
    add_high(ends, value, count);
}

void td_ends_join(td_ends *ends, const td_ends *others)
{
    add_low(ends, others->low, others->lows);
    add_low(ends, others->next, 0); /* above the others' lowest, so it never is the lowest of all */
    add_high(ends, others->high, others->highs);
    add_high(ends, others->before, 0);
}

td_odd td_ends_odd(const td_ends *e, int64_t rows)
{
    if (!(e->low < e->next && e->next < e->high))
        return TD_ODD_NONE;
    const bool below = e->low == -1 && e->next >= 0 && e->next < e->before;
    const bool low = below || e->next - e->low > 2 * (e->high - e->next);
    const bool high = e->high - e->before > 2 * (e->before - e->low);
    if (low && SHARE * e->lows >= rows)
        return TD_ODD_LOW;
    return high && SHARE * e->highs >= rows ? TD_ODD_HIGH : TD_ODD_NONE;
}
