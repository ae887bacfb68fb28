/* Fused multiply-adds that touch registers only, in one instruction set: the most that a core of
 * this machine can do. Compiled once per set, as the kernels are. */
#include "peak.h"
#include "math/simd.h"

/* Chains enough to hide the latency of two units, and few enough for 16 registers. */
enum { CHAINS = 12, TURNS = 4096 };

#define JOINED(a, b) a##b
#define PEAK_OF(isa) JOINED(bench_peak_, isa)
/* NOLINTNEXTLINE(bugprone-macro-parentheses): i is the name of a variable, declared here. */
#define EACH(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)

size_t PEAK_OF(TD_ISA_NAME)(float *result)
{
    const td_vec factor = td_all(0.999F), term = td_all(0.001F);
    td_vec sum[CHAINS];
    EACH (i, CHAINS)
        sum[i] = td_all((float)i);
    for (int turn = 0; turn < TURNS; turn++)
        EACH (i, CHAINS)
            sum[i] = td_fma(sum[i], factor, term);
    EACH (i, CHAINS)
        td_store(result + i * TD_WIDTH, sum[i]);
    return (size_t)2 * CHAINS * TURNS * TD_WIDTH;
}
