/* Panels of a product, for kernels.c and the parts of it. */
#ifndef TD_MATH_PRODUCTS_H
#define TD_MATH_PRODUCTS_H

#include "math/kernels.h"
#include "math/lanes.h"

/* What a panel multiplies and starts from. Element (i, k) of a is a[i * a_row + k * a_column]; rows
 * of b are ldb apart. Of the only vector of a part, the first lanes are there. */
typedef struct {
    size_t depth;
    const float *a;
    size_t a_row, a_column;
    const float *b;
    size_t ldb;
    const float *start;
    size_t lanes;
} product;

/* Of a (m, depth) and b (depth, n), whatever m is. */
static inline product product_of(size_t n, size_t depth, td_view a, const float *b, size_t ldb,
                                 const float *start)
{
    return (product){.depth = depth,
                     .a = a.at,
                     .a_row = a.transposed ? 1 : a.stride,
                     .a_column = a.transposed ? a.stride : 1,
                     .b = b,
                     .ldb = ldb,
                     .start = start,
                     .lanes = n % TD_WIDTH};
}

/* The same rows, some columns further. */
static inline product across(product f, size_t columns)
{
    f.b += columns;
    f.start = f.start ? f.start + columns : NULL;
    return f;
}

/* A panel: all m rows of some columns, in blocks of nearly equal numbers of rows, at most MOST. */
#define DEFINE_PANEL(BLOCK, MOST, name, VECS, PART)                                                \
    BLOCK(name##_of_1, 1, VECS, PART)                                                              \
    BLOCK(name##_of_2, 2, VECS, PART)                                                              \
    BLOCK(name##_of_3, 3, VECS, PART)                                                              \
    BLOCK(name##_of_4, 4, VECS, PART)                                                              \
    BLOCK(name##_of_5, 5, VECS, PART)                                                              \
    BLOCK(name##_of_6, 6, VECS, PART)                                                              \
    BLOCK(name##_of_7, 7, VECS, PART)                                                              \
    BLOCK(name##_of_8, 8, VECS, PART)                                                              \
    BLOCK(name##_of_9, 9, VECS, PART)                                                              \
    BLOCK(name##_of_10, 10, VECS, PART)                                                            \
    BLOCK(name##_of_11, 11, VECS, PART)                                                            \
    BLOCK(name##_of_12, 12, VECS, PART)                                                            \
    static void name(size_t m, product f, float *c, size_t ldc)                                    \
    {                                                                                              \
        static void (*const of_rows[])(const product *, float *, size_t) = {                       \
            NULL,         name##_of_1,  name##_of_2, name##_of_3, name##_of_4,                     \
            name##_of_5,  name##_of_6,  name##_of_7, name##_of_8, name##_of_9,                     \
            name##_of_10, name##_of_11, name##_of_12};                                             \
        for (size_t blocks = (m + (MOST)-1) / (MOST); blocks > 0; blocks--) {                      \
            const size_t rows = m / blocks;                                                        \
            of_rows[rows](&f, c, ldc);                                                             \
            m -= rows;                                                                             \
            f.a += rows * f.a_row;                                                                 \
            c += rows * ldc;                                                                       \
        }                                                                                          \
    }

#endif
