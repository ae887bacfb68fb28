/* Which items lists may have: what is in stock, and what is left out for everybody or for a user.
 */
#ifndef TD_SERVE_ITEM_CHOICE_H
#define TD_SERVE_ITEM_CHOICE_H

#include "comm/comm.h"
#include "data/alive.h"
#include "data/vocabulary.h"
#include "run/trained_model.h"
#include "serve/known_names.h"
#include "tandem/recommend.h"

#include <stdint.h>

/* What is left out for users. Begins as {0}; td_exclusions_free frees what it holds. */
typedef struct {
    td_vocabulary *users; /* who is named; NULL: nobody */
    int64_t *offsets; /* (users + 2): user number n's are items[offsets[n]] to [offsets[n + 1]] */
    int32_t *items;
} td_exclusions;

/* Collective. Sets weight (items + 1) to 0 for items that no list may have, and exclusions. Names
 * that the model does not know are counted and said. TD_ERR_FILE, TD_ERR_INPUT as in recommend.h.
 */
td_status td_item_choice_read(td_comm *comm, const td_recommend_options *options,
                              const td_known_names *known, int64_t items, int32_t *weight,
                              td_exclusions *exclusions);
void td_exclusions_free(td_exclusions *exclusions);

/* Local. Sets weight to 0 for candidates that are alive at none of count times, of which there is
 * one at least; says how many, and that --at says another time. TD_ERR_INPUT if none is left. */
td_status td_item_choice_keep_alive(const td_alive *alive, int64_t count, const int64_t *times,
                                    int64_t items, int32_t *weight);

/* Collective. Sets weight to 0 for candidates without training rows, but for those that may be
 * listed; says how many, unless that was told. TD_ERR_INPUT if none is left. */
td_status td_item_choice_keep_known(const td_trained_model *trained, td_cold_items cold,
                                    bool was_told, int32_t *weight);

/* Local. What is left out for the user of this name. */
td_range td_exclusions_of(const td_exclusions *exclusions, td_str user);

#endif
