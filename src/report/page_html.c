/* Element by element; whatever is a stranger's goes through td_print_html. */
#include "report/page_html.h"

#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "report/escape.h"
#include "report/page_style.h"
#include "report/plot.h"
#include "store/text_file.h"
#include "tandem/memory.h"
#include "tandem/version.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What every page begins with, and no other file. */
static const char opening[] = "<!DOCTYPE html>\n<!-- tandem report -->\n";

typedef struct {
    FILE *stream;
    size_t plots;      /* so far: each has identifiers of its own */
    bool has_no_plots; /* gnuplot is missing, which has been said */
} page_writer;

static void print_element(FILE *stream, const char *begin, const char *text, const char *end)
{
    fputs(begin, stream);
    td_print_html(stream, text);
    fputs(end, stream);
}

/* The same with a text that may be long. */
static void print_flow(FILE *stream, const char *begin, const char *text, const char *end)
{
    fputs(begin, stream);
    td_print_html_flow(stream, text);
    fputs(end, stream);
}

static void print_value(FILE *stream, double value, int digits)
{
    if (digits >= 0)
        fprintf(stream, "%.*f", digits, value);
    else
        fprintf(stream, "%.*g", -digits, value);
}

/* Whether a text stands on one line of a table, however narrow the page is. */
static bool is_short(const char *text)
{
    enum { SHORT = 30 };
    return strlen(text) <= SHORT;
}

/* reserves: others of the column have an interval, whose room it keeps. */
static void print_cell(FILE *stream, const td_page_cell *cell, bool reserves)
{
    if (cell->text) {
        fprintf(stream, "<td dir=\"auto\"%s>", is_short(cell->text) ? " class=\"short\"" : "");
        if (is_short(cell->text))
            print_element(stream, "", cell->text, "</td>");
        else
            print_flow(stream, "", cell->text, "</td>");
        return;
    }
    fputs("<td class=\"number\">", stream);
    if (isnan(cell->value))
        fputs("–", stream);
    else
        print_value(stream, cell->value, cell->digits);
    if (isfinite(cell->low) && isfinite(cell->high)) {
        fputs(" <small>", stream);
        print_value(stream, cell->low, cell->digits);
        fputs(" to ", stream);
        print_value(stream, cell->high, cell->digits);
        fputs("</small>", stream);
    } else if (reserves) {
        fputs(" <small>&nbsp;</small>", stream); /* so that values stand below one another */
    }
    fputs("</td>", stream);
}

/* Whether some cell of a column has an interval. */
static bool has_intervals(const td_page_table *table, size_t c)
{
    for (size_t i = c; i < table->cells; i += table->columns)
        if (!table->cell[i].text && isfinite(table->cell[i].low) && isfinite(table->cell[i].high))
            return true;
    return false;
}

/* Whether a column's first cell is a number: so then is its head. */
static bool is_numeric(const td_page_table *table, size_t c)
{
    return c < table->cells && !table->cell[c].text;
}

/* A table without rows is not in the page, only among the files: HTML has no empty bodies. */
static void print_table(FILE *stream, const td_page_table *table)
{
    TD_ASSERT(table->columns > 0);
    if (table->cells == 0)
        return;
    if (table->is_folded)
        print_flow(stream, "<details><summary>", table->caption, "</summary>\n");
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", stream);
    td_print_attribute(stream, table->caption);
    fputs("\">\n<table>", stream);
    if (!table->is_folded)
        print_flow(stream, "<caption>", table->caption, "</caption>");
    fputs("\n<thead><tr>", stream);
    for (size_t c = 0; c < table->columns; c++) {
        const char *name = table->column[c].name;
        fprintf(stream, "<th scope=\"col\" dir=\"auto\"%s>",
                is_numeric(table, c) ? " class=\"end\""
                : is_short(name)     ? " class=\"short\""
                                     : "");
        if (is_short(name) && !is_numeric(table, c))
            print_element(stream, "", name, "</th>");
        else
            print_flow(stream, "", name, "</th>");
    }
    fputs("</tr></thead>\n<tbody>\n", stream);
    bool *reserves = TD_NEW(bool, table->columns);
    for (size_t c = 0; c < table->columns; c++)
        reserves[c] = has_intervals(table, c);
    for (size_t i = 0; i < table->cells; i++) {
        fputs(i % table->columns == 0 ? "<tr>" : "", stream);
        print_cell(stream, &table->cell[i], reserves[i % table->columns]);
        fputs((i + 1) % table->columns == 0 ? "</tr>\n" : "", stream);
    }
    td_free(reserves);
    fputs(table->is_folded ? "</tbody></table></div></details>\n" : "</tbody></table></div>\n",
          stream);
}

