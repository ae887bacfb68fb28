/* Numbers and times in short, exact over any ranks. */
#ifndef TD_PREPARE_SUMMARY_H
#define TD_PREPARE_SUMMARY_H

#include "comm/comm.h"
#include "data/frame.h"
#include "data/schema.h"
#include "data/split.h"

#include <stdint.h>

/* Collective. Returns the summary of a field of rows that is not a list, of training rows alone
 * unless all: split (rows) tells which those are. Times are summed as they are; numbers in steps of
 * a 2^37th of their range, so that the order cannot matter. */
td_summary td_summarize(td_comm *comm, const td_field *field, int64_t rows, const uint8_t *split,
                        bool all);

/* Local. Returns in how many of a field's first rows a value is missing, or a list empty. */
int64_t td_count_missing(const td_field *field, int64_t rows);

#endif
