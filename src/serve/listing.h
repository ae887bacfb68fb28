/* From lists of item ids to lists that people read. All functions are Local. */
#ifndef TD_SERVE_LISTING_H
#define TD_SERVE_LISTING_H

#include "eval/top_k.h"
#include "serve/known_names.h"
#include "serve/record_writer.h"
#include "tandem/ranked_items.h"

#include <stddef.h>

/* Returns the items listed, up to the first that is none, of whom was asked about. ratings (k) or
 * NULL. Free it with td_ranked_items_free. */
td_ranked_items td_listing_make(const td_known_names *known, td_str of, size_t k,
                                const td_listed *listed, const float *ratings);

/* What the records of lists are: their columns, of which the first is called `of`. */
enum { TD_LISTING_COLUMNS = 7 };
typedef struct {
    size_t count;
    const char *names[TD_LISTING_COLUMNS];
} td_listing_columns;
td_listing_columns td_listing_columns_of(const char *of, bool rated, bool has_system);

/* Writes the records of a list. */
void td_listing_write(td_record_writer *writer, const td_ranked_items *list);

#endif
