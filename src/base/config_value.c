/* The only place that looks into td_config by kind of key. */
#include "base/config_value.h"

#include "base/log.h"
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
    case TD_KEY_NAMES:
        return value.integer >= 0 && value.integer < td_choice_count(key->choices);
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
    case TD_KEY_NAMES:
        return read_choice(key->choices, text, &value->integer);
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
    if (!plain && !key->choices)
        return false;
    return read_as_kind(key, text, value) && td_value_fits(key, *value);
}

static void *field_of(const td_config_key *key, td_config *config)
{
    return (char *)config + key->offset;
}

static const void *const_field_of(const td_config_key *key, const td_config *config)
{
    return (const char *)config + key->offset;
}

size_t td_value_count(const td_config_key *key, const td_config *config)
{
    return td_key_is_list(key) ? ((const td_int_list *)const_field_of(key, config))->count : 1;
}

td_value td_value_get(const td_config_key *key, const td_config *config, size_t index)
{
    const void *field = const_field_of(key, config);
    switch (key->kind) {
    case TD_KEY_BOOL:
        return (td_value){.integer = *(const bool *)field};
    case TD_KEY_INT:
        return (td_value){.integer = *(const int64_t *)field};
    case TD_KEY_REAL:
        return (td_value){.real = *(const double *)field};
    case TD_KEY_CHOICE:
        return (td_value){.integer = *(const int *)field};
    case TD_KEY_INTS:
    case TD_KEY_NAMES:
        break;
    }
    TD_ASSERT(index < TD_LIST_MAX);
    return (td_value){.integer = ((const td_int_list *)field)->value[index]};
}

void td_value_put(const td_config_key *key, td_config *config, size_t index, td_value value)
{
    void *field = field_of(key, config);
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
    case TD_KEY_INTS:
    case TD_KEY_NAMES:
        ((td_int_list *)field)->value[index] = value.integer;
        break;
    }
}

void td_value_resize(const td_config_key *key, td_config *config, size_t count)
{
    TD_ASSERT(td_key_is_list(key) ? count <= TD_LIST_MAX : count == 1);
    if (td_key_is_list(key))
        ((td_int_list *)field_of(key, config))->count = count;
}

size_t td_value_repeated(const td_config_key *key, const td_config *config)
{
    size_t count = td_value_count(key, config);
    if (key->kind != TD_KEY_NAMES)
        return count;
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (td_value_get(key, config, i).integer == td_value_get(key, config, j).integer)
                return i;
    return count;
}

static bool same_value(const td_config_key *key, td_value a, td_value b)
{
    return key->kind == TD_KEY_REAL ? a.real == b.real : a.integer == b.integer;
}

bool td_value_equal(const td_config_key *key, const td_config *a, const td_config *b)
{
    size_t count = td_value_count(key, a);
    if (td_value_count(key, b) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!same_value(key, td_value_get(key, a, i), td_value_get(key, b, i)))
            return false;
    return true;
}

void td_value_to_text(const td_config_key *key, td_value value, char text[TD_KEY_TEXT])
{
    if (key->kind == TD_KEY_REAL)
        td_number_write_real(value.real, text);
    else if (key->kind == TD_KEY_BOOL)
        td_choice_name("false|true", value.integer, text);
    else if (key->choices && td_value_fits(key, value))
        td_choice_name(key->choices, value.integer, text);
    else
        snprintf(text, TD_KEY_TEXT, "%" PRId64, value.integer);
}

void td_value_write(const td_config_key *key, const td_config *config, FILE *stream)
{
    bool is_list = td_key_is_list(key);
    if (is_list)
        fputc('[', stream);
    for (size_t i = 0; i < td_value_count(key, config); i++) {
        char text[TD_KEY_TEXT];
        td_value_to_text(key, td_value_get(key, config, i), text);
        fprintf(stream, "%s%s", i > 0 ? ", " : "", text);
    }
    if (is_list)
        fputc(']', stream);
}
