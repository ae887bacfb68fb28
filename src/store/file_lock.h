/* The turn of one command to write several files that belong together: a lock on a file beside
 * them, which is there as long as somebody writes, and is given back whatever ends the process.
 *
 * All functions are Local. */
#ifndef TD_STORE_FILE_LOCK_H
#define TD_STORE_FILE_LOCK_H

#include "tandem/status.h"

typedef struct {
    char *path; /* NULL: no lock */
    int file;
} td_file_lock;

/* Takes the turn at what; TD_ERR_FILE where another command has it, or path cannot be made. A file
 * system without locks gives it to anybody. End it with td_file_lock_release. */
td_status td_file_lock_take(const char *path, const char *what, td_file_lock *lock);

/* No lock may be released, too. */
void td_file_lock_release(td_file_lock *lock);

#endif
