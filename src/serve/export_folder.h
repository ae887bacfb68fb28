/* The folder of an export: written beside its place, then put there. All functions are Local;
 * failures are TD_ERR_FILE. A folder is flat: export.json, *.npy and *.txt, nothing else.
 */
#ifndef TD_SERVE_EXPORT_FOLDER_H
#define TD_SERVE_EXPORT_FOLDER_H

#include "run/run_folder.h"
#include "tandem/status.h"

typedef struct {
    td_path target;
    td_path temporary; /* where to write */
} td_export_folder;

/* Makes the temporary folder. What is at path must be nothing, an empty folder or an export. */
td_status td_export_folder_begin(const char *path, td_export_folder *folder);

/* Puts the folder in its place; an older export there is removed. */
td_status td_export_folder_commit(const td_export_folder *folder);

/* Removes the temporary folder. */
void td_export_folder_discard(const td_export_folder *folder);

#endif
