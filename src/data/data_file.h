/* Writes a data file: docs/formats.md describes it, dataset.h reads it. */
#ifndef TD_DATA_DATA_FILE_H
#define TD_DATA_DATA_FILE_H

#include "comm/comm.h"
#include "data/catalogue.h"
#include "data/grouping.h"
#include "data/ratings.h"
#include "data/source.h"
#include "tandem/prepare.h"

#define TD_DATA_FORMAT "tandem-data"
enum { TD_DATA_VERSION = 1 };

/* What a data file is made of. */
typedef struct {
    const td_prepare_options *options;
    const td_source *source;
    const td_catalogue *catalogue;
    const td_user_homes *homes;
    const td_ratings *ratings; /* those of the users at home on this rank */
    const td_grouping *grouping;
} td_data_parts;

/* Collective. Writes the file, whole or not at all, and adds its tokens and its checksum to report,
 * which says all the rest already. */
td_status td_data_file_write(td_comm *comm, const char *path, const td_data_parts *parts,
                             td_prepare_report *report);

#endif
