/* Dropout: in training, a share p of the units of a layer is 0 in each row, the others times
 * 1 / (1 - p), so that nothing is done in use.
 *
 *     y_ru = x_ru f_ru,  f_ru = 0 or 1 / (1 - p);   dx_ru = dy_ru f_ru
 *
 * f_ru is a function of the seed, the layer's name, the step, the number of the row in the data or
 * the item, and the unit: of no place in a tile or layout, and the same where a step is computed
 * again. p counts in steps of 2^-16. Source: Srivastava et al., "Dropout", JMLR 2014, inverted as
 * Keras's. All functions are Local.
 */
#ifndef TD_MODEL_DROPOUT_H
#define TD_MODEL_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

/* By what a tile's rows draw. Where step is 0, nothing is dropped, and there need be no rows. */
typedef struct {
    uint64_t seed;
    int64_t step;         /* from 1 */
    const int64_t *rows;  /* of each row of the tile its number in the data, */
    const int32_t *items; /* or, if that is NULL, the item */
} td_draws;

/* The dropout of one layer; of share 0, none. */
typedef struct {
    float share;
    uint32_t stream;
} td_dropout;

/* Returns the dropout of the layer group/part. */
td_dropout td_dropout_of(double share, const char *group, const char *part);

/* Returns the draws of the rows from first on. */
td_draws td_draws_from(const td_draws *draws, size_t first);

/* y (rows, units) = x f, rows of both stride apart; y may be x. f is the same in every call. */
void td_dropout_apply(const td_dropout *dropout, const td_draws *draws, size_t rows, size_t units,
                      const float *x, float *y, size_t stride);

#endif
