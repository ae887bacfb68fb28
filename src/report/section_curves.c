/* Curves over steps: of the log, or of metrics.h5 where the log lacks them. Of several runs one
 * curve each. */
#include "report/sections.h"

#include "base/memory.h"
#include "base/str.h"
#include "model/task.h"
#include "report/plot.h"
#include "report/words.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Adds the epochs' means of one run, and faintly the steps' losses behind them. */
static void add_losses_of_one(const td_report_run *run, const char *key, td_page_plot *plot)
{
    char *step = td_print_text("step/%s", key), *epoch = td_print_text("epoch/%s", key);
    const td_record_curve steps = td_run_record_curve(&run->record, step),
                          epochs = td_run_record_curve(&run->record, epoch);
    td_page_series *behind = td_plot_series(plot, "of a step", TD_SERIES_FAINT, -1);
    for (size_t i = 0; i < steps.count; i++)
        td_series_point(behind, steps.step[i], steps.value[i]);
    td_add_curve(plot, "mean of an epoch", 0, &epochs);
    td_mark_best(run, plot);
    td_free(step);
    td_free(epoch);
}

/* Adds each run's epochs, or steps where there are no two epochs. */
static void add_losses_of_many(const td_report_runs *runs, const char *key, td_page_plot *plot)
{
    char *step = td_print_text("step/%s", key), *epoch = td_print_text("epoch/%s", key);
    for (size_t i = 0; i < runs->count; i++) {
        const size_t r = td_run_drawn(runs->count, i);
        const td_report_run *run = &runs->run[r];
        td_record_curve curve = td_run_record_curve(&run->record, epoch);
        if (curve.count < 2)
            curve = td_run_record_curve(&run->record, step);
        td_add_curve(plot, run->name, td_color_of_run(r), &curve);
    }
    td_free(step);
    td_free(epoch);
}

static void add_loss(const td_report_runs *runs, const char *key, td_page_section *section)
{
    td_page_plot *plot = td_section_plot(section, key, key, "step", "");
    if (runs->count == 1)
        add_losses_of_one(&runs->run[0], key, plot);
    else
        add_losses_of_many(runs, key, plot);
}

/* Whether an earlier run has a curve of this name. */
static bool was_met(const td_report_runs *runs, size_t run, const char *name)
{
    for (size_t r = 0; r < run; r++)
        if (td_run_record_curve(&runs->run[r].record, name).count > 0)
            return true;
    return false;
}

/* Runs whose log is gone have their epochs' losses in metrics.h5. */
static void add_kept_losses(const td_report_run *run, td_page_section *section)
{
    const td_metrics_table *table = td_metrics_find(&run->metrics, TD_TRAINING_TABLE);
    for (size_t c = 0; table && c < table->columns; c++) {
        const char *name = table->column[c].name;
        td_page_plot *plot = td_section_plot(section, name, name, "step", "");
        td_page_series *series = td_plot_series(plot, "mean of an epoch", TD_SERIES_LINE, 0);
        for (size_t i = 0; i < table->steps; i++)
            td_series_point(series, (double)table->step[i],
                            td_metrics_value(table, name, table->step[i], 0));
        td_mark_best(run, plot);
    }
    if (!table)
        td_section_text(section, TD_PART_MISSING, "No step is done yet, as far as %s tells.",
                        run->shown);
}

/* The end of what a log calls a task's share of the gradient. */
static const char share[] = "_gradient_share";

static size_t trained_tasks(const td_config *config)
{
    size_t trained = 0;
    for (size_t k = 0; k < td_task_count(config); k++)
        trained += td_task_of(config, k).weight > 0;
    return trained;
}

/* Whether a task's loss is the whole loss in all runs, whose curve is drawn already. */
static bool is_whole_loss(const td_report_runs *runs, const char *name)
{
    if (strcmp(name, "step/loss") == 0)
        return false;
    for (size_t r = 0; r < runs->count; r++) {
        const td_record_curve whole = td_run_record_curve(&runs->run[r].record, "step/loss"),
                              of_task = td_run_record_curve(&runs->run[r].record, name);
        if (of_task.count != whole.count)
            return false;
        for (size_t i = 0; i < whole.count; i++)
            if (of_task.value[i] != whole.value[i])
                return false;
    }
    return true;
}

/* What epochs tell besides losses and time: norms and shares of gradients, and whatever comes. The
 * share of a task that is alone is all. */
static bool is_other(const td_report_run *run, const char *name)
{
    if (trained_tasks(&run->config) == 1 && td_ends_with(name, share))
        return false;
    static const char *const known[] = {"epoch/epoch", "epoch/seconds", "epoch/examples_per_s"};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(name, known[k]) == 0)
            return false;
    return strncmp(name, "epoch/", 6) == 0 && !td_ends_with(name, "loss");
}

static void add_other(const td_report_runs *runs, const char *name, td_page_section *section)
{
    td_page_plot *plot = td_section_plot(section, name + 6, name + 6, "step", "");
    plot->is_share = td_ends_with(name, share);
    for (size_t i = 0; i < runs->count; i++) {
        const size_t r = td_run_drawn(runs->count, i);
        const td_record_curve curve = td_run_record_curve(&runs->run[r].record, name);
        td_add_curve(plot, runs->count > 1 ? runs->run[r].name : "", td_color_of_run(r), &curve);
    }
}

