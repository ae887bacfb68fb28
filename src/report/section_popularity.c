/* What lists are made of: how much of the catalog, how unequally, how popular; and metrics by
 * groups of users and items. */
#include "report/sections.h"

#include "base/memory.h"
#include "eval/metric.h"
#include "report/escape.h"
#include "report/plot.h"
#include "report/words.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { DIGITS = 4 };

static bool needs_lists(const td_metric_value *value)
{
    return td_metric_find(value->metric)->needs & TD_NEEDS_LISTS;
}

bool td_section_has_measures(const td_report_runs *runs)
{
    for (size_t r = 0; r < runs->count; r++)
        if (runs->run[r].measured.evaluation.count > 0)
            return true;
    return false;
}

bool td_any_has_retrieval(const td_report_runs *runs)
{
    for (size_t r = 0; r < runs->count; r++)
        if (runs->run[r].has_retrieval)
            return true;
    return false;
}

/* "model", or of several runs with the run's name. */
static char *series_name(const td_report_runs *runs, const td_report_run *run,
                         const td_metric_value *value)
{
    char *system = td_words_system(&run->measured.evaluation, value);
    if (runs->count == 1)
        return system;
    char *name = td_print_text("%s: %s", run->shown, system);
    td_free(system);
    return name;
}

/* Whether a run's system is shown: of several runs the baselines of the first alone, and no model
 * whose retrieval was not trained. */
static bool is_shown(const td_report_runs *runs, size_t run, const td_metric_value *value)
{
    return value->is_of_model ? runs->run[run].has_retrieval : run == 0;
}

/* A curve over k for each system. */
static void add_list_plot(const td_report_runs *runs, const char *metric, const char *title,
                          bool is_share, td_page_section *section)
{
    td_page_plot *plot = td_section_plot(section, metric, title, "k", "");
    plot->is_share = is_share;
    int beside = (int)(runs->count < TD_PLOT_COLORS ? runs->count : TD_PLOT_COLORS);
    for (size_t d = 0; d < runs->count; d++) {
        const size_t r = td_run_drawn(runs->count, d);
        const td_evaluation *e = &runs->run[r].measured.evaluation;
        td_page_series *series = NULL;
        for (size_t i = 0; i < e->count; i++) {
            const td_metric_value *value = &e->value[i];
            if (strcmp(value->metric, metric) != 0 || !is_shown(runs, r, value))
                continue;
            if (!series || strcmp(value[-1].metric, metric) != 0) {
                const int color = value->is_of_model ? td_color_of_run(r) : beside++;
                char *name = series_name(runs, &runs->run[r], value);
                series = td_plot_series(
                    plot, name, r < TD_PLOT_COLORS ? TD_SERIES_LINE : TD_SERIES_FAINT, color);
                series->is_dashed = !value->is_of_model;
                td_free(name);
            }
            td_series_point(series, (double)value->k, value->value);
        }
    }
}

static void add_list_values(const td_report_runs *runs, td_page_section *section)
{
    td_page_table *table = td_section_table(section, "lists", "Metrics of the lists of all users");
    table->is_folded = true;
    td_table_column(table, "metric", false);
    td_table_column(table, "of", false);
    td_table_column(table, "value", false);
    for (size_t r = 0; r < runs->count; r++) {
        const td_evaluation *e = &runs->run[r].measured.evaluation;
        for (size_t i = 0; i < e->count; i++) {
            if (!needs_lists(&e->value[i]) || !is_shown(runs, r, &e->value[i]))
                continue;
            char *metric = td_metric_name(NULL, e->value[i].metric, e->value[i].k);
            char *name = series_name(runs, &runs->run[r], &e->value[i]);
            td_table_text(table, metric);
            td_table_text(table, name);
            td_table_number(table, e->value[i].value, DIGITS);
            td_free(metric);
            td_free(name);
        }
    }
}

void td_section_popularity(const td_report_runs *runs, td_page_section *section)
{
    td_section_text(section, TD_PART_TEXT,
                    "Lists of k items for every user who was asked. Coverage: the share of "
                    "candidates that are in any list. Gini: 0 where all are listed equally often, "
                    "1 where few take all places. Popularity: the mean number of training rows of "
                    "what is listed.");
    for (size_t r = 0; r < runs->count; r++)
        if (!runs->run[r].has_retrieval)
            td_section_text(section, TD_PART_MISSING,
                            "%s has no lists: its retrieval was not trained (retrieval.weight 0).",
                            runs->run[r].shown);
    if (!td_any_has_retrieval(runs))
        return;
    add_list_plot(runs, "coverage_at_k", "coverage", true, section);
    add_list_plot(runs, "gini_at_k", "Gini", true, section);
    add_list_plot(runs, "popularity_at_k", "popularity", false, section);
    add_list_values(runs, section);
}

