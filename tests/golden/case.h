/* What a reference file asks for, as a configuration of tandem; or what of it tandem cannot do.
 * The list of what is not built is one table in case.c: building something removes a line. */
#ifndef GOLDEN_CASE_H
#define GOLDEN_CASE_H

#include "file.h"
#include "tandem/config.h"

typedef struct {
    int64_t batch; /* rows of a step */
    int64_t steps;
    int64_t users; /* rows of the tables */
    int64_t items;
    bool weighted;
    td_config config;
    char lacks[GOLDEN_TEXT_MAX]; /* what tandem cannot do yet; "" if nothing */
} golden_case;

/* Local. Reads the settings of a file. TD_ERR_FORMAT or TD_ERR_CONFIG for a missing or wrong one;
 * where something is not built, only lacks is set. */
td_status golden_case_read(const golden_file *file, bool openblas, golden_case *out);

#endif
