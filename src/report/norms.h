/* How large a model's parameters are, and which rows of tables training has moved. */
#ifndef TD_REPORT_NORMS_H
#define TD_REPORT_NORMS_H

#include "comm/comm.h"
#include "run/trained_model.h"

enum { TD_NORM_BINS = 24 };

/* Of one tensor. */
typedef struct {
    char *name;
    int64_t rows, columns;
    bool is_table;
    int64_t untrained; /* rows of a table that no training row named; they are left out below */
    double rms;        /* of its elements: the root of the mean of their squares */
    /* Norms of the rows of a table: */
    double least, tenth, median, ninetieth, most;
    int64_t bin[TD_NORM_BINS]; /* how many are in each, equally wide from 0 to most */
} td_norms;

/* Collective. Looks at every tensor of a model that was loaded; all ranks get the same. Free them
 * with td_norms_free. */
void td_norms_measure(td_comm *comm, const td_trained_model *trained, size_t *count,
                      td_norms **norms);
void td_norms_free(size_t count, td_norms *norms);

#endif
