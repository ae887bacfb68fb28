/* Which kernels this build has and this CPU can run. */
#include "math/kernels.h"

#include "base/log.h"
#include "base/memory.h"
#include "math/openblas.h"

#include <fenv.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#if defined __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

extern const td_kernels td_kernels_portable[2];

#if defined __x86_64__
extern const td_kernels td_kernels_amx[2];
extern const td_kernels td_kernels_avx512bf16[2];
extern const td_kernels td_kernels_avx512[2];
extern const td_kernels td_kernels_avx2[2];

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

static bool has_avx512bf16(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512bf16");
}

#if defined TD_TILES_EMULATED
static bool has_amx(void)
{
    return has_avx512bf16();
}

static bool gains_by_tiles(void)
{
    return false;
}
#else
/* Tiles, and the kernel's leave to keep them, which it gives a process that asks. */
static bool has_amx(void)
{
    enum { AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24, ASK_LEAVE = 0x1023, TILE_DATA = 18 };
    unsigned a, b, c, d;
    return has_avx512bf16() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && d & AMX_BF16 &&
           d & AMX_TILE && syscall(SYS_arch_prctl, ASK_LEAVE, TILE_DATA) == 0;
}

static bool gains_by_tiles(void)
{
    return true;
}
#endif

/* Intel's vdpbf16ps, at half the rate of float multiply-adds, makes products half as fast (on a
 * Xeon with AMX; 0.39 to 0.54 times float32), AMD's 1.8 times. */
static bool gains_by_bf16(void)
{
    return __builtin_cpu_is("amd");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#elif defined __aarch64__
extern const td_kernels td_kernels_neon[2];
#endif

static bool always(void)
{
    return true;
}

/* Best first; of each in float, and that round. One that does not gain is there for who names it.
 */
static const struct {
    const td_kernels *kernels;
    bool (*cpu_has)(void);
    bool (*gains)(void);
} sets[] = {
#if defined __x86_64__
    {td_kernels_amx, has_amx, gains_by_tiles},
    {td_kernels_avx512bf16, has_avx512bf16, gains_by_bf16},
    {td_kernels_avx512, has_avx512, always},
    {td_kernels_avx2, has_avx2, always},
#elif defined __aarch64__
    {td_kernels_neon, always, always},
#endif
    {td_kernels_portable, always, always},
};

enum { SETS = sizeof sets / sizeof *sets };

static bool is_known(const char *isa)
{
    static const char *const names[] = {"amx", "avx512bf16", "avx512", "avx2", "neon", "portable"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(isa, names[i]) == 0)
            return true;
    return false;
}

char *td_kernels_names(void)
{
    char names[64] = "";
    for (size_t i = 0; i < SETS; i++)
        if (sets[i].cpu_has())
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? " " : "",
                     sets[i].kernels->name);
    return td_copy_text(names);
}

static td_status not_here(const char *isa)
{
    char *here = td_kernels_names();
    const td_status status =
        is_known(isa)
            ? td_fail(TD_ERR_LAYOUT, "--isa %s: this CPU runs only: %s", isa, here)
            : td_fail(TD_ERR_USAGE, "--isa %s is no instruction set; this CPU runs: %s", isa, here);
    td_free(here);
    return status;
}

static int blas_int(size_t n)
{
    TD_ASSERT(n <= INT_MAX);
    return (int)n;
}

/* The distance between rows as cblas wants it: at least their length and 1, even where there are no
 * two rows that it would keep apart. */
static int leading_dimension(size_t rows, size_t length, size_t stride)
{
    TD_ASSERT(rows < 2 || stride >= length);
    const size_t least = length > 0 ? length : 1;
    return blas_int(rows < 2 || stride < least ? least : stride);
}

/* What cblas_sgemm refuses it leaves undone, with a line on standard error and no status; its hook
 * for that, xerbla_, belongs to the program that links us. So every argument that it judges
 * (extents and leading dimensions) is judged here first, and ends the run. */
static void openblas_gemm(size_t m, size_t n, size_t k, td_view a, const float *b, size_t ldb,
                          const float *start, float *c, size_t ldc)
{
    const int lda =
        a.transposed ? leading_dimension(k, m, a.stride) : leading_dimension(m, k, a.stride);
    for (size_t i = 0; start && i < m; i++)
        memcpy(c + i * ldc, start, n * sizeof *c);
    td_openblas_loaded()->sgemm(TD_BLAS_ROWS, a.transposed ? TD_BLAS_TRANSPOSED : TD_BLAS_AS_IT_IS,
                                TD_BLAS_AS_IT_IS, blas_int(m), blas_int(n), blas_int(k), 1.0F, a.at,
                                lda, b, leading_dimension(k, n, ldb), start ? 1.0F : 0.0F, c,
                                leading_dimension(m, n, ldc));
}

/* The best set that the CPU has, or the one that is named; openblas takes over dense_gemm. */
td_status td_kernels_find(const char *isa, bool openblas, td_kernels *out)
{
    for (size_t i = 0; i < SETS; i++) {
        if (!sets[i].cpu_has() ||
            !(isa ? strcmp(isa, sets[i].kernels->name) == 0 : sets[i].gains()))
            continue;
        *out = *sets[i].kernels;
        if (openblas) {
            if (td_openblas_load() != TD_OK)
                return td_fail(TD_ERR_LAYOUT, "math.kernels: openblas: %s", td_message());
            out->dense_gemm = openblas_gemm;
        }
        return TD_OK;
    }
    return not_here(isa);
}

td_kernels td_kernels_that_round(const td_kernels *kernels)
{
    size_t i = 0;
    while (strcmp(sets[i].kernels->name, kernels->name) != 0)
        i++;
    return sets[i].kernels[1];
}

bool td_kernels_thread_is_sound(void)
{
    volatile float smallest_normal = 0x1p-126F, half = 0.5F;
    volatile float denormal = smallest_normal * half; /* 0 if results are flushed */
    volatile float back = denormal * 2.0F;            /* 0 if operands are read as zero */
    return fegetround() == FE_TONEAREST && denormal > 0 && back == smallest_normal;
}
