/* The parts of the program kernels: one table each, on standard output. */
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H

#include "comm/comm.h"
#include "math/kernels.h"
#include "measure.h"

/* What is measured, and what it is held against. */
typedef struct {
    td_kernels kernels;
    td_kernels openblas; /* the same set; dense_gemm is OpenBLAS's */
    bench_work peak;
    double peak_operations; /* of one call */
} bench;

/* Local. Measures n pieces of work beside the peak, and returns the peak's GF/s. */
double bench_beside_peak(bench *b, size_t n, bench_work *works);

void bench_rounded_products(bench *b); /* of bfloat16, beside those of float32 */
void bench_products(bench *b);         /* Local */
void bench_softmax(bench *b);          /* Local */
void bench_sums(bench *b);             /* Local */

/* Collective. Rank 0 prints. */
void bench_exchange(td_comm *comm);

#endif
