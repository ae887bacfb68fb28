/* Data come in the script itself, so that no file is made. A series of many points is shown by the
 * means of equally many neighbors: a picture is some hundred points wide. */
#include "report/plot_script.h"

#include "base/memory.h"
#include "report/escape.h"
#include "report/plot.h"
#include "tandem/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 460, HEIGHT = 290, MOST_POINTS = 600, TICS = 5 };

const char *td_plot_color(int color)
{
    static const char *const colors[TD_PLOT_COLORS] = {"#3b82c4", "#d0692a", "#3f9a56", "#c2507f",
                                                       "#8a66c9", "#9c812b", "#2f9a9a", "#c94d4d"};
    return color >= 0 && color < TD_PLOT_COLORS ? colors[color] : "#8a8f98";
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) {
            sum += values[i];
            n++;
        }
    return n > 0 ? sum / (double)n : NAN;
}

static void print_number(FILE *stream, double value)
{
    if (isfinite(value))
        td_print_exactly(stream, value);
    else
        fputs("NaN", stream);
}

/* "set xrange [0.5:1.5]" */
static void print_range(FILE *stream, const char *axis, double low, double high)
{
    fprintf(stream, "set %srange [", axis);
    print_number(stream, low);
    fputc(':', stream);
    print_number(stream, high);
    fputs("]\n", stream);
}

/* A block of data. Bars are told from others by their number, since each has its place. */
static void print_data(FILE *stream, const td_page_series *series, size_t number)
{
    const size_t group =
        series->kind == TD_SERIES_BARS ? 1 : (series->count + MOST_POINTS - 1) / MOST_POINTS;
    fprintf(stream, "$d%zu << EOD\n", number);
    for (size_t i = 0; i < series->count; i += group) {
        const size_t n = series->count - i < group ? series->count - i : group;
        print_number(stream, mean_of(series->x + i, n));
        fputc(' ', stream);
        print_number(stream, mean_of(series->y + i, n));
        fputc('\n', stream);
    }
    fprintf(stream, "EOD\n");
}

typedef struct {
    double low, high;
} bounds;

static void widen(bounds *b, double value)
{
    if (!isfinite(value))
        return;
    b->low = fmin(b->low, value);
    b->high = fmax(b->high, value);
}

/* What x of a plot's points are between; its mark counts, and so do whole bars. */
static bounds bounds_of(const td_page_plot *plot)
{
    bounds b = {INFINITY, -INFINITY};
    for (size_t s = 0; s < plot->count; s++) {
        const td_page_series *series = plot->series[s];
        const bool is_wide = series->kind == TD_SERIES_BARS && series->count > 1;
        const double half = is_wide ? (series->x[1] - series->x[0]) / 2 : 0;
        for (size_t i = 0; i < series->count; i++) {
            widen(&b, series->x[i] - half);
            widen(&b, series->x[i] + half);
        }
    }
    widen(&b, plot->mark);
    return b;
}

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* What nearly all of y (count) are between: beyond nine tenths of them as far as half their range
 * again. Sorts them. */
static bounds usual(double *y, size_t count)
{
    enum { TENTHS = 10 };
    qsort(y, count, sizeof *y, ascending);
    const size_t cut = (count + TENTHS - 2) / TENTHS; /* of each end; 0 of one value */
    const double low = y[cut < count ? cut : 0], high = y[cut < count ? count - 1 - cut : 0];
    const double room = (high - low) / 2;
    return (bounds){fmax(y[0], low - room), fmin(y[count - 1], high + room)};
}

/* What y of a plot's points are between; bars begin at 0. */
static bounds bounds_of_y(const td_page_plot *plot)
{
    size_t count = 0;
    double *y = NULL;
    bounds b = {INFINITY, -INFINITY};
    for (size_t s = 0; s < plot->count; s++) {
        if (plot->series[s]->kind == TD_SERIES_BARS)
            widen(&b, 0);
        for (size_t i = 0; i < plot->series[s]->count; i++) {
            const double value = plot->series[s]->y[i];
            if (!isfinite(value) || !isfinite(plot->series[s]->x[i]))
                continue;
            widen(&b, value);
            y = td_grow(y, count, sizeof *y);
            y[count++] = value;
        }
    }
    if (plot->is_robust && count > 4)
        b = usual(y, count);
    td_free(y);
    return b;
}

