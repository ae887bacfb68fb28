/* The model itself: whether its heads say what they mean, and how large its parameters are. */
#include "report/sections.h"

#include "base/memory.h"
#include "report/words.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { DIGITS = 4 };

bool td_section_has_heads(const td_report_runs *runs)
{
    for (size_t r = 0; r < runs->count; r++)
        if (runs->run[r].measured.evaluation.calibrations > 0)
            return true;
    return false;
}

static const td_calibration *calibration_of(const td_report_run *run, const char *task)
{
    const td_evaluation *e = &run->measured.evaluation;
    for (size_t c = 0; c < e->calibrations; c++)
        if (strcmp(e->calibration[c].task, task) == 0)
            return &e->calibration[c];
    return NULL;
}

static void add_bins(const td_report_run *run, const td_calibration *of, td_page_table *table)
{
    const double width = (of->high - of->low) / TD_CALIBRATION_BINS;
    for (int b = 0; b < TD_CALIBRATION_BINS; b++) {
        const td_calibration_bin *bin = &of->bin[b];
        td_table_text(table, run->name);
        td_table_number(table, of->low + b * width, -4);
        td_table_number(table, of->low + (b + 1) * width, -4);
        td_table_number(table, (double)bin->rows, 0);
        td_table_number(table, bin->rows > 0 ? td_calibration_prediction(bin) : NAN, DIGITS);
        td_table_number(table, bin->rows > 0 ? td_calibration_label(bin) : NAN, DIGITS);
    }
}

/* Whether what a task predicts are probabilities. */
static bool are_shares(const td_report_runs *runs, const char *task)
{
    for (size_t r = 0; r < runs->count; r++) {
        const td_calibration *of = calibration_of(&runs->run[r], task);
        if (of && (of->low < 0 || of->high > 1))
            return false;
    }
    return true;
}

/* One task, of all runs that have it. */
static void add_task(const td_report_runs *runs, const char *task, td_page_section *section)
{
    static const char *const columns[] = {"run",  "predicted from",  "to",
                                          "rows", "mean prediction", "mean label"};
    td_page_plot *plot = td_section_plot(section, task, task, "mean prediction", "mean label");
    char *name = td_print_text("%s-bins", task), *caption = td_print_text("%s, by bins", task);
    td_page_table *table = td_section_table(section, name, caption);
    td_free(name);
    td_free(caption);
    table->is_folded = true;
    plot->shows_diagonal = true;
    plot->is_share = plot->is_share_in_x = are_shares(runs, task);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        td_table_column(table, columns[c], false);
    for (size_t i = 0; i < runs->count; i++) {
        const size_t r = td_run_drawn(runs->count, i);
        const td_calibration *of = calibration_of(&runs->run[r], task);
        if (!of)
            continue;
        const int color = td_color_of_run(r);
        td_page_series *series =
            td_plot_series(plot, runs->count > 1 ? runs->run[r].name : "", TD_SERIES_LINE, color);
        for (int b = 0; b < TD_CALIBRATION_BINS; b++)
            if (of->bin[b].rows > 0)
                td_series_point(series, td_calibration_prediction(&of->bin[b]),
                                td_calibration_label(&of->bin[b]));
        add_bins(&runs->run[r], of, table);
    }
}

void td_section_calibration(const td_report_runs *runs, td_page_section *section)
{
    td_section_text(section, TD_PART_TEXT,
                    "Rows in ten bins of what a head predicts of them: on the dotted line the mean "
                    "label is what was predicted. Few rows in a bin say little.");
    for (size_t r = 0; r < runs->count; r++) {
        const td_evaluation *e = &runs->run[r].measured.evaluation;
        for (size_t c = 0; c < e->calibrations; c++) {
            bool was_shown = false;
            for (size_t before = 0; before < r; before++)
                was_shown = was_shown || calibration_of(&runs->run[before], e->calibration[c].task);
            if (!was_shown)
                add_task(runs, e->calibration[c].task, section);
        }
    }
}

bool td_section_is_of_one(const td_report_runs *runs)
{
    return runs->count == 1 && td_section_has_measures(runs);
}

static void add_histogram(const td_norms *norms, td_page_section *section)
{
    const double width = norms->most / TD_NORM_BINS;
    char *title = td_print_text("norms of the rows of %s", norms->name);
    td_page_plot *plot = td_section_plot(section, norms->name, title, "norm", "rows");
    td_page_series *series = td_plot_series(plot, "", TD_SERIES_BARS, 0);
    for (int b = 0; b < TD_NORM_BINS; b++)
        td_series_point(series, (b + 0.5) * width, (double)norms->bin[b]);
    td_free(title);
}

void td_section_norms(const td_report_runs *runs, td_page_section *section)
{
    static const char *const columns[] = {"parameters",
                                          "rows",
                                          "columns",
                                          "rows never trained",
                                          "rms",
                                          "least norm of a row",
                                          "a tenth are below it",
                                          "median",
                                          "a tenth are above it",
                                          "most"};
    const td_measured_run *measured = &runs->run[0].measured;
    td_section_text(section, TD_PART_TEXT,
                    "Step %" PRId64 ". Rows of tables that no training row names keep their start, "
                    "and are left out of norms.",
                    measured->step);
    for (size_t t = 0; t < measured->tensors; t++)
        if (measured->norms[t].is_table && measured->norms[t].most > 0)
            add_histogram(&measured->norms[t], section);
    td_page_table *table = td_section_table(section, "norms", "Parameters");
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        td_table_column(table, columns[c], false);
    for (size_t t = 0; t < measured->tensors; t++) {
        const td_norms *n = &measured->norms[t];
        const double norm[] = {n->least, n->tenth, n->median, n->ninetieth, n->most};
        td_table_text(table, n->name);
        td_table_number(table, (double)n->rows, 0);
        td_table_number(table, (double)n->columns, 0);
        td_table_number(table, n->is_table ? (double)n->untrained : NAN, 0);
        td_table_number(table, n->rms, -4);
        for (size_t i = 0; i < sizeof norm / sizeof *norm; i++)
            td_table_number(table, n->is_table && !isnan(n->rms) ? norm[i] : NAN, -4);
    }
}
