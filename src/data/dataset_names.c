/* Reading names. Lists of the right length were seen to when the file was opened. */
#include "base/memory.h"
#include "data/dataset_parts.h"
#include "data/names.h"
#include "text/encoding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Names are printed: they must be text. */
static td_status check_names(const td_dataset *data, const char *name, const td_strings *names)
{
    for (int64_t i = 0; i < names->count; i++) {
        size_t length = (size_t)(names->offsets[i + 1] - names->offsets[i]);
        if (td_utf8_valid(names->bytes + names->offsets[i], length) != length)
            return TD_DATASET_FAIL(data, "string %" PRId64 " of '%s' is not UTF-8", i, name);
    }
    return TD_OK;
}

static td_status read_names(td_dataset *data, const char *name, td_strings *names)
{
    TD_TRY(td_file_read_strings(data->file, name, names));
    td_status status = check_names(data, name, names);
    if (status != TD_OK)
        td_strings_free(names);
    return status;
}

td_status td_dataset_read_vocabulary(td_dataset *data, const char *field, td_strings *names)
{
    const td_schema_field *said = td_schema_find(&data->info.schema, field);
    char path[sizeof "vocabularies/" + TD_FIELD_NAME_MAX];
    if (!said || said->vocabulary == 0)
        return td_fail(TD_ERR_INPUT, "%s: expected a field '%s' with a vocabulary",
                       td_file_path(data->file), field);
    snprintf(path, sizeof path, "vocabularies/%s", field);
    return read_names(data, path, names);
}

td_status td_dataset_find_id(td_dataset *data, const td_schema_field *field, td_str name,
                             int32_t *id)
{
    td_strings vocabulary = {0};
    TD_TRY(td_dataset_read_vocabulary(data, field->name, &vocabulary));
    td_names *names = td_names_create(&vocabulary);
    *id = (int32_t)td_names_find(names, name);
    td_names_free(names);
    td_strings_free(&vocabulary);
    return TD_OK;
}

static td_status read_role(td_dataset *data, td_role role, td_strings *names)
{
    return td_dataset_read_vocabulary(data, td_schema_with_role(&data->info.schema, role)->name,
                                      names);
}

td_status td_dataset_read_user_names(td_dataset *data, td_strings *names)
{
    return read_role(data, TD_ROLE_USER, names);
}

td_status td_dataset_read_item_names(td_dataset *data, td_strings *names)
{
    return read_role(data, TD_ROLE_ITEM, names);
}

td_status td_dataset_read_catalog_ids(td_dataset *data, td_strings *names)
{
    return read_names(data, "catalog/id", names);
}

td_status td_dataset_read_catalog_titles(td_dataset *data, td_strings *names)
{
    TD_TRY(td_dataset_expect_titles(data));
    return read_names(data, "catalog/title", names);
}

td_status td_dataset_read_token_names(td_dataset *data, td_strings *names)
{
    TD_TRY(td_dataset_expect_titles(data));
    TD_TRY(read_role(data, TD_ROLE_TITLE, names));
    int64_t *offsets = TD_NEW(int64_t, (size_t)names->count + 2);
    memcpy(offsets + 1, names->offsets, ((size_t)names->count + 1) * sizeof *offsets);
    td_free(names->offsets);
    names->offsets = offsets;
    names->count++;
    return TD_OK;
}