/* Whether value i is of groups' tables: of a mean, at the largest k of its metric and system. */
static bool is_of_groups(const td_evaluation *e, size_t i)
{
    const td_metric_value *value = &e->value[i], *next = i + 1 < e->count ? value + 1 : NULL;
    if (needs_lists(value))
        return false;
    return !next || strcmp(next->metric, value->metric) != 0 ||
           strcmp(next->system, value->system) != 0;
}

/* Whether something was measured of it by group: metrics of users are not by groups of rows. */
static bool is_known(const td_evaluation *e, size_t i)
{
    for (size_t g = 0; g < e->groups; g++)
        if (!isnan(e->group[g].value[i]))
            return true;
    return false;
}

static void add_group_values(const td_grouping_of *grouping, td_page_section *section)
{
    const td_evaluation *e = &grouping->evaluation;
    char *by = td_isolated(grouping->by);
    char *caption = td_print_text("By %s, at the largest k", by);
    td_free(by);
    td_page_table *table = td_section_table(section, grouping->by, caption);
    td_table_column(table, "group", false);
    td_table_column(table, "users", false);
    td_table_column(table, "rows", false);
    for (size_t i = 0; i < e->count; i++)
        if (is_of_groups(e, i) && is_known(e, i)) {
            char *metric = td_metric_name(e->value[i].task, e->value[i].metric, e->value[i].k),
                 *system = td_words_system(e, &e->value[i]),
                 *name = td_print_text("%s %s", system, metric);
            td_table_column(table, name, false);
            td_free(metric);
            td_free(system);
            td_free(name);
        }
    for (size_t g = 0; g < e->groups; g++) {
        td_table_text(table, e->group[g].name);
        td_table_number(table, (double)e->group[g].users, 0);
        td_table_number(table, (double)e->group[g].rows, 0);
        for (size_t i = 0; i < e->count; i++)
            if (is_of_groups(e, i) && is_known(e, i))
                td_table_number(table, e->group[g].value[i], DIGITS);
    }
    td_free(caption);
}

/* The first value that is measured by group: of the model; e->count if there is none. */
static size_t first_of(const td_evaluation *e)
{
    size_t first = 0;
    while (first < e->count && !(is_of_groups(e, first) && is_known(e, first)))
        first++;
    return first;
}

/* Whether groups' names, which may be a stranger's, have room at an axis, in gnuplot's letters. */
static bool are_short(const td_evaluation *e)
{
    enum { ROOM = 120 }; /* letters of an axis, aslant */
    size_t letters = 0;
    for (size_t g = 0; g < e->groups; g++)
        for (const char *c = e->group[g].name; *c; c++, letters++)
            if (*c < ' ' || *c > '~')
                return false;
    return letters + 2 * e->groups <= ROOM;
}

static td_page_plot *begin_plot(const td_grouping_of *grouping, const td_metric_value *value,
                                td_page_section *section)
{
    const td_evaluation *e = &grouping->evaluation;
    const bool has_names = are_short(e);
    char *metric = td_metric_text(value->text, value->k), *by = td_isolated(grouping->by);
    char *title = td_print_text("%s by %s", metric, by);
    char *name = td_print_text("%s-first", grouping->by);
    td_page_plot *plot =
        td_section_plot(section, name, title, has_names ? "" : "group, in the table's order", "");
    for (size_t g = 0; g < e->groups && has_names; g++)
        td_plot_tic(plot, e->group[g].name);
    td_free(by);
    td_free(metric);
    td_free(title);
    td_free(name);
    return plot;
}

/* The model's first metric of lists in bars, what stands beside it in points. */
static void add_group_plot(const td_grouping_of *grouping, td_page_section *section)
{
    const td_evaluation *e = &grouping->evaluation;
    const size_t first = first_of(e);
    if (first == e->count)
        return;
    td_page_plot *plot = begin_plot(grouping, &e->value[first], section);
    int color = 0;
    for (size_t i = first; i < e->count; i++) {
        if (!is_of_groups(e, i) || !td_metric_is_same(&e->value[i], &e->value[first]))
            continue;
        char *system = td_words_system(e, &e->value[i]);
        td_page_series *series =
            td_plot_series(plot, system, color == 0 ? TD_SERIES_BARS : TD_SERIES_POINTS, color);
        color++;
        for (size_t g = 0; g < e->groups; g++)
            td_series_point(series, (double)g + 1, e->group[g].value[i]);
        td_free(system);
    }
}

/* Whether a run is of the same data as the first, without which groups are of other users. */
static bool is_of_same_data(const td_report_runs *runs, size_t run)
{
    return runs->run[run].data_checksum == runs->run[0].data_checksum;
}

