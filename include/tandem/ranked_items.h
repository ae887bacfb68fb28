/* A list of items, best first: what recommendations and neighbors are. */
#ifndef TANDEM_RANKED_ITEMS_H
#define TANDEM_RANKED_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    char *title; /* the item's title, or its name where the data have no titles */
    float score;
    float rating; /* predicted; if the list is rated */
} td_ranked_item;

typedef struct {
    size_t count;
    td_ranked_item *items;
    bool rated;
    char *note; /* what the reader should know, an unknown user say; NULL for nothing */
} td_ranked_items;

/* Local. Frees what a call filled the list with; {0} may be freed. */
void td_ranked_items_free(td_ranked_items *list);

#endif
