/* The item list: its rows, and the items that they name. */
#ifndef TD_DATA_CATALOGUE_H
#define TD_DATA_CATALOGUE_H

#include "data/table.h"
#include "data/vocabulary.h"
#include "tandem/prepare.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int32_t rows;
    td_vocabulary *ids;    /* of the rows: row r has number r + 1 */
    td_vocabulary *titles; /* the distinct ones; NULL if the list has none */
    int32_t *title;        /* each row's number in titles */
    td_vocabulary *items;  /* the items' names, sorted */
    int32_t *item;         /* each row's number in items */
} td_catalogue;

/* Local. Reads an item list: each row is an item by its title or by its id, by its id also where
 * the title is empty. A row whose id an earlier row has is a bad line, and so is one with an empty
 * id, or with a title that is the id of an untitled row, or the other way round. The caller frees
 * catalogue with td_catalogue_free, also after a failure. */
td_status td_catalogue_read(const td_table_form *form, td_item_key key, td_bad_lines *bad,
                            td_catalogue *catalogue);

/* Local. Makes the item list of sorted ids that were collected without one; takes ids over. */
void td_catalogue_of_ids(td_vocabulary *ids, td_catalogue *catalogue);

void td_catalogue_free(td_catalogue *catalogue);

#endif
