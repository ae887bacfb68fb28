/* Separators found by memmem; quoted fields shrink in place as they are unescaped. */
#include "text/fields.h"

#include "text/excerpt.h"

#include <inttypes.h>
#include <string.h>

/* Returns where the separator next stands in [at, end), end if nowhere. */
static char *find_separator(char *at, char *end, const char *separator, size_t length)
{
    char *found = length == 1 ? memchr(at, *separator, (size_t)(end - at))
                              : memmem(at, (size_t)(end - at), separator, length);
    return found ? found : end;
}

/* Returns the quote that ends the field whose first quote is at at, NULL if none does. */
static char *find_closing(char *at, const char *end)
{
    for (char *c = at + 1; c < end; c++) {
        if (*c != '"')
            continue;
        if (c + 1 == end || c[1] != '"')
            return c;
        c++;
    }
    return NULL;
}

/* Makes one quote of two in [from, closing), in place. */
static td_str unescape(char *from, const char *closing)
{
    char *to = from;
    for (char *c = from; c < closing; c++) {
        *to++ = *c;
        c += *c == '"';
    }
    return (td_str){from, (size_t)(to - from)};
}

/* Takes the field at at and returns its end: a separator or the line's end. */
static td_status take_field(const td_line *line, const char *separator, bool quoted, char *at,
                            td_str *field, char **after)
{
    char *end = line->text + line->length;
    size_t length = strlen(separator);
    if (!quoted || at == end || *at != '"') {
        *after = find_separator(at, end, separator, length);
        *field = (td_str){at, (size_t)(*after - at)};
        return TD_OK;
    }
    char *closing = find_closing(at, end);
    if (!closing)
        return TD_LINE_FAIL(line, "expected a quote that ends the field %s, found the line's end",
                            td_excerpt_of(at, (size_t)(end - at)).text);
    *after = closing + 1;
    if (*after != end && find_separator(*after, end, separator, length) != *after)
        return TD_LINE_FAIL(line, "expected '%s' after a closing quote, found '%s'", separator,
                            td_excerpt_of(*after, (size_t)(end - *after)).text);
    *field = unescape(at + 1, closing);
    return TD_OK;
}

td_status td_fields_split(const td_line *line, const char *separator, bool quoted, size_t limit,
                          td_str *fields, size_t *count)
{
    char *at = line->text, *end = line->text + line->length;
    *count = 0;
    for (;;) {
        td_str field;
        TD_TRY(take_field(line, separator, quoted, at, &field, &at));
        if (*count < limit)
            fields[*count] = field;
        ++*count;
        if (at == end)
            return TD_OK;
        at += strlen(separator);
    }
}
