/* A first pass for the largest terms, a second for the squares: both walk the same pieces. */
#include "model/gradient_norm.h"

#include <math.h>
#include <string.h>

enum { PIECE = 1024, SQUARE_BITS = 50, SUM_BITS = 62 };

static td_magnitude size_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7fffffffU;
}

/* 2^e for a tensor of so many elements, none above largest: every square is below 2^SQUARE_BITS
 * units, and their sum below 2^SUM_BITS. */
static int exponent_of(const td_tensor *tensor, td_magnitude largest)
{
    const int above = (int)(largest >> 23) - 126; /* largest < 2^above */
    int log_count = 0;
    while (log_count < SUM_BITS && (size_t)1 << log_count < tensor->rows * tensor->columns)
        log_count++;
    const int room = SUM_BITS - log_count;
    return (room < SQUARE_BITS ? room : SQUARE_BITS) - 2 * above;
}

/* What a piece adds to both: the largest |g|, and, where a unit is known, the squares. */
typedef struct {
    td_magnitude largest;
    td_exact squares;
} piece_sums;

/* g = dense gradient + l2 w, n <= PIECE elements, units of squares to one; 0: no squares */
static piece_sums look(const float *gradient, const float *values, float l2, size_t n, double units)
{
    piece_sums sums = {0, 0};
    for (size_t i = 0; i < n; i++) {
        const float g = gradient[i] + l2 * values[i];
        const td_magnitude size = size_of(g);
        sums.largest = size > sums.largest ? size : sums.largest;
        if (units > 0)
            sums.squares += (td_exact)((double)g * (double)g * units + 0.5);
    }
    return sums;
}

/* The elements of a dense tensor that this rank counts. */
static piece_sums look_at_dense(const td_final_gradient *g, const td_tensor *tensor, double units)
{
    const int64_t size = (int64_t)td_tensor_size(tensor);
    const size_t first = tensor->offset + (size_t)td_share(size, g->rank, g->size);
    const size_t end = tensor->offset + (size_t)td_share(size, g->rank + 1, g->size);
    const float l2 = td_tensor_is_kernel(tensor) ? g->l2 : 0;
    td_magnitude largest = 0;
    td_exact squares = 0;
#pragma omp parallel for reduction(max : largest) reduction(+ : squares)
    for (size_t at = first; at < end; at += PIECE) {
        const size_t n = end - at < PIECE ? end - at : PIECE;
        const piece_sums piece = look(g->dense + at, g->parameters->values + at, l2, n, units);
        largest = piece.largest > largest ? piece.largest : largest;
        squares += piece.squares;
    }
    return (piece_sums){largest, squares};
}

/* A touched row. */
static piece_sums look_at_row(const td_final_gradient *g, const td_tensor *tensor,
                              const td_row_sums *rows, size_t slot, double units)
{
    piece_sums sums = {0, 0};
    float gradient[PIECE];
    const float *values = g->parameters->values + td_tensor_place(tensor, rows->ids[slot]);
    for (size_t done = 0; done < rows->width; done += PIECE) {
        const size_t n = rows->width - done < PIECE ? rows->width - done : PIECE;
        td_exact_to_float(rows->exponent, n, rows->sums + slot * rows->width + done, gradient);
        const piece_sums piece = look(gradient, values + done, g->l2, n, units);
        sums.largest = piece.largest > sums.largest ? piece.largest : sums.largest;
        sums.squares += piece.squares;
    }
    return sums;
}

/* The touched rows that this rank counts: those of its range of ids where every rank has all. */
static piece_sums look_at_table(const td_final_gradient *g, size_t i, double units)
{
    const td_tensor *tensor = &g->parameters->tensor[i];
    const td_row_sums *rows = &g->tables[i];
    const int64_t all = (int64_t)tensor->rows;
    const int64_t first = tensor->is_owned ? 0 : td_share(all, g->rank, g->size);
    const int64_t end = tensor->is_owned ? all : td_share(all, g->rank + 1, g->size);
    td_magnitude largest = 0;
    td_exact squares = 0;
#pragma omp parallel for reduction(max : largest) reduction(+ : squares)
    for (size_t slot = 0; slot < rows->count; slot++) {
        if (rows->ids[slot] < first || rows->ids[slot] >= end)
            continue;
        const piece_sums row = look_at_row(g, tensor, rows, slot, units);
        largest = row.largest > largest ? row.largest : largest;
        squares += row.squares;
    }
    return (piece_sums){largest, squares};
}

static piece_sums look_at_tensor(const td_final_gradient *g, size_t i, double units)
{
    const td_tensor *tensor = &g->parameters->tensor[i];
    return tensor->is_table ? look_at_table(g, i, units) : look_at_dense(g, tensor, units);
}

static bool is_finite(td_magnitude size)
{
    return size < 0x7f800000U;
}

void td_gradient_largest(const td_final_gradient *gradient, td_magnitude *largest)
{
    for (size_t i = 0; i < gradient->parameters->count; i++)
        largest[i] = look_at_tensor(gradient, i, 0).largest;
}

void td_gradient_squares(const td_final_gradient *gradient, const td_magnitude *largest,
                         td_exact *squares)
{
    for (size_t i = 0; i < gradient->parameters->count; i++) {
        const td_tensor *tensor = &gradient->parameters->tensor[i];
        squares[i] = 0;
        if (largest[i] > 0 && is_finite(largest[i]))
            squares[i] =
                look_at_tensor(gradient, i, ldexp(1, exponent_of(tensor, largest[i]))).squares;
    }
}

double td_gradient_norm(const td_parameters *parameters, const td_magnitude *largest,
                        const td_exact *squares)
{
    double sum = 0;
    for (size_t i = 0; i < parameters->count; i++) {
        if (!is_finite(largest[i]))
            return NAN;
        sum += ldexp((double)squares[i], -exponent_of(&parameters->tensor[i], largest[i]));
    }
    return sqrt(sum);
}

float td_gradient_clip(double norm, double clip)
{
    return norm <= clip ? 1 : (float)(clip / norm);
}
