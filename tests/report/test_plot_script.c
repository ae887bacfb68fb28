/* What gnuplot is told of series that are long, odd or of one place. */
#include "report/plot_script.h"

#include "base/memory.h"
#include "tandem/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(plot_script, .timeout = 10);

static td_page page;

static td_page_plot *make_plot(const char *label)
{
    return td_section_plot(td_page_add(&page, "s", "S"), "p", "P", label, "");
}

static char *script_of(const td_page_plot *plot)
{
    char *text;
    size_t size;
    FILE *stream = td_text_writer(&text, &size);
    td_plot_script(stream, plot);
    td_text_writer_close(stream);
    return text;
}

static void assert_told(const td_page_plot *plot, const char *part)
{
    char *script = script_of(plot);
    cr_assert(strstr(script, part), "expected %s in %s", part, script);
    td_free(script);
}

Test(plot_script, a_long_series_is_shown_by_means_of_neighbors)
{
    td_page_plot *plot = make_plot("step");
    td_page_series *series = td_plot_series(plot, "", TD_SERIES_LINE, 0);
    for (int i = 0; i < 1200; i++)
        td_series_point(series, i, i % 2 ? (double)NAN : 2 * i);
    assert_told(plot, "$d0 << EOD\n0.5 0\n2.5 4\n");
    char *script = script_of(plot);
    size_t lines = 0;
    for (const char *c = script; *c; c++)
        lines += *c == '\n';
    cr_assert_lt(lines, 630);
    td_free(script);
    td_page_free(&page);
}

Test(plot_script, what_is_no_number_leaves_a_gap)
{
    td_page_plot *plot = make_plot("step");
    td_page_series *series = td_plot_series(plot, "", TD_SERIES_LINE, 0);
    cr_assert(!td_plot_has_points(plot));
    td_series_point(series, 1, NAN);
    td_series_point(series, 2, INFINITY);
    cr_assert(!td_plot_has_points(plot));
    td_series_point(series, 3, 1e-300);
    cr_assert(td_plot_has_points(plot));
    assert_told(plot, "1 NaN\n2 NaN\n3 1e-300\n");
    td_page_free(&page);
}

Test(plot_script, one_place_is_a_dot_in_no_corner)
{
    td_page_plot *plot = make_plot("step");
    td_series_point(td_plot_series(plot, "", TD_SERIES_LINE, 0), 40, 7);
    td_plot_mark(plot, 39, "best");
    assert_told(plot, "set xrange [-1:51]\nset xtics ('0' 0, '10' 10, '20' 20, '30' 30, '40' 40, "
                      "'50' 50)\nset yrange [0:10]");
    assert_told(plot, "with points pt 7 ps 0.9");
    td_page_free(&page);
}

Test(plot_script, shares_stay_between_0_and_1)
{
    td_page_plot *plot = make_plot("k");
    td_page_series *series = td_plot_series(plot, "", TD_SERIES_LINE, 0);
    plot->is_share = plot->is_share_in_x = true;
    td_series_point(series, 0, 0.55);
    td_series_point(series, 1, 0.995);
    assert_told(plot, "set xrange [0:1]\n");
    assert_told(plot, "set yrange [0.5:1]\nset ytics ('0.5' 0.5, '0.6' 0.6");
    td_page_free(&page);
}

Test(plot_script, counts_have_whole_tics)
{
    td_page_plot *plot = make_plot("step");
    td_page_series *series = td_plot_series(plot, "", TD_SERIES_LINE, 0);
    td_series_point(series, 1, 0);
    td_series_point(series, 2, 2);
    assert_told(plot,
                "set xtics ('1' 1, '2' 2)\nset yrange [0:2]\nset ytics ('0' 0, '1' 1, '2' 2)");
    td_page_free(&page);
}

Test(plot_script, one_spike_does_not_flatten_the_rest)
{
    td_page_plot *plot = make_plot("step");
    td_page_series *series = td_plot_series(plot, "", TD_SERIES_LINE, 0);
    td_series_point(series, 1, 90000);
    for (int i = 2; i < 20; i++)
        td_series_point(series, i, 1000 + 10 * i);
    assert_told(plot, "set yrange [0:100000]");
    plot->is_robust = true;
    assert_told(plot, "set yrange [1000:1250]");
    td_page_free(&page);
}

Test(plot_script, one_bar_is_wide_and_groups_have_their_names)
{
    td_page_plot *plot = make_plot("");
    td_series_point(td_plot_series(plot, "", TD_SERIES_BARS, 0), 1, 0.25);
    td_plot_tic(plot, "it's");
    assert_told(plot, "set boxwidth 0.9 absolute\n");
    assert_told(plot,
                "set xrange [0.4:1.6]\nset xtics font ',10'  ('it''s' 1)\nset yrange [0:0.25]");
    td_page_free(&page);
}

Test(plot_script, steps_in_the_millions_are_short)
{
    td_page_plot *plot = make_plot("step");
    td_page_series *series = td_plot_series(plot, "", TD_SERIES_LINE, 0);
    td_series_point(series, 0, 7);
    td_series_point(series, 2500000, 8);
    assert_told(plot, "'0' 0, '500k' 500000, '1M' 1000000, '1.5M' 1500000");
    td_page_free(&page);
}

Test(plot_script, labels_are_strings)
{
    td_page_plot *plot = make_plot("it's `x`");
    td_series_point(td_plot_series(plot, "", TD_SERIES_LINE, 0), 40, 7);
    assert_told(plot, "set xlabel 'it''s `x`'\n");
    td_page_free(&page);
}

Test(plot_script, files_have_names_of_their_own)
{
    td_page_section *section = td_page_add(&page, "s", "S");
    const td_page_plot *first = td_section_plot(section, "../a b", "", "", "");
    const td_page_plot *second = td_section_plot(section, "../a b", "", "", "");
    cr_assert_str_eq(first->name, "___a_b");
    cr_assert_str_eq(second->name, "___a_b-2");
    td_page_free(&page);
}
