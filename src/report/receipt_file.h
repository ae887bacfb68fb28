/* A receipt in memory, and as JSON (docs/formats.md). All functions are Local. */
#ifndef TD_REPORT_RECEIPT_FILE_H
#define TD_REPORT_RECEIPT_FILE_H

#include "tandem/config.h"
#include "tandem/status.h"

#include <stddef.h>
#include <stdint.h>

/* Begins as {0}; td_receipt_free frees what it holds. */
typedef struct {
    char *version; /* of tandem, that made it */
    uint64_t data_checksum;
    uint64_t state_checksum; /* of parameters and optimizer, as tandem inspect --checksum */
    int64_t step;
    int64_t epochs; /* that were begun */
    char *config;   /* lines "key: value": what shapes the answer, and what is evaluated */
    char *split;    /* NULL: nothing was evaluated, and there are no values */
    char *settings;
    int64_t rows;
    size_t count;
    char **name; /* (count) "model/ndcg_at_10" */
    double *value;
} td_receipt;

void td_receipt_free(td_receipt *receipt);

/* Sets the configuration's lines. */
void td_receipt_set_config(td_receipt *receipt, const td_config *config);

/* Adds a value; NaN where there is none. */
void td_receipt_add(td_receipt *receipt, const char *name, double value);

/* Writes it to a file, which may be there if it is a receipt, or to standard output for NULL.
 * TD_ERR_FILE. */
td_status td_receipt_save(const td_receipt *receipt, const char *path);

/* Reads one. TD_ERR_FILE, TD_ERR_FORMAT. */
td_status td_receipt_load(const char *path, td_receipt *receipt);

#endif
