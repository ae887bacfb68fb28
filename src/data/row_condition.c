#include "data/row_condition.h"

#include "base/log.h"
#include "data/condition.h"
#include "data/dataset.h"

/* Collective: the id of a category's name, 0 if the data has none. */
static td_status find_id(void *of, const td_schema_field *field, td_str name, int32_t *id)
{
    return td_dataset_find_id(of, field, name, id);
}

td_status td_row_condition_test(td_dataset *data, const char *key, const char *text,
                                const td_frame *rows, bool *holds)
{
    td_condition *condition;
    const td_condition_names names = {&td_dataset_info(data)->schema, find_id, data};
    TD_TRY(td_condition_parse(text, (td_place){.where = key}, &names, &condition));
    td_status status = TD_OK;
    if (td_condition_names_any(condition, TD_OF_USER) ||
        td_condition_names_any(condition, TD_OF_ITEM))
        status =
            td_fail(TD_ERR_CONFIG,
                    "%s: '%s' names a field of users or items; expected fields of rows", key, text);
    const td_condition_rows of = {.frame = {[TD_OF_ROW] = rows}};
    if (status == TD_OK)
        td_condition_test(condition, &of, (td_range){0, rows->count}, holds);
    td_condition_free(condition);
    return status;
}