/* The grouping of another run that is the same; NULL if it has none. */
static const td_grouping_of *grouping_of(const td_report_run *run, const char *by)
{
    for (size_t g = 0; g < run->measured.groupings; g++)
        if (strcmp(run->measured.grouping[g].by, by) == 0)
            return &run->measured.grouping[g];
    return NULL;
}

/* The value of a metric in a group of another run, by its name; NaN if there is none. */
static double group_value(const td_evaluation *e, const char *group, const td_metric_value *metric)
{
    for (size_t g = 0; g < e->groups; g++)
        for (size_t i = 0; i < e->count && strcmp(e->group[g].name, group) == 0; i++)
            if (e->value[i].is_of_model && td_metric_is_same(&e->value[i], metric))
                return e->group[g].value[i];
    return NAN;
}

/* A curve over the groups of the first run, for each run. */
static void add_curves_of_many(const td_report_runs *runs, const td_grouping_of *grouping,
                               td_page_section *section)
{
    const td_evaluation *e = &grouping->evaluation;
    const size_t first = first_of(e);
    if (first == e->count)
        return;
    td_page_plot *plot = begin_plot(grouping, &e->value[first], section);
    for (size_t d = 0; d < runs->count; d++) {
        const size_t r = td_run_drawn(runs->count, d);
        if (!is_of_same_data(runs, r))
            continue;
        const td_grouping_of *own = grouping_of(&runs->run[r], grouping->by);
        td_page_series *series = td_plot_series(
            plot, runs->run[r].name, r < TD_PLOT_COLORS ? TD_SERIES_LINE : TD_SERIES_FAINT,
            td_color_of_run(r));
        for (size_t g = 0; g < e->groups && own; g++)
            td_series_point(series, (double)g + 1,
                            group_value(&own->evaluation, e->group[g].name, &e->value[first]));
    }
}

/* A row for each group of the first run and run. */
static void add_rows_of_many(const td_report_runs *runs, const td_grouping_of *grouping,
                             td_page_section *section)
{
    const td_evaluation *e = &grouping->evaluation;
    const size_t first = first_of(e);
    if (first == e->count)
        return;
    char *metric = td_metric_name(e->value[first].task, e->value[first].metric, e->value[first].k);
    char *by = td_isolated(grouping->by);
    char *caption = td_print_text("%s by %s", metric, by);
    td_free(by);
    td_page_table *table = td_section_table(section, grouping->by, caption);
    td_table_column(table, "group", false);
    for (size_t r = 0; r < runs->count; r++)
        if (is_of_same_data(runs, r))
            td_table_column(table, runs->run[r].name, false);
    for (size_t g = 0; g < e->groups; g++) {
        td_table_text(table, e->group[g].name);
        for (size_t r = 0; r < runs->count; r++) {
            if (!is_of_same_data(runs, r))
                continue;
            const td_grouping_of *own = grouping_of(&runs->run[r], grouping->by);
            td_table_number(table,
                            own ? group_value(&own->evaluation, e->group[g].name, &e->value[first])
                                : NAN,
                            DIGITS);
        }
    }
    td_free(metric);
    td_free(caption);
}

/* Whose training rows the groups of many runs go by, and who is not among them. */
static void add_whose_groups(const td_report_runs *runs, td_page_section *section)
{
    bool trained_alike = true;
    for (size_t r = 1; r < runs->count; r++) {
        trained_alike =
            trained_alike && runs->run[r].config.train_rows == runs->run[0].config.train_rows;
        if (!is_of_same_data(runs, r))
            td_section_text(section, TD_PART_MISSING,
                            "%s is of other data, so that its groups have other users and items "
                            "and are not shown.",
                            runs->run[r].shown);
    }
    if (!trained_alike)
        td_section_text(section, TD_PART_TEXT,
                        "All are in the groups of %s, by its training rows; others were trained on "
                        "other rows of the data (train.rows).",
                        runs->run[0].shown);
}

void td_section_groups(const td_report_runs *runs, td_page_section *section)
{
    const td_measured_run *measured = &runs->run[0].measured;
    td_section_text(section, TD_PART_TEXT,
                    "Activity: users by how many training rows they have. Popularity: rows by how "
                    "many training rows their item has.");
    add_whose_groups(runs, section);
    for (size_t g = 0; g < measured->groupings; g++) {
        if (runs->count == 1)
            add_group_plot(&measured->grouping[g], section);
        else
            add_curves_of_many(runs, &measured->grouping[g], section);
    }
    for (size_t g = 0; g < measured->groupings; g++) {
        if (runs->count == 1)
            add_group_values(&measured->grouping[g], section);
        else
            add_rows_of_many(runs, &measured->grouping[g], section);
    }
    if (measured->groupings == 0)
        td_section_text(section, TD_PART_MISSING, "%s was not measured by groups.",
                        runs->run[0].shown);
}
