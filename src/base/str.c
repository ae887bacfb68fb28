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

td_strings td_strings_join(size_t parts, const td_strings_part *part)
{
    td_strings joined = {.count = 0};
    for (size_t p = 0; p < parts; p++)
        joined.count += part[p].count;
    joined.offsets = TD_NEW(int64_t, (size_t)joined.count + 1);
    int64_t *end = joined.offsets;
    for (size_t p = 0; p < parts; p++)
        for (int64_t i = 0; i < part[p].count; i++, end++)
            end[1] = *end + (int64_t)td_string_at(part[p].of, part[p].first + i).length;
    joined.bytes = TD_NEW(char, (size_t)*end);
    char *to = joined.bytes;
    for (size_t p = 0; p < parts; p++) {
        if (part[p].count == 0)
            continue;
        const int64_t *at = part[p].of->offsets + part[p].first;
        const size_t bytes = (size_t)(at[part[p].count] - at[0]);
        memcpy(to, part[p].of->bytes + at[0], bytes);
        to += bytes;
    }
    return joined;
}

td_strings td_strings_pick(const td_strings *strings, int64_t count, const int32_t *numbers)
{
    td_strings copy = {.count = count, .offsets = TD_NEW(int64_t, (size_t)count + 1)};
    for (int64_t i = 0; i < count; i++)
        copy.offsets[i + 1] =
            copy.offsets[i] + (int64_t)td_string_at(strings, numbers[i] - 1).length;
    copy.bytes = TD_NEW(char, (size_t)copy.offsets[count]);
    for (int64_t i = 0; i < count; i++) {
        td_str name = td_string_at(strings, numbers[i] - 1);
        memcpy(copy.bytes + copy.offsets[i], name.text, name.length);
    }
    return copy;
}
