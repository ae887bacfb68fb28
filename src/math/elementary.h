/* Elementary functions of one number, without the C library's, whose bits differ between
 * versions. Those of whole rows are in kernels.h. */
#ifndef TD_MATH_ELEMENTARY_H
#define TD_MATH_ELEMENTARY_H

/* Local. Returns the natural logarithm of x, to within one unit in the last place; -infinity for
 * 0, NaN below. */
float td_ln(float x);

#endif
