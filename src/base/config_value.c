/* The only place that looks into the structs of a configuration by kind of key. */
#include "base/config_value.h"

#include "base/intern.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/place.h"

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

static const char *choices_of(const td_config_key *key)
{
    return key->kind == TD_KEY_BOOL ? "false|true" : key->choices;
}

static bool read_as_kind(const td_config_key *key, const char *text, td_value *value)
{
    switch (key->kind) {
    case TD_KEY_BOOL:
    case TD_KEY_CHOICE:
        value->integer = td_choice_find(choices_of(key), td_choice_now(key, text));
        return value->integer >= 0;
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

bool td_value_read(const td_config_key *key, const char *text, bool plain, td_value *value)
{
    const bool may_be_quoted = key->choices || key->kind == TD_KEY_TEXT;
    return (plain || may_be_quoted) && read_as_kind(key, text, value) && td_value_fits(key, *value);
}

size_t td_value_count(const td_config_key *key, const void *of)
{
    const void *field = (const char *)of + key->offset;
    if (key->kind == TD_KEY_NAMES)
        return ((const td_name_list *)field)->count;
    return key->kind == TD_KEY_INTS ? ((const td_int_list *)field)->count : 1;
}

td_value td_value_get(const td_config_key *key, const void *of, size_t index)
{
    const void *field = (const char *)of + key->offset;
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
    return (td_value){.integer = ((const td_int_list *)field)->value[index]};
}

td_int_list td_int_list_of(size_t count, const int64_t *values)
{
    return (td_int_list){count, td_intern(values, count * sizeof *values)};
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

static void set_list(const td_config_key *key, void *field, size_t count, const td_value *values)
{
    const char **names = TD_NEW(const char *, count);
    int64_t *integers = TD_NEW(int64_t, count);
    for (size_t i = 0; i < count; i++)
        if (key->kind == TD_KEY_NAMES)
            names[i] = values[i].text;
        else
            integers[i] = values[i].integer;
    if (key->kind == TD_KEY_NAMES)
        *(td_name_list *)field = td_name_list_of(count, names);
    else
        *(td_int_list *)field = td_int_list_of(count, integers);
    td_free(names);
    td_free(integers);
}

void td_value_set(const td_config_key *key, void *of, size_t count, const td_value *values)
{
    void *field = (char *)of + key->offset;
    switch (key->kind) {
    case TD_KEY_BOOL:
        *(bool *)field = values->integer != 0;
        break;
    case TD_KEY_INT:
        *(int64_t *)field = values->integer;
        break;
    case TD_KEY_REAL:
        *(double *)field = values->real;
        break;
    case TD_KEY_CHOICE:
        *(int *)field = (int)values->integer;
        break;
    case TD_KEY_TEXT:
        *(const char **)field = values->text;
        break;
    case TD_KEY_NAMES:
    case TD_KEY_INTS:
        set_list(key, field, count, values);
        break;
    }
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
    char text[TD_NUMBER_SIZE];
    const bool is_choice = key->kind == TD_KEY_BOOL || key->kind == TD_KEY_CHOICE;
    if (key->kind == TD_KEY_TEXT || key->kind == TD_KEY_NAMES) {
        write_text(value.text, stream);
    } else if (key->kind == TD_KEY_REAL) {
        td_number_write_plain(value.real, text);
        fputs(text, stream);
    } else if (is_choice && td_value_fits(key, value)) {
        const td_str name = td_choice_name(choices_of(key), value.integer);
        fprintf(stream, "%.*s", (int)name.length, name.text);
    } else {
        fprintf(stream, "%" PRId64, value.integer);
    }
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
