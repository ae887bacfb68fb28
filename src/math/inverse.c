/* Cholesky's factor, then the inverse from it. */
#include "math/inverse.h"

#include "base/log.h"
#include "math/openblas.h"

#include <limits.h>

/* LAPACK's lower triangle is what a row has behind the diagonal: columns stand one by one there. */
static void mirror(size_t n, double *a)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            a[j * n + i] = a[i * n + j];
}

bool td_inverse(size_t n, double *a)
{
    const td_openblas *lapack = td_openblas_loaded();
    TD_ASSERT(n <= INT_MAX);
    const int size = (int)n;
    int info = 0;
    if (n == 0)
        return true;
    lapack->potrf("L", &size, a, &size, &info, 1);
    if (info == 0)
        lapack->potri("L", &size, a, &size, &info, 1);
    TD_ASSERT(info >= 0);
    if (info == 0)
        mirror(n, a);
    return info == 0;
}
