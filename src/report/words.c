/* What several sections say alike. */
#include "report/words.h"

#include "base/memory.h"
#include "base/number.h"
#include "report/plot.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

char *td_words_seconds(double seconds)
{
    enum { MINUTE = 60, HOUR = 3600 };
    const long long whole = llround(seconds);
    if (seconds < 2 * MINUTE)
        return td_print_text("%.1f s", seconds);
    if (whole < 2 * HOUR)
        return td_print_text("%lld min %lld s", whole / MINUTE, whole % MINUTE);
    return td_print_text("%lld h %lld min", whole / HOUR, whole % HOUR / MINUTE);
}

char *td_words_bytes(int64_t bytes)
{
    const double n = (double)bytes;
    if (bytes < 1000000)
        return td_print_text("%.1f kB", n / 1e3);
    return bytes < 1000000000 ? td_print_text("%.1f MB", n / 1e6)
                              : td_print_text("%.1f GB", n / 1e9);
}

char *td_words_system(const td_evaluation *e, const td_metric_value *value)
{
    for (size_t i = 0; value->by && i < e->count; i++) {
        const td_metric_value *other = &e->value[i];
        if (strcmp(other->system, value->system) == 0 && other->by &&
            strcmp(other->by, value->by) != 0)
            return td_print_text("%s,%s", value->system, value->by);
    }
    return td_copy_text(value->system);
}

/* Returns the end of a value: the comma before the next "key=", since it may have others, or the
 * end of the text. */
static const char *end_of_value(const char *value)
{
    const char *comma = value + strcspn(value, ",");
    while (*comma) {
        const char *next = comma + 1 + strcspn(comma + 1, ",=");
        if (*next == '=')
            return comma;
        comma = next;
    }
    return comma;
}

static void print_value(FILE *stream, const char *value)
{
    char text[TD_NUMBER_SIZE];
    double number;
    const bool is_number = td_number_read_real(value, &number);
    if (is_number)
        td_number_write_plain(number, text);
    fputs(is_number ? text : value, stream);
}

char *td_words_settings(const char *by)
{
    char *text;
    size_t size;
    FILE *stream = td_text_writer(&text, &size);
    for (const char *before = ""; *by; before = ", ") {
        const char *equals = strchr(by, '='), *from = equals ? equals + 1 : by;
        const char *end = end_of_value(from);
        char *value = td_print_text("%.*s", (int)(end - from), from);
        fprintf(stream, "%s%.*s", before, (int)(from - by), by);
        print_value(stream, value);
        td_free(value);
        by = end + (*end == ',');
    }
    td_text_writer_close(stream);
    return text;
}

void td_add_settings(const td_evaluation *e, td_page_section *section)
{
    char *text;
    size_t size;
    FILE *stream = td_text_writer(&text, &size);
    for (size_t i = 0; i < e->count; i++) {
        const td_metric_value *value = &e->value[i];
        bool is_new = value->by != NULL;
        for (size_t j = 0; j < i && is_new; j++)
            is_new = !e->value[j].by || strcmp(e->value[j].system, value->system) != 0 ||
                     strcmp(e->value[j].by, value->by) != 0;
        if (!is_new)
            continue;
        char *by = td_words_settings(value->by);
        fprintf(stream, "%s%s by %s", ftell(stream) > 0 ? "; " : "Baselines: ", value->system, by);
        td_free(by);
    }
    td_text_writer_close(stream);
    if (*text)
        td_section_text(section, TD_PART_TEXT, "%s.", text);
    td_free(text);
}

char *td_words_rows(const td_chosen_by *by)
{
    if (by->split == TD_TRAIN)
        return td_copy_text("the training loss");
    if (by->sample > 0)
        return td_print_text("a sample of %" PRId64 " %s rows", by->sample,
                             td_split_name(by->split));
    return td_print_text("the %s rows", td_split_name(by->split));
}

int td_color_of_run(size_t run)
{
    return run < TD_PLOT_COLORS ? (int)run : TD_PLOT_COLORS;
}

size_t td_run_drawn(size_t count, size_t i)
{
    const size_t gray = count > TD_PLOT_COLORS ? count - TD_PLOT_COLORS : 0;
    return i < gray ? TD_PLOT_COLORS + i : i - gray;
}

void td_mark_best(const td_report_run *run, td_page_plot *plot)
{
    if (run->best < 0)
        return;
    char *name = td_print_text("best checkpoint, step %" PRId64, run->best);
    td_plot_mark(plot, (double)run->best, name);
    td_free(name);
}

void td_add_curve(td_page_plot *plot, const char *name, int color, const td_record_curve *curve)
{
    td_page_series *series = td_plot_series(
        plot, name, color < TD_PLOT_COLORS ? TD_SERIES_LINE : TD_SERIES_FAINT, color);
    for (size_t i = 0; i < curve->count; i++)
        td_series_point(series, curve->step[i], curve->value[i]);
}
