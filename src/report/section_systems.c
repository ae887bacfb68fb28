/* The table of systems: metrics of the measured checkpoint beside those of baselines; of several
 * runs, each run's model. */
#include "report/sections.h"

#include "base/memory.h"
#include "eval/metric.h"
#include "eval/popularity_hint.h"
#include "eval/systems.h"
#include "report/escape.h"
#include "report/words.h"
#include "store/checksum.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { DIGITS = 4 };

static bool is_same_system(const td_metric_value *a, const td_metric_value *b)
{
    return strcmp(a->system, b->system) == 0 && strcmp(a->by ? a->by : "", b->by ? b->by : "") == 0;
}

/* Returns the value of a system for a metric; NULL if there is none. */
static const td_metric_value *find_value(const td_evaluation *e, const td_metric_value *system,
                                         const td_metric_value *metric)
{
    for (size_t i = 0; i < e->count; i++)
        if (is_same_system(&e->value[i], system) && td_metric_is_same(&e->value[i], metric))
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
        if (td_metric_is_same(&e->value[i], &e->value[j]))
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

/* As files name it; to be freed. */
static char *name_of(const td_metric_value *value)
{
    return td_metric_name(value->task, value->metric, value->k);
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
            char *name = td_words_system(e, &e->value[i]);
            td_table_column(table, name, true);
            td_free(name);
        }
    for (size_t i = 0; i < e->count; i++) {
        if (!is_new_metric(e, i))
            continue;
        char *name = name_of(&e->value[i]);
        td_table_text(table, name);
        td_free(name);
        for (size_t j = 0; j < e->count; j++)
            if (is_new_system(e, j))
                add_value(table, find_value(e, &e->value[j], &e->value[i]));
    }
    td_add_settings(e, section);
}

/* Metrics of lists of a model whose retrieval was not trained say nothing of it. */
static void add_untrained(const td_report_run *run, td_page_section *section)
{
    bool has_ranks = false;
    const td_evaluation *e = &run->measured.evaluation;
    for (size_t i = 0; i < e->count; i++)
        has_ranks = has_ranks || (e->value[i].is_of_model && e->value[i].is_ranked);
    if (has_ranks && !run->has_retrieval)
        td_section_text(section, TD_PART_TEXT,
                        "The retrieval of %s was not trained (retrieval.weight 0): the model's "
                        "numbers of lists mean nothing.",
                        run->shown);
}

/* Says what the model has more than a system without users, or less, by the first metric of lists.
 */
static void add_verdict(const td_evaluation *e, td_page_section *section)
{
    const td_metric_value *model = td_first_of_lists(e->count, e->value), *other = NULL;
    for (size_t i = 0; model && i < e->count && !other; i++)
        if (!e->value[i].is_of_model && td_system_find(e->value[i].system)->is_same_for_all &&
            td_metric_is_same(&e->value[i], model))
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
static void add_counts(const td_report_run *run, td_page_section *section)
{
    const td_measured_run *m = &run->measured;
    const td_evaluation_counts *counts = &m->evaluation.counts;
    td_section_text(section, TD_PART_TEXT,
                    "%s, step %" PRId64 ": %" PRId64 " of %" PRId64 " %s rows of %" PRId64
                    " users were asked, among %" PRId64 " candidates (%s).",
                    run->shown, m->step, counts->rows, m->split_rows, td_split_name(m->split),
                    counts->users, counts->candidates, m->evaluation.settings);
    td_section_text(section, TD_PART_TEXT,
                    "%s. Checksum of its parameters and optimizer state: %s; tandem receipt RUN "
                    "--checkpoint %" PRId64 " writes what another machine needs to verify it.",
                    m->evaluation.scope, td_checksum_to_text(m->state_checksum).digits, m->step);
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
                                strcmp(kept->column[c].name, TD_ROWS_COLUMN) == 0 ? 0 : DIGITS);
            }
    }
}

static void add_missing(const td_report_run *run, td_page_section *section)
{
    if (!run->measured.problem)
        return;
    char *problem = td_isolated(run->measured.problem);
    td_section_text(section, TD_PART_MISSING, "%s could not be measured: %s.", run->shown, problem);
    td_free(problem);
}

static bool is_measured(const td_report_run *run)
{
    return run->measured.evaluation.count > 0;
}

/* Whether value i of run r is the first of its metric, of any run's model. */
static bool is_new_of_runs(const td_report_runs *runs, size_t r, size_t i)
{
    const td_evaluation *e = &runs->run[r].measured.evaluation;
    for (size_t before = 0; before < r; before++)
        if (find_value(&runs->run[before].measured.evaluation, &e->value[i], &e->value[i]))
            return false;
    return e->value[i].is_of_model && is_new_metric(e, i);
}

