/* One character at a time, of texts that are valid UTF-8 once they are visible. */
#include "report/escape.h"

#include "base/number.h"
#include "base/visible.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>
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

void td_print_html(FILE *stream, const char *text)
{
    char *visible = td_visible((td_str){text, strlen(text)}, "");
    for (const char *c = visible; *c; c++) {
        const char *entity = entity_of(*c);
        if (entity)
            fputs(entity, stream);
        else
            fputc(*c, stream);
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
    const double whole = 1e15; /* so far doubles count one by one */
    char text[TD_NUMBER_SIZE];
    if (value == floor(value) && fabs(value) < whole) {
        fprintf(stream, "%" PRId64, (int64_t)value);
        return;
    }
    td_number_write_real(value, text);
    fputs(text, stream);
}
