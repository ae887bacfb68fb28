/* The interactions in the order of the input, as columns. */
#ifndef TD_DATA_RATINGS_H
#define TD_DATA_RATINGS_H

#include "data/catalogue.h"
#include "data/table.h"
#include "data/vocabulary.h"

#include <stdint.h>

typedef struct {
    int64_t count;
    int64_t limit;
    td_vocabulary *users; /* their distinct names, sorted */
    int32_t *user;        /* (count) number in users */
    int32_t *item;        /* number in the catalogue's items */
    float *rating;        /* these three: NULL if the input has none */
    float *weight;
    int64_t *time;
} td_ratings;

/* Local. Reads the rows of form. A row of an item that catalogue lacks is a bad line; if has_list
 * is false, the items are those of the rows, and catalogue is made of them. The caller frees
 * ratings with td_ratings_free and catalogue with td_catalogue_free, also after a failure. */
td_status td_ratings_read(const td_table_form *form, bool has_list, td_bad_lines *bad,
                          td_catalogue *catalogue, td_ratings *ratings);

void td_ratings_free(td_ratings *ratings);

#endif
