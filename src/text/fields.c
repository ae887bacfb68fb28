/* Separators found by memmem; quoted fields shrink in place as they are unescaped. */
#include "text/fields.h"

#include "text/excerpt.h"

#include <inttypes.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Whether c is a blank around fields: not one that separates them. */
static bool is_around(const td_field_form *form, char c)
{
    return form->trim && is_blank(c) && c != *form->separator;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* Returns where the separator next stands in [at, end), end if nowhere. */
static const char *find_separator(const td_field_form *form, const char *at, const char *end)
{
    const char *found;
    if (!form->separator)
        for (found = at; found < end && !is_blank(*found);)
            found++;
    else if (form->separator[1] == '\0')
        found = memchr(at, *form->separator, (size_t)(end - at));
    else
        found = memmem(at, (size_t)(end - at), form->separator, strlen(form->separator));
    return found ? found : end;
}

/* Returns the quote that ends a field from within, NULL if none does. */
static const char *find_closing(const td_field_form *form, const char *at, const char *end)
{
    for (; (at = memchr(at, form->quote, (size_t)(end - at))) != NULL; at += 2)
        if (at + 1 == end || at[1] != form->quote)
            return at;
    return NULL;
}

/* Returns where the first field, or the one after the separator at at, begins. */
static const char *begin_field(const td_field_form *form, const char *at, const char *end)
{
    if (!form->separator)
        return skip_blanks(at, end);
    while (at < end && is_around(form, *at))
        at++;
    return at;
}

/* Returns what is behind the separator at at; end if there is no further field. */
static const char *pass_separator(const td_field_form *form, const char *at, const char *end)
{
    return form->separator ? at + strlen(form->separator) : skip_blanks(at, end);
}

/* Makes one quote of two in [from, closing), in place. */
static td_str unescape(char quote, char *from, const char *closing)
{
    char *to = from;
    for (char *c = from; c < closing; c++) {
        *to++ = *c;
        c += *c == quote;
    }
    return (td_str){from, (size_t)(to - from)};
}

/* Takes the quoted field at at and sets *after to its end: a separator or the line's end. */
static td_status take_quoted(const td_line *line, const td_field_form *form, const char *at,
                             td_str *field, const char **after)
{
    const char *end = line->text + line->length, *closing = find_closing(form, at + 1, end);
    if (!closing)
        return TD_LINE_FAIL(line,
                            "expected a quote that ends the field %s, found the line's end; if "
                            "fields go on over several lines, say so: --lines-in-quotes, or "
                            "lines_in_quotes: yes in a schema",
                            td_excerpt_of(at, (size_t)(end - at)).text);
    *after = closing + 1;
    while (form->separator && *after < end && is_around(form, **after))
        ++*after;
    if (*after != end && find_separator(form, *after, end) != *after)
        return TD_LINE_FAIL(line,
                            "expected '%s' after a closing quote, found '%s'; if quotes are "
                            "characters like others, say so: --quote none, or quote: none in a "
                            "schema",
                            form->separator ? form->separator : "a blank",
                            td_excerpt_of(*after, (size_t)(end - *after)).text);
    *field = unescape(form->quote, line->text + (at + 1 - line->text), closing);
    return TD_OK;
}

/* Takes a field that may have a quote or blanks at its ends. */
static td_status take_field(const td_line *line, const td_field_form *form, const char *at,
                            td_str *field, const char **after)
{
    const char *end = line->text + line->length;
    if (form->separator)
        at = begin_field(form, at, end);
    if (form->quote && at < end && *at == form->quote)
        return take_quoted(line, form, at, field, after);
    *after = find_separator(form, at, end);
    *field = (td_str){at, (size_t)(*after - at)};
    while (form->separator && field->length > 0 && is_around(form, at[field->length - 1]))
        field->length--;
    return TD_OK;
}

td_status td_fields_split(const td_line *line, const td_field_form *form, size_t limit,
                          td_str *fields, size_t *count)
{
    const char *at = line->text, *end = line->text + line->length, *after;
    const bool blanks = !form->separator, trim = form->trim && !blanks;
    const bool single = !blanks && form->separator[1] == '\0';
    size_t n = 0;
    *count = 0;
    if (blanks)
        at = skip_blanks(at, end);
    if (blanks && at == end)
        return TD_OK;
    for (;;) {
        after = single ? memchr(at, *form->separator, (size_t)(end - at))
                       : find_separator(form, at, end);
        after = after ? after : end;
        td_str field = {at, (size_t)(after - at)};
        if (after > at && (*at == form->quote || (trim && (is_blank(*at) || is_blank(after[-1])))))
            TD_TRY(take_field(line, form, at, &field, &after));
        if (n < limit)
            fields[n] = field;
        n++;
        if (after == end)
            break;
        at = single ? after + 1 : pass_separator(form, after, end);
        if (blanks && at == end)
            break;
    }
    *count = n;
    return TD_OK;
}

size_t td_fields_most(const td_line *line, char separator)
{
    size_t count = 1;
    for (size_t i = 0; i < line->length; i++)
        count += line->text[i] == separator;
    return count;
}

bool td_record_ends(const td_field_form *form, const char *text, size_t length, td_record_end *end)
{
    const char *at = text + end->at, *stop = text + length;
    while (at < stop) {
        if (!end->quoted) {
            at = begin_field(form, at, stop);
            end->quoted = at < stop && *at == form->quote;
            at += end->quoted;
        }
        if (end->quoted) {
            const char *closing = find_closing(form, at, stop);
            if (!closing)
                break;
            end->quoted = false;
            at = closing + 1;
        }
        at = find_separator(form, at, stop);
        if (at < stop)
            at = pass_separator(form, at, stop);
    }
    end->at = length;
    return !end->quoted;
}
