/* Prints one line "name hash" for each thing whose bits must not depend on the CPU. Equal output on
 * two CPUs is the test; the numbers themselves mean nothing. */
#include "math/exact_sum.h"

#include <math.h>
#include <stdio.h>

enum { TERMS = 4096, SUMS = 37 };

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(const void *data, size_t bytes)
{
    const unsigned char *byte = data;
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ byte[i]) * 1099511628211U;
    return hash;
}

static void print_hash(const char *name, const void *data, size_t bytes)
{
    printf("%s %016llx\n", name, (unsigned long long)hash_bytes(data, bytes));
}

/* Both signs, 12 orders of magnitude: a float sum of them would depend on the order. */
static void make_terms(float *terms)
{
    uint32_t state = 1;
    for (int i = 0; i < TERMS; i++) {
        state = state * 1664525U + 1013904223U;
        terms[i] = ldexpf((float)(int32_t)state / 0x1p31F, i % 40 - 30);
    }
}

static void print_exact_sums(void)
{
    float terms[TERMS], values[SUMS];
    td_exact sums[SUMS] = {0};
    make_terms(terms);
    for (int i = 0; i + SUMS <= TERMS; i += SUMS)
        td_exact_add(TD_EXACT_GRADIENT, SUMS, terms + i, sums);
    td_exact_to_float(TD_EXACT_GRADIENT, SUMS, sums, values);
    print_hash("exact_sum", sums, sizeof sums);
    print_hash("exact_sum_as_float", values, sizeof values);
}

int main(void)
{
    print_exact_sums();
    return 0;
}
