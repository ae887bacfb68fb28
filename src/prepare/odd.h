/* A value that many rows have and that is far from all others, as -1 or 99 among ratings: it may
 * stand for none. All functions are Local. */
#ifndef TD_PREPARE_ODD_H
#define TD_PREPARE_ODD_H

#include <stdbool.h>
#include <stdint.h>

/* The ends of so many numbers. */
typedef struct {
    double low, next;    /* the two lowest values, */
    double high, before; /* and the two highest; */
    int64_t lows, highs; /* the numbers that are the lowest, and the highest */
} td_ends;

/* Those of no number; adds a value that so many have, or all of other numbers. */
td_ends td_ends_begin(void);
void td_ends_add(td_ends *ends, double value, int64_t count);
void td_ends_join(td_ends *ends, const td_ends *others);

/* What find_odd returns. */
typedef enum { TD_ODD_NONE, TD_ODD_LOW, TD_ODD_HIGH } td_odd;

/* Which end is such a value: one in a hundred rows or more have it, and the gap to the next of two
 * others or more is more than twice as wide as the room of these; or it is -1, and three others or
 * more are not below 0. */
td_odd td_ends_odd(const td_ends *ends, int64_t rows);

#endif
