/* OpenBLAS, loaded while the program runs, and only where it is asked for: products by
 * `math.kernels: openblas`, and the inverse of the baseline EASE.
 *
 * Nothing is linked with it, so that everything else starts without it. It is the system loader's
 * libopenblas.so.0: of LD_LIBRARY_PATH, of the folder where CMake found one, of the system.
 */
#ifndef TD_MATH_OPENBLAS_H
#define TD_MATH_OPENBLAS_H

#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>

/* What cblas.h calls these. */
enum { TD_BLAS_ROWS = 101, TD_BLAS_AS_IT_IS = 111, TD_BLAS_TRANSPOSED = 112 };

/* The functions, as cblas.h and Fortran have them. LAPACK's take the length of their text last,
 * which Fortran passes besides; what is not made of Fortran does not look at it. */
typedef struct {
    void (*sgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                  const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
    void (*potrf)(const char *uplo, const int *n, double *a, const int *lda, int *info,
                  size_t length);
    void (*potri)(const char *uplo, const int *n, double *a, const int *lda, int *info,
                  size_t length);
    const char *(*core_name)(void); /* of the CPU whose kernels it takes, "Haswell" */
    const char *(*config)(void);    /* its version, and how it was built */
} td_openblas;

/* Local, by one thread at a time. Loads it, once, for one thread a call. TD_ERR_LAYOUT where it is
 * not here, lacks LAPACK, counts by 64 bits, or has no room to start. */
td_status td_openblas_load(void);

/* Local. What has been loaded. */
const td_openblas *td_openblas_loaded(void);

/* Local. True where what has been loaded takes the kernels of a CPU without AVX2, and this one has
 * it: an OpenBLAS that is older than the CPU may not know it. */
bool td_openblas_is_behind(void);

#endif
