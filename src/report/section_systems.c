/* The table of systems: metrics of the measured checkpoint beside those of baselines; of several
 * runs, each run's model. */
#include "report/sections.h"

#include "base/memory.h"
#include "eval/metric.h"
#include "report/words.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { DIGITS = 4 };

static bool is_of_model(const td_metric_value *value)
{
    return strcmp(value->system, td_all_systems[0].name) == 0;
}

static bool is_same_system(const td_metric_value *a, const td_metric_value *b)
{
    return strcmp(a->system, b->system) == 0 && strcmp(a->by ? a->by : "", b->by ? b->by : "") == 0;
}

static bool is_same_metric(const td_metric_value *a, const td_metric_value *b)
{
    return strcmp(a->metric, b->metric) == 0 && a->k == b->k &&
           strcmp(a->task ? a->task : "", b->task ? b->task : "") == 0;
}

/* Returns the value of a system for a metric; NULL if there is none. */
static const td_metric_value *find_value(const td_evaluation *e, const td_metric_value *system,
                                         const td_metric_value *metric)
{
    for (size_t i = 0; i < e->count; i++)
        if (is_same_system(&e->value[i], system) && is_same_metric(&e->value[i], metric))
            return &e->value[i];
    return NULL;
}

static void add_value(td_page_table *table, const td_metric_value *value)
{
    if (value)
        td_table_interval(table, value->value, value->low, value->high, DIGITS);
    else
        td_table_number(table, NAN, DIGITS);
}

/* Whether value i is the first of its metric, whatever the system. Those of the lists of all users
 * have a section of their own. */
static bool is_new_metric(const td_evaluation *e, size_t i)
{
    if (td_metric_find(e->value[i].metric)->needs & TD_NEEDS_LISTS)
        return false;
    for (size_t j = 0; j < i; j++)
        if (is_same_metric(&e->value[i], &e->value[j]))
            return false;
    return true;
}

static bool is_new_system(const td_evaluation *e, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (is_same_system(&e->value[i], &e->value[j]))
            return false;
    return true;
}

static void add_name(td_page_table *table, const td_metric_value *value)
{
    char *name = td_metric_name(value->task, value->metric, value->k);
    td_table_text(table, name);
    td_free(name);
}

static void add_systems_of_one(const td_evaluation *e, td_page_section *section)
{
    td_page_table *table =
        td_section_table(section, "values",
                         "Each system's values, and between which 95 % of 1,000 resamples of the "
                         "users lie");
    td_table_column(table, "metric", false);
    for (size_t i = 0; i < e->count; i++)
        if (is_new_system(e, i)) {
            char *name = td_words_system(&e->value[i]);
            td_table_column(table, name, true);
            td_free(name);
        }
    for (size_t i = 0; i < e->count; i++) {
        if (!is_new_metric(e, i))
            continue;
        add_name(table, &e->value[i]);
        for (size_t j = 0; j < e->count; j++)
            if (is_new_system(e, j))
                add_value(table, find_value(e, &e->value[j], &e->value[i]));
    }
}

/* Says what the model has more than popularity, or less, by the first metric of lists. */
static void add_verdict(const td_evaluation *e, td_page_section *section)
{
    const td_metric_value *model = NULL, *other = NULL;
    for (size_t i = 0; i < e->count; i++)
        if (is_of_model(&e->value[i]) && e->value[i].is_ranked && e->value[i].is_mean &&
            (!model || strcmp(model->metric, e->value[i].metric) == 0))
            model = &e->value[i];
    for (size_t i = 0; model && i < e->count && !other; i++)
        if (!is_of_model(&e->value[i]) && is_same_metric(&e->value[i], model))
            other = &e->value[i];
    if (!other)
        return;
    char *name = td_metric_text(model->text, model->k);
    const bool is_below = model->value < other->value;
    td_section_text(section, is_below ? TD_PART_WARNING : TD_PART_TEXT,
                    "%s: %.4f by the model, %.4f by %s%s.", name, model->value, other->value,
                    other->system,
                    is_below ? ", which knows nothing of users: the model is not of use yet" : "");
    td_free(name);
}

/* What was asked, as `tandem evaluate` says it. */
static void add_counts(const td_measured_run *m, td_page_section *section)
{
    const td_evaluation_counts *counts = &m->evaluation.counts;
    td_section_text(section, TD_PART_TEXT,
                    "Step %" PRId64 ": %" PRId64 " of %" PRId64 " %s rows of %" PRId64
                    " users were asked, among %" PRId64 " candidates (%s).",
                    m->step, counts->rows, m->split_rows, td_split_name(m->split), counts->users,
                    counts->candidates, m->evaluation.settings);
    td_section_text(section, TD_PART_TEXT, "%s.", m->evaluation.scope);
}

