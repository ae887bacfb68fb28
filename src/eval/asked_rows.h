/* The rows of a split that are asked, a block of users at a time, and what is no candidate for
 * them.
 *
 * A user's items are a set: what was trained on is no question of a test, so that rows whose user
 * and item are in training rows, too, are dropped, or kept and counted (eval.repeats). The items of
 * eval.exclude_seen are no candidates; a row's own that is one of them, or none of eval.candidates,
 * also at its time alone (alive), is a miss. eval.rows leaves out rows whose item has training
 * rows, or has none, and with eval.sample all of this is of a sample of the rows (row_sample.h).
 */
#ifndef TD_EVAL_ASKED_ROWS_H
#define TD_EVAL_ASKED_ROWS_H

#include "base/range.h"
#include "data/alive.h"
#include "data/dataset.h"
#include "eval/row_sample.h"
#include "eval/seen_items.h"
#include "tandem/config.h"
#include "tandem/metric.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    td_dataset *data;
    td_split split;
    const td_config *config;
    const td_row_sample *sample;
    int64_t newest;         /* the time of the newest training row; INT64_MIN without times */
    const int32_t *weight;  /* (items + 1): how often an item is a candidate (td_candidates), */
    const td_alive *alive;  /* and when; NULL: at all times */
    const int64_t *trained; /* (items + 1): how many training rows an item has, where eval.rows asks
                               for it; else NULL */
} td_asked_rule;

typedef struct {
    td_rows rows;
    int64_t *row_offsets; /* (users + 1): which rows are whose */
    td_seen seen;         /* what is no candidate for each user, ascending; NULLs for nothing */
    bool *is_out;         /* (rows): the row's item is no candidate for its user */
} td_asked_rows;

/* Collective. Reads the rows of users, by place in the file, that are asked, and adds to counts.
 * td_asked_rows_free frees what it gives, also where it fails. */
td_status td_asked_rows_read(const td_asked_rule *rule, td_range users,
                             td_evaluation_counts *counts, td_asked_rows *asked);
void td_asked_rows_free(td_asked_rows *asked);

#endif
