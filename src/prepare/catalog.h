/* The item list: its rows, and the items that they name. */
#ifndef TD_PREPARE_CATALOG_H
#define TD_PREPARE_CATALOG_H

#include "data/vocabulary.h"
#include "prepare/source.h"
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
} td_catalog;

/* Collective. Reads the table of items on every rank: each row is an item by its title or by its
 * id, by its id also where the title is empty. A row whose id an earlier row has is a bad line, and
 * so is one with an empty id, or with a title that is the id of an untitled row, or the other way
 * round. After TD_OK the lists of all ranks are of one size (td_catalog_agree). The caller frees
 * catalog with td_catalog_free, also after a failure. */
td_status td_catalog_read(td_comm *comm, const td_source *source, td_bad_lines *bad,
                          td_catalog *catalog);

/* Collective. TD_ERR_INPUT where a rank's list, read from path, has not as many rows, titles and
 * items as rank 0's: a file can grow between two ranks' reading of it, and sums over items need one
 * length on all ranks. */
td_status td_catalog_agree(td_comm *comm, const char *path, const td_catalog *list);

/* Local. Makes the item list of sorted ids that were collected without one; takes ids over. */
void td_catalog_of_ids(td_vocabulary *ids, td_catalog *catalog);

void td_catalog_free(td_catalog *catalog);

#endif
