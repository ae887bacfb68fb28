/* Separators found by memmem; quoted fields shrink in place as they are unescaped. */
#include "data/fields.h"

#include "data/excerpt.h"

#include <inttypes.h>
#include <string.h>

/* Returns where the separator next stands in [at, end), end if nowhere. */
static char *find_separator(char *at, char *end, const char *separator, size_t length)
{
    char *found = length == 1 ? memchr(at, *separator, (size_t)(end - at))
                              : memmem(at, (size_t)(end - at), separator, length);
    return found ? found : end;
}

/* Unescapes the quoted field at at; returns what follows its closing quote, NULL if none closes. */
static char *take_quoted(char *at, char *end, td_field *field)
{
    char *to = at;
    for (char *from = at + 1; from < end; from++) {
        if (*from == '"') {
            if (from + 1 == end || from[1] != '"') {
                *field = (td_field){at, (size_t)(to - at)};
                return from + 1;
            }
            from++;
        }
        *to++ = *from;
    }
    return NULL;
}

/* Takes the field at at and returns its end: a separator or the line's end. */
static td_status take_field(const td_line *line, const char *separator, bool quoted, char *at,
                            td_field *field, char **after)
{
    char *end = line->text + line->length;
    size_t length = strlen(separator);
    if (!quoted || at == end || *at != '"') {
        *after = find_separator(at, end, separator, length);
        *field = (td_field){at, (size_t)(*after - at)};
        return TD_OK;
    }
    *after = take_quoted(at, end, field);
    if (!*after)
        return TD_LINE_FAIL(line, "expected a quote that ends the field %s, found the line's end",
                            td_excerpt_of(at, (size_t)(end - at)).text);
    if (*after != end && find_separator(*after, end, separator, length) != *after)
        return TD_LINE_FAIL(line, "expected '%s' after a closing quote, found '%s'", separator,
                            td_excerpt_of(*after, (size_t)(end - *after)).text);
    return TD_OK;
}

td_status td_fields_split(const td_line *line, const char *separator, bool quoted, size_t limit,
                          td_field *fields, size_t *count)
{
    char *at = line->text, *end = line->text + line->length;
    *count = 0;
    for (;;) {
        td_field field;
        TD_TRY(take_field(line, separator, quoted, at, &field, &at));
        if (*count < limit)
            fields[*count] = field;
        ++*count;
        if (at == end)
            return TD_OK;
        at += strlen(separator);
    }
}
