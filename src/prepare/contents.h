/* The datasets of a data file (docs/formats.md): what they are called, which part of each this rank
 * writes, and where in memory its values are.
 *
 * What belongs to users is written by their owners, one after the other; what belongs to items,
 * which every rank has, by rank 0. */
#ifndef TD_PREPARE_CONTENTS_H
#define TD_PREPARE_CONTENTS_H

#include "base/str.h"
#include "prepare/data_file.h"
#include "prepare/pairs.h"
#include "prepare/titles.h"
#include "store/file.h"

#include <stddef.h>
#include <stdint.h>

enum { TD_CONTENTS_MAX = 32, TD_CONTENTS_NAME = 64 };

typedef struct {
    char name[TD_CONTENTS_NAME];
    td_type type;
    int64_t total; /* elements */
    int64_t first; /* the first of this rank's */
    int64_t count;
    const void *values;
    const int64_t *rows; /* (count) element i is values[rows[i]]; NULL: values[i] */
} td_contents_array;

typedef struct {
    size_t count;
    td_contents_array array[TD_CONTENTS_MAX]; /* of the parts' memory, or of this: */

    td_seen seen;
    int64_t *row_offsets[TD_SPLITS];
    int64_t *item_counts;
    td_strings users, items, ids, row_titles, tokens;
    td_learned_titles titles;
} td_contents;

/* Collective. Lists the datasets and makes what is not in parts, which must outlive contents. The
 * caller frees contents with td_contents_free. */
td_contents *td_contents_create(td_comm *comm, const td_data_parts *parts);
void td_contents_free(td_contents *contents);

#endif
