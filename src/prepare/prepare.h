/* What td_prepare does with the source that its options describe. */
#ifndef TD_PREPARE_PREPARE_H
#define TD_PREPARE_PREPARE_H

#include "prepare/source.h"
#include "tandem/prepare.h"

/* Collective. As td_prepare, of any source, which stays the caller's; every rank has the same. What
 * the options say of formats and columns does not count. */
td_status td_prepare_source(td_comm *comm, const td_prepare_options *options,
                            const td_source *source, const char *out_path,
                            td_prepare_report *report);

#endif
