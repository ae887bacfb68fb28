/* Whether the ranks of a job have one and the same file open: every file that more than one rank
 * reads goes through here before a byte of it is believed.
 *
 * Where nodes keep copies on their own disks, one of them may be old. Files are the same
 *  - on one node, if device and inode are equal;
 *  - on two nodes, if the file system's id, inode, length and both times of change are equal to the
 *    nanosecond, as they are of a file on a file system that the nodes share;
 *  - else, if their lengths and the checksums of all their bytes are equal. Each copy is read once
 *    for that, by the lowest rank that has it.
 */
#ifndef TD_STORE_SAME_FILE_H
#define TD_STORE_SAME_FILE_H

#include "comm/comm.h"
#include "tandem/status.h"

#include <stdbool.h>

/* Local. Whether path leads to the file that is open as descriptor. If not, errno is ENOENT where
 * it was removed, renamed or replaced, else why the system refuses to tell. */
bool td_same_file_is_at(int descriptor, const char *path);

/* Collective. As td_comm_agree, of what each rank met where it opened its file: a failure that rank
 * 0 does not share is TD_ERR_MISMATCH, and names rank and host. */
td_status td_same_file_agree(td_comm *comm, td_status opened);

/* Collective. Compares the regular files that the ranks have open as descriptor; path is each
 * rank's own. TD_ERR_MISMATCH names the lowest rank with another file than rank 0's, and its host;
 * TD_ERR_FILE where the system refuses to tell. */
td_status td_same_file_check(td_comm *comm, const char *path, int descriptor);

#endif
