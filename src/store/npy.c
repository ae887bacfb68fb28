/* A header of one line, then the elements. */
#include "store/npy.h"

#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ALIGNMENT = 64, HEADER = 2 * ALIGNMENT, PREFIX = 10 };

struct td_npy {
    char *path;
    FILE *file;
    int reason; /* of the first failure, as errno */
    size_t element;
    int64_t left; /* elements to come */
};

/* numpy's name of a type of this machine. */
static void name_type(td_type type, char text[4])
{
    const char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';
    snprintf(text, 4, "%c%c%zu", order, td_type_letter(type), td_type_size(type));
}

/* Magic, version, length of the rest, a Python dictionary, spaces, a line end. */
static void make_header(td_shape shape, char header[HEADER])
{
    char type[4], text[HEADER - PREFIX + 1], second[32] = "";
    const size_t length = HEADER - PREFIX;
    name_type(shape.type, type);
    if (shape.columns > 0)
        snprintf(second, sizeof second, " %" PRId64, shape.columns);
    const int used = snprintf(
        text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (%" PRId64 ",%s), }",
        type, shape.rows, second);
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)(length & 0xff);
    header[9] = (char)(length >> 8);
    memset(header + PREFIX, ' ', length);
    memcpy(header + PREFIX, text, (size_t)used);
    header[HEADER - 1] = '\n';
}

td_status td_npy_begin(const char *path, td_shape shape, td_npy **out)
{
    char header[HEADER];
    FILE *file = fopen(path, "wxe");
    *out = NULL;
    if (!file)
        return td_fail(TD_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
    td_npy *npy = TD_NEW(td_npy, 1);
    *npy = (td_npy){.path = td_copy_text(path),
                    .file = file,
                    .element = td_type_size(shape.type),
                    .left = shape.rows * (shape.columns > 0 ? shape.columns : 1)};
    make_header(shape, header);
    if (fwrite(header, 1, HEADER, file) != HEADER)
        npy->reason = errno;
    *out = npy;
    return TD_OK;
}

void td_npy_write(td_npy *npy, size_t count, const void *values)
{
    TD_ASSERT((int64_t)count <= npy->left);
    npy->left -= (int64_t)count;
    if (count > 0 && fwrite(values, npy->element, count, npy->file) != count && npy->reason == 0)
        npy->reason = errno;
}

td_status td_npy_end(td_npy *npy)
{
    td_status status = TD_OK;
    int reason = npy->reason;
    if (reason == 0 && (fflush(npy->file) != 0 || fsync(fileno(npy->file)) != 0))
        reason = errno;
    if (fclose(npy->file) != 0 && reason == 0)
        reason = errno;
    if (reason != 0)
        status = td_fail(TD_ERR_FILE, "cannot write %s: %s", npy->path, strerror(reason));
    td_free(npy->path);
    td_free(npy);
    return status;
}

td_status td_npy_save(const char *path, td_shape shape, const void *values)
{
    td_npy *npy;
    TD_TRY(td_npy_begin(path, shape, &npy));
    td_npy_write(npy, (size_t)npy->left, values);
    return td_npy_end(npy);
}
