#include "prepare/cell.h"

#include "text/decimal.h"
#include "text/table.h"

#include <ctype.h>
#include <string.h>

/* Copies the digits before the decimals, of which so much of text is taken, without what parts
 * their groups; false where one has not three digits, but for the first. */
static bool copy_groups(td_str text, char thousands, char *copy, size_t *length, size_t *taken)
{
    size_t at = 0, digits = 0, groups = 0;
    if (text.length > 0 && (*text.text == '-' || *text.text == '+'))
        copy[(*length)++] = text.text[at++];
    for (; at < text.length; at++) {
        if (isdigit((unsigned char)text.text[at])) {
            copy[(*length)++] = text.text[at];
            digits++;
        } else if (text.text[at] == thousands) {
            if (groups++ == 0 ? digits == 0 || digits > 3 : digits != 3)
                return false;
            digits = 0;
        } else {
            break;
        }
    }
    *taken = at;
    return groups == 0 || digits == 3;
}

bool td_cell_number(const td_source_field *field, td_str cell, float *value)
{
    enum { LONGEST = 64 };
    const bool comma = field->has_decimal_comma;
    const char thousands = field->thousands ? field->thousands : comma ? '.' : '\0';
    char plain[LONGEST];
    size_t length = 0, taken;
    if (!thousands)
        return td_decimal_float(cell.text, cell.length, value);
    if (cell.length > LONGEST || !copy_groups(cell, thousands, plain, &length, &taken))
        return false;
    for (size_t i = taken; i < cell.length; i++) {
        if (comma && cell.text[i] == '.')
            return false;
        plain[length++] = comma && cell.text[i] == ',' ? '.' : cell.text[i];
    }
    return td_decimal_float(plain, length, value);
}

/* Returns where the next separator stands in text, or what joins lists of JSON, from place from on;
 * its length if none does. *gap becomes the separator's length, or 1 at the end. An empty one, or
 * none, stands nowhere. */
static size_t find(td_str text, size_t from, const char *separator, size_t *gap)
{
    const size_t length = separator ? strlen(separator) : 0;
    *gap = 1;
    for (size_t at = from; at < text.length; at++) {
        if (text.text[at] == TD_CELL_LIST)
            return at;
        if (length > 0 && at + length <= text.length &&
            memcmp(text.text + at, separator, length) == 0) {
            *gap = length;
            return at;
        }
    }
    return text.length;
}

td_cell_names td_cell_begin(const td_source_field *field, td_str cell)
{
    return (td_cell_names){.field = field, .cell = cell, .step = 1, .weight = 1};
}

/* A weight stands behind the part's last colon. */
static void take_weight(td_cell_names *c)
{
    size_t colon = c->part.length;
    c->weight = 1;
    if (!c->field->weighted)
        return;
    while (colon > 0 && c->part.text[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return;
    const bool reads = td_decimal_float(c->part.text + colon, c->part.length - colon, &c->weight);
    c->is_wrong = c->is_wrong || !reads || !(c->weight > 0);
    c->part.length = colon - 1;
}

/* Begins the next part; false if there is none. */
static bool begin_part(td_cell_names *c)
{
    if (c->next > c->cell.length)
        return false;
    size_t gap;
    const size_t end = find(c->cell, c->next, c->field->separator, &gap);
    c->part = (td_str){c->cell.text + c->next, end - c->next};
    c->next = end + gap;
    c->step = 0;
    take_weight(c);
    return true;
}

bool td_cell_next(td_cell_names *c)
{
    for (;;) {
        while (c->step > c->part.length)
            if (!begin_part(c))
                return false;
        size_t gap;
        const size_t begin = c->step, end = find(c->part, begin, c->field->path, &gap);
        c->step = end + gap;
        c->name = td_cell_prefix(c->field, (td_str){c->part.text, end});
        if (end > begin)
            return true;
    }
}

td_str td_cell_prefix(const td_source_field *field, td_str name)
{
    size_t at = 0;
    if (field->prefix == 0)
        return name;
    for (int64_t characters = 0; at < name.length; at++) {
        characters += ((unsigned char)name.text[at] & 0xC0) != 0x80; /* the first byte of one */
        if (characters > field->prefix)
            break;
    }
    return (td_str){name.text, at};
}

/* Leaves blanks at both ends out. */
static td_str trim(td_str text)
{
    while (text.length > 0 && strchr(" \t", text.text[0])) {
        text.text++;
        text.length--;
    }
    while (text.length > 0 && strchr(" \t", text.text[text.length - 1]))
        text.length--;
    return text;
}

bool td_cell_vector(const td_source_field *field, td_str cell, float *values)
{
    const char *separator = field->separator;
    int64_t count = 0;
    cell = trim(cell);
    if (cell.length > 1 && cell.text[0] == '[' && cell.text[cell.length - 1] == ']') {
        cell = trim((td_str){cell.text + 1, cell.length - 2});
        separator = ",";
    }
    for (size_t from = 0; from <= cell.length;) {
        size_t gap;
        const size_t end = find(cell, from, separator, &gap);
        const td_str number = trim((td_str){cell.text + from, end - from});
        from = end + gap;
        if (number.length == 0 && *separator == ' ')
            continue; /* several blanks are one */
        if (count == field->width || !td_decimal_float(number.text, number.length, &values[count]))
            return false;
        count++;
    }
    return count == field->width;
}
