/* How alike items are by what is known of them, their fields: what content_neighbors scores by.
 *
 * The likeness of two items is the mean over the fields of a number from 0 to 1, 0 where either has
 * no value:
 *
 *     category             1 if both have the same
 *     categories, text     the sum of idf_t^2 over the ids t of both, over the root of the product
 *                          of each one's own; idf_t = ln(n / n_t), n items having a list, n_t t in
 * it number, time         1 - |a - b| / s, s the standard deviation of the items' values; at least
 * 0 vector               the cosine, at least 0
 *
 * Each is a chain of operations in double, of the two items alone. Sources: tf-idf and cosine as in
 * Lops, de Gemmis, Semeraro 2011, "Content-based recommender systems"; a triangular kernel for
 * numbers. Local, but td_item_likeness_create.
 */
#ifndef TD_EVAL_ITEM_LIKENESS_H
#define TD_EVAL_ITEM_LIKENESS_H

#include "data/dataset.h"
#include "eval/item_fields.h"

#include <stdint.h>

typedef struct td_item_likeness td_item_likeness;

/* Collective; the whole of it is then on every rank. The caller frees it with
 * td_item_likeness_free. */
td_status td_item_likeness_create(td_dataset *data, const td_item_fields *fields,
                                  td_item_likeness **out);

/* Returns the same of a frame of items, by id, which it takes over, with row 0 of no item. */
td_item_likeness *td_item_likeness_of(const td_schema *schema, const td_item_fields *fields,
                                      td_frame *items);
void td_item_likeness_free(td_item_likeness *likeness);

/* Returns a thread's memory for the next, to be freed with td_free. */
double *td_item_likeness_scratch(const td_item_likeness *likeness);

/* Sets like (items + 1) to the likeness of each item to this one. */
void td_item_likeness_find(const td_item_likeness *likeness, int32_t item, double *scratch,
                           double *like);

#endif
