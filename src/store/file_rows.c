/* Datasets: making them, and moving their rows between memory and file; lists of strings of two. */
#include "store/file_parts.h"

#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROW_BYTES = 1 << 25 }; /* of one row, at most: more is damage */

typedef struct {
    hid_t id;
    td_shape shape;
    int64_t row_bytes;
} dataset;

hid_t td_file_hdf5_type(td_type type)
{
    switch (type) {
    case TD_UINT8:
        return H5T_STD_U8LE;
    case TD_INT32:
        return H5T_STD_I32LE;
    case TD_INT64:
        return H5T_STD_I64LE;
    case TD_FLOAT32:
        return H5T_IEEE_F32LE;
    case TD_FLOAT64:
        break;
    }
    return H5T_IEEE_F64LE;
}

size_t td_shape_row_bytes(td_shape shape)
{
    return (shape.columns == 0 ? 1 : (size_t)shape.columns) * td_type_size(shape.type);
}

/* The bytes of one row, and of all; false where an int64_t cannot hold them. */
static bool count_bytes(td_shape shape, int64_t *row_bytes, int64_t *bytes)
{
    int64_t columns = shape.columns == 0 ? 1 : shape.columns;
    return shape.rows >= 0 && columns > 0 &&
           !__builtin_mul_overflow(columns, (int64_t)td_type_size(shape.type), row_bytes) &&
           !__builtin_mul_overflow(*row_bytes, shape.rows, bytes) && *row_bytes <= ROW_BYTES;
}

/* A hid_t is made from the shape; -1 where HDF5 refuses. */
static hid_t make_space(td_shape shape)
{
    hsize_t sizes[2] = {(hsize_t)shape.rows, (hsize_t)shape.columns};
    return H5Screate_simple(shape.columns == 0 ? 1 : 2, sizes, NULL);
}

/* Contiguous and allocated at once; never filled, since every row is written. */
static hid_t creation_list(void)
{
    hid_t list = td_file_creation_list(H5P_DATASET_CREATE);
    herr_t refused = H5Pset_layout(list, H5D_CONTIGUOUS);
    refused |= H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY);
    refused |= H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
    TD_ASSERT(refused >= 0);
    return list;
}

static td_status make_parents(td_file *file, const char *name)
{
    const char *slash = strrchr(name, '/');
    if (!slash)
        return TD_OK;
    char *parents = td_copy_text(name);
    parents[slash - name] = '\0';
    td_status status = td_file_make_groups(file, parents);
    td_free(parents);
    return status;
}

static td_status make_dataset(td_file *file, const char *name, td_shape shape)
{
    int64_t row_bytes, bytes;
    if (!count_bytes(shape, &row_bytes, &bytes))
        return td_fail(TD_ERR_FILE, "%s: dataset '%s' of %lld x %lld elements is too large",
                       file->path, name, (long long)shape.rows, (long long)shape.columns);
    TD_TRY(make_parents(file, name));
    TD_TRY(td_file_reserve(file, (uint64_t)bytes));
    hid_t space = make_space(shape), creation = creation_list();
    hid_t id = H5Dcreate2(file->id, name, td_file_hdf5_type(shape.type), space, H5P_DEFAULT,
                          creation, H5P_DEFAULT);
    td_status status = TD_OK;
    if (id < 0 || H5Dclose(id) < 0)
        status = td_file_fail(file, TD_ERR_FILE, "making dataset '%s' failed", name);
    H5Pclose(creation);
    H5Sclose(space);
    return status;
}

td_status td_file_make(td_file *file, const char *name, td_shape shape)
{
    TD_TRY(td_file_enter(file, TD_FILE_SHAPE));
    return td_file_agree(file,
                         td_comm_rank(file->comm) == 0 ? make_dataset(file, name, shape) : TD_OK);
}

static bool find_type(hid_t id, td_type *type)
{
    hid_t stored = H5Dget_type(id);
    bool found = false;
    for (td_type t = TD_UINT8; t <= TD_FLOAT64 && !found; t++) {
        found = H5Tequal(stored, td_file_hdf5_type(t)) > 0;
        *type = t;
    }
    if (stored >= 0)
        H5Tclose(stored);
    return found;
}

