/* One character at a time, of texts that are valid UTF-8 once they are visible. */
#include "report/escape.h"

#include "base/number.h"
#include "base/visible.h"
#include "tandem/memory.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void print_character(FILE *stream, char c)
{
    const char *entity = entity_of(c);
    if (entity)
        fputs(entity, stream);
    else
        fputc(c, stream);
}

void td_print_html(FILE *stream, const char *text)
{
    char *visible = td_visible((td_str){text, strlen(text)}, "");
    for (const char *c = visible; *c; c++)
        print_character(stream, *c);
    td_free(visible);
}

/* Whether a name may break between two characters of it. Before a digit a point or a comma may be a
 * number's, and top_100 is one word. */
static bool may_break(char before, char after)
{
    const bool is_inside = after != '\0' && !isspace((unsigned char)after);
    if (before == '.' || before == ',' || before == '_')
        return is_inside && !isdigit((unsigned char)after) && after != before;
    return is_inside && before != '\0' && after != before && strchr("/=;", before);
}

void td_print_html_flow(FILE *stream, const char *text)
{
    char *visible = td_visible((td_str){text, strlen(text)}, "");
    bool is_option = false;
    for (const char *c = visible; *c; c++) {
        const bool is_start = c == visible || isspace((unsigned char)c[-1]);
        if (is_start && *c == '-' && c[1] == '-') {
            fputs("<span class=\"short\">", stream);
            is_option = true;
        }
        print_character(stream, *c);
        if (is_option && !(c[1] == '-' || isalnum((unsigned char)c[1]))) {
            fputs("</span>", stream);
            is_option = false;
        }
        if (may_break(*c, c[1]))
            fputs("<wbr>", stream);
    }
    td_free(visible);
}

void td_print_gnuplot(FILE *stream, const char *text)
{
    char *visible = td_visible((td_str){text, strlen(text)}, "");
    fputc('\'', stream);
    for (const char *c = visible; *c; c++) {
        if (*c == '\'')
            fputc('\'', stream); /* two stand for one; all else in single quotes is itself */
        fputc(*c, stream);
    }
    fputc('\'', stream);
    td_free(visible);
}

void td_print_csv(FILE *stream, const char *text)
{
    const char *quote = strpbrk(text, ",\"\n\r") ? "\"" : "";
    fputs(quote, stream);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            fputc('"', stream);
        fputc(*c == '\n' || *c == '\r' ? ' ' : *c, stream);
    }
    fputs(quote, stream);
}

void td_print_exactly(FILE *stream, double value)
{
    char text[TD_NUMBER_SIZE];
    td_number_write_plain(value + 0.0, text); /* which has no sign where it is 0 */
    fputs(text, stream);
}
