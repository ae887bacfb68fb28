/* Conditions on the rows that were read, which know fields of rows, users and items. */
#include "base/log.h"
#include "base/memory.h"
#include "data/condition.h"
#include "data/names.h"
#include "prepare/row_rules.h"

/* Returns the place of a name, from 1, among sorted ones; 0 if it is not there. */
static int32_t find_sorted(const td_strings *names, td_str name)
{
    int64_t low = 0, high = names->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (td_str_compare(td_string_at(names, middle), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < names->count && td_str_compare(td_string_at(names, low), name) == 0
               ? (int32_t)low + 1
               : 0;
}

/* Says that no value of the data has a name: a later file may have it. */
static void warn_unknown(const td_schema_field *field, const td_strings *names, td_str name)
{
    td_str nearest[TD_NAMES_NEAREST];
    td_names *among = td_names_create(names);
    char asked[TD_QUOTE_SIZE], known[TD_QUOTE_SIZE] = "";
    const size_t count = td_names_nearest(among, name, nearest);
    td_quote(name.text, name.length, asked);
    if (count > 0)
        td_quote(nearest[0].text, nearest[0].length, known);
    td_warn("where: no %s is '%s'%s%s%s", field->name, asked, count > 0 ? "; the nearest: '" : "",
            known, count > 0 ? "'" : "");
    td_names_free(among);
}

/* Collective. The names of users are with their owners, who number them. */
static td_status find_name(void *of, const td_schema_field *field, td_str name, int32_t *id)
{
    const td_preparing *p = of;
    const bool is_user = field->role == TD_ROLE_USER;
    if (field->is_hashed) {
        *id = td_names_hash(name, field->vocabulary - 1);
        return TD_OK;
    }
    const td_strings *names =
        is_user ? &p->owners.names : &p->prepared.names[field - p->prepared.schema.fields];
    *id = find_sorted(names, name);
    if (!td_comm_any(p->comm, *id > 0))
        warn_unknown(field, names, name);
    return TD_OK;
}

/* Returns the places of the rows' users in the frame of users. */
static int32_t *places_of_users(const td_row_choice *rows)
{
    const int64_t count = rows->p->rows.frame.count;
    int32_t *place = TD_NEW(int32_t, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        place[i] = rows->user[i] - 1;
    return place;
}

td_status td_keep_where(td_row_choice *rows, const char *text, td_place where)
{
    td_preparing *p = rows->p;
    const int64_t count = p->rows.frame.count;
    td_condition *condition;
    const td_condition_names names = {&p->prepared.schema, find_name, p};
    TD_TRY(td_condition_parse(text, where, &names, &condition));
    int32_t *place = td_condition_names_any(condition, TD_OF_USER) ? places_of_users(rows) : NULL;
    const td_condition_rows of = {{&p->rows.frame, &p->users, &p->items},
                                  {NULL, place, rows->item}};
    bool *holds = TD_NEW(bool, (size_t)count);
    td_condition_test(condition, &of, (td_range){0, count}, holds);
    for (int64_t i = 0; i < count; i++)
        rows->keep[i] = rows->keep[i] && holds[i];
    td_free(holds);
    td_free(place);
    td_condition_free(condition);
    return TD_OK;
}
