/* Sets of ids. All functions are Local. */
#ifndef TD_BASE_IDS_H
#define TD_BASE_IDS_H

#include "base/memory.h"

#include <stddef.h>
#include <stdint.h>

/* Sorts ids, none of which is negative, and leaves each once; returns how many are left. work,
 * which begins as {0}, is room that the caller keeps for the next call and frees. */
size_t td_ids_distinct(size_t count, int32_t *ids, td_buffer *work);

#endif
