/* The tables of a data file (docs/formats.md): what they are called, and which part of each this
 * rank writes. What belongs to users is written by their owners, one after the other; what belongs
 * to items, which every rank has, by rank 0. */
#ifndef TD_PREPARE_DATA_TABLES_H
#define TD_PREPARE_DATA_TABLES_H

#include "prepare/data_file.h"
#include "prepare/table_list.h"

/* Collective. Lists the tables, and makes what is not in parts, which must outlive them. The caller
 * frees them with td_table_list_free. */
td_table_list td_data_tables_make(td_comm *comm, const td_data_parts *parts);

#endif
