/* What strangers' texts become in the languages of a report. */
#include "report/escape.h"

#include "base/memory.h"
#include "tandem/memory.h"

#include <criterion/criterion.h>

TestSuite(escape, .timeout = 10);

static void assert_printed(void (*print)(FILE *, const char *), const char *text,
                           const char *expected)
{
    char *printed;
    size_t size;
    FILE *stream = td_text_writer(&printed, &size);
    print(stream, text);
    td_text_writer_close(stream);
    cr_assert_str_eq(printed, expected, "%s became %s", text, printed);
    td_free(printed);
}

Test(escape, html_has_neither_elements_nor_entities_of_strangers)
{
    assert_printed(td_print_html, "<b title=\"x\" id='y'>&amp;</b>",
                   "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/b&gt;");
    assert_printed(td_print_html, "日本語 العربية 😀", "日本語 العربية 😀");
}

Test(escape, html_shows_what_hides_or_steers)
{
    assert_printed(td_print_html, "a\u202eb\u2066c\nd\x01", "a\\u{202e}b\\u{2066}c\\u{a}d\\u{1}");
    assert_printed(td_print_html, "\xff<", "\\x{ff}&lt;");
}

static void assert_isolated(void (*print)(FILE *, const char *), const char *name,
                            const char *expected)
{
    char *isolated = td_isolated(name), *text = td_print_text("User %s, 17 rows", isolated);
    assert_printed(print, text, expected);
    td_free(isolated);
    td_free(text);
}

Test(escape, names_in_sentences_keep_their_direction_to_themselves)
{
    assert_isolated(td_print_html, "مرحبا195", "User <bdi>مرحبا195</bdi>, 17 rows");
    assert_isolated(td_print_html_flow, "a/b --c",
                    "User <bdi>a/<wbr>b <span class=\"short\">--c"
                    "</span></bdi>, 17 rows");
    assert_isolated(td_print_attribute, "x", "User &#x2068;x&#x2069;, 17 rows");
    assert_isolated(td_print_csv, "x", "\"User x, 17 rows\"");
    assert_isolated(td_print_gnuplot, "x", "'User x, 17 rows'");
}

Test(escape, names_cannot_end_their_isolation)
{
    assert_isolated(td_print_html, "a\x03\x02<", "User <bdi>a\\u{3}\\u{2}&lt;</bdi>, 17 rows");
    assert_printed(td_print_html, "a\x03 b\x02 c", "a b<bdi> c</bdi>");
}

Test(escape, html_breaks_long_names_at_their_signs)
{
    assert_printed(td_print_html_flow, "a.b_c_1=0.1,d/e",
                   "a.<wbr>b_<wbr>c_1=<wbr>0.1,<wbr>d/<wbr>e");
    assert_printed(td_print_html_flow, "King, The; 1,000. [1,5]..", "King, The; 1,000. [1,5]..");
    assert_printed(td_print_html_flow, "<a=b>", "&lt;a=<wbr>b&gt;");
}

Test(escape, html_does_not_break_options_at_their_hyphens)
{
    assert_printed(td_print_html_flow, "train x --run y --set a-b",
                   "train x <span class=\"short\">--run</span> y "
                   "<span class=\"short\">--set</span> a-b");
    assert_printed(td_print_html_flow, "a--b -- --no-header",
                   "a--b <span class=\"short\">--</span> "
                   "<span class=\"short\">--no-header</span>");
}

Test(escape, gnuplot_reads_one_string_and_runs_nothing)
{
    assert_printed(td_print_gnuplot, "it's", "'it''s'");
    assert_printed(td_print_gnuplot, "'; system('x') #", "'''; system(''x'') #'");
    assert_printed(td_print_gnuplot, "`x` @m $d \\n {/=20 x}", "'`x` @m $d \\n {/=20 x}'");
    assert_printed(td_print_gnuplot, "a\nsystem 'x'", "'a\\u{a}system ''x'''");
}

Test(escape, csv_quotes_what_would_part_fields)
{
    assert_printed(td_print_csv, "plain", "plain");
    assert_printed(td_print_csv, "a, \"b\"\nc", "\"a, \"\"b\"\" c\"");
}

Test(escape, whole_numbers_have_no_exponent)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {40, "40"}, {-3, "-3"}, {0.1, "0.1"}, {1e300, "1e+300"}, {1.0 / 3, "0.3333333333333333"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *printed;
        size_t size;
        FILE *stream = td_text_writer(&printed, &size);
        td_print_exactly(stream, cases[i].value);
        td_text_writer_close(stream);
        cr_assert_str_eq(printed, cases[i].text);
        td_free(printed);
    }
}
