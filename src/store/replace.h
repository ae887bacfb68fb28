/* Files that appear whole or not at all: written under a temporary name in the folder of the
 * final one, synced, renamed over it.
 *
 * The temporary name is .NAME.tmp-PID (then .NAME.tmp-PID-1 and so on where that is taken), so
 * that a leftover of a killed job is recognized, and two jobs never write the same one. A final
 * name that is a symbolic link is replaced, not followed. A signal that ends the process removes
 * what is begun (base/temporaries.h).
 *
 * All functions are Local; their failures are TD_ERR_FILE, naming the path and the system's
 * reason.
 */
#ifndef TD_STORE_REPLACE_H
#define TD_STORE_REPLACE_H

#include "tandem/status.h"

/* Creates an empty file that will become path. Sets *temporary to its path, which the caller frees
 * with td_free, and *descriptor to the file, open for reading and writing. A path that exists and
 * is no regular file (a folder, a device) is refused. */
td_status td_replace_begin(const char *path, char **temporary, int *descriptor);

/* Removes the temporary file. */
void td_replace_discard(const char *temporary);

/* Renames temporary to path and syncs the folder. On failure temporary is removed. */
td_status td_replace_commit(const char *temporary, const char *path);

#endif
