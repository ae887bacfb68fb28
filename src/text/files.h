/* Text files one after the other, as one sequence of lines that the ranks share.
 *
 * A plain file is cut wherever the ranks' shares of all bytes are, and a line belongs to the share
 * that has its first byte. A file that can only be read from its start belongs to the rank whose
 * share has that start. So the lines of rank 0, then of rank 1, and so on are those of the files in
 * order, whatever the number of ranks.
 */
#ifndef TD_TEXT_FILES_H
#define TD_TEXT_FILES_H

#include "comm/comm.h"
#include "tandem/status.h"
#include "text/fields.h"
#include "text/lines.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct td_files td_files;

/* What the files are. Texts are kept by reference. */
typedef struct {
    size_t count;
    const char *const *paths;   /* (count) "-" is standard input, for a job of one rank */
    const char *encoding;       /* NULL is UTF-8; "auto": UTF-8 of a file that is it, else latin1 */
    const td_field_form *joins; /* lines go on over line ends in its quotes; NULL: none do */
} td_files_form;

/* Collective. Opens every file on every rank, which must all see the same ones, and refuses what is
 * no text (foreign.h). Empty files among several have no line. TD_ERR_FILE, TD_ERR_INPUT,
 * TD_ERR_MISMATCH, TD_ERR_USAGE. Close files with td_files_close. */
td_status td_files_open(td_comm *comm, const td_files_form *form, td_files **out);
void td_files_close(td_files *files);

/* Local. The encoding of all files without a byte-order mark is this one, of which none said so
 * before a line was taken. TD_ERR_USAGE for an unknown one. */
td_status td_files_set_encoding(td_files *files, const char *encoding);

/* Local. The first file that is not empty, which the others are compared with. */
size_t td_files_first(const td_files *files);
bool td_files_is_empty(const td_files *files, size_t file);
bool td_files_is_stream(const td_files *files, size_t file);

/* Local. Makes the first line of a file the next one; of a stream that is the one after those that
 * were taken. */
td_status td_files_use(td_files *files, size_t file);

/* Local. The lines of the file at hand, to look at what comes. */
td_lines *td_files_lines(td_files *files);

/* Collective. Finds this rank's share. */
td_status td_files_share(td_comm *comm, td_files *files);

/* Local. No more lines begin in the share; 0 if that is not known. */
int64_t td_files_most_lines(const td_files *files);

/* Local. Makes the first line of the share the next one, and lets what is taken end with it;
 * without a share, of all files. Also a second time, but not of a stream. */
void td_files_begin(td_files *files);

/* Local. Takes the next line, as td_lines_next does, of any file; td_files_at tells which. */
td_status td_files_next(td_files *files, td_line *line, bool *found);
size_t td_files_at(const td_files *files);

#endif
