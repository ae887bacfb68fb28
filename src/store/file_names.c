/* Names inside a file: groups, links, lists. That each object has one name only, and that groups
 * are not nested without end, is known of a file that is read (file_structure.h). */
#include "store/file_parts.h"

#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t count;
    char **names;
} name_list;

td_status td_file_find(const td_file *file, const char *name, bool *found)
{
    char parent[TD_FILE_NAME_BYTES];
    *found = true;
    if (strlen(name) >= sizeof parent)
        return td_fail(TD_ERR_FORMAT, "%s: a name inside it has %zu bytes; at most %zu are allowed",
                       file->path, strlen(name), sizeof parent - 1);
    for (const char *end = name; *name && *found; end++) {
        if (*end != '/' && *end != '\0')
            continue;
        memcpy(parent, name, (size_t)(end - name));
        parent[end - name] = '\0';
        const htri_t there = H5Lexists(file->id, parent, H5P_DEFAULT);
        /* Where a call to the system failed, nothing is known of what is there; below a dataset,
         * say, there is nothing. */
        if (there < 0 &&
            td_file_fail(file, TD_ERR_FORMAT, "looking for '%s' failed", parent) == TD_ERR_FILE)
            return TD_ERR_FILE;
        *found = there > 0;
        if (*end == '\0')
            break;
    }
    return TD_OK;
}

hid_t td_file_open_object(const td_file *file, const char *name)
{
    return H5Oopen(file->id, *name ? name : "/", H5P_DEFAULT);
}

/* Makes one group below existing ones. HDF5 could make the missing ones by itself, but would
 * store their times. */
static td_status make_group(td_file *file, const char *name)
{
    bool there;
    TD_TRY(td_file_find(file, name, &there));
    if (there)
        return TD_OK;
    TD_TRY(td_file_reserve(file, 0));
    hid_t creation = td_file_creation_list(H5P_GROUP_CREATE);
    hid_t group = H5Gcreate2(file->id, name, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Pclose(creation);
    if (group < 0 || H5Gclose(group) < 0)
        return td_file_fail(file, TD_ERR_FILE, "making group '%s' failed", name);
    return TD_OK;
}

td_status td_file_make_groups(td_file *file, const char *name)
{
    char *parent = td_copy_text(name);
    td_status status = TD_OK;
    for (char *end = parent; *name && status == TD_OK; end++) {
        if (name[end - parent] != '/' && name[end - parent] != '\0')
            continue;
        *end = '\0';
        status = make_group(file, parent);
        *end = name[end - parent];
        if (*end == '\0')
            break;
    }
    td_free(parent);
    return status;
}

td_status td_file_has(td_file *file, const char *name, bool *has)
{
    TD_ASSERT(file->phase == TD_FILE_READ);
    return td_file_agree(file, td_file_find(file, name, has));
}

static void append(name_list *list, const char *name)
{
    list->names = td_grow(list->names, list->count, sizeof(char *));
    list->names[list->count++] = td_copy_text(name);
}

static herr_t append_link(hid_t group, const char *name, const H5L_info_t *link, void *data)
{
    (void)group;
    (void)link;
    append(data, name);
    return 0;
}

static herr_t append_attribute(hid_t object, const char *name, const H5A_info_t *about, void *data)
{
    (void)object;
    (void)about;
    append(data, name);
    return 0;
}

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Moves the names into one block: the pointers, then the bytes. */
static char **join_names(const name_list *list)
{
    size_t bytes = 0;
    for (size_t i = 0; i < list->count; i++)
        bytes += strlen(list->names[i]) + 1;
    char **block = td_allocate(list->count * sizeof(char *) + bytes, 1);
    char *text = (char *)(block + list->count);
    for (size_t i = 0; i < list->count; i++) {
        size_t size = strlen(list->names[i]) + 1;
        block[i] = memcpy(text, list->names[i], size);
        text += size;
    }
    return block;
}

typedef herr_t walker(hid_t object, name_list *list);

static herr_t walk_links(hid_t object, name_list *list)
{
    return H5Literate(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, append_link, list);
}

static herr_t walk_attributes(hid_t object, name_list *list)
{
    return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, append_attribute, list);
}

/* Local. A missing object has no names. */
static td_status collect(const td_file *file, const char *name, walker *walk, name_list *list)
{
    bool found;
    TD_TRY(td_file_find(file, name, &found));
    if (!found)
        return TD_OK;
    hid_t object = td_file_open_object(file, name);
    if (object < 0)
        return td_file_fail(file, TD_ERR_FORMAT, "'%s' cannot be opened", name);
    td_status status = TD_OK;
    if (walk(object, list) < 0)
        status = td_file_fail(file, TD_ERR_FORMAT, "the names in '%s' cannot be read", name);
    H5Oclose(object);
    return status;
}

static void free_list(name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        td_free(list->names[i]);
    td_free(list->names);
}

/* Collective. Hands a list to the caller, or frees it if any rank failed. */
static td_status deliver(td_file *file, td_status mine, name_list *list, size_t *count,
                         char ***names)
{
    td_status status = td_file_agree(file, mine);
    if (status == TD_OK) {
        if (list->count > 1)
            qsort(list->names, list->count, sizeof(char *), by_bytes);
        *count = list->count;
        *names = join_names(list);
    }
    free_list(list);
    return status;
}

td_status td_file_list(td_file *file, const char *group, size_t *count, char ***names)
{
    TD_ASSERT(file->phase == TD_FILE_READ);
    name_list list = {.count = 0};
    td_status status = collect(file, group, walk_links, &list);
    return deliver(file, status, &list, count, names);
}

td_status td_file_list_attributes(td_file *file, const char *name, size_t *count, char ***names)
{
    TD_ASSERT(file->phase == TD_FILE_READ);
    name_list list = {.count = 0};
    td_status status = collect(file, name, walk_attributes, &list);
    return deliver(file, status, &list, count, names);
}

/* Local. Appends the datasets at or below name. */
static td_status walk_datasets(const td_file *file, const char *name, name_list *datasets)
{
    hid_t object = td_file_open_object(file, name);
    if (object < 0)
        return td_file_fail(file, TD_ERR_FORMAT, "'%s' cannot be opened", name);
    const H5I_type_t kind = H5Iget_type(object);
    H5Oclose(object);
    if (kind == H5I_DATASET) {
        append(datasets, name);
        return TD_OK;
    }
    if (kind != H5I_GROUP)
        return td_fail(TD_ERR_FORMAT, "%s: '%s' is neither a group nor a dataset", file->path,
                       name);
    name_list members = {.count = 0};
    td_status status = collect(file, name, walk_links, &members);
    for (size_t i = 0; i < members.count && status == TD_OK; i++) {
        char *path = td_print_text("%s%s%s", name, *name ? "/" : "", members.names[i]);
        status = walk_datasets(file, path, datasets);
        td_free(path);
    }
    free_list(&members);
    return status;
}

td_status td_file_list_datasets(td_file *file, const char *name, size_t *count, char ***names)
{
    TD_TRY(td_file_enter_readable(file));
    name_list datasets = {.count = 0};
    bool found;
    td_status status = td_file_find(file, name, &found);
    if (status == TD_OK && found)
        status = walk_datasets(file, name, &datasets);
    return deliver(file, status, &datasets, count, names);
}
