/* One process at a time has what a record in a run's folder stands for: how a record is made,
 * followed and given back. Internal to run_owner.c (the run) and run_lock.c (a file of it).
 *
 * The record NAME is made by link(2) of a written file, which every shared file system does
 * atomically. Who follows a record that was left behind must first make the file
 * .NAME.after-NONCE, of the nonce of that record: the succession to each record is given once, and
 * to one. That file is the successor's own record, so that one who dies before it is done can be
 * followed as well. docs/decisions.md goes through the interleavings.
 *
 * All functions are Local.
 */
#ifndef TD_RUN_OWNER_SUCCESSION_H
#define TD_RUN_OWNER_SUCCESSION_H

#include "run/owner_record.h"
#include "run/run_folder.h"

#include <stdbool.h>

enum { TD_SUCCESSION_DEPTH = 16 }; /* of successors that died before they were done */

typedef struct {
    char *run;
    const char *name; /* of the record */
    td_path path;
    td_path temporary; /* where ours is written */
    td_owner_record record;
    int descriptor; /* of our record's file, whatever its name; -1: not written */
    bool owns;
} td_succession;

/* Writes our record under a temporary name. name is kept by reference. TD_ERR_FILE; whatever the
 * status, end it with td_succession_end. */
td_status td_succession_begin(const char *run, const char *name, td_succession *s);

/* Tells of a record whether it may be followed. It is the depth-th of those that stand in the way
 * and is at path. Anything but TD_OK ends the attempt. */
typedef td_status td_succession_judge(void *context, const char *path, int depth,
                                      const td_owner_record *record, bool *may_follow);

/* Tries once to put our record in place, which sets s->owns. Sets *followed, if not NULL, to
 * whether it took the place of *old. */
td_status td_succession_try(td_succession *s, td_succession_judge *judge, void *context,
                            td_owner_record *old, bool *followed);

/* Tells whether the record in place is ours; TD_ERR_MISMATCH if not, with what (a path) is no
 * longer this job's, and whose it is. */
td_status td_succession_check(const td_succession *s, const char *what);

/* Removes our record, unless it is another's by now, and frees what s holds. The thread's message
 * stays what it was. */
void td_succession_end(td_succession *s);

#endif
