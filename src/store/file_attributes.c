/* Attributes: one integer, one real or one text on a group or dataset. */
#include "store/file_parts.h"

#include "base/log.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A text's type: as many bytes as it has, one where it is empty, the rest NUL. */
static hid_t make_text_type(size_t bytes)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    herr_t refused = H5Tset_size(type, bytes > 0 ? bytes : 1);
    refused |= H5Tset_strpad(type, H5T_STR_NULLPAD);
    refused |= H5Tset_cset(type, H5T_CSET_UTF8);
    TD_ASSERT(refused >= 0);
    return type;
}

/* Local, on rank 0. Makes or replaces an attribute. */
static td_status put(td_file *file, const char *name, const char *attribute, hid_t type,
                     const void *value)
{
    TD_TRY(td_file_reserve(file, H5Tget_size(type)));
    bool found;
    TD_TRY(td_file_find(file, name, &found));
    if (!found)
        TD_TRY(td_file_make_groups(file, name));
    hid_t object = td_file_open_object(file, name);
    const htri_t there = object < 0 ? -1 : H5Aexists(object, attribute);
    if (there < 0 || (there > 0 && H5Adelete(object, attribute) < 0)) {
        td_status status = td_file_fail(file, TD_ERR_FILE,
                                        "replacing attribute '%s' of '%s' failed", attribute, name);
        if (object >= 0)
            H5Oclose(object);
        return status;
    }
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t id = H5Acreate2(object, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT);
    td_status status = TD_OK;
    if (id < 0 || H5Awrite(id, type, value) < 0 || H5Aclose(id) < 0)
        status = td_file_fail(file, TD_ERR_FILE, "writing attribute '%s' of '%s' failed", attribute,
                              name);
    H5Sclose(space);
    H5Oclose(object);
    return status;
}

static td_status set(td_file *file, const char *name, const char *attribute, hid_t type,
                     const void *value)
{
    TD_TRY(td_file_enter(file, TD_FILE_SHAPE));
    return td_file_agree(
        file, td_comm_rank(file->comm) == 0 ? put(file, name, attribute, type, value) : TD_OK);
}

td_status td_file_set_int(td_file *file, const char *name, const char *attribute, int64_t value)
{
    return set(file, name, attribute, H5T_STD_I64LE, &value);
}

td_status td_file_set_real(td_file *file, const char *name, const char *attribute, double value)
{
    return set(file, name, attribute, H5T_IEEE_F64LE, &value);
}

td_status td_file_set_text(td_file *file, const char *name, const char *attribute,
                           const char *value)
{
    TD_ASSERT(strlen(value) <= TD_FILE_TEXT_BYTES);
    hid_t type = make_text_type(strlen(value));
    td_status status = set(file, name, attribute, type, value); /* its NUL serves where empty */
    H5Tclose(type);
    return status;
}

/* Local. Opens an attribute; the caller closes it. */
static td_status open_attribute(const td_file *file, const char *name, const char *attribute,
                                hid_t *id)
{
    bool found;
    TD_TRY(td_file_find(file, name, &found));
    hid_t object = found ? td_file_open_object(file, name) : H5I_INVALID_HID;
    const htri_t there = object < 0 ? 0 : H5Aexists(object, attribute);
    if (found && (object < 0 || there < 0)) {
        td_status status = td_file_fail(
            file, TD_ERR_FORMAT, "looking for attribute '%s' of '%s' failed", attribute, name);
        if (object >= 0)
            H5Oclose(object);
        return status;
    }
    if (there == 0) {
        if (object >= 0)
            H5Oclose(object);
        return td_fail(TD_ERR_FORMAT, "%s: %s%s%s has no attribute '%s'", file->path,
                       *name ? "'" : "", *name ? name : "it", *name ? "'" : "", attribute);
    }
    *id = H5Aopen(object, attribute, H5P_DEFAULT);
    td_status status = TD_OK;
    if (*id < 0)
        status = td_file_fail(file, TD_ERR_FORMAT, "attribute '%s' of '%s' cannot be opened",
                              attribute, name);
    H5Oclose(object);
    return status;
}

