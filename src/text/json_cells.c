/* jansson reads the line; the members' values are printed into one block of text. */
#include "text/json_cells.h"

#include "base/memory.h"
#include "base/place.h"
#include "text/excerpt.h"
#include "text/json_names.h"
#include "text/table.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { NAMED = 100 }; /* objects whose names are kept */

struct td_json_cells {
    size_t count;
    const char *const *columns;
    bool *met; /* (count) */
    int named;
    td_json_names names; /* of the first objects */
    char *text;          /* of all cells */
    size_t room, used;
};

td_json_cells *td_json_cells_make(size_t count, const char *const *columns)
{
    td_json_cells *json = TD_NEW(td_json_cells, 1);
    json->count = count;
    json->columns = columns;
    json->met = TD_NEW(bool, count);
    return json;
}

void td_json_cells_free(td_json_cells *json)
{
    if (!json)
        return;
    td_free(json->text);
    td_free(json->met);
    td_json_names_free(&json->names);
    td_free(json);
}

/* Returns the value that a name stands for: that of a member with this name, dots and all, or of
 * one in the object that the name up to a dot stands for. NULL if there is none. */
static const json_t *find(const json_t *object, const char *name)
{
    const json_t *found = json_object_get(object, name);
    for (const char *dot = strchr(name, '.'); !found && dot; dot = strchr(dot + 1, '.')) {
        char *outer_name = td_str_copy((td_str){name, (size_t)(dot - name)});
        const json_t *outer = json_object_get(object, outer_name);
        td_free(outer_name);
        if (json_is_object(outer))
            found = find(outer, dot + 1);
    }
    return found;
}

static void add(td_json_cells *json, const char *text, size_t length)
{
    if (json->used + length > json->room) {
        const size_t room = 2 * (json->used + length);
        json->text = td_reallocate(json->text, json->room, room, 1);
        json->room = room;
    }
    memcpy(json->text + json->used, text, length);
    json->used += length;
}

/* Adds the text of one value; false if it has none. */
static bool add_value(td_json_cells *json, const json_t *value)
{
    char number[40] = "";
    int length;
    switch (json_typeof(value)) {
    case JSON_STRING:
        add(json, json_string_value(value), json_string_length(value));
        return true;
    case JSON_INTEGER:
        length =
            snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        add(json, number, (size_t)length);
        return true;
    case JSON_REAL:
        length = snprintf(number, sizeof number, "%.17g", json_real_value(value));
        add(json, number, (size_t)length);
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        add(json, json_is_true(value) ? "1" : "0", 1);
        return true;
    case JSON_NULL:
        return true;
    default:
        return false;
    }
}

static bool add_list(td_json_cells *json, const json_t *list)
{
    bool good = true;
    for (size_t i = 0; good && i < json_array_size(list); i++) {
        if (i > 0)
            add(json, (const char[]){TD_CELL_LIST}, 1);
        good = add_value(json, json_array_get(list, i));
    }
    return good;
}

static td_status cut(td_json_cells *json, const json_t *object, const td_line *line, td_str *cells)
{
    json->used = 0;
    if (json->named < NAMED) {
        td_json_names_add(&json->names, object);
        json->named++;
    }
    for (size_t c = 0; c < json->count; c++) {
        const size_t begin = json->used;
        const json_t *value = find(object, json->columns[c]);
        json->met[c] = json->met[c] || value;
        const bool good =
            !value || (json_is_array(value) ? add_list(json, value) : add_value(json, value));
        if (!good)
            return TD_LINE_FAIL(line,
                                "expected a text, a number or a list of them as '%s', found %s; "
                                "members of an object are named with a dot, such as '%s.id'",
                                json->columns[c],
                                json_is_object(value) ? "an object" : "a list of other things",
                                json->columns[c]);
        cells[c].length = json->used - begin;
    }
    size_t at = 0;
    for (size_t c = 0; c < json->count; at += cells[c++].length)
        cells[c].text = json->text ? json->text + at : "";
    return TD_OK;
}

td_status td_json_cells_cut(td_json_cells *json, const td_line *line, td_str *cells)
{
    json_error_t error;
    TD_TRY(td_line_check(line));
    json_t *object = json_loadb(line->text, line->length, JSON_REJECT_DUPLICATES, &error);
    if (!object)
        return TD_LINE_FAIL(line, "expected a JSON object, found '%s': %s",
                            td_excerpt_of(line->text, line->length).text, error.text);
    const td_status status = json_is_object(object)
                                 ? cut(json, object, line, cells)
                                 : TD_LINE_FAIL(line, "expected a JSON object, found '%s'",
                                                td_excerpt_of(line->text, line->length).text);
    json_decref(object);
    return status;
}

bool td_json_cells_met(const td_json_cells *json, size_t c)
{
    return json->met[c];
}

const char *td_json_cells_nearest(const td_json_cells *json, size_t c)
{
    const td_json_names *names = &json->names;
    if (names->count == 0)
        return NULL;
    return names
        ->name[td_nearest(json->columns[c], names->count, (const char *const *)names->name)];
}
