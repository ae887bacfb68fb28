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
static const char *joined_by(const char *line, const td_field_form *form, char out[BYTES])
{
    cut c = {.count = 0};
    memcpy(c.text, line, strlen(line));
    td_line l = {"f", 7, c.text, strlen(line), true, 0};
    c.status = td_fields_split(&l, form, LIMIT, c.fields, &c.count);
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

static const char *joined(const char *line, const char *separator, bool quoted, char out[BYTES])
{
    const td_field_form form = {.separator = separator, .quote = quoted ? '"' : '\0'};
    return joined_by(line, &form, out);
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

Test(fields, lose_the_blanks_around_them)
{
    const struct {
        td_field_form form;
        const char *line, *fields;
    } cases[] = {
        {{",", '"', true}, " a , b\t,c d ", "a|b|c d"},
        {{",", '"', true}, "1, \" b, c \" ,2", "1| b, c |2"},
        {{",", '"', true}, " , ", "|"},
        {{"\t", '\0', true}, " a \t\tb", "a||b"},
        {{" ", '"', true}, "a  b", "a||b"},
        {{"::", '\0', true}, "1 :: a:b ::", "1|a:b|"},
        {{",", '\'', true}, "'a, ''b'' c',\"d\"", "a, 'b' c|\"d\""},
        {{",", '"', false}, " a, \"b\"", " a| \"b\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[BYTES];
        cr_expect_str_eq(joined_by(cases[i].line, &cases[i].form, out), cases[i].fields);
    }
}

Test(fields, may_have_runs_of_blanks_between_them)
{
    static const td_field_form form = {.separator = NULL, .quote = '"'};
    const char *const cases[][2] = {
        {"1  10\t 5", "1|10|5"}, {"  1 2  ", "1|2"},          {"a", "a"},
        {"\"a b\"  c", "a b|c"}, {"1 \"a\"\"b\" ", "1|a\"b"}, {" \t ", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[BYTES];
        cr_expect_str_eq(joined_by(cases[i][0], &form, out), cases[i][1]);
    }
}

static void assert_refused(const char *line, const char *words)
{
    char out[BYTES];
    const char *found = joined(line, ",", true, out);
    cr_assert_eq(strncmp(found, words, strlen(words)), 0, "%s", found);
}

Test(fields, with_broken_quotes_are_refused)
{
    assert_refused("1,\"open",
                   "f:7: expected a quote that ends the field \"open, found the line's end");
    assert_refused("1,\"open\"\"",
                   "f:7: expected a quote that ends the field \"open\"\", found the line's end");
    assert_refused("\"a\"b,c", "f:7: expected ',' after a closing quote, found 'b,c'");
}

Test(fields, beyond_the_limit_are_counted_only)
{
    char text[] = "1,2,3,4,5";
    td_line line = {"f", 1, text, strlen(text), true, 0};
    const td_field_form form = {.separator = ",", .quote = '"'};
    td_str fields[2], guard = {"guard", 5};
    size_t count;
    fields[1] = guard;
    cr_assert_eq(td_fields_split(&line, &form, 1, fields, &count), TD_OK);
    cr_assert_eq(count, 5);
    cr_assert_eq(fields[1].text, guard.text, "nothing is written past the limit");
}