static bool find_sizes(hid_t id, td_shape *shape)
{
    hid_t space = H5Dget_space(id);
    hsize_t sizes[2] = {0, 0};
    int dimensions = H5Sget_simple_extent_ndims(space);
    bool known = H5Sget_simple_extent_type(space) == H5S_SIMPLE &&
                 (dimensions == 1 || dimensions == 2) &&
                 H5Sget_simple_extent_dims(space, sizes, NULL) >= 0 && sizes[0] <= INT64_MAX &&
                 sizes[1] <= INT64_MAX && (dimensions == 1 || sizes[1] > 0);
    shape->rows = (int64_t)sizes[0];
    shape->columns = dimensions == 2 ? (int64_t)sizes[1] : 0;
    if (space >= 0)
        H5Sclose(space);
    return known;
}

static td_status check_dataset(const td_file *file, const char *name, dataset *found)
{
    int64_t bytes;
    if (!find_type(found->id, &found->shape.type))
        return td_fail(TD_ERR_FORMAT,
                       "%s: '%s' has an element type that tandem does not use (it "
                       "uses little-endian uint8, int32, int64, float32, float64)",
                       file->path, name);
    if (!find_sizes(found->id, &found->shape))
        return td_fail(TD_ERR_FORMAT, "%s: '%s' is no array of one or two dimensions", file->path,
                       name);
    if (!count_bytes(found->shape, &found->row_bytes, &bytes))
        return td_fail(TD_ERR_FORMAT, "%s: the %lld x %lld elements of '%s' are too many",
                       file->path, (long long)found->shape.rows, (long long)found->shape.columns,
                       name);
    return TD_OK;
}

/* Opens a dataset whose shape can be relied on. The caller closes found->id. */
static td_status open_dataset(const td_file *file, const char *name, dataset *found)
{
    bool there;
    TD_TRY(td_file_find(file, name, &there));
    if (!there)
        return td_fail(TD_ERR_FORMAT, "%s: there is no dataset '%s'", file->path, name);
    found->id = td_file_open_object(file, name);
    if (found->id < 0)
        return td_file_fail(file, TD_ERR_FORMAT, "'%s' cannot be opened", name);
    td_status status = TD_OK;
    if (H5Iget_type(found->id) != H5I_DATASET)
        status = td_fail(TD_ERR_FORMAT, "%s: '%s' is no dataset", file->path, name);
    else
        status = check_dataset(file, name, found);
    if (status != TD_OK)
        H5Oclose(found->id);
    return status;
}

td_status td_file_shape(td_file *file, const char *name, td_shape *shape)
{
    TD_TRY(td_file_enter_readable(file));
    dataset found = {.id = H5I_INVALID_HID};
    td_status status = open_dataset(file, name, &found);
    if (status == TD_OK) {
        H5Oclose(found.id);
        *shape = found.shape;
    }
    return td_file_agree(file, status);
}

/* Local. Reads rows through HDF5, which knows where they are. */
static td_status get_rows(const td_file *file, const char *name, const dataset *set, int64_t first,
                          int64_t rows, void *target)
{
    if (rows == 0)
        return TD_OK;
    td_shape part = {set->shape.type, rows, set->shape.columns};
    hid_t memory = make_space(part), space = H5Dget_space(set->id);
    hid_t type = td_file_hdf5_type(set->shape.type);
    hsize_t start[2] = {(hsize_t)first, 0}, sizes[2] = {(hsize_t)rows, (hsize_t)part.columns};
    td_status status = TD_OK;
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, sizes, NULL) < 0 ||
        H5Dread(set->id, type, memory, space, H5P_DEFAULT, target) < 0)
        status = td_file_fail(file, TD_ERR_FILE,
                              "reading %" PRId64 " rows of '%s' from row %" PRId64 " on failed",
                              rows, name, first);
    H5Sclose(memory);
    H5Sclose(space);
    return status;
}

static td_status check_rows(const td_file *file, const char *name, td_shape shape, int64_t first,
                            int64_t rows)
{
    if (first >= 0 && rows >= 0 && first <= shape.rows - rows)
        return TD_OK;
    return td_fail(TD_ERR_FORMAT, "%s: '%s' has %lld rows; %lld from row %lld on were expected",
                   file->path, name, (long long)shape.rows, (long long)rows, (long long)first);
}

/* Local. Writes rows where HDF5 has put the dataset, past HDF5, which has the file open for
 * reading: several ranks that write through HDF5 without MPI-IO would each write its headers too.
 */
