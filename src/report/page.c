/* Lists that grow, and copies of texts. */
#include "report/page.h"

#include "base/memory.h"
#include "tandem/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void free_table(td_page_table *table)
{
    if (!table)
        return;
    for (size_t c = 0; c < table->columns; c++)
        td_free(table->column[c].name);
    for (size_t i = 0; i < table->cells; i++)
        td_free(table->cell[i].text);
    td_free(table->name);
    td_free(table->caption);
    td_free(table->column);
    td_free(table->cell);
    td_free(table);
}

static void free_plot(td_page_plot *plot)
{
    if (!plot)
        return;
    for (size_t s = 0; s < plot->count; s++) {
        td_free(plot->series[s]->name);
        td_free(plot->series[s]->x);
        td_free(plot->series[s]->y);
        td_free(plot->series[s]);
    }
    td_free(plot->name);
    td_free(plot->title);
    td_free(plot->x_label);
    td_free(plot->y_label);
    for (size_t t = 0; t < plot->tics; t++)
        td_free(plot->tic[t]);
    td_free(plot->tic);
    td_free(plot->series);
    td_free(plot->mark_name);
    td_free(plot);
}

static void free_section(td_page_section *section)
{
    for (size_t p = 0; p < section->count; p++) {
        td_free(section->part[p].text);
        free_table(section->part[p].table);
        free_plot(section->part[p].plot);
    }
    td_free(section->part);
    td_free(section);
}

void td_page_free(td_page *page)
{
    for (size_t s = 0; s < page->count; s++)
        free_section(page->section[s]);
    td_free(page->section);
    td_free(page->title);
    td_free(page->subtitle);
    *page = (td_page){.title = NULL};
}

td_page_section *td_page_add(td_page *page, const char *name, const char *title)
{
    page->section = td_grow(page->section, page->count, sizeof(void *));
    td_page_section *section = TD_NEW(td_page_section, 1);
    *section = (td_page_section){.name = name, .title = title};
    page->section[page->count++] = section;
    return section;
}

static td_page_part *add_part(td_page_section *section, td_part kind)
{
    section->part = td_grow(section->part, section->count, sizeof *section->part);
    td_page_part *part = &section->part[section->count++];
    *part = (td_page_part){.kind = kind};
    return part;
}

void td_section_text(td_page_section *section, td_part kind, const char *format, ...)
{
    char *text;
    size_t size;
    FILE *stream = td_text_writer(&text, &size);
    va_list values;
    va_start(values, format);
    vfprintf(stream, format, values);
    va_end(values);
    td_text_writer_close(stream);
    add_part(section, kind)->text = text;
}

/* Whether a table or plot of the section has this name. */
static bool has_name(const td_page_section *section, const char *name)
{
    for (size_t p = 0; p < section->count; p++) {
        const td_page_part *part = &section->part[p];
        if ((part->table && strcmp(part->table->name, name) == 0) ||
            (part->plot && strcmp(part->plot->name, name) == 0))
            return true;
    }
    return false;
}

/* Returns a name for a file, of harmless characters, that nothing in the section has. */
static char *file_name(const td_page_section *section, const char *name)
{
    enum { LONGEST = 100 };
    char *safe = td_print_text("%.*s", LONGEST, name), *unique = td_copy_text(safe);
    for (char *c = safe; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *c))
            *c = '_';
    for (int n = 1; n == 1 || has_name(section, unique); n++) {
        td_free(unique);
        unique = n == 1 ? td_copy_text(safe) : td_print_text("%s-%d", safe, n);
    }
    td_free(safe);
    return unique;
}

td_page_table *td_section_table(td_page_section *section, const char *name, const char *caption)
{
    td_page_table *table = TD_NEW(td_page_table, 1);
    table->name = file_name(section, name);
    table->caption = td_copy_text(caption);
    add_part(section, TD_PART_TABLE)->table = table;
    return table;
}

void td_table_column(td_page_table *table, const char *name, bool has_interval)
{
    table->column = td_grow(table->column, table->columns, sizeof *table->column);
    table->column[table->columns++] = (td_page_column){td_copy_text(name), has_interval};
}

static void add_cell(td_page_table *table, td_page_cell cell)
{
    table->cell = td_grow(table->cell, table->cells, sizeof *table->cell);
    table->cell[table->cells++] = cell;
}

void td_table_text(td_page_table *table, const char *text)
{
    add_cell(table, (td_page_cell){.text = td_copy_text(text)});
}

void td_table_number(td_page_table *table, double value, int digits)
{
    td_table_interval(table, value, NAN, NAN, digits);
}

void td_table_interval(td_page_table *table, double value, double low, double high, int digits)
{
    add_cell(table, (td_page_cell){.value = value, .low = low, .high = high, .digits = digits});
}

td_page_plot *td_section_plot(td_page_section *section, const char *name, const char *title,
                              const char *x_label, const char *y_label)
{
    td_page_plot *plot = TD_NEW(td_page_plot, 1);
    *plot = (td_page_plot){.name = file_name(section, name),
                           .title = td_copy_text(title),
                           .x_label = td_copy_text(x_label),
                           .y_label = td_copy_text(y_label),
                           .mark = NAN};
    add_part(section, TD_PART_PLOT)->plot = plot;
    return plot;
}

td_page_series *td_plot_series(td_page_plot *plot, const char *name, td_series_kind kind, int color)
{
    plot->series = td_grow(plot->series, plot->count, sizeof(void *));
    td_page_series *series = TD_NEW(td_page_series, 1);
    *series = (td_page_series){.name = td_copy_text(name), .kind = kind, .color = color};
    plot->series[plot->count++] = series;
    return series;
}

void td_plot_tic(td_page_plot *plot, const char *name)
{
    plot->tic = td_grow(plot->tic, plot->tics, sizeof(void *));
    plot->tic[plot->tics++] = td_copy_text(name);
}

void td_plot_mark(td_page_plot *plot, double x, const char *name)
{
    td_free(plot->mark_name);
    plot->mark = x;
    plot->mark_name = td_copy_text(name);
}

void td_series_point(td_page_series *series, double x, double y)
{
    series->x = td_grow(series->x, series->count, sizeof *series->x);
    series->y = td_grow(series->y, series->count, sizeof *series->y);
    series->x[series->count] = x;
    series->y[series->count++] = y;
}

bool td_plot_has_points(const td_page_plot *plot)
{
    for (size_t s = 0; s < plot->count; s++)
        for (size_t i = 0; i < plot->series[s]->count; i++)
            if (isfinite(plot->series[s]->x[i]) && isfinite(plot->series[s]->y[i]))
                return true;
    return false;
}
