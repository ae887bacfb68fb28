/* The header, whose three entries may stand in any order, then numbers at their places. */
#include "base/log.h"
#include "base/memory.h"
#include "store/npy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PREFIX = 12, HEADER_MOST = 1 << 12, SIDE_MOST = 1 << 30 };

struct td_npy_input {
    char *path;
    int file;
    int64_t rows, columns;
    size_t element; /* bytes: 2, 4 or 8 of a floating-point number */
    int64_t start;  /* of the first one */
    td_buffer bytes;
};

/* Reads so many bytes from a place on. */
static td_status read_at(const td_npy_input *npy, int64_t at, size_t n, void *bytes)
{
    for (size_t done = 0; done < n;) {
        const ssize_t got = pread(npy->file, (char *)bytes + done, n - done, at + (int64_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return td_fail(TD_ERR_FILE, "%s: cannot read: %s", npy->path,
                           got < 0 ? strerror(errno) : "the file has become shorter");
        done += (size_t)got;
    }
    return TD_OK;
}

/* Reads the dictionary behind magic and version into text, (HEADER_MOST + 1). */
static td_status read_header(td_npy_input *npy, int64_t bytes, char *text)
{
    unsigned char prefix[PREFIX];
    td_status status = bytes < PREFIX ? TD_ERR_INPUT : read_at(npy, 0, PREFIX, prefix);
    if (status == TD_ERR_FILE)
        return status;
    if (status != TD_OK || memcmp(prefix, "\x93NUMPY", 6) != 0 || prefix[6] < 1 || prefix[6] > 3)
        return td_fail(TD_ERR_INPUT, "%s: expected an array of numpy, as numpy.save writes it",
                       npy->path);
    uint32_t length = prefix[8] | (uint32_t)prefix[9] << 8;
    if (prefix[6] > 1)
        length |= (uint32_t)prefix[10] << 16 | (uint32_t)prefix[11] << 24;
    npy->start = (prefix[6] > 1 ? PREFIX : PREFIX - 2);
    if (length > HEADER_MOST || npy->start + length > bytes)
        return td_fail(TD_ERR_INPUT, "%s: expected a header of at most %d bytes, found %" PRIu32,
                       npy->path, HEADER_MOST, length);
    TD_TRY(read_at(npy, npy->start, length, text));
    text[length] = '\0';
    npy->start += length;
    return TD_OK;
}

/* Returns what stands behind an entry's name, without blanks; NULL if there is none. */
static const char *entry(const char *header, const char *name)
{
    const char *at = strstr(header, name);
    if (!at)
        return NULL;
    at += strlen(name);
    return at + strspn(at, " ");
}

static td_status check_type(td_npy_input *npy, const char *type)
{
    if (type && (strncmp(type, "'<f", 3) == 0) && strchr("248", type[3]) && type[4] == '\'') {
        npy->element = (size_t)(type[3] - '0');
        return TD_OK;
    }
    const size_t length = type ? strcspn(type, ",}") : 0;
    return td_fail(TD_ERR_INPUT,
                   "%s: expected numbers of the type float16, float32 or float64 ('<f2', '<f4', "
                   "'<f8'), found %.*s: save array.astype('float32')",
                   npy->path, length > 40 ? 40 : (int)length, type ? type : "");
}

/* Reads "(rows, columns)"; a list of one number a row has one column. */
static bool read_shape(const char *shape, int64_t *rows, int64_t *columns)
{
    int end = 0;
    long long first, second = 1;
    if (!shape || (sscanf(shape, "(%lld , %lld )%n", &first, &second, &end) != 2 || end == 0))
        return false;
    *rows = first;
    *columns = second;
    return first >= 0 && second >= 1 && second <= SIDE_MOST &&
           first <= INT64_MAX / 8 / second - SIDE_MOST;
}

static td_status check_header(td_npy_input *npy, const char *header, int64_t bytes)
{
    const char *order = entry(header, "'fortran_order':"), *shape = entry(header, "'shape':");
    TD_TRY(check_type(npy, entry(header, "'descr':")));
    if (!order || strncmp(order, "False", 5) != 0)
        return td_fail(TD_ERR_INPUT,
                       "%s: expected rows one after the other (C order), found another order: save "
                       "numpy.ascontiguousarray(array)",
                       npy->path);
    if (!read_shape(shape, &npy->rows, &npy->columns)) {
        const size_t length = shape ? strcspn(shape, ")") + 1 : 0;
        return td_fail(TD_ERR_INPUT,
                       "%s: expected an array of two dimensions, found the shape %.*s", npy->path,
                       length > 40 ? 40 : (int)length, shape ? shape : "");
    }
    const int64_t expected = npy->start + npy->rows * npy->columns * (int64_t)npy->element;
    if (bytes != expected)
        return td_fail(TD_ERR_INPUT, "%s: expected %" PRId64 " bytes by its header, found %" PRId64,
                       npy->path, expected, bytes);
    return TD_OK;
}

static td_status begin(td_npy_input *npy)
{
    char header[HEADER_MOST + 1];
    struct stat is;
    npy->file = open(npy->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (npy->file < 0 || fstat(npy->file, &is) != 0)
        return td_fail(TD_ERR_FILE, "%s: %s", npy->path, strerror(errno));
    if (!S_ISREG(is.st_mode))
        return td_fail(TD_ERR_FILE, "%s: expected a file, found something else", npy->path);
    TD_TRY(read_header(npy, is.st_size, header));
    return check_header(npy, header, is.st_size);
}

td_status td_npy_open(const char *path, td_npy_input **out)
{
    td_npy_input *npy = *out = TD_NEW(td_npy_input, 1);
    npy->path = td_copy_text(path);
    const td_status status = begin(npy);
    if (status != TD_OK) {
        td_npy_close(npy);
        *out = NULL;
    }
    return status;
}

void td_npy_close(td_npy_input *npy)
{
    if (!npy)
        return;
    if (npy->file >= 0)
        close(npy->file);
    td_free(npy->path);
    td_buffer_free(&npy->bytes);
    td_free(npy);
}

const char *td_npy_path(const td_npy_input *npy)
{
    return npy->path;
}

int td_npy_descriptor(const td_npy_input *npy)
{
    return npy->file;
}

td_shape td_npy_shape(const td_npy_input *npy)
{
    return (td_shape){TD_FLOAT32, npy->rows, npy->columns};
}

/* The value of the 16 bits of a half: sign, 5 bits of exponent, 10 of fraction (IEEE 754). */
static float float_of_half(uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const float size = exponent == 31  ? (fraction ? NAN : INFINITY)
                       : exponent == 0 ? ldexpf((float)fraction, -24)
                                       : ldexpf((float)(1024 + fraction), exponent - 25);
    return half >> 15 ? -size : size;
}

td_status td_npy_read(td_npy_input *npy, int64_t first, int64_t rows, float *values)
{
    TD_ASSERT(first >= 0 && rows >= 0 && first + rows <= npy->rows);
    const size_t count = (size_t)(rows * npy->columns);
    char *bytes = td_buffer_fit(&npy->bytes, count, npy->element);
    const int64_t at = npy->start + first * npy->columns * (int64_t)npy->element;
    TD_TRY(read_at(npy, at, count * npy->element, bytes));
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        double real;
        if (npy->element == sizeof half) {
            memcpy(&half, bytes + i * sizeof half, sizeof half);
            values[i] = float_of_half(half);
        } else if (npy->element == sizeof real) {
            memcpy(&real, bytes + i * sizeof real, sizeof real);
            values[i] = (float)real;
        } else {
            memcpy(&values[i], bytes + i * sizeof *values, sizeof *values);
        }
    }
    return TD_OK;
}
