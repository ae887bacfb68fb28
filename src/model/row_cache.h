/* A thread's own sums of a few rows of a table, on their way to those that all threads share
 * (row_sums.h). An id that soon comes again, as a common token does, meets no lock, and no other
 * thread fetches its sums meanwhile. What is added is exact, so it may arrive in parts. All
 * functions are Local; a cache is one thread's. */
#ifndef TD_MODEL_ROW_CACHE_H
#define TD_MODEL_ROW_CACHE_H

#include "model/row_sums.h"

#include <stdbool.h>

enum { TD_ROW_CACHE = 128 }; /* rows */

typedef struct {
    bool is_alone;  /* no other thread adds to the tables: all goes there at once */
    int32_t *ids;   /* (TD_ROW_CACHE): the row that came to each place last; -1 for none */
    uint8_t *times; /* (TD_ROW_CACHE): how often it did; often, and it has sums here */
    td_exact *sums; /* (TD_ROW_CACHE, width of the table) */
} td_row_cache;

/* Makes an empty cache for tables up to this width; td_row_cache_free frees it. */
td_row_cache td_row_cache_create(size_t width);
void td_row_cache_free(td_row_cache *cache);

/* Adds terms (width) to a touched row; returns the largest |term|. Other rows of this table alone
 * may come before td_row_cache_flush. */
td_magnitude td_row_cache_add(td_row_cache *cache, td_row_sums *sums, const td_kernels *kernels,
                              int32_t id, const float *terms);

/* Brings all that is here to the table's sums. */
void td_row_cache_flush(td_row_cache *cache, td_row_sums *sums);

#endif
