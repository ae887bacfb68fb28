/* The interactions as columns. */
#ifndef TD_PREPARE_RATINGS_H
#define TD_PREPARE_RATINGS_H

#include "comm/comm.h"
#include "data/vocabulary.h"
#include "prepare/catalog.h"
#include "prepare/source.h"
#include "prepare/user_owners.h"

#include <stdbool.h>
#include <stdint.h>

/* Rows of this rank: while they are read, a run of the input's; then those of its users. */
typedef struct {
    int64_t count;
    int64_t limit;
    int64_t total;        /* rows of all ranks */
    int64_t first;        /* number of this rank's first row in the input, while it has a run */
    td_vocabulary *users; /* their distinct names in the order of arrival; NULL after that */
    td_vocabulary *items; /* likewise; NULL also if there is an item list */
    int32_t *user;        /* (count) number in users; at home: among its users, from 1; NULL
                             when they are grouped */
    int32_t *item;        /* number in items; then: in the catalog's items */
    float *rating;        /* these three: NULL if the input has none */
    float *weight;
    int64_t *time;
    int64_t *row;  /* number in the input, NULL while rows are a run of it */
    bool *is_test; /* NULL until rows are split */
} td_ratings;

/* Collective. Reads the table of interactions, each rank its part of the file. A row of an item
 * that list lacks is a bad line; list is NULL if there is none. The first line of all that is
 * wrong, and no more may be left out, is TD_ERR_INPUT, with the same message for any number of
 * ranks. The caller frees ratings with td_ratings_free, also after a failure. */
td_status td_ratings_read(td_comm *comm, const td_source *source, const td_catalog *list,
                          td_bad_lines *bad, td_ratings *ratings);

/* Local. Returns whether each user, numbered up to users, has a training row among these (users +
 * 1); the caller frees it. */
bool *td_ratings_find_trained(const td_ratings *ratings, int64_t users);

/* Collective. Gives the rows' items, names of ratings->items, their numbers among all names. */
void td_ratings_number_items(td_comm *comm, const td_shared_names *names, td_ratings *ratings);

/* Collective. Sends every row to the home of its user, of[user]. They stand there in the order of
 * the input. */
void td_ratings_to_owners(td_comm *comm, const td_user_owner *of, td_ratings *ratings);

void td_ratings_free(td_ratings *ratings);

#endif
