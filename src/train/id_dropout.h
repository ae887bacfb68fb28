/* features.NAME.dropout: ids that a training step takes for unknown, so that the row of what is
 * unknown is trained, and a tower learns to live on its other features; and histories that it takes
 * for empty.
 *
 * Whether one is hidden is a function of the seed, the feature's name, the step, and the number
 * of the row that has it, or the item: of no layout. Source: Volkovs, Yu, Poutanen, "DropoutNet",
 * NIPS 2017, which hides the learned part of a user or item likewise. All functions are Local.
 */
#ifndef TD_TRAIN_ID_DROPOUT_H
#define TD_TRAIN_ID_DROPOUT_H

#include "model/inputs.h"
#include "model/spec.h"

#include <stddef.h>
#include <stdint.h>

/* Of the features of one tower. */
typedef struct {
    uint64_t seed;
    const td_features *features;
    int32_t **ids; /* by feature: (capacity), what its view reads: ids, 0 for those that are hidden;
                      of a query's history places of lists, -1; NULL without dropout */
} td_id_dropout;

/* Makes room for so many rows or items in a step. Keeps features by reference; td_id_dropout_free
 * frees it. */
void td_id_dropout_create(td_id_dropout *dropout, uint64_t seed, const td_features *features,
                          size_t capacity);
void td_id_dropout_free(td_id_dropout *dropout);

/* Draws which of n rows or items a step hides, with their ids: counters (n) are the numbers of the
 * rows; NULL: the ids themselves. Step 0 hides none. */
void td_id_dropout_draw(td_id_dropout *dropout, int64_t step, size_t n, const int32_t *ids,
                        const int64_t *counters);

/* Makes views of those rows or items, from row first on, read what is left. */
void td_id_dropout_hide(const td_id_dropout *dropout, size_t first, td_field_view *views);

#endif
