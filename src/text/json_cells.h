/* The wanted members of a JSON object as cells. All functions are Local. */
#ifndef TD_TEXT_JSON_CELLS_H
#define TD_TEXT_JSON_CELLS_H

#include "base/str.h"
#include "tandem/status.h"
#include "text/lines.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct td_json_cells td_json_cells;

/* Wants count members, each by its name, or by those of nested objects with dots between; columns
 * must outlive it. Free it with td_json_cells_free. */
td_json_cells *td_json_cells_make(size_t count, const char *const *columns);
void td_json_cells_free(td_json_cells *json);

/* Reads a line and sets cells, (count), as td_table_cut says; they last until the next call.
 * TD_ERR_INPUT for a line that is no JSON object, and for a wanted member that is an object or a
 * list of other things than texts, numbers and truths. */
td_status td_json_cells_cut(td_json_cells *json, const td_line *line, td_str *cells);

/* Whether any object so far has had a wanted member; and the name that is nearest to it of those
 * that the first objects have, NULL if they have none. */
bool td_json_cells_met(const td_json_cells *json, size_t c);
const char *td_json_cells_nearest(const td_json_cells *json, size_t c);

#endif
