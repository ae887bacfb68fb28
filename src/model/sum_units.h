/* The units of a step's exact sums follow their terms.
 *
 * The sums of a kind (a tensor's gradient, dU, dV, a task's loss: the terms of gradients.h) have
 * one unit, a power of two. It is the finest, TD_EXACT_GRADIENT's or TD_EXACT_TOTAL's, until a step
 * has a term that does not fit; then so much coarser as that term needs. It becomes finer again
 * when TD_SUM_UNIT_STEPS steps in a row would have done with a finer one: the coarsest that one of
 * these needed. So it is a function of the steps' largest terms alone, and part of the state of
 * training. All functions are Local.
 */
#ifndef TD_MODEL_SUM_UNITS_H
#define TD_MODEL_SUM_UNITS_H

#include "math/exact_sum.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TD_SUM_UNIT_STEPS = 64 };

/* Zeros: the finest unit. */
typedef struct {
    int32_t coarser; /* than the finest, by so many powers of two, 0 to TD_EXACT_COARSEST */
    int32_t quiet;   /* the last steps, below TD_SUM_UNIT_STEPS, that would have done with less, */
    int32_t needed;  /* and the most that one of these needed, below coarser */
} td_sum_unit;

/* True if all are the finest. */
bool td_sum_units_are_finest(size_t count, const td_sum_unit *units);

/* Moves a unit by one step, whose largest term needed it this much coarser than the finest. */
void td_sum_unit_follow(td_sum_unit *unit, int needed);

/* True if steps can have brought a unit where it is. */
bool td_sum_unit_is_sound(const td_sum_unit *unit);

#endif
