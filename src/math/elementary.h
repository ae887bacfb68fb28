/* Elementary functions of one number, without the C library's, whose bits differ between
 * versions. Those of whole rows are in kernels.h. */
#ifndef TD_MATH_ELEMENTARY_H
#define TD_MATH_ELEMENTARY_H

/* Local. Returns the natural logarithm of x, to within one unit in the last place; -infinity for
 * 0, NaN below. */
float td_ln(float x);

/* Local. Returns e to the power of x, to within one unit in the last place; +0 at -64 and below, as
 * the kernels' row_exp; infinity where a float cannot hold it; NaN of NaN. */
float td_exp(float x);

/* Local. Returns the cosine of pi x for x in [0, 1], to within 1e-15; exactly 0 for 1/2. */
double td_cos_half_turn(double x);

/* Local. Returns base to the power of x for base in (0, 1] and x in [0, 1), to within 1e-14 of it.
 */
double td_power_of_share(double base, double x);

#endif
