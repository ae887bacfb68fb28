/* Standard input that a launcher hands on to a rank.
 *
 * mpirun and srun read what comes and write it into a pipe to a rank. One of them may repeat parts
 * of it (launcher.h), which no rank can tell; there it is refused. Where nothing is known, a line
 * at its end has its length and checksum as the command `cksum` prints them. All functions are
 * Local.
 */
#ifndef TD_TEXT_HANDED_INPUT_H
#define TD_TEXT_HANDED_INPUT_H

#include "tandem/status.h"

#include <stddef.h>

typedef struct td_handed_input td_handed_input;

/* Looks at what is to be read; *out is NULL unless a launcher hands it on. TD_ERR_USAGE if one does
 * of which it is known that it may repeat parts. Free with td_handed_input_free. */
td_status td_handed_input_check(int file, td_handed_input **out);
void td_handed_input_free(td_handed_input *handed);

/* Takes note of n bytes that were read; of 0 at the end, of which it says how much there was.
 * handed may be NULL. */
void td_handed_input_read(td_handed_input *handed, const void *bytes, size_t n);

#endif
