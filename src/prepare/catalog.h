/* The item list: its rows, and the items that they name. */
#ifndef TD_PREPARE_CATALOG_H
#define TD_PREPARE_CATALOG_H

#include "data/vocabulary.h"
#include "prepare/prepared.h"
#include "prepare/reader.h"
#include "tandem/prepare.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int32_t rows;
    int32_t listed;       /* of these rows, those that are items whether or not interactions have
                             them: of a list's file; the rest are names that interactions have
                             besides, in byte order, without fields */
    td_records records;   /* the rows' other fields; none without a list */
    td_vocabulary *ids;   /* of the rows: row r has number r + 1; NULL without a list */
    td_vocabulary *items; /* the items' names, sorted */
    int32_t *item;        /* (rows) each row's number in items */
} td_catalog;

/* Collective. Reads an item list on every rank: each row is an item by its title or by its id, by
 * its id also where the title is empty. A row whose id an earlier row has is a bad line, or, where
 * the rows are the interactions, passed over, with a warning if some differ; a bad line is also one
 * with an empty id, or with a title that is the id of an untitled row, or the other way round.
 * After TD_OK the lists of all ranks are of one size (td_catalog_agree). The caller frees catalog
 * with td_catalog_free, also after a failure. */
td_status td_catalog_read(td_comm *comm, const td_source *source, td_bad_lines *bad,
                          td_catalog *catalog);

/* Local. Warns of rows whose titles are those of others, as far as they are one item now. */
void td_catalog_warn(const td_catalog *catalog);

/* Collective. TD_ERR_INPUT where a rank's list, read from path, has not as many rows and items as
 * rank 0's: a file can grow between two ranks' reading of it, and sums over items need one length
 * on all ranks. */
td_status td_catalog_agree(td_comm *comm, const char *path, const td_catalog *list);

/* Local. Makes the item list of sorted ids that were collected without one; takes ids over. */
void td_catalog_of_ids(td_vocabulary *ids, td_catalog *catalog);

/* Local. Adds rows for those of names that the list's ids lack: items of that name without fields.
 * Sets item, (names + 1), to the items of all names. */
void td_catalog_add_unlisted(const td_vocabulary *names, td_catalog *catalog, int32_t *item);

/* Local. Leaves items out whose number, (items + 1), is 0, which have no listed row; the others get
 * this number. */
void td_catalog_renumber(const int32_t *number, td_catalog *catalog);

/* Local. The titles of the list's rows, which it keeps; none if it has no titles. */
td_strings td_catalog_titles(const td_catalog *catalog);

/* Local. Returns the list's fields by item (items + 1), each from its item's first row, and row 0
 * with missing values: categories as ids in byte order of their names, texts as tokens, of which at
 * most max_tokens - 2 are learned from each field's texts of all rows. Adds them to prepared. The
 * caller frees the frame. */
td_frame td_catalog_fields(const td_catalog *catalog, int64_t max_tokens, td_prepared *prepared);

void td_catalog_free(td_catalog *catalog);

#endif
