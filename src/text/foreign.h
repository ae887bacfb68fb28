/* Files that are no text of lines, known by how they begin. */
#ifndef TD_TEXT_FOREIGN_H
#define TD_TEXT_FOREIGN_H

#include "base/str.h"
#include "tandem/status.h"

/* Local. TD_ERR_INPUT for the start of a file, unpacked, that is certain to be something else than
 * lines of text that end by LF or CRLF: with what it is, and the command that makes text of it. */
td_status td_foreign_check(const char *path, td_str start);

#endif
