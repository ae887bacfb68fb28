/* Data come in the script itself, so that no file is made. A series of many points is shown by the
 * means of equally many neighbors: a picture is some hundred points wide. */
#include "report/plot_script.h"

#include "report/escape.h"
#include "report/plot.h"

#include <math.h>

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

static double least_y(const td_page_plot *plot)
{
    bounds b = {INFINITY, -INFINITY};
    for (size_t s = 0; s < plot->count; s++)
        for (size_t i = 0; i < plot->series[s]->count; i++)
            widen(&b, plot->series[s]->y[i]);
    return b.low;
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

static void print_x_axis(FILE *stream, bounds b)
{
    if (!(b.high > b.low)) { /* one place: in the middle */
        print_range(stream, "x", b.low - 1, b.low + 1);
        fputs("set xtics (", stream);
        print_tic(stream, b.low);
        fputs(")\n", stream);
        return;
    }
    const double step = step_of(b.high - b.low), first = ceil(b.low / step - 1e-9) * step;
    const double room = 0.02 * (b.high - b.low);
    print_range(stream, "x", b.low - room, b.high + room);
    fputs("set xtics (", stream);
    for (int i = 0; first + i * step <= b.high + room; i++) {
        fputs(i > 0 ? ", " : "", stream);
        const double x = first + i * step;
        print_tic(stream, fabs(x) < 1e-9 * step ? 0 : x);
    }
    fputs(")\n", stream);
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
    fprintf(stream, "$d%zu using 1:2 with %s%s lc rgb '%s' notitle", number,
            has_many ? "lines lw 1.4" : styles[series->kind],
            series->is_dashed && series->kind == TD_SERIES_LINE ? " dt (6,4)" : "",
            td_plot_color(series->kind == TD_SERIES_FAINT ? -1 : series->color));
}

static void print_frame(FILE *stream, const td_page_plot *plot)
{
    fprintf(stream,
            "set encoding utf8\nset terminal svg size %d,%d dynamic noenhanced font "
            "'sans-serif,12'\nset border 3 lc rgb 'black'\nset grid ytics lc rgb 'gray' lw 0.5\n"
            "unset key\nset tics nomirror out\nset boxwidth 0.9 relative\n"
            "set offsets 0, 0, graph 0.04, %s\nset xlabel ",
            WIDTH, HEIGHT, least_y(plot) >= 0 ? "0" : "graph 0.04");
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
    if (plot->count > 0 && plot->series[0]->kind == TD_SERIES_BARS)
        fputs("set yrange [0:*]\n", stream);
}

void td_plot_script(FILE *stream, const td_page_plot *plot)
{
    const char *before = "plot ";
    print_frame(stream, plot);
    print_x_axis(stream, bounds_of(plot));
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
