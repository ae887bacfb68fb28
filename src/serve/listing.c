/* Copies of titles, beside their numbers. */
#include "serve/listing.h"

#include "base/memory.h"

td_ranked_items td_listing_make(const td_known_names *known, size_t k, const td_listed *listed,
                                const float *ratings)
{
    td_ranked_items list = {.items = TD_NEW(td_ranked_item, k), .rated = ratings != NULL};
    for (; list.count < k && listed[list.count].item > 0; list.count++)
        list.items[list.count] = (td_ranked_item){
            .title = td_str_copy(td_known_names_title(known, listed[list.count].item)),
            .score = listed[list.count].score,
            .rating = ratings ? ratings[list.count] : 0,
        };
    return list;
}

void td_ranked_items_free(td_ranked_items *list)
{
    for (size_t i = 0; i < list->count; i++)
        td_free(list->items[i].title);
    td_free(list->items);
    td_free(list->note);
    *list = (td_ranked_items){.count = 0};
}