/* Whether all x, or all y, of a plot's points are whole: then tics between are of no use. */
static bool are_whole(const td_page_plot *plot, bool in_x)
{
    for (size_t s = 0; s < plot->count; s++)
        for (size_t i = 0; i < plot->series[s]->count; i++) {
            const double v = in_x ? plot->series[s]->x[i] : plot->series[s]->y[i];
            if (isfinite(v) && v != floor(v))
                return false;
        }
    return true;
}

/* 1, 2 or 5 times a power of 10, so that about TICS of it make the distance. */
static double step_of(double distance)
{
    const double rough = distance / TICS, unit = pow(10, floor(log10(rough)));
    const double part = rough / unit;
    return unit * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

/* "1.5M": the numbers of steps would not stand side by side in full. */
static void print_tic(FILE *stream, double x)
{
    static const struct {
        double size;
        const char *letter;
    } units[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}, {0, ""}};
    size_t u = 0;
    while (fabs(x) < units[u].size)
        u++;
    const double size = *units[u].letter == 'k' ? 1e3 : units[u].size;
    fprintf(stream, "'%.6g%s' ", size > 0 ? x / size : x, units[u].letter);
    print_number(stream, x);
}

/* Tics at each step of the range. */
static void print_tics(FILE *stream, const char *axis, bounds b, double step)
{
    const double first = ceil(b.low / step - 1e-9) * step;
    fprintf(stream, "set %stics (", axis);
    for (int i = 0; first + i * step <= b.high + 1e-9 * step; i++) {
        fputs(i > 0 ? ", " : "", stream);
        const double at = first + i * step;
        print_tic(stream, fabs(at) < 1e-9 * step ? 0 : at);
    }
    fputs(")\n", stream);
}

static void print_names(FILE *stream, const td_page_plot *plot)
{
    enum { ROOM = 50 }; /* letters side by side */
    size_t letters = 0;
    for (size_t t = 0; t < plot->tics; t++)
        letters += strlen(plot->tic[t]) + 2;
    print_range(stream, "x", 0.4, (double)plot->tics + 0.6);
    fprintf(stream, "set xtics font ',10' %s (", letters > ROOM ? "rotate by 20 right" : "");
    for (size_t t = 0; t < plot->tics; t++) {
        fputs(t > 0 ? ", " : "", stream);
        td_print_gnuplot(stream, plot->tic[t]);
        fprintf(stream, " %zu", t + 1);
    }
    fputs(")\n", stream);
}

/* The range of one place: from 0 to beyond it, so that it is in no corner. */
static bounds around(double at)
{
    const double beyond = 1.25;
    if (at == 0)
        return (bounds){-1, 1};
    return at > 0 ? (bounds){0, beyond * at} : (bounds){beyond * at, 0};
}

/* Whether all points have one x: they are then no curve. */
static bool is_one_place(const td_page_plot *plot)
{
    bounds b = {INFINITY, -INFINITY};
    for (size_t s = 0; s < plot->count; s++)
        for (size_t i = 0; i < plot->series[s]->count; i++)
            if (isfinite(plot->series[s]->y[i]))
                widen(&b, plot->series[s]->x[i]);
    return !(b.high > b.low);
}

static void print_x_axis(FILE *stream, const td_page_plot *plot)
{
    bounds b = bounds_of(plot);
    if (plot->tics > 0) {
        print_names(stream, plot);
        return;
    }
    if (is_one_place(plot))
        b = around(b.high);
    const double step = step_of(b.high - b.low), room = 0.02 * (b.high - b.low);
    bounds shown = {b.low - room, b.high + room};
    if (plot->is_share_in_x)
        shown = (bounds){fmax(shown.low, 0), fmin(shown.high, 1)};
    print_range(stream, "x", shown.low, shown.high);
    print_tics(stream, "x", shown, are_whole(plot, true) ? fmax(step, 1) : step);
}

