/* Lists of strings, as bytes and the places where each begins. */
#include "store/file_parts.h"

#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    char bytes[TD_FILE_NAME_BYTES];
    char offsets[TD_FILE_NAME_BYTES];
} part_names;

static part_names name_parts(const char *name)
{
    part_names parts;
    TD_ASSERT(strlen(name) + sizeof "/offsets" <= TD_FILE_NAME_BYTES);
    snprintf(parts.bytes, sizeof parts.bytes, "%s/bytes", name);
    snprintf(parts.offsets, sizeof parts.offsets, "%s/offsets", name);
    return parts;
}

td_status td_file_write_strings(td_file *file, const char *name, const td_strings *strings)
{
    bool writes = td_comm_rank(file->comm) == 0;
    int64_t sizes[2] = {0, 0}; /* strings, bytes: rank 0's */
    if (writes) {
        sizes[0] = strings->count;
        sizes[1] = strings->offsets[strings->count];
    }
    td_comm_broadcast(file->comm, 0, sizes, sizeof sizes);
    part_names parts = name_parts(name);
    td_shape bytes = {TD_UINT8, sizes[1], 0}, offsets = {TD_INT64, sizes[0] + 1, 0};
    TD_TRY(td_file_make(file, parts.bytes, bytes));
    TD_TRY(td_file_make(file, parts.offsets, offsets));
    TD_TRY(td_file_write_rows(file, parts.bytes, 0, writes ? bytes.rows : 0,
                              writes ? strings->bytes : NULL));
    return td_file_write_rows(file, parts.offsets, 0, writes ? offsets.rows : 0,
                              writes ? strings->offsets : NULL);
}

static td_status check_offsets(const td_file *file, const char *name, const int64_t *offsets,
                               int64_t count, int64_t bytes)
{
    bool right = offsets[0] == 0 && offsets[count] == bytes;
    for (int64_t i = 0; i < count && right; i++)
        right = offsets[i] <= offsets[i + 1];
    if (right)
        return TD_OK;
    return td_fail(TD_ERR_FORMAT,
                   "%s: '%s/offsets' do not rise from 0 to the %lld bytes of "
                   "'%s/bytes'",
                   file->path, name, (long long)bytes, name);
}

static td_status read_parts(td_file *file, const char *name, td_strings *strings)
{
    part_names parts = name_parts(name);
    td_shape bytes, offsets;
    void *block;
    TD_TRY(td_file_read(file, parts.bytes, TD_UINT8, &bytes, &block));
    strings->bytes = block;
    TD_TRY(td_file_read(file, parts.offsets, TD_INT64, &offsets, &block));
    strings->offsets = block;
    if (bytes.columns != 0 || offsets.columns != 0 || offsets.rows < 1)
        return td_fail(TD_ERR_FORMAT,
                       "%s: '%s' is no list of strings: its bytes and offsets must "
                       "have one dimension, the offsets at least one row",
                       file->path, name);
    strings->count = offsets.rows - 1;
    return check_offsets(file, name, strings->offsets, strings->count, bytes.rows);
}

td_status td_file_read_strings(td_file *file, const char *name, td_strings *strings)
{
    td_strings read = {0};
    td_status status = td_file_agree(file, read_parts(file, name, &read));
    if (status == TD_OK)
        *strings = read;
    else
        td_strings_free(&read);
    return status;
}