/* Texts of variable length are not read: HDF5 trusts their lengths, which a file may falsify. */
static td_attribute_kind kind_of(hid_t id)
{
    hid_t type = H5Aget_type(id), space = H5Aget_space(id);
    td_attribute_kind kind = TD_ATTRIBUTE_OTHER;
    if (H5Sget_simple_extent_type(space) != H5S_SCALAR)
        kind = TD_ATTRIBUTE_OTHER;
    else if (H5Tequal(type, H5T_STD_I64LE) > 0)
        kind = TD_ATTRIBUTE_INT;
    else if (H5Tequal(type, H5T_IEEE_F64LE) > 0)
        kind = TD_ATTRIBUTE_REAL;
    else if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0)
        kind = TD_ATTRIBUTE_TEXT;
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return kind;
}

static td_status tell_kind(const td_file *file, const char *name, const char *attribute,
                           td_attribute_kind *kind)
{
    hid_t id = H5I_INVALID_HID;
    TD_TRY(open_attribute(file, name, attribute, &id));
    *kind = kind_of(id);
    H5Aclose(id);
    return TD_OK;
}

td_status td_file_kind_of_attribute(td_file *file, const char *name, const char *attribute,
                                    td_attribute_kind *kind)
{
    TD_ASSERT(file->phase == TD_FILE_READ);
    return td_file_agree(file, tell_kind(file, name, attribute, kind));
}

/* Local. Reads a text of fixed length into a block that ends with NUL, which the caller frees. */
static bool read_text(hid_t id, char **value)
{
    const hid_t type = H5Aget_type(id);
    const size_t bytes = H5Tget_size(type);
    if (bytes <= TD_FILE_TEXT_BYTES && H5Aget_storage_size(id) == bytes) {
        *value = TD_NEW(char, bytes + 1);
        if (H5Aread(id, type, *value) < 0) {
            td_free(*value);
            *value = NULL;
        }
    }
    H5Tclose(type);
    return *value != NULL;
}

/* Local. Reads an attribute of exactly this kind. */
static td_status get(const td_file *file, const char *name, const char *attribute,
                     td_attribute_kind kind, void *value)
{
    static const char *const expected[] = {"one int64", "one float64", "one text of fixed length"};
    const hid_t type = kind == TD_ATTRIBUTE_INT ? H5T_STD_I64LE : H5T_IEEE_F64LE;
    const bool is_text = kind == TD_ATTRIBUTE_TEXT;
    hid_t id = H5I_INVALID_HID;
    TD_TRY(open_attribute(file, name, attribute, &id));
    td_status status = TD_OK;
    if (kind_of(id) != kind)
        status = td_fail(TD_ERR_FORMAT, "%s: attribute '%s' of '%s' is not %s, as was expected",
                         file->path, attribute, *name ? name : "/", expected[kind]);
    else if (is_text ? !read_text(id, value) : H5Aread(id, type, value) < 0)
        status = td_file_fail(file, TD_ERR_FORMAT, "attribute '%s' of '%s' cannot be read%s",
                              attribute, name, is_text ? ", or is longer than 60,000 bytes" : "");
    H5Aclose(id);
    return status;
}

td_status td_file_get_int(td_file *file, const char *name, const char *attribute, int64_t *value)
{
    TD_ASSERT(file->phase == TD_FILE_READ);
    return td_file_agree(file, get(file, name, attribute, TD_ATTRIBUTE_INT, value));
}

td_status td_file_get_real(td_file *file, const char *name, const char *attribute, double *value)
{
    TD_ASSERT(file->phase == TD_FILE_READ);
    return td_file_agree(file, get(file, name, attribute, TD_ATTRIBUTE_REAL, value));
}

td_status td_file_get_text(td_file *file, const char *name, const char *attribute, char **value)
{
    TD_ASSERT(file->phase == TD_FILE_READ);
    char *text = NULL;
    td_status status = td_file_agree(file, get(file, name, attribute, TD_ATTRIBUTE_TEXT, &text));
    if (status == TD_OK)
        *value = text;
    else
        td_free(text);
    return status;
}