/* From tic to tic, but never beyond what a share can be. */
static void print_y_axis(FILE *stream, const td_page_plot *plot)
{
    bounds b = bounds_of_y(plot);
    if (!(b.high > b.low))
        b = around(b.low);
    double step = step_of(b.high - b.low);
    step = are_whole(plot, false) ? fmax(step, 1) : step;
    b = (bounds){floor(b.low / step + 1e-9) * step, ceil(b.high / step - 1e-9) * step};
    if (plot->is_share)
        b = (bounds){fmax(b.low, 0), fmin(b.high, 1)};
    print_range(stream, "y", b.low, b.high);
    print_tics(stream, "y", b, step);
}

static void print_series(FILE *stream, const td_page_series *series, size_t number)
{
    static const char *const styles[] = {
        [TD_SERIES_LINE] = "linespoints pt 7 ps 0.35 lw 1.8",
        [TD_SERIES_FAINT] = "lines lw 0.8",
        [TD_SERIES_POINTS] = "points pt 7 ps 0.55",
        [TD_SERIES_BARS] = "boxes fs solid 0.75 noborder",
    };
    const bool has_many = series->kind == TD_SERIES_LINE && series->count > 60;
    const bool is_point = series->kind == TD_SERIES_LINE && series->count == 1;
    fprintf(stream, "$d%zu using 1:2 with %s%s lc rgb '%s' notitle", number,
            has_many   ? "lines lw 1.4"
            : is_point ? "points pt 7 ps 0.9"
                       : styles[series->kind],
            series->is_dashed && series->kind == TD_SERIES_LINE && !is_point ? " dt (6,4)" : "",
            td_plot_color(series->kind == TD_SERIES_FAINT ? -1 : series->color));
}

static void print_frame(FILE *stream, const td_page_plot *plot)
{
    fprintf(stream,
            "set encoding utf8\nset terminal svg size %d,%d dynamic noenhanced font "
            "'sans-serif,12'\nset border 3 lc rgb 'black'\nset grid ytics lc rgb 'gray' lw 0.5\n"
            "unset key\nset tics nomirror out\nset xlabel ",
            WIDTH, HEIGHT);
    td_print_gnuplot(stream, plot->x_label);
    fputs("\nset ylabel ", stream);
    td_print_gnuplot(stream, plot->y_label);
    fputc('\n', stream);
    if (isfinite(plot->mark)) {
        fputs("set arrow 1 from ", stream);
        print_number(stream, plot->mark);
        fputs(", graph 0 to ", stream);
        print_number(stream, plot->mark);
        fputs(", graph 1 nohead dt (2,3) lw 1.2 lc rgb 'black'\n", stream);
    }
    if (plot->count > 0 && plot->series[0]->kind == TD_SERIES_BARS) {
        const td_page_series *bars = plot->series[0];
        fputs("set boxwidth ", stream);
        print_number(stream, 0.9 * (bars->count > 1 ? bars->x[1] - bars->x[0] : 1));
        fputs(" absolute\n", stream);
    }
}

void td_plot_script(FILE *stream, const td_page_plot *plot)
{
    const char *before = "plot ";
    print_frame(stream, plot);
    print_x_axis(stream, plot);
    print_y_axis(stream, plot);
    for (size_t s = 0; s < plot->count; s++)
        print_data(stream, plot->series[s], s);
    for (size_t s = 0; s < plot->count; s++) {
        fputs(before, stream);
        print_series(stream, plot->series[s], s);
        before = ", ";
    }
    if (plot->shows_diagonal)
        fputs(", x with lines dt (2,3) lw 1 lc rgb 'black' notitle", stream);
    fputc('\n', stream);
}
