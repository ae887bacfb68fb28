/* Checksums of datasets by rows: put beside the values, and compared with what was read. */
#include "store/row_checksum.h"

#include "base/memory.h"
#include "store/checksum.h"

#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

enum { PIECE_BYTES = 1 << 22 };

uint64_t td_rows_checksum(td_shape shape, int64_t first, int64_t rows, const void *values)
{
    const size_t bytes = td_shape_row_bytes(shape);
    const unsigned char *row = values;
    uint64_t sum = 0;
    for (int64_t i = 0; i < rows; i++, row += bytes)
        sum += XXH3_64bits_withSeed(row, bytes, (uint64_t)(first + i));
    return sum;
}

/* Collective. The sum over the ranks. */
static uint64_t add_up(td_comm *comm, uint64_t mine)
{
    int64_t sum;
    memcpy(&sum, &mine, sizeof sum);
    td_comm_sum(comm, 1, &sum);
    return (uint64_t)sum;
}

td_status td_file_make_checked(td_file *file, const char *name, td_shape shape, int64_t first,
                               int64_t rows, const void *values)
{
    const uint64_t mine = td_rows_checksum(shape, first, rows, values);
    TD_TRY(td_file_make(file, name, shape));
    return td_file_set_checksum(file, name, "checksum", add_up(td_file_comm(file), mine));
}

/* Collective. Compares the sum of all ranks' parts with what the file says. */
static td_status check_sum(td_file *file, const char *name, uint64_t mine)
{
    const uint64_t found = add_up(td_file_comm(file), mine);
    uint64_t expected;
    TD_TRY(td_file_get_checksum(file, name, "checksum", &expected));
    if (found == expected)
        return TD_OK;
    return td_fail(TD_ERR_FORMAT,
                   "%s is damaged: the values of '%s' have checksum %016" PRIx64
                   ", not %016" PRIx64,
                   td_file_path(file), name, found, expected);
}

td_status td_file_check_rows(td_file *file, const char *name, td_shape shape, int64_t first,
                             int64_t rows, const void *values)
{
    return check_sum(file, name, td_rows_checksum(shape, first, rows, values));
}

/* Collective. Reads this rank's share piece by piece; as many pieces as the largest share needs. */
static td_status check_dataset(td_file *file, const char *name)
{
    td_shape shape;
    TD_TRY(td_file_shape(file, name, &shape));
    td_comm *comm = td_file_comm(file);
    int64_t first, rows;
    td_comm_share(comm, shape.rows, &first, &rows);
    const int64_t fit = PIECE_BYTES / (int64_t)td_shape_row_bytes(shape), piece = fit > 0 ? fit : 1;
    const int64_t pieces = td_comm_max_count(comm, (rows + piece - 1) / piece);
    void *values = td_allocate((size_t)(rows < piece ? rows : piece), td_shape_row_bytes(shape));
    td_status status = TD_OK;
    uint64_t sum = 0;
    for (int64_t p = 0; p < pieces && status == TD_OK; p++) {
        const int64_t done = rows < p * piece ? rows : p * piece;
        const int64_t count = rows - done < piece ? rows - done : piece;
        status = td_file_read_rows(file, name, shape.type, first + done, count, values);
        if (status == TD_OK)
            sum += td_rows_checksum(shape, first + done, count, values);
    }
    td_free(values);
    return status == TD_OK ? check_sum(file, name, sum) : status;
}

td_status td_file_check(td_file *file)
{
    size_t count;
    char **names;
    TD_TRY(td_file_list_datasets(file, "", &count, &names));
    td_status status = TD_OK;
    for (size_t i = 0; i < count && status == TD_OK; i++)
        status = check_dataset(file, names[i]);
    td_free(names);
    return status;
}