static void print_legend(FILE *stream, const td_page_plot *plot)
{
    bool is_open = false;
    for (size_t s = 0; s <= plot->count; s++) {
        const td_page_series *series = s < plot->count ? plot->series[s] : NULL;
        const char *name = series ? series->name : isnan(plot->mark) ? "" : plot->mark_name;
        if (*name == '\0' || (series && series->kind == TD_SERIES_FAINT))
            continue;
        fputs(is_open ? "" : "<ul class=\"legend\">", stream);
        is_open = true;
        if (series)
            fprintf(stream, "<li style=\"--color:%s\"%s>", td_plot_color(series->color),
                    series->is_dashed ? " class=\"dashed\"" : "");
        else
            fputs("<li class=\"mark\">", stream);
        print_flow(stream, "<span dir=\"auto\">", name, "</span></li>");
    }
    fputs(is_open ? "</ul>" : "", stream);
}

static void print_no_plot(page_writer *w)
{
    const bool is_missing = strstr(td_message(), "no gnuplot") != NULL;
    if (w->has_no_plots)
        return;
    w->has_no_plots = is_missing;
    print_element(w->stream, "<p class=\"missing\">A picture is missing: ", td_message(),
                  is_missing ? ". Install it (Debian: gnuplot-nox) and make the report again; "
                               "tables, and files of --csv, have the numbers.</p>\n"
                             : "</p>\n");
    td_warn("%s, so the report has %s", td_message(),
            is_missing ? "tables alone (Debian: gnuplot-nox)" : "a picture less");
}

static void print_plot(page_writer *w, const td_page_plot *plot)
{
    char *svg, prefix[32];
    snprintf(prefix, sizeof prefix, "plot%zu-", ++w->plots);
    if (!td_plot_has_points(plot)) {
        print_element(w->stream, "<figure><figcaption>", plot->title,
                      "</figcaption><p>no values yet</p></figure>\n");
        return;
    }
    if (w->has_no_plots || td_plot_draw(plot, prefix, &svg) != TD_OK) {
        print_no_plot(w);
        return;
    }
    print_element(w->stream, "<figure><figcaption>", plot->title, "</figcaption>\n");
    fputs(svg, w->stream);
    print_legend(w->stream, plot);
    fputs("</figure>\n", w->stream);
    td_free(svg);
}

static void print_part(page_writer *w, const td_page_part *part)
{
    switch (part->kind) {
    case TD_PART_TEXT:
        print_flow(w->stream, "<p>", part->text, "</p>\n");
        break;
    case TD_PART_MISSING:
        print_flow(w->stream, "<p class=\"missing\">", part->text, "</p>\n");
        break;
    case TD_PART_WARNING:
        print_flow(w->stream, "<p class=\"warning\">", part->text, "</p>\n");
        break;
    case TD_PART_TABLE:
        print_table(w->stream, part->table);
        break;
    case TD_PART_PLOT:
        print_plot(w, part->plot);
        break;
    }
}

/* Plots that follow one another stand side by side where there is room. */
static void print_section(page_writer *w, const td_page_section *section)
{
    bool among_plots = false;
    fprintf(w->stream, "<section id=\"%s\">\n", section->name);
    print_element(w->stream, "<h2>", section->title, "</h2>\n");
    for (size_t p = 0; p < section->count; p++) {
        const bool is_plot = section->part[p].kind == TD_PART_PLOT;
        if (is_plot != among_plots)
            fputs(is_plot ? "<div class=\"plots\">\n" : "</div>\n", w->stream);
        among_plots = is_plot;
        print_part(w, &section->part[p]);
    }
    fputs(among_plots ? "</div>\n</section>\n" : "</section>\n", w->stream);
}

static void print_head(FILE *stream, const td_page *page)
{
    fputs(opening, stream);
    fputs("<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
          stream);
    fprintf(stream, "<meta name=\"generator\" content=\"tandem %s\">\n", td_version());
    fputs("<title>", stream);
    td_print_attribute(stream, page->title);
    fputs("</title>\n<style>\n", stream);
    fputs(td_page_style, stream);
    fputs("</style>\n</head>\n<body>\n<header>\n", stream);
    print_flow(stream, "<h1 dir=\"auto\">", page->title, "</h1>\n");
    print_element(stream, "<p>", page->subtitle ? page->subtitle : "", "</p>\n<nav>\n");
    for (size_t s = 0; s < page->count; s++) {
        fprintf(stream, "<a href=\"#%s\">", page->section[s]->name);
        print_element(stream, "", page->section[s]->title, "</a>\n");
    }
    fputs("</nav>\n</header>\n<main>\n", stream);
}

td_status td_page_check_html(const char *path)
{
    char found[sizeof opening] = "";
    size_t length;
    TD_TRY(td_look_at_start(path, sizeof found, found, &length));
    if (length == 0 || strcmp(found, opening) == 0)
        return TD_OK;
    return td_fail(TD_ERR_FILE,
                   "%s is there and is no report, so it is not replaced; give another name "
                   "(--out), or remove it first",
                   path);
}

td_status td_page_write_html(const td_page *page, const char *path)
{
    td_text_stream *file;
    TD_TRY(td_page_check_html(path));
    TD_TRY(td_text_stream_begin(path, &file));
    page_writer w = {.stream = td_text_stream_file(file)};
    print_head(w.stream, page);
    for (size_t s = 0; s < page->count; s++)
        print_section(&w, page->section[s]);
    fputs("</main>\n</body>\n</html>\n", w.stream);
    return td_text_stream_commit(file);
}
