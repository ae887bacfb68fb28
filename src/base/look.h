/* What is at a path, and what a folder holds. An answer is never a guess: what cannot be looked at,
 * since a disk or a network fails or a folder is closed to us, is an error, and not "nothing
 * there", which would let a command write over what is there or leave out half of it.
 *
 * All functions are Local.
 */
#ifndef TD_BASE_LOOK_H
#define TD_BASE_LOOK_H

#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef enum { TD_LOOK_NOTHING, TD_LOOK_FILE, TD_LOOK_FOLDER, TD_LOOK_OTHER } td_look;

/* Finds what is at path, where links lead to. TD_ERR_FILE, "PATH: why", if it cannot be looked at.
 */
td_status td_look_at(const char *path, td_look *what);

/* Likewise, of the name itself: a link is TD_LOOK_OTHER, wherever it leads. */
td_status td_look_at_name(const char *path, td_look *what);

/* Finds whether two paths lead to one file or folder; what is not there is none. TD_ERR_FILE,
 * "PATH: why", if one of them cannot be looked at. */
td_status td_look_for_same(const char *path, const char *other, bool *same);

/* Finds whether what is named path is nothing, or a file without a byte. TD_ERR_FILE, "PATH: why".
 */
td_status td_look_for_content(const char *path, bool *is_empty);

/* Reads the first bytes of the file at path, size - 1 at most, as terminated text, and tells how
 * many there were: 0 where nothing is there, too. TD_ERR_FILE, "PATH: why", if they cannot be read.
 */
td_status td_look_at_start(const char *path, size_t size, char *start, size_t *length);

/* Reads size bytes of an open file from a place on, fewer only where it ends, however few a call to
 * the system brings. Returns how many, or -1 with errno. */
ssize_t td_read_at(int file, void *bytes, size_t size, off_t at);

/* The names in a folder, without . and .., in the order of their bytes. */
typedef struct {
    size_t count;
    char **name;
} td_folder;

/* Reads all of a folder. The caller frees it by td_folder_free, whatever the answer. TD_ERR_FILE,
 * "PATH: why", if it is not there or cannot be read to its end. */
td_status td_folder_read(const char *path, td_folder *folder);

void td_folder_free(td_folder *folder);

#endif