/* A row for each run, a column for each metric that some model has. */
static void add_runs(const td_report_runs *runs, td_page_section *section)
{
    size_t count = 0;
    const td_metric_value **metric = NULL;
    td_page_table *table = td_section_table(
        section, "values",
        "Each run's model, and between which 95 % of 1,000 resamples of the users lie");
    td_table_column(table, "run", false);
    for (size_t r = 0; r < runs->count; r++)
        for (size_t i = 0; i < runs->run[r].measured.evaluation.count; i++)
            if (is_new_of_runs(runs, r, i)) {
                metric = td_grow(metric, count, sizeof(void *));
                metric[count] = &runs->run[r].measured.evaluation.value[i];
                char *name = name_of(metric[count++]);
                td_table_column(table, name, true);
                td_free(name);
            }
    for (size_t r = 0; r < runs->count && count > 0; r++) {
        td_table_text(table, runs->run[r].name);
        for (size_t m = 0; m < count; m++)
            add_value(table, find_value(&runs->run[r].measured.evaluation, metric[m], metric[m]));
    }
    td_free(metric);
}

/* A column of the table of gains; -1 for a difference that has none: of lists of all users. */
static long column_of_gain(const td_page_table *table, const td_metric_difference *d)
{
    if (td_metric_find(d->metric)->needs & TD_NEEDS_LISTS)
        return -1;
    char *name = td_metric_name(d->task, d->metric, d->k);
    size_t c = 1;
    while (c < table->columns && strcmp(table->column[c].name, name) != 0)
        c++;
    td_free(name);
    return (long)c;
}

/* Whether some run was compared with the first. */
static bool has_differences(const td_report_runs *runs)
{
    for (size_t r = 1; r < runs->count; r++)
        if (runs->run[r].measured.differences > 0)
            return true;
    return false;
}

/* A row for each run but the first: what its model has more, or less. */
static void add_gains(const td_report_runs *runs, td_page_section *section)
{
    char *caption = td_print_text("What each has more than %s, of the same users, and between "
                                  "which 95 %% of the resamples lie",
                                  runs->run[0].shown);
    td_page_table *table = td_section_table(section, "gains", caption);
    td_free(caption);
    td_table_column(table, "run", false);
    for (size_t r = 1; r < runs->count; r++)
        for (size_t i = 0; i < runs->run[r].measured.differences; i++) {
            const td_metric_difference *d = &runs->run[r].measured.difference[i];
            if (column_of_gain(table, d) != (long)table->columns)
                continue;
            char *name = td_metric_name(d->task, d->metric, d->k);
            td_table_column(table, name, true);
            td_free(name);
        }
    for (size_t r = 1; r < runs->count; r++) {
        const td_measured_run *measured = &runs->run[r].measured;
        td_table_text(table, runs->run[r].name);
        for (size_t c = 1; c < table->columns; c++) {
            td_metric_difference d = {.difference = NAN, .low = NAN, .high = NAN};
            for (size_t i = 0; i < measured->differences; i++)
                if (column_of_gain(table, &measured->difference[i]) == (long)c)
                    d = measured->difference[i];
            td_table_interval(table, d.difference, d.low, d.high, DIGITS);
        }
    }
}

/* A row for each run but the first, and metric, with all that is known of the difference. */
static void add_differences(const td_report_runs *runs, td_page_section *section)
{
    static const char *const columns[] = {"run", "metric", "difference", "better", "worse", "p"};
    td_page_table *table = td_section_table(
        section, "differences",
        "For what share of the users it is better and worse, and p that it is chance, corrected "
        "for so many runs");
    table->is_folded = true;
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        td_table_column(table, columns[c], c == 2);
    for (size_t r = 1; r < runs->count; r++)
        for (size_t i = 0; i < runs->run[r].measured.differences; i++) {
            const td_metric_difference *d = &runs->run[r].measured.difference[i];
            char *name = td_metric_name(d->task, d->metric, d->k);
            td_table_text(table, runs->run[r].name);
            td_table_text(table, name);
            td_table_interval(table, d->difference, d->low, d->high, DIGITS);
            td_table_number(table, d->better, DIGITS);
            td_table_number(table, d->worse, DIGITS);
            td_table_number(table, d->p, DIGITS);
            td_free(name);
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
            add_counts(run, section);
            first = run;
        } else if (run->data_checksum != first->data_checksum ||
                   !td_measured_are_alike(&run->measured, &first->measured)) {
            td_section_text(section, TD_PART_WARNING,
                            "%s was asked otherwise than %s, or of other data (%s), so their "
                            "values do not compare; --set eval.KEY=VALUE asks all alike.",
                            run->shown, first->shown, run->measured.evaluation.settings);
        }
    }
}

void td_section_systems(const td_report_runs *runs, td_page_section *section)
{
    for (size_t r = 0; r < runs->count; r++)
        add_missing(&runs->run[r], section);
    if (runs->count == 1 && is_measured(&runs->run[0])) {
        if (runs->run[0].has_retrieval)
            add_verdict(&runs->run[0].measured.evaluation, section);
        add_untrained(&runs->run[0], section);
        add_counts(&runs->run[0], section);
        add_systems_of_one(&runs->run[0].measured.evaluation, section);
    } else if (runs->count == 1) {
        add_kept(&runs->run[0], section);
    } else {
        add_counts_of_many(runs, section);
        for (size_t r = 0; r < runs->count; r++)
            add_untrained(&runs->run[r], section);
        add_runs(runs, section);
        if (has_differences(runs)) {
            add_gains(runs, section);
            add_differences(runs, section);
        } else if (!runs->options->quick) {
            td_section_text(section, TD_PART_MISSING,
                            "No run was asked the same of the same data as %s, so there are no "
                            "differences user by user.",
                            runs->run[0].shown);
        }
    }
}
