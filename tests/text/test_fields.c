/* Where fields begin and end, with separators of any length and with quotes. */
#include "text/fields.h"

#include <criterion/criterion.h>
#include <string.h>

enum { LIMIT = 8, BYTES = 128 };

typedef struct {
    char text[BYTES];
    td_str fields[LIMIT];
    size_t count;
    td_status status;
} cut;

/* Joins the fields with '|' into out, for comparison with one string. */
static const char *joined(const char *line, const char *separator, bool quoted, char out[BYTES])
{
    cut c = {.count = 0};
    memcpy(c.text, line, strlen(line));
    td_line l = {"f", 7, c.text, strlen(line), true};
    c.status = td_fields_split(&l, separator, quoted, LIMIT, c.fields, &c.count);
    if (c.status != TD_OK)
        return td_message();
    size_t length = 0;
    for (size_t i = 0; i < c.count && i < LIMIT; i++) {
        out[length] = '|';
        memcpy(out + length + (i > 0), c.fields[i].text, c.fields[i].length);
        length += c.fields[i].length + (i > 0);
    }
    out[length] = '\0';
    return out;
}

Test(fields, are_cut_at_every_separator)
{
    const struct {
        const char *line, *separator, *fields;
    } cases[] = {
        {"a", ",", "a"},
        {"a,b,c", ",", "a|b|c"},
        {",,", ",", "||"},
        {"a\tb c\t", "\t", "a|b c|"},
        {"1::Title: Part::x", "::", "1|Title: Part|x"},
        {"1:::2", "::", "1|:2"},
        {"::", "::", "|"},
        {":", "::", ":"},
        {"\"a\",b", "\t", "\"a\",b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[BYTES];
        cr_assert_str_eq(joined(cases[i].line, cases[i].separator, false, out), cases[i].fields);
    }
}

Test(fields, may_be_quoted_as_in_rfc_4180)
{
    const struct {
        const char *line, *fields;
    } cases[] = {
        {"\"a,b\",c", "a,b|c"},
        {"1,\"American President, The (1995)\",Comedy", "1|American President, The (1995)|Comedy"},
        {"\"say \"\"hi\"\"\",x", "say \"hi\"|x"},
        {"\"\",\"\"\"\"", "|\""},
        {"a\"b,c", "a\"b|c"},
        {"x,\"\"", "x|"},
        {"\"a\",", "a|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[BYTES];
        cr_assert_str_eq(joined(cases[i].line, ",", true, out), cases[i].fields);
    }
}

Test(fields, with_broken_quotes_are_refused)
{
    char out[BYTES];
    cr_assert_str_eq(joined("1,\"open", ",", true, out),
                     "f:7: expected a quote that ends the field \"open, found the line's end");
    cr_assert_str_eq(joined("1,\"open\"\"", ",", true, out),
                     "f:7: expected a quote that ends the field \"open\"\", found the line's end");
    cr_assert_str_eq(joined("\"a\"b,c", ",", true, out),
                     "f:7: expected ',' after a closing quote, found 'b,c'");
}

Test(fields, beyond_the_limit_are_counted_only)
{
    char text[] = "1,2,3,4,5";
    td_line line = {"f", 1, text, strlen(text), true};
    td_str fields[2], guard = {"guard", 5};
    size_t count;
    fields[1] = guard;
    cr_assert_eq(td_fields_split(&line, ",", true, 1, fields, &count), TD_OK);
    cr_assert_eq(count, 5);
    cr_assert_eq(fields[1].text, guard.text, "nothing is written past the limit");
}
