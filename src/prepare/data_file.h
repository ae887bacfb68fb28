/* Writes a data file: docs/formats.md describes it, dataset.h reads it. */
#ifndef TD_PREPARE_DATA_FILE_H
#define TD_PREPARE_DATA_FILE_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "prepare/catalog.h"
#include "prepare/input_state.h"
#include "prepare/prepared.h"
#include "prepare/source.h"
#include "prepare/user_order.h"
#include "tandem/prepare.h"

/* What a data file is made of. What belongs to users is with their owners; what belongs to items,
 * every rank has. */
typedef struct {
    const td_prepare_options *options;
    const td_source *source;
    const td_input_states *inputs; /* of rank 0, before they were read */
    const td_catalog *catalog;
    const td_user_owners *owners;
    const td_user_order *order;
    const td_frame *rows;      /* the schema's fields of the rows of this rank's users */
    const int64_t *row_number; /* (rows) in the input */
    const td_frame *users;     /* the schema's fields of this rank's users, by number */
    const td_frame *items;     /* those of items, by id (items + 1) */
    const td_prepared *prepared;
    int64_t split_rows[TD_SPLITS]; /* of all ranks */
} td_data_parts;

/* Collective. Writes the file, whole or not at all, and adds its checksum to report, which says all
 * the rest already. */
td_status td_data_file_write(td_comm *comm, const char *path, const td_data_parts *parts,
                             td_prepare_report *report);

#endif
