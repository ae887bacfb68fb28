/* The only place that looks into the structs of a configuration by kind of key. */
#include "base/config_value.h"

#include "base/intern.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"

#include <inttypes.h>
#include <string.h>

bool td_value_fits(const td_config_key *key, td_value value)
{
    switch (key->kind) {
    case TD_KEY_BOOL:
        return value.integer == 0 || value.integer == 1;
    case TD_KEY_REAL:
        return value.real >= key->low_real && value.real <= key->high_real; /* false for NaN */
    case TD_KEY_CHOICE:
        return value.integer >= 0 && value.integer < td_choice_count(key->choices);
    case TD_KEY_NAMES:
        return value.text && *value.text;
    case TD_KEY_TEXT:
        return value.text != NULL;
    case TD_KEY_INT:
    case TD_KEY_INTS:
        return value.integer >= key->low && value.integer <= key->high;
    }
    return false;
}

static bool read_choice(const char *choices, const char *text, int64_t *place)
{
    *place = td_choice_find(choices, text);
    return *place >= 0;
}

static bool read_as_kind(const td_config_key *key, const char *text, td_value *value)
{
    switch (key->kind) {
    case TD_KEY_BOOL:
        return read_choice("false|true", text, &value->integer);
    case TD_KEY_CHOICE:
        return read_choice(key->choices, text, &value->integer);
    case TD_KEY_NAMES:
    case TD_KEY_TEXT:
        value->text = td_intern_text(text);
        return true;
    case TD_KEY_REAL:
        return td_number_read_real(text, &value->real);
    case TD_KEY_INT:
    case TD_KEY_INTS:
        return td_number_read_int(text, &value->integer);
    }
    return false;
}

static bool is_number_or_truth(const td_config_key *key)
{
    return key->kind == TD_KEY_BOOL || key->kind == TD_KEY_INT || key->kind == TD_KEY_REAL ||
           key->kind == TD_KEY_INTS;
}

bool td_value_read(const td_config_key *key, const char *text, bool plain, td_value *value)
{
    if (!plain && is_number_or_truth(key))
        return false;
    return read_as_kind(key, text, value) && td_value_fits(key, *value);
}

static void *field_of(const td_config_key *key, void *of)
{
    return (char *)of + key->offset;
}

static const void *const_field_of(const td_config_key *key, const void *of)
{
    return (const char *)of + key->offset;
}

size_t td_value_most(const td_config_key *key)
{
    if (key->kind == TD_KEY_NAMES)
        return TD_NAMES_MOST;
    return key->kind == TD_KEY_INTS ? TD_LIST_MAX : 1;
}

size_t td_value_count(const td_config_key *key, const void *of)
{
    const void *field = const_field_of(key, of);
    if (key->kind == TD_KEY_NAMES)
        return ((const td_name_list *)field)->count;
    return key->kind == TD_KEY_INTS ? ((const td_int_list *)field)->count : 1;
}

td_value td_value_get(const td_config_key *key, const void *of, size_t index)
{
    const void *field = const_field_of(key, of);
    switch (key->kind) {
    case TD_KEY_BOOL:
        return (td_value){.integer = *(const bool *)field};
    case TD_KEY_INT:
        return (td_value){.integer = *(const int64_t *)field};
    case TD_KEY_REAL:
        return (td_value){.real = *(const double *)field};
    case TD_KEY_CHOICE:
        return (td_value){.integer = *(const int *)field};
    case TD_KEY_TEXT:
        return (td_value){.text = *(const char *const *)field};
    case TD_KEY_NAMES:
        return (td_value){.text = ((const td_name_list *)field)->name[index]};
    case TD_KEY_INTS:
        break;
    }
    TD_ASSERT(index < TD_LIST_MAX);
    return (td_value){.integer = ((const td_int_list *)field)->value[index]};
}

static void put_name(td_name_list *list, size_t index, const char *name)
{
    const char **names = TD_NEW(const char *, list->count);
    memcpy(names, list->name, list->count * sizeof *names);
    names[index] = name;
    *list = td_name_list_of(list->count, names);
    td_free(names);
}

