/* Stands in for OpenBLAS where there is none: whoever calls it made a mistake. */
#include "cblas.h"

#include "base/log.h"

void cblas_sgemm(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE trans_a, enum CBLAS_TRANSPOSE trans_b,
                 blasint m, blasint n, blasint k, float alpha, const float *a, blasint lda,
                 const float *b, blasint ldb, float beta, float *c, blasint ldc)
{
    (void)order, (void)trans_a, (void)trans_b, (void)m, (void)n, (void)k, (void)alpha, (void)a;
    (void)lda, (void)b, (void)ldb, (void)beta, (void)c, (void)ldc;
    td_abort("this build has no OpenBLAS");
}

void openblas_set_num_threads(int threads)
{
    (void)threads;
    td_abort("this build has no OpenBLAS");
}

char *openblas_get_corename(void)
{
    td_abort("this build has no OpenBLAS");
}
