/* What is in a data file, a checkpoint, a metrics file or a run's folder. */
#ifndef TANDEM_INSPECT_H
#define TANDEM_INSPECT_H

#include "tandem/comm.h"
#include "tandem/status.h"

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What of a run's folder is looked at. Of a file, TD_INSPECT_METRICS accepts a metrics file only.
 */
typedef enum { TD_INSPECT_STATE, TD_INSPECT_METRICS } td_inspect_part;

/* Collective. Writes to stream, on rank 0 only, what is in the file or run at path: the run's
 * newest checkpoint or its metrics. TD_ERR_FILE or TD_ERR_FORMAT as in any reading of a file, also
 * where a folder has no checkpoint or no metrics; some lines may be written by then. A file whose
 * values are not those it was written with is TD_ERR_FORMAT, after it was shown. */
td_status td_inspect(td_comm *comm, const char *path, td_inspect_part part, FILE *stream);

/* Collective. The checksum of what td_inspect would show: of a checkpoint, its parameters and its
 * optimizer's state; of other files, all datasets (docs/formats.md, Checksums). A damaged file has
 * none: TD_ERR_FORMAT. */
td_status td_inspect_checksum(td_comm *comm, const char *path, td_inspect_part part,
                              uint64_t *checksum);

#ifdef __cplusplus
}
#endif

#endif
