#include "serve/asked_users.h"

#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "serve/name_file.h"
#include "serve/own_fields.h"
#include "serve/user_embeddings.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* Makes room for count users. */
static void make_room(int64_t count, td_asked *asked)
{
    asked->count = count;
    asked->name = TD_NEW(td_str, (size_t)count);
    asked->id = TD_NEW(int32_t, (size_t)count);
    asked->note = TD_NEW(char *, (size_t)count);
}

static void take_all(const td_known_names *known, td_asked *asked)
{
    for (int64_t i = 0; i < asked->count; i++) {
        asked->id[i] = (int32_t)i + 1;
        asked->name[i] = td_known_names_of_user(known, asked->id[i]);
    }
}

/* Whether a row has a value of any field. */
static bool is_told(const td_frame *frame, int64_t row)
{
    for (size_t f = 0; f < frame->fields; f++)
        if (!td_field_is_missing(&frame->field[f], row))
            return true;
    return false;
}

/* Finds user i of these names. A name is no fault where something else is told. */
static td_status take_name(const td_known_names *known, bool is_single, td_unknown unknown,
                           int64_t i, td_asked *asked)
{
    td_found found = td_known_names_user(known, asked->name[i], is_single);
    asked->id[i] = found.id;
    if (is_told(&asked->given.frame, i)) {
        td_free(found.note);
        return TD_OK;
    }
    asked->note[i] = found.note;
    return found.place >= 0 ? TD_OK : td_found_check(&found, is_single, unknown);
}

/* Cuts names at commas. */
static td_strings cut_names(const char *text)
{
    td_strings names = {.bytes = td_copy_text(text)};
    size_t at = 0, used = 0;
    names.offsets = td_grow(NULL, 0, sizeof *names.offsets);
    names.offsets[0] = 0;
    while (text[at] != '\0') {
        const size_t length = strcspn(text + at, ",");
        memmove(names.bytes + used, text + at, length);
        used += length;
        at += length + (text[at + length] == ',');
        names.offsets = td_grow(names.offsets, (size_t)names.count + 1, sizeof *names.offsets);
        names.offsets[++names.count] = (int64_t)used;
    }
    return names;
}

/* Names that are too long for a path are none. */
static td_status look_for(const char *history, td_look *what)
{
    return strlen(history) < PATH_MAX ? td_look_at(history, what) : TD_OK;
}

/* C: the names of a history, of a file if there is one of this name, which *where is then. */
static td_status read_history(td_comm *comm, const char *history, td_strings *names,
                              const char **where)
{
    td_look what = TD_LOOK_NOTHING;
    TD_TRY(td_comm_agree(comm, td_comm_rank(comm) == 0 ? look_for(history, &what) : TD_OK));
    if (td_comm_any(comm, what != TD_LOOK_NOTHING)) {
        *where = history;
        return td_name_file_read(comm, history, names);
    }
    *names = cut_names(history);
    return TD_OK;
}

/* C: reads the users who are described: one at least where a history is told. */
static td_status read_described(td_comm *comm, const td_asked_users *users, td_given *given)
{
    td_strings history = {.count = 0};
    const char *where = "--history";
    td_status status = TD_OK;
    if (users->history && users->described > 1)
        return td_fail(TD_ERR_USAGE, "--history is of one user, but %zu are described",
                       users->described);
    if (users->history)
        TD_TRY(read_history(comm, users->history, &history, &where));
    const size_t count = users->history ? 1 : users->described;
    for (size_t i = 0; i < count && status == TD_OK; i++) {
        const char *features = users->described > 0 ? users->features[i] : "";
        status = td_given_parse(features, where, &history, given);
        if (status == TD_OK) { /* what is told is all that there is of a name */
            td_free(given->name[i]);
            given->name[i] = td_copy_text(*features ? features : users->history);
        }
    }
    td_strings_free(&history);
    return status;
}

/* Users who are named alone: nothing is told of them. */
static void add_names(const td_asked_users *users, td_given *given)
{
    given->name = TD_NEW(char *, users->count);
    for (size_t i = 0; i < users->count; i++)
        given->name[i] = td_copy_text(users->names[i]);
    td_frame_extend(&given->frame, (int64_t)users->count);
}

/* C: reads what is told of users. */
static td_status read_given(td_comm *comm, const td_asked_users *users, td_unknown unknown,
                            td_given *given)
{
    add_names(users, given);
    given->unknown = td_unknown_of(unknown, true);
    TD_TRY(read_described(comm, users, given));
    if (!users->file)
        return TD_OK;
    const int64_t before = given->frame.count;
    given->unknown = td_unknown_of(unknown, false);
    TD_TRY(td_given_read(comm, users->file, NULL, given));
    td_given_tell_unknown(users->file, given->unknown_values, given->unknown_value);
    if (given->frame.count == before)
        td_warn("%s: nobody is asked for, as no line follows the first, of columns", users->file);
    return TD_OK;
}

td_status td_asked_find(td_comm *comm, td_dataset *data, const td_asked_users *users,
                        const td_known_names *known, td_unknown unknown, td_asked *asked)
{
    *asked = (td_asked){.given = td_given_begin(data, known, TD_OF_USER, unknown)};
    if (users->all) {
        make_room(td_dataset_info(data)->users, asked);
        take_all(known, asked);
        return TD_OK;
    }
    TD_TRY(read_given(comm, users, unknown, &asked->given));
    const int64_t named = (int64_t)users->count;
    const int64_t described = users->history ? 1 : (int64_t)users->described;
    make_room(asked->given.frame.count, asked);
    for (int64_t i = 0; i < asked->count; i++) {
        const char *name = asked->given.name[i];
        asked->name[i] = (td_str){name, strlen(name)};
        if (i < named || i >= named + described) /* these have no names */
            TD_TRY(take_name(known, i < named, unknown, i, asked));
    }
    return td_own_fields_give(&asked->given);
}

void td_asked_free(td_asked *asked)
{
    for (int64_t i = 0; asked->note && i < asked->count; i++)
        td_free(asked->note[i]);
    td_given_free(&asked->given);
    td_free(asked->name);
    td_free(asked->id);
    td_free(asked->note);
}

td_range td_asked_history(const td_asked *asked, int64_t user, const int32_t **items)
{
    const td_field *field = td_frame_find(&asked->given.frame, TD_GIVEN_HISTORY);
    *items = field ? field->values : NULL;
    if (!field || user >= asked->given.frame.count)
        return (td_range){0, 0};
    return td_range_to(field->offsets[user], field->offsets[user + 1]);
}

td_frame td_asked_given(const td_asked *asked, td_range users)
{
    td_frame given = {.count = 0};
    if (asked->given.frame.count == 0)
        return given;
    td_frame_add_like(&given, &asked->given.frame);
    td_frame_append(&given, &asked->given.frame, users);
    return given;
}