void td_value_put(const td_config_key *key, void *of, size_t index, td_value value)
{
    void *field = field_of(key, of);
    switch (key->kind) {
    case TD_KEY_BOOL:
        *(bool *)field = value.integer != 0;
        break;
    case TD_KEY_INT:
        *(int64_t *)field = value.integer;
        break;
    case TD_KEY_REAL:
        *(double *)field = value.real;
        break;
    case TD_KEY_CHOICE:
        *(int *)field = (int)value.integer;
        break;
    case TD_KEY_TEXT:
        *(const char **)field = value.text;
        break;
    case TD_KEY_NAMES:
        put_name(field, index, value.text);
        break;
    case TD_KEY_INTS:
        ((td_int_list *)field)->value[index] = value.integer;
        break;
    }
}

static void resize_names(td_name_list *list, size_t count)
{
    const char **names = TD_NEW(const char *, count);
    for (size_t i = 0; i < count; i++)
        names[i] = i < list->count ? list->name[i] : "";
    *list = td_name_list_of(count, names);
    td_free(names);
}

void td_value_resize(const td_config_key *key, void *of, size_t count)
{
    TD_ASSERT(count <= td_value_most(key));
    if (key->kind == TD_KEY_NAMES)
        resize_names(field_of(key, of), count);
    if (key->kind == TD_KEY_INTS)
        ((td_int_list *)field_of(key, of))->count = count;
}

void td_value_set_names(const td_config_key *key, void *of, size_t count, const char *const *names)
{
    *(td_name_list *)field_of(key, of) = td_name_list_of(count, names);
}

td_name_list td_name_list_of(size_t count, const char *const *names)
{
    const char **copies = TD_NEW(const char *, count);
    for (size_t i = 0; i < count; i++)
        copies[i] = td_intern_text(names[i]);
    td_name_list list = {count, td_intern(copies, count * sizeof *copies)};
    td_free(copies);
    return list;
}

size_t td_value_repeated(const td_config_key *key, const void *of)
{
    size_t count = td_value_count(key, of);
    if (key->kind != TD_KEY_NAMES)
        return count;
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(td_value_get(key, of, i).text, td_value_get(key, of, j).text) == 0)
                return i;
    return count;
}

static bool same_value(const td_config_key *key, td_value a, td_value b)
{
    if (key->kind == TD_KEY_NAMES || key->kind == TD_KEY_TEXT)
        return strcmp(a.text, b.text) == 0;
    return key->kind == TD_KEY_REAL ? a.real == b.real : a.integer == b.integer;
}

bool td_value_equal(const td_config_key *key, const void *a, const void *b)
{
    size_t count = td_value_count(key, a);
    if (td_value_count(key, b) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!same_value(key, td_value_get(key, a, i), td_value_get(key, b, i)))
            return false;
    return true;
}

/* A word stands as it is; any other text is quoted. */
static void write_text(const char *text, FILE *stream)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-";
    if (*text && !strchr("0123456789-", *text) && text[strspn(text, word)] == '\0') {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            fprintf(stream, "\\x%02x", (unsigned)*text);
        else
            fprintf(stream, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    fputc('"', stream);
}

void td_value_write_one(const td_config_key *key, td_value value, FILE *stream)
{
    char text[TD_KEY_WORDS];
    if (key->kind == TD_KEY_TEXT || key->kind == TD_KEY_NAMES) {
        write_text(value.text, stream);
        return;
    }
    if (key->kind == TD_KEY_REAL)
        td_number_write_real(value.real, text);
    else if (key->kind == TD_KEY_BOOL)
        td_choice_name("false|true", value.integer, text);
    else if (key->kind == TD_KEY_CHOICE && td_value_fits(key, value))
        td_choice_name(key->choices, value.integer, text);
    else
        snprintf(text, sizeof text, "%" PRId64, value.integer);
    fputs(text, stream);
}

void td_value_write(const td_config_key *key, const void *of, FILE *stream)
{
    bool is_list = td_key_is_list(key);
    if (is_list)
        fputc('[', stream);
    for (size_t i = 0; i < td_value_count(key, of); i++) {
        fputs(i > 0 ? ", " : "", stream);
        td_value_write_one(key, td_value_get(key, of, i), stream);
    }
    if (is_list)
        fputc(']', stream);
}
