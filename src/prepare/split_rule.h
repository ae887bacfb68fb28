/* The rules by which interactions are split, as a table: a function of the seed and of the rows
 * with their users, never of ranks. A rule is a row of the table and its function. */
#ifndef TD_PREPARE_SPLIT_RULE_H
#define TD_PREPARE_SPLIT_RULE_H

#include "comm/comm.h"
#include "data/frame.h"
#include "data/schema.h"
#include "data/split.h"
#include "tandem/status.h"

#include <stdint.h>

/* What a rule knows. A rank has all rows of each of its users. */
typedef struct {
    uint64_t seed;
    double test_fraction;    /* in [0, 1) */
    int64_t total;           /* rows of all ranks, numbered from 0 */
    int64_t users;           /* of this rank, */
    const int32_t *user;     /* whose numbers, from 1, are here by row; */
    const int64_t *row;      /* the rows' numbers: rising */
    const td_frame *rows;    /* what else there is of them, by name */
    const td_schema *schema; /* and by role */
} td_split_question;

typedef struct {
    const char *name;
    td_role needs; /* a role that some field must have; none: nothing else than rows */
    /* Collective. Sets split, a td_split for each row, which is training as it comes. */
    void (*choose)(td_comm *comm, const td_split_question *question, uint8_t *split);
} td_split_rule;

/* Local. Returns the rule of this name. TD_ERR_USAGE for none, with the names there are. */
td_status td_split_rule_find(const char *name, const td_split_rule **rule);

/* Local. Returns how many of rows are test rows: the product rows * fraction, as a double, rounded
 * half away from zero. */
int64_t td_split_test_rows(int64_t rows, double fraction);

/* Collective. Each rank has count rows of these numbers, and all together those from 0 to rows. The
 * rows in order of (philox(seed, row), row) are left as they are but for the last test_rows of
 * them, which are marked as test rows. */
void td_split_choose(td_comm *comm, uint64_t seed, int64_t rows, int64_t test_rows, int64_t count,
                     const int64_t *row, uint8_t *split);

#endif
