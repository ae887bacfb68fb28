/* A few users and items of a run's data, with what its model makes of them: what a person looks at
 * to see whether it has learned anything. */
#ifndef TD_REPORT_EXAMPLES_H
#define TD_REPORT_EXAMPLES_H

#include "comm/comm.h"
#include "run/trained_model.h"
#include "tandem/ranked_items.h"
#include "tandem/report.h"

enum { TD_EXAMPLES = 10, TD_EXAMPLE_NEIGHBORS = 5 };

/* Items by title. */
typedef struct {
    size_t count;
    char **title;  /* (count) */
    int32_t *item; /* (count) */
} td_example_items;

typedef struct {
    char *name;
    int64_t training_rows;
    td_example_items
        had; /* its last ones in training rows, the newest first; TD_EXAMPLES at most */
    td_example_items took; /* all that the rows that are asked have */
} td_example_user;

/* Begins as {0}; td_examples_free frees it. */
typedef struct {
    char *problem; /* why lists or neighbors are not there; NULL */
    size_t users;  /* at most TD_EXAMPLES, as items */
    td_example_user user[TD_EXAMPLES];
    size_t items;
    char *item[TD_EXAMPLES]; /* names, the most popular first */
    char *title[TD_EXAMPLES];
    int64_t rows[TD_EXAMPLES];   /* their training rows */
    td_ranked_lists recommended; /* (users), without what they had; {0} where that failed */
    td_ranked_lists near;        /* (items) likewise */
} td_examples;

/* Collective. Chooses the first users of the data, whose order is a seeded random one, that have
 * rows of a split and an id, and items with training rows, from the most popular to the least,
 * closer to one another among the popular ones. TD_ERR_FORMAT, TD_ERR_FILE. */
td_status td_examples_choose(td_comm *comm, const td_trained_model *trained, td_split split,
                             td_examples *examples);

/* Collective. Lists what a checkpoint recommends to those users, and what is near to those items.
 */
void td_examples_list(td_comm *comm, const td_report_options *options, const char *run,
                      int64_t step, td_examples *examples);
void td_examples_free(td_examples *examples);

#endif