void td_section_losses(const td_report_runs *runs, td_page_section *section)
{
    size_t losses = 0;
    if (runs->count > TD_PLOT_COLORS)
        td_section_text(section, TD_PART_TEXT,
                        "The first %d runs have colors, all others are gray.", TD_PLOT_COLORS);
    for (size_t r = 0; r < runs->count; r++)
        for (size_t c = 0; c < runs->run[r].record.curves; c++) {
            const char *name = runs->run[r].record.curve[c].name;
            if (strncmp(name, "step/", 5) != 0 || !td_ends_with(name, "loss") ||
                was_met(runs, r, name) || is_whole_loss(runs, name))
                continue;
            add_loss(runs, name + 5, section);
            losses++;
        }
    if (losses == 0 && runs->count == 1)
        add_kept_losses(&runs->run[0], section);
    for (size_t r = 0; r < runs->count; r++)
        for (size_t c = 0; c < runs->run[r].record.curves; c++) {
            const char *name = runs->run[r].record.curve[c].name;
            if (is_other(&runs->run[r], name) && !was_met(runs, r, name))
                add_other(runs, name, section);
        }
}

/* The curve of a column at a k. */
static void add_column(const td_metrics_table *table, const char *column, int64_t k,
                       td_page_series *series)
{
    for (size_t i = 0; i < table->steps; i++) {
        const double value = td_metrics_value(table, column, table->step[i], k);
        if (!isnan(value))
            td_series_point(series, (double)table->step[i], value);
    }
}

/* Whether a column of a table is the model's; its metric's name is then behind "model/". */
static bool is_of_model(const char *column)
{
    return strncmp(column, "model/", 6) == 0;
}

/* One run: the model at each k, and what popularity has, dashed in the same colors. */
static void add_metric_of_one(const td_report_run *run, const td_metrics_table *table,
                              const td_metrics_column *column, td_page_plot *plot)
{
    char *popularity = td_print_text("popularity/%s", column->name + 6);
    const size_t ks = column->has_k ? table->ks : 1;
    for (size_t i = 0; i < ks; i++) {
        const int64_t k = column->has_k ? table->k[i] : 0;
        char *name = column->has_k ? td_print_text("k = %" PRId64, k) : td_copy_text("model");
        add_column(table, column->name, k,
                   td_plot_series(plot, name, TD_SERIES_LINE, td_color_of_run(i)));
        td_free(name);
        td_page_series *beside =
            td_plot_series(plot, i == 0 ? "popularity" : "", TD_SERIES_LINE, td_color_of_run(i));
        beside->is_dashed = true;
        add_column(table, popularity, k, beside);
        if (beside->count == 0)
            beside->name[0] = '\0';
    }
    td_mark_best(run, plot);
    td_free(popularity);
}

/* Several: each run's model at the largest k of the first that has the metric. */
static void add_metric_of_many(const td_report_runs *runs, const td_metrics_table *table,
                               const td_metrics_column *column, td_page_plot *plot)
{
    const int64_t k = column->has_k ? table->k[table->ks - 1] : 0;
    for (size_t i = 0; i < runs->count; i++) {
        const size_t r = td_run_drawn(runs->count, i);
        const td_metrics_table *own = td_metrics_find(&runs->run[r].metrics, table->name);
        const int color = td_color_of_run(r);
        td_page_series *series =
            td_plot_series(plot, runs->run[r].name,
                           color < TD_PLOT_COLORS ? TD_SERIES_LINE : TD_SERIES_FAINT, color);
        if (own)
            add_column(own, column->name, k, series);
    }
}

static void add_metric(const td_report_runs *runs, const td_report_run *run,
                       const td_metrics_table *table, const td_metrics_column *column,
                       td_page_section *section)
{
    const bool at_k = runs->count > 1 && column->has_k;
    const int split = (int)strcspn(table->name, "/");
    char *k = at_k ? td_print_text(" at k = %" PRId64, table->k[table->ks - 1]) : td_copy_text("");
    char *title = td_print_text("%s%s, %.*s rows", column->name + 6, k, split, table->name);
    char *name = td_print_text("%.*s-%s", split, table->name, column->name + 6);
    td_page_plot *plot = td_section_plot(section, name, title, "step", "");
    if (runs->count == 1)
        add_metric_of_one(run, table, column, plot);
    else
        add_metric_of_many(runs, table, column, plot);
    td_free(k);
    td_free(title);
    td_free(name);
}

/* Whether an earlier run has this column in the same table. */
static bool was_drawn(const td_report_runs *runs, size_t run, const char *table, const char *column)
{
    for (size_t r = 0; r < run; r++) {
        const td_metrics_table *own = td_metrics_find(&runs->run[r].metrics, table);
        for (size_t c = 0; own && c < own->columns; c++)
            if (strcmp(own->column[c].name, column) == 0)
                return true;
    }
    return false;
}

void td_section_metrics(const td_report_runs *runs, td_page_section *section)
{
    size_t tables = 0;
    for (size_t r = 0; r < runs->count; r++)
        for (size_t t = 0; t < runs->run[r].metrics.count; t++) {
            const td_metrics_table *table = &runs->run[r].metrics.table[t];
            if (strcmp(table->name, TD_TRAINING_TABLE) == 0)
                continue;
            tables++;
            for (size_t c = 0; c < table->columns; c++)
                if (is_of_model(table->column[c].name) &&
                    !was_drawn(runs, r, table->name, table->column[c].name))
                    add_metric(runs, &runs->run[r], table, &table->column[c], section);
        }
    if (tables == 0)
        td_section_text(section, TD_PART_MISSING,
                        "No evaluation is kept in metrics.h5 yet. With eval.every_epochs training "
                        "evaluates as it goes; tandem evaluate measures a checkpoint that is "
                        "there.");
}
