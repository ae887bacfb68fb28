/* Reading names. Lists of the right length were seen to when the file was opened. */
#include "data/dataset_parts.h"
#include "text/encoding.h"

#include <inttypes.h>

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

td_status td_dataset_read_user_names(td_dataset *data, td_strings *names)
{
    return read_names(data, "users/names", names);
}

td_status td_dataset_read_item_names(td_dataset *data, td_strings *names)
{
    return read_names(data, "items/names", names);
}

td_status td_dataset_read_catalog_ids(td_dataset *data, td_strings *names)
{
    return read_names(data, "catalogue/id", names);
}

td_status td_dataset_read_catalog_titles(td_dataset *data, td_strings *names)
{
    TD_TRY(td_dataset_expect_titles(data));
    return read_names(data, "catalogue/title", names);
}

td_status td_dataset_read_token_names(td_dataset *data, td_strings *names)
{
    TD_TRY(td_dataset_expect_titles(data));
    return read_names(data, "tokens/names", names);
}
