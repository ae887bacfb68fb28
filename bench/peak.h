/* The FMA peak, one function per instruction set. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <stddef.h>

enum { BENCH_PEAK_FLOATS = 12 * 16 };

/* Local. Makes some thousand fused multiply-adds per register, leaves what came of them in result
 * (BENCH_PEAK_FLOATS), and returns how many floating-point operations they were. */
typedef size_t bench_peak(float *result);

bench_peak bench_peak_portable;
#if defined __x86_64__
bench_peak bench_peak_amx, bench_peak_avx512bf16, bench_peak_avx512, bench_peak_avx2;
#elif defined __aarch64__
bench_peak bench_peak_neon;
#endif

#endif
