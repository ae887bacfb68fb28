/* Receipts: what a run gave, in checksums and values, and whether it gives the same here. */
#ifndef TANDEM_RECEIPT_H
#define TANDEM_RECEIPT_H

#include "tandem/comm.h"
#include "tandem/status.h"
#include "tandem/trained_model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Text is not copied; it must last as long as the call that takes the options. */
typedef struct {
    td_trained_options model; /* the run and its checkpoint */
    const char *split;        /* whose metrics it has; NULL: test, or none where there are none */
    const char *out;          /* a file of JSON (docs/formats.md); NULL: standard output */
} td_receipt_options;

/* Collective. Writes the receipt of a run's checkpoint. TD_ERR_MISMATCH for a run that began with
 * another's parameters, which data and configuration do not tell; TD_ERR_INPUT for one of step 0;
 * TD_ERR_FILE, and the failures of opening and evaluating a run. */
td_status td_receipt_write(td_comm *comm, const td_receipt_options *options);

typedef struct {
    const char *receipt; /* the file */
    const char *data;    /* the data file, prepared from the same input in the same way */
    const char *run;     /* the folder of a new run, which is trained here */
    bool resume;         /* go on from its newest checkpoint */
    int threads;         /* as td_train_options */
    const char *isa;
} td_verify_options;

/* One thing that a receipt tells. */
typedef struct {
    char *what; /* "state", "model/ndcg_at_10" */
    char *told; /* by the receipt */
    char *here;
    bool is_same; /* to the bit */
} td_verified;

typedef struct {
    int stopped; /* the signal that ended training early: nothing is compared; 0: none */
    size_t count;
    td_verified *line; /* (count) */
    size_t differing;
} td_verify_report;

/* Collective. Trains again by a receipt, and compares. That something differs is no failure.
 * TD_ERR_FORMAT for a file that is no receipt, TD_ERR_MISMATCH for other data, and the failures of
 * training and evaluating. The caller frees the report with td_verify_report_free. */
td_status td_receipt_verify(td_comm *comm, const td_verify_options *options,
                            td_verify_report *report);
void td_verify_report_free(td_verify_report *report);

#ifdef __cplusplus
}
#endif

#endif
