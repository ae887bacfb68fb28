/* A list of items, best first: what recommendations and neighbors are. */
#ifndef TANDEM_RANKED_ITEMS_H
#define TANDEM_RANKED_ITEMS_H

#include "tandem/output.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    char *name;  /* what the data name the item by */
    char *title; /* its title, or its name where the data have no titles */
    float score;
    float rating; /* predicted; if the list is rated */
} td_ranked_item;

typedef struct {
    char *of; /* who was asked about: a user, or the item whose neighbors they are */
    size_t count;
    td_ranked_item *items;
    bool rated;
    const char *system; /* of recommendations what the scores are of: "model", or the name of a
                           baseline; of "popularity" they are training rows; NULL */
    char *note;         /* what the reader should know, an unknown user say; NULL for nothing */
} td_ranked_items;

typedef struct {
    size_t count;
    td_ranked_items *lists;
} td_ranked_lists;

/* Local. Frees what a call filled the lists with; {0} may be freed. */
void td_ranked_items_free(td_ranked_items *list);
void td_ranked_lists_free(td_ranked_lists *lists);

/* Local. Writes lists as records with the columns of (called so), rank (from 1), item, title, score
 * and, of rated lists, rating; of recommendations then system. TD_ERR_FILE. */
td_status td_ranked_items_write(size_t count, const td_ranked_items *lists, const char *of,
                                const td_output *output);

#ifdef __cplusplus
}
#endif

#endif
