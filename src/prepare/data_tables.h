/* The tables of a data file (docs/formats.md): what they are called, and which part of each this
 * rank writes. What belongs to users is written by their owners, one after the other; what belongs
 * to items, which every rank has, by rank 0. */
#ifndef TD_PREPARE_DATA_TABLES_H
#define TD_PREPARE_DATA_TABLES_H

#include "data/frame_file.h"
#include "prepare/data_file.h"

#include <stddef.h>

typedef struct {
    size_t count;
    td_file_table *tables;
    size_t blocks;
    void **block; /* (blocks) what tables point to beside the parts */
} td_data_tables;

/* Collective. Lists the tables, and makes what is not in parts, which must outlive them. The caller
 * frees tables with td_data_tables_free. */
td_data_tables td_data_tables_make(td_comm *comm, const td_data_parts *parts);
void td_data_tables_free(td_data_tables *tables);

#endif
