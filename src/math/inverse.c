/* Cholesky's factor, then the inverse from it: LAPACK's symbols as Fortran has them. */
#include "math/inverse.h"

#include "base/log.h"

#include <cblas.h>

/* NOLINTBEGIN(readability-identifier-naming): LAPACK's names.
 * The last argument is the length of the text, which Fortran passes besides; what is not made of
 * Fortran does not look at it. */
extern void dpotrf_(const char *uplo, const blasint *n, double *a, const blasint *lda,
                    blasint *info, size_t length);
extern void dpotri_(const char *uplo, const blasint *n, double *a, const blasint *lda,
                    blasint *info, size_t length);
/* NOLINTEND(readability-identifier-naming) */

/* LAPACK's lower triangle is what a row has behind the diagonal: columns stand one by one there. */
static void mirror(size_t n, double *a)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            a[j * n + i] = a[i * n + j];
}

bool td_inverse(size_t n, double *a)
{
    const blasint size = (blasint)n;
    blasint info = 0;
    TD_ASSERT(size >= 0 && (size_t)size == n);
    if (n == 0)
        return true;
    openblas_set_num_threads(1);
    dpotrf_("L", &size, a, &size, &info, 1);
    if (info == 0)
        dpotri_("L", &size, a, &size, &info, 1);
    TD_ASSERT(info >= 0);
    if (info == 0)
        mirror(n, a);
    return info == 0;
}
