/* Reference files by HDF5's serial interface; HDF5 itself converts numbers and booleans. */
#include "file.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

td_status golden_file_open(const char *path, golden_file *file)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    *file = (golden_file){path, H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT)};
    if (file->handle < 0)
        return td_fail(TD_ERR_FILE, "%s: cannot be opened as an HDF5 file", path);
    return TD_OK;
}

void golden_file_close(golden_file *file)
{
    if (file->handle >= 0)
        H5Fclose(file->handle);
    file->handle = -1;
}

static td_status wrong(const golden_file *file, const char *name, const char *what)
{
    return td_fail(TD_ERR_FORMAT, "%s: %s: %s", file->path, name, what);
}

static bool read_text(hid_t attribute, hid_t type, char *text)
{
    char *read = NULL;
    if (H5Tis_variable_str(type) <= 0 || H5Aread(attribute, type, &read) < 0 || !read)
        return false;
    int length = snprintf(text, GOLDEN_TEXT_MAX, "%s", read);
    H5free_memory(read);
    return length > 0 && length < GOLDEN_TEXT_MAX;
}

/* Booleans are enums of one byte. */
static bool read_numbers(hid_t attribute, hid_t type, size_t n, double *values)
{
    signed char boolean;
    if (H5Tget_class(type) != H5T_ENUM)
        return n == 0 || H5Aread(attribute, H5T_NATIVE_DOUBLE, values) >= 0;
    if (n != 1 || H5Tget_size(type) != 1 || H5Aread(attribute, type, &boolean) < 0)
        return false;
    values[0] = boolean;
    return true;
}

static bool read_setting(hid_t attribute, golden_setting *setting)
{
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    bool right = type >= 0 && n >= 0 && n <= GOLDEN_VALUES_MAX;
    if (right && H5Tget_class(type) == H5T_STRING) {
        right = n == 1 && read_text(attribute, type, setting->text);
    } else if (right) {
        setting->count = (size_t)n;
        right = read_numbers(attribute, type, setting->count, setting->value);
    }
    H5Tclose(type);
    H5Sclose(space);
    return right;
}

td_status golden_file_setting(const golden_file *file, const char *group, const char *name,
                              golden_setting *setting)
{
    *setting = (golden_setting){0};
    hid_t attribute = H5Aopen_by_name(file->handle, group, name, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0)
        return td_fail(TD_ERR_FORMAT, "%s: %s has no attribute %s", file->path, group, name);
    bool right = read_setting(attribute, setting);
    H5Aclose(attribute);
    return right ? TD_OK
                 : wrong(file, name, "expected a text, a boolean, or at most 16 numbers here");
}

typedef struct {
    bool (*visit)(const char *, void *);
    void *data;
} visitor;

static herr_t visit_setting(hid_t object, const char *name, const H5A_info_t *info, void *data)
{
    const visitor *v = data;
    (void)object;
    (void)info;
    return v->visit(name, v->data) ? 0 : 1;
}

void golden_file_each_setting(const golden_file *file, bool (*visit)(const char *, void *),
                              void *data)
{
    visitor v = {visit, data};
    H5Aiterate2(file->handle, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_setting, &v);
}

bool golden_file_has(const golden_file *file, const char *path)
{
    hid_t object = H5Oopen(file->handle, path, H5P_DEFAULT);
    if (object < 0)
        return false;
    H5Oclose(object);
    return true;
}

static herr_t count_dataset(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    size_t *count = data;
    (void)info;
    hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0)
        return -1;
    *count += H5Iget_type(object) == H5I_DATASET;
    H5Oclose(object);
    return 0;
}

td_status golden_file_datasets(const golden_file *file, const char *group, size_t *count)
{
    *count = 0;
    if (H5Lvisit_by_name(file->handle, group, H5_INDEX_NAME, H5_ITER_INC, count_dataset, count,
                         H5P_DEFAULT) < 0)
        return wrong(file, group, "expected a group");
    return TD_OK;
}

td_status golden_file_size(const golden_file *file, const char *path, size_t *n)
{
    hid_t dataset = H5Dopen2(file->handle, path, H5P_DEFAULT);
    if (dataset < 0)
        return wrong(file, path, "expected a dataset");
    hid_t space = H5Dget_space(dataset);
    hssize_t points = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    H5Dclose(dataset);
    *n = (size_t)points;
    return points < 0 ? wrong(file, path, "expected an array") : TD_OK;
}

static td_status read_dataset(const golden_file *file, const char *path, size_t n, hid_t type,
                              void *values)
{
    size_t found;
    TD_TRY(golden_file_size(file, path, &found));
    if (found != n)
        return td_fail(TD_ERR_FORMAT, "%s: %s: expected %zu elements, found %zu", file->path, path,
                       n, found);
    hid_t dataset = H5Dopen2(file->handle, path, H5P_DEFAULT);
    herr_t read = n == 0 ? 0 : H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(dataset);
    return read < 0 ? wrong(file, path, "its numbers cannot be read") : TD_OK;
}

td_status golden_file_floats(const golden_file *file, const char *path, size_t n, float *values)
{
    return read_dataset(file, path, n, H5T_NATIVE_FLOAT, values);
}

td_status golden_file_reals(const golden_file *file, const char *path, size_t n, double *values)
{
    return read_dataset(file, path, n, H5T_NATIVE_DOUBLE, values);
}

td_status golden_file_ids(const golden_file *file, const char *path, size_t n, int64_t limit,
                          int32_t *ids)
{
    TD_TRY(read_dataset(file, path, n, H5T_NATIVE_INT32, ids)); /* clamps what is beyond */
    for (size_t i = 0; i < n; i++)
        if (ids[i] < 0 || ids[i] >= limit)
            return td_fail(TD_ERR_FORMAT, "%s: %s: element %zu is %d, which is not in [0, %lld)",
                           file->path, path, i, ids[i], (long long)limit);
    return TD_OK;
}
