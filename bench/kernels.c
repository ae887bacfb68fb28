/* kernels [--isa NAME]: every kernel at the shapes that the configurations use, beside the FMA peak
 * of one core and OpenBLAS, measured in turns in one run; under mpirun the exchanges instead. */
#include "kernels.h"

#include "math/openblas.h"
#include "peak.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The sets, and what OpenBLAS calls its kernels for them; NULL: it chooses. */
static const struct {
    const char *name;
    bench_peak *peak;
    const char *openblas_core;
} sets[] = {
#if defined __x86_64__
    {"amx", bench_peak_amx, NULL},           {"avx512bf16", bench_peak_avx512bf16, NULL},
    {"avx512", bench_peak_avx512, NULL},     {"avx2", bench_peak_avx2, "Haswell"},
#elif defined __aarch64__
    {"neon", bench_peak_neon, NULL},
#endif
    {"portable", bench_peak_portable, NULL},
};

enum { SETS = sizeof sets / sizeof *sets, KEY_ISA = 0x100 };

static size_t set_of(const char *name)
{
    size_t i = 0;
    while (i + 1 < SETS && strcmp(sets[i].name, name) != 0)
        i++;
    return i;
}

static void run_peak(void *data)
{
    static float result[BENCH_PEAK_FLOATS];
    (*(bench_peak **)data)(result);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): argp says how it is called. */
static error_t parse_option(int key, char *text, struct argp_state *state)
{
    if (key != KEY_ISA)
        return ARGP_ERR_UNKNOWN;
    *(const char **)state->input = text;
    return 0;
}

static const char *parse(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {.name = "isa", .key = KEY_ISA, .arg = "NAME", .doc = "instruction set of the kernels"},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Measures tandem's kernels beside the FMA peak of one core and OpenBLAS; under "
               "mpirun, the exchanges between ranks."};
    const char *isa = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &isa);
    return isa;
}

/* OpenBLAS chooses its kernels while it is loaded. */
static td_status load_openblas(const char *isa, size_t place, td_kernels *out)
{
    static const char name[] = "OPENBLAS_CORETYPE";
    if (sets[place].openblas_core)
        setenv(name, sets[place].openblas_core, 1);
    else
        unsetenv(name);
    return td_kernels_find(isa, true, out);
}

double bench_beside_peak(bench *b, size_t n, bench_work *works)
{
    bench_work all[8] = {b->peak};
    for (size_t i = 0; i < n; i++)
        all[i + 1] = works[i];
    bench_measure(n + 1, all);
    for (size_t i = 0; i < n; i++)
        works[i] = all[i + 1];
    return 1e-9 * b->peak_operations / all[0].seconds;
}

static void run(bench *b, size_t place)
{
    static float result[BENCH_PEAK_FLOATS];
    bench_peak *peak = sets[place].peak;
    b->peak = (bench_work){.run = run_peak, .data = &peak};
    b->peak_operations = (double)peak(result);
    const double gflops = bench_beside_peak(b, 0, NULL);
    printf("kernels %s, FMA peak of one core %.0f GF/s; OpenBLAS's core: %s\n", b->kernels.name,
           gflops, td_openblas_loaded()->core_name());
    bench_products(b);
    bench_rounded_products(b);
    bench_softmax(b);
    bench_sums(b);
}

int main(int argc, char **argv)
{
    bench b = {0};
    const char *isa = parse(argc, argv);
    if (td_kernels_find(isa, false, &b.kernels) != TD_OK ||
        load_openblas(isa, set_of(b.kernels.name), &b.openblas) != TD_OK) {
        fprintf(stderr, "kernels: %s\n", td_message());
        return 2;
    }
    td_comm *comm = td_comm_start();
    if (td_comm_size(comm) == 1)
        run(&b, set_of(b.kernels.name));
    else
        bench_exchange(comm);
    td_comm_stop(comm);
    return 0;
}