static td_status put_rows(const td_file *file, const char *name, const dataset *set, int64_t first,
                          int64_t rows, const char *values)
{
    const haddr_t start = rows > 0 ? H5Dget_offset(set->id) : 0;
    size_t left = (size_t)(rows * set->row_bytes);
    if (start == HADDR_UNDEF)
        return td_file_fail(file, TD_ERR_FILE, "the place of '%s' is unknown", name);
    off_t place = (off_t)start + first * set->row_bytes;
    while (left > 0) {
        const ssize_t written = pwrite(file->descriptor, values, left, place);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return td_fail(TD_ERR_FILE,
                           "cannot write %s: rank %d: %" PRId64 " rows of '%s' from row %" PRId64
                           " on: %s",
                           file->path, td_comm_rank(file->comm), rows, name, first,
                           strerror(written < 0 ? errno : ENOSPC));
        values += written;
        place += written;
        left -= (size_t)written;
    }
    return TD_OK;
}

td_status td_file_write_rows(td_file *file, const char *name, int64_t first, int64_t rows,
                             const void *values)
{
    dataset set = {.id = H5I_INVALID_HID};
    TD_TRY(td_file_enter(file, TD_FILE_FILL));
    td_status mine = open_dataset(file, name, &set);
    bool open = mine == TD_OK;
    if (open)
        mine = check_rows(file, name, set.shape, first, rows);
    if (mine == TD_OK)
        mine = put_rows(file, name, &set, first, rows, values);
    file->unseen = file->unseen || td_comm_size(file->comm) > 1;
    if (open)
        H5Oclose(set.id);
    return td_file_agree(file, mine);
}

static td_status check_type(const td_file *file, const char *name, td_type found, td_type expected)
{
    if (found == expected)
        return TD_OK;
    return td_fail(TD_ERR_FORMAT, "%s: '%s' holds %s, where %s was expected", file->path, name,
                   td_type_name(found), td_type_name(expected));
}

td_status td_file_read_rows(td_file *file, const char *name, td_type type, int64_t first,
                            int64_t rows, void *values)
{
    TD_TRY(td_file_enter_readable(file));
    dataset set = {.id = H5I_INVALID_HID};
    td_status mine = open_dataset(file, name, &set);
    bool open = mine == TD_OK;
    if (open)
        mine = check_type(file, name, set.shape.type, type);
    if (mine == TD_OK)
        mine = check_rows(file, name, set.shape, first, rows);
    if (mine == TD_OK)
        mine = get_rows(file, name, &set, first, rows, values);
    if (open)
        H5Oclose(set.id);
    return td_file_agree(file, mine);
}

td_status td_file_read(td_file *file, const char *name, td_type type, td_shape *shape,
                       void **values)
{
    TD_TRY(td_file_shape(file, name, shape));
    TD_TRY(td_file_agree(file, check_type(file, name, shape->type, type)));
    const size_t row_bytes = td_shape_row_bytes(*shape);
    void *block = td_allocate((size_t)shape->rows, row_bytes);
    const bool reads = td_comm_rank(file->comm) == 0; /* the file gives every byte once */
    td_status status = td_file_read_rows(file, name, type, 0, reads ? shape->rows : 0, block);
    if (status != TD_OK) {
        td_free(block);
        return status;
    }
    td_comm_broadcast(file->comm, 0, block, (size_t)shape->rows * row_bytes);
    *values = block;
    return TD_OK;
}

/* Lists of strings are bytes and the places where each begins. */
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
    char bytes_name[TD_FILE_NAME_BYTES], offsets_name[TD_FILE_NAME_BYTES];
    td_shape bytes = {TD_UINT8, 0, 0}, offsets = {TD_INT64, 0, 0};
    void *block;
    TD_ASSERT(strlen(name) + sizeof "/offsets" <= TD_FILE_NAME_BYTES);
    snprintf(bytes_name, sizeof bytes_name, "%s/bytes", name);
    snprintf(offsets_name, sizeof offsets_name, "%s/offsets", name);
    TD_TRY(td_file_read(file, bytes_name, TD_UINT8, &bytes, &block));
    strings->bytes = block;
    TD_TRY(td_file_read(file, offsets_name, TD_INT64, &offsets, &block));
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
