/* One character at a time, of texts that are valid UTF-8 once they are visible. */
#include "report/escape.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/visible.h"
#include "tandem/memory.h"

#include <ctype.h>
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

/* The marks around a stranger's text: control characters, which it cannot have. */
enum { BEGIN = 2, END = 3 };
static const char marks[] = {BEGIN, END, '\0'};

char *td_isolated(const char *text)
{
    char *visible = td_visible((td_str){text, strlen(text)}, "");
    const bool has_mark = strpbrk(text, marks) != NULL;
    char *isolated = td_print_text("%c%s%c", BEGIN, has_mark ? visible : text, END);
    td_free(visible);
    return isolated;
}

/* A text on its way into HTML. */
typedef struct {
    FILE *stream;
    const char *begin, *end; /* what marks become */
    int open;
} html_writer;

static void print_character(html_writer *w, char c)
{
    const char *entity = entity_of(c);
    if (c == BEGIN) {
        fputs(w->begin, w->stream);
        w->open++;
    } else if (c == END) {
        fputs(w->open > 0 ? w->end : "", w->stream);
        w->open -= w->open > 0;
    } else if (entity) {
        fputs(entity, w->stream);
    } else {
        fputc(c, w->stream);
    }
}

static void close_marks(html_writer *w)
{
    for (; w->open > 0; w->open--)
        fputs(w->end, w->stream);
}

static void print_text(html_writer w, const char *text)
{
    char *visible = td_visible((td_str){text, strlen(text)}, marks);
    for (const char *c = visible; *c; c++)
        print_character(&w, *c);
    close_marks(&w);
    td_free(visible);
}

void td_print_html(FILE *stream, const char *text)
{
    print_text((html_writer){stream, "<bdi>", "</bdi>", 0}, text);
}

/* First-strong isolate and its end (Unicode Standard Annex 9). */
void td_print_attribute(FILE *stream, const char *text)
{
    print_text((html_writer){stream, "&#x2068;", "&#x2069;", 0}, text);
}

/* Whether a name may break between two characters of it. Before a digit a point or a comma may be a
 * number's, and top_100 is one word. */
static bool may_break(char before, char after)
{
    const bool is_inside = after != '\0' && after != END && !isspace((unsigned char)after);
    if (before == '.' || before == ',' || before == '_')
        return is_inside && !isdigit((unsigned char)after) && after != before;
    return is_inside && before != '\0' && after != before && strchr("/=;", before);
}

void td_print_html_flow(FILE *stream, const char *text)
{
    char *visible = td_visible((td_str){text, strlen(text)}, marks);
    html_writer w = {stream, "<bdi>", "</bdi>", 0};
    bool is_option = false;
    for (const char *c = visible; *c; c++) {
        const bool is_start = c == visible || isspace((unsigned char)c[-1]);
        if (is_start && *c == '-' && c[1] == '-') {
            fputs("<span class=\"short\">", stream);
            is_option = true;
        }
        print_character(&w, *c);
        if (is_option && !(c[1] == '-' || isalnum((unsigned char)c[1]))) {
            fputs("</span>", stream);
            is_option = false;
        }
        if (may_break(*c, c[1]))
            fputs("<wbr>", stream);
    }
    close_marks(&w);
    td_free(visible);
}

void td_print_gnuplot(FILE *stream, const char *text)
{
    char *visible = td_visible((td_str){text, strlen(text)}, marks);
    fputc('\'', stream);
    for (const char *c = visible; *c; c++) {
        if (strchr(marks, *c))
            continue;
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
        if (strchr(marks, *c))
            continue;
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
