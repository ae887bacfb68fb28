/* Writes a data file: docs/formats.md describes it, dataset.h reads it. */
#ifndef TD_PREPARE_DATA_FILE_H
#define TD_PREPARE_DATA_FILE_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "prepare/catalog.h"
#include "prepare/ratings.h"
#include "prepare/source.h"
#include "prepare/user_order.h"
#include "tandem/prepare.h"

/* What a data file is made of. */
typedef struct {
    const td_prepare_options *options;
    const td_source *source;
    const td_catalog *catalog;
    const td_user_owners *owners;
    const td_ratings *ratings; /* those of the users at home on this rank */
    const td_user_order *order;
} td_data_parts;

/* Collective. Writes the file, whole or not at all, and adds its tokens and its checksum to report,
 * which says all the rest already. */
td_status td_data_file_write(td_comm *comm, const char *path, const td_data_parts *parts,
                             td_prepare_report *report);

#endif
