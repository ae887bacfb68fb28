/* What several sections say alike. */
#include "report/words.h"

#include "base/memory.h"
#include "report/plot.h"

#include <inttypes.h>
#include <math.h>
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

char *td_words_system(const td_metric_value *value)
{
    return value->by ? td_print_text("%s,%s", value->system, value->by)
                     : td_copy_text(value->system);
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
