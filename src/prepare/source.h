/* What the options of td_prepare say to read: the tables of each format. */
#ifndef TD_PREPARE_SOURCE_H
#define TD_PREPARE_SOURCE_H

#include "tandem/prepare.h"
#include "text/table.h"

/* The wanted columns of either table. */
enum { TD_RATINGS_USER, TD_RATINGS_ITEM, TD_RATINGS_RATING, TD_RATINGS_TIME, TD_RATINGS_WEIGHT };
enum { TD_ITEMS_ID, TD_ITEMS_TITLE };

typedef struct {
    td_table_form ratings;
    td_table_form items; /* path is NULL if there is no item list */
} td_source;

/* Local. Tells the tables of the options' format. TD_ERR_USAGE for options that contradict each
 * other, TD_ERR_FILE for a MovieLens folder that is none. The caller frees source with
 * td_source_free, also after a failure. options must outlive it. */
td_status td_source_describe(const td_prepare_options *options, td_source *source);
void td_source_free(td_source *source);

#endif
