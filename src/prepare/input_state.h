/* Whether input files are still what they were before they were read, so that what a data file says
 * of them (sizes, checksums) is of the bytes that its rows are of. All functions are Local.
 */
#ifndef TD_PREPARE_INPUT_STATE_H
#define TD_PREPARE_INPUT_STATE_H

#include "prepare/source.h"
#include "tandem/status.h"

#include <sys/stat.h>

/* Of the regular files of all tables, in their order. Begins as {0}; td_free frees state. */
typedef struct {
    size_t count;
    struct stat *state;
} td_input_states;

/* Looks at the files. TD_ERR_FILE if one of them cannot be looked at. */
td_status td_input_states_find(const td_source *source, td_input_states *states);

/* Looks again. TD_ERR_FILE, which names the file, if it was changed, replaced or removed. */
td_status td_input_states_check(const td_source *source, const td_input_states *states);

#endif
