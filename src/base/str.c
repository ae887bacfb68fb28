#include "base/str.h"

#include "base/memory.h"

#include <string.h>

char *td_str_copy(td_str field)
{
    char *text = TD_NEW(char, field.length + 1);
    memcpy(text, field.text, field.length);
    return text;
}

int td_str_compare(td_str left, td_str right)
{
    size_t shorter = left.length < right.length ? left.length : right.length;
    int order = memcmp(left.text, right.text, shorter);
    return order != 0 ? order : (left.length > right.length) - (left.length < right.length);
}

bool td_ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), last = strlen(end);
    return length >= last && strcmp(text + length - last, end) == 0;
}

void td_strings_free(td_strings *strings)
{
    td_free(strings->bytes);
    td_free(strings->offsets);
    *strings = (td_strings){0};
}

td_str td_string_at(const td_strings *strings, int64_t i)
{
    const int64_t *at = strings->offsets + i;
    return (td_str){strings->bytes + at[0], (size_t)(at[1] - at[0])};
}

void td_strings_append(td_strings *strings, const td_strings *more)
{
    const int64_t before = strings->count, count = before + more->count;
    const int64_t bytes = before > 0 ? strings->offsets[before] : 0;
    const int64_t added = more->count > 0 ? more->offsets[more->count] - more->offsets[0] : 0;
    td_strings all = {.count = count,
                      .offsets = TD_NEW(int64_t, (size_t)count + 1),
                      .bytes = TD_NEW(char, (size_t)(bytes + added))};
    for (int64_t i = 0; i < before; i++)
        all.offsets[i + 1] = strings->offsets[i + 1];
    for (int64_t i = 0; i < more->count; i++)
        all.offsets[before + i + 1] = bytes + more->offsets[i + 1] - more->offsets[0];
    if (bytes > 0)
        memcpy(all.bytes, strings->bytes, (size_t)bytes);
    if (added > 0)
        memcpy(all.bytes + bytes, more->bytes + more->offsets[0], (size_t)added);
    td_strings_free(strings);
    *strings = all;
}

td_strings td_strings_pick(const td_strings *strings, int64_t count, const int32_t *numbers)
{
    td_strings copy = {.count = count, .offsets = TD_NEW(int64_t, (size_t)count + 1)};
    for (int64_t i = 0; i < count; i++)
        copy.offsets[i + 1] =
            copy.offsets[i] + (int64_t)td_string_at(strings, numbers[i] - 1).length;
    copy.bytes = td_allocate_unset((size_t)copy.offsets[count], 1);
    for (int64_t i = 0; i < count; i++) {
        td_str name = td_string_at(strings, numbers[i] - 1);
        memcpy(copy.bytes + copy.offsets[i], name.text, name.length);
    }
    return copy;
}
