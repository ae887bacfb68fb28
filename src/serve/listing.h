/* From lists of item ids to lists that people read. All functions are Local. */
#ifndef TD_SERVE_LISTING_H
#define TD_SERVE_LISTING_H

#include "eval/top_k.h"
#include "serve/known_names.h"
#include "tandem/ranked_items.h"

#include <stddef.h>

/* Returns the items listed, up to the first that is none. ratings (k) or NULL. Free it with
 * td_ranked_items_free. */
td_ranked_items td_listing_make(const td_known_names *known, size_t k, const td_listed *listed,
                                const float *ratings);

#endif
