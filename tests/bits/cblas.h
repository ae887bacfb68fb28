/* The few names of cblas.h that src/math mentions, for a build without OpenBLAS. Calling one ends
 * the program. */
#ifndef TD_TESTS_BITS_CBLAS_H
#define TD_TESTS_BITS_CBLAS_H

typedef int blasint;
enum CBLAS_ORDER { CblasRowMajor = 101 };
enum CBLAS_TRANSPOSE { CblasNoTrans = 111, CblasTrans = 112 };

void cblas_sgemm(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE trans_a, enum CBLAS_TRANSPOSE trans_b,
                 blasint m, blasint n, blasint k, float alpha, const float *a, blasint lda,
                 const float *b, blasint ldb, float beta, float *c, blasint ldc);
void openblas_set_num_threads(int threads);
char *openblas_get_corename(void);

#endif
