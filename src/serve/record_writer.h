/* Records, one a line, as tandem/output.h says. All functions are Local. */
#ifndef TD_SERVE_RECORD_WRITER_H
#define TD_SERVE_RECORD_WRITER_H

#include "base/str.h"
#include "tandem/output.h"
#include "tandem/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct td_record_writer td_record_writer;

/* Begins records of these columns, whose names must outlive the writer. TD_ERR_FILE: the file
 * cannot be made, or one is there that does not begin like such records. */
td_status td_record_writer_begin(const td_output *output, size_t columns, const char *const *names,
                                 td_record_writer **out);

/* Write the next value. A record ends with its last column. A number that is not finite is null in
 * JSON. */
void td_record_put_text(td_record_writer *writer, td_str text);
void td_record_put_int(td_record_writer *writer, int64_t value);
void td_record_put_float(td_record_writer *writer, float value);

/* Frees writer, which may be NULL. The file appears if status is TD_OK and all was written. Returns
 * status, or TD_ERR_FILE. */
td_status td_record_writer_end(td_record_writer *writer, td_status status);

#endif
