/* The inverse of a positive definite matrix, by OpenBLAS's LAPACK in double: the same bits on CPUs
 * of one type alone.
 */
#ifndef TD_MATH_INVERSE_H
#define TD_MATH_INVERSE_H

#include <stdbool.h>
#include <stddef.h>

/* Local, in one thread. Replaces a (n, n), symmetric, by its inverse, whole; its contents are lost
 * where that returns false: it is not positive definite. Some n^3 operations. Only after
 * td_openblas_load. */
bool td_inverse(size_t n, double *a);

#endif
