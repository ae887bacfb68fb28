/* The instruction sets that kernels are compiled for, and what tests of kernels share. */
#ifndef TESTS_MATH_SETS_H
#define TESTS_MATH_SETS_H

#include "math/kernels.h"

#include <criterion/criterion.h>
#include <string.h>

/* Calls check with the kernels of every set that this CPU has, at least one, or with those of the
 * set that round. */
static inline void check_each_set(bool rounds, void (*check)(const td_kernels *))
{
    static const char *const names[] = {"amx", "avx512bf16", "avx512", "avx2", "neon", "portable"};
    int found = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        td_kernels kernels;
        if (td_kernels_find(names[i], false, &kernels) != TD_OK)
            continue;
        found++;
        if (rounds)
            kernels = td_kernels_that_round(&kernels);
        cr_assert(kernels.rounds == rounds && strcmp(kernels.name, names[i]) == 0);
        check(&kernels);
    }
    cr_assert_geq(found, 1);
}

static inline float element(td_view a, size_t i, size_t k)
{
    return a.transposed ? a.at[k * a.stride + i] : a.at[i * a.stride + k];
}

#endif