/* What metrics.h5 has, where nothing was measured: the newest step of each table. */
static void add_kept(const td_report_run *run, td_page_section *section)
{
    td_page_table *table =
        td_section_table(section, "kept", "What metrics.h5 has, of the newest step evaluated");
    static const char *const columns[] = {"rows", "step", "value of", "k", "value"};
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        td_table_column(table, columns[c], false);
    for (size_t t = 0; t < run->metrics.count; t++) {
        const td_metrics_table *kept = &run->metrics.table[t];
        const int64_t step = kept->steps > 0 ? kept->step[kept->steps - 1] : 0;
        for (size_t c = 0; c < kept->columns; c++)
            for (size_t i = 0; i < (kept->column[c].has_k ? kept->ks : 1); i++) {
                const int64_t k = kept->column[c].has_k ? kept->k[i] : 0;
                td_table_text(table, kept->name);
                td_table_number(table, (double)step, 0);
                td_table_text(table, kept->column[c].name);
                td_table_number(table, k > 0 ? (double)k : NAN, 0);
                td_table_number(table, td_metrics_value(kept, kept->column[c].name, step, k),
                                DIGITS);
            }
    }
}

static void add_missing(const td_report_run *run, td_page_section *section)
{
    if (run->measured.problem)
        td_section_text(section, TD_PART_MISSING, "%s could not be measured: %s.", run->name,
                        run->measured.problem);
}

static bool is_measured(const td_report_run *run)
{
    return run->measured.evaluation.count > 0;
}

/* A row for each metric that some model has, a column for each run. */
static void add_runs(const td_report_runs *runs, td_page_section *section)
{
    td_page_table *table = td_section_table(
        section, "values",
        "Each run's model, and between which 95 % of 1,000 resamples of the users lie");
    td_table_column(table, "metric", false);
    for (size_t r = 0; r < runs->count; r++)
        td_table_column(table, runs->run[r].name, true);
    for (size_t r = 0; r < runs->count; r++) {
        const td_evaluation *e = &runs->run[r].measured.evaluation;
        for (size_t i = 0; i < e->count; i++) {
            bool was_shown = !is_of_model(&e->value[i]) || !is_new_metric(e, i);
            for (size_t before = 0; before < r; before++)
                was_shown = was_shown || find_value(&runs->run[before].measured.evaluation,
                                                    &e->value[i], &e->value[i]);
            if (was_shown)
                continue;
            add_name(table, &e->value[i]);
            for (size_t of = 0; of < runs->count; of++)
                add_value(table, find_value(&runs->run[of].measured.evaluation, &e->value[i],
                                            &e->value[i]));
        }
    }
}

/* What is asked of each run may differ: then values do not compare. */
static void add_counts_of_many(const td_report_runs *runs, td_page_section *section)
{
    const td_report_run *first = NULL;
    for (size_t r = 0; r < runs->count; r++) {
        const td_report_run *run = &runs->run[r];
        if (!is_measured(run))
            continue;
        if (!first) {
            add_counts(&run->measured, section);
            first = run;
        } else if (strcmp(run->measured.evaluation.settings, first->measured.evaluation.settings) !=
                       0 ||
                   run->data_checksum != first->data_checksum ||
                   run->measured.split != first->measured.split) {
            td_section_text(section, TD_PART_WARNING,
                            "%s was asked otherwise than %s, or of other data (%s), so their "
                            "values do not compare; --set eval.KEY=VALUE asks all alike.",
                            run->name, first->name, run->measured.evaluation.settings);
        }
    }
}

void td_section_systems(const td_report_runs *runs, td_page_section *section)
{
    for (size_t r = 0; r < runs->count; r++)
        add_missing(&runs->run[r], section);
    if (runs->count == 1 && is_measured(&runs->run[0])) {
        add_verdict(&runs->run[0].measured.evaluation, section);
        add_counts(&runs->run[0].measured, section);
        add_systems_of_one(&runs->run[0].measured.evaluation, section);
    } else if (runs->count == 1) {
        add_kept(&runs->run[0], section);
    } else {
        add_counts_of_many(runs, section);
        add_runs(runs, section);
    }
}
