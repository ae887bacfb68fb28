#include "evaluation_table.h"

#include "base/memory.h"
#include "shown.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *evaluated_split(const td_evaluate_options *asked)
{
    return asked->split ? asked->split : "test";
}

/* What stands between a number of some kind and what is said of them; nothing of none. */
static void print_count(int64_t count, const char *what)
{
    if (count > 0)
        printf("%" PRId64 " %s\n", count, what);
}

/* Of n rows a share is off by 2 sqrt(p (1 - p) / n) at most, 95 % of the time. */
static void print_sample(const td_evaluate_report *report)
{
    static const char key[] = "sample=";
    const char *sample = strstr(report->settings, key);
    const long long rows = sample ? strtoll(sample + sizeof key - 1, NULL, 10) : 0;
    if (rows > 0 && rows < report->split_rows)
        printf("a sample of the rows, of which accuracies are within %.4f of those of all, 19 "
               "times of "
               "20\n",
               1 / sqrt((double)report->counts.rows));
}

/* What was asked, of whom, and what was not. */
static void print_heading(const td_evaluate_options *asked, const td_evaluate_report *report)
{
    const td_evaluation_counts *counts = &report->counts;
    const bool keeps = strstr(report->settings, "repeats=keep") != NULL;
    printf("%s, step %" PRId64 ", %" PRId64, shown(asked->model.run), report->step, counts->rows);
    if (counts->rows < report->split_rows)
        printf(" of %" PRId64, report->split_rows);
    printf(" %s rows of %" PRId64 " users, %" PRId64 " candidates\n", evaluated_split(asked),
           counts->users, counts->candidates);
    print_count(counts->repeats, keeps ? "rows repeat training rows, and are asked"
                                       : "rows repeat training rows, and are not asked");
    print_count(counts->outside, "rows ask for items that are no candidates: misses");
    print_count(counts->unknown_user_rows, "rows are of unknown users");
    print_count(counts->new_users, "users have no training row");
    print_count(counts->idle_users, "users have nothing left to ask");
    if (counts->older_rows > 0)
        printf("%.1f %% of the rows are older than the newest training row\n",
               100 * (double)counts->older_rows / (double)counts->rows);
    print_sample(report);
    if (report->runs > 1)
        printf("values of the model are means over %zu runs\n", report->runs);
    printf("%s\n%s\n", shown(report->scope), report->settings);
}

/* "top-5"; "like log loss" of the task like. The caller frees it. */
static char *label_of(const char *task, const char *label, int64_t k)
{
    char *text = td_metric_text(label, k);
    if (!task)
        return text;
    char *with_task = td_print_text("%s %s", task, text);
    td_free(text);
    return with_task;
}

/* That of the first column. */
static int label_width(const td_evaluate_report *report)
{
    size_t width = 8;
    for (size_t i = 0; i < report->count; i++) {
        char *label = td_metric_text(report->value[i].label, report->value[i].k);
        width = strlen(label) > width ? strlen(label) : width;
        td_free(label);
    }
    return (int)width;
}

/* That of the column of a value's system. */
static int column_width(const td_evaluate_report *report, size_t i)
{
    const int name = (int)strlen(report->value[i].system) + 2;
    if (report->value[i].is_of_model)
        return 10;
    return name > 12 ? name : 12;
}

/* Prints a line for each metric of lists and k, a column for each system. */
static void print_ranking(const td_evaluate_report *report)
{
    const td_metric_value *value = report->value;
    const int width = label_width(report);
    const char *last = "";
    printf("\n%-*s", width, "");
    for (size_t i = 0; i < report->count; i++)
        if (value[i].is_ranked && value[i].system != last)
            printf("%*s", column_width(report, i), last = value[i].system);
    printf("\n");
    for (size_t i = 0; i < report->count && value[i].is_of_model; i++) {
        if (!value[i].is_ranked)
            continue;
        char *label = td_metric_text(value[i].label, value[i].k);
        printf("%-*s", width, label);
        td_free(label);
        for (size_t j = i; j < report->count; j++)
            if (td_metric_is_same(&value[i], &value[j]))
                printf("%*.4f", column_width(report, j), value[j].value);
        printf("\n");
    }
}

/* Whether two values of predictions are of one system and task, and so on one line. */
static bool share_line(const td_metric_value *a, const td_metric_value *b)
{
    return !a->is_ranked && !b->is_ranked && a->system == b->system && a->task == b->task;
}

/* Prints whose predictions a line is of. */
static void print_whose(const td_metric_value *value)
{
    if (value->is_of_model)
        printf(" of %s\n", value->task ? value->task : "predicted ratings");
    else if (value->task)
        printf(" of %s by %s\n", value->task, value->system);
    else
        printf(" of %s\n", value->system);
}

/* Prints the metrics of predictions, a line for each system and task. */
static void print_predictions(const td_evaluate_report *report)
{
    const td_metric_value *value = report->value, *end = value + report->count;
    bool any = false;
    for (; value < end; value++) {
        if (value->is_ranked)
            continue;
        const bool continues = any && share_line(value - 1, value);
        printf("%s%s %.4f", continues ? ", " : any ? "" : "\n", value->label, value->value);
        any = true;
        if (value + 1 == end || !share_line(value, value + 1))
            print_whose(value);
    }
}

bool is_grouped(const td_evaluate_report *report, size_t i)
{
    bool any = false;
    for (size_t g = 0; g < report->groups; g++)
        any = any || !isnan(report->group[g].value[i]);
    return any;
}

/* Prints a table of value i and those like it: a line for each group, a column for each system. */
static void print_groups_of(const td_evaluate_report *report, size_t i, int width)
{
    const td_metric_value *value = report->value;
    char *label = label_of(value[i].task, value[i].label, value[i].k);
    printf("\n%-*s%10s%10s", width, label, "users", "rows");
    td_free(label);
    for (size_t j = i; j < report->count; j++)
        if (td_metric_is_same(&value[i], &value[j]))
            printf("%*s", column_width(report, j), value[j].system);
    for (size_t g = 0; g < report->groups; g++) {
        const td_metric_group *group = &report->group[g];
        printf("\n%-*s%10" PRId64 "%10" PRId64, width, shown(group->name), group->users,
               group->rows);
        for (size_t j = i; j < report->count; j++)
            if (td_metric_is_same(&value[i], &value[j]))
                printf("%*.4f", column_width(report, j), group->value[j]);
    }
    printf("\n");
}

/* Prints the metrics by groups, each where it first comes. */
static void print_groups(const td_evaluate_report *report)
{
    size_t width = 18;
    for (size_t g = 0; g < report->groups; g++) {
        const size_t length = strlen(shown(report->group[g].name));
        width = length > width ? length : width;
    }
    if (report->groups > 0)
        printf("\nby %s\n", shown(report->by));
    for (size_t i = 0; i < report->count; i++) {
        bool is_first = true;
        for (size_t j = 0; j < i; j++)
            is_first = is_first && !td_metric_is_same(&report->value[i], &report->value[j]);
        if (is_first && report->groups > 0 && is_grouped(report, i))
            print_groups_of(report, i, (int)width);
    }
}

/* Prints a share in percent; "-" where there is none. */
static void print_share(int width, double share)
{
    if (isnan(share))
        printf("%*s", width + 2, "-");
    else
        printf("%*.1f %%", width, 100 * share);
}

/* Prints what differs from which system, or from which runs. */
static void print_other(const char *system, const char *const *against)
{
    printf("\nless %s", system ? system : shown(against[0]));
    for (size_t i = 1; !system && against[i]; i++)
        printf(", %s", shown(against[i]));
    printf("\n%-20s%10s%11s%11s%9s%8s%8s\n", "", "difference", "from", "to", "better", "worse",
           "p");
}

/* Prints one line for each difference, and how to read it. */
static void print_differences(const td_evaluate_options *asked, const td_evaluate_report *report)
{
    for (size_t i = 0; i < report->differences; i++) {
        const td_metric_difference *d = &report->difference[i];
        if (i == 0 || d->system != d[-1].system)
            print_other(d->system, asked->against);
        char *label = label_of(d->task, d->label, d->k);
        printf("%-20s%+10.4f%+11.4f%+11.4f", label, d->difference, d->low, d->high);
        print_share(7, d->better);
        print_share(6, d->worse);
        printf("%8.3f\n", d->p);
        td_free(label);
    }
}

/* Prints the values of each of several runs, a column for each. */
static void print_runs(const td_evaluate_report *report)
{
    if (report->runs < 2)
        return;
    printf("\neach run\n");
    for (size_t r = 0; r < report->runs; r++)
        printf("(%zu) %s, step %" PRId64 "\n", r + 1, shown(report->run[r].run),
               report->run[r].step);
    for (size_t i = 0; i < report->model_count; i++) {
        const td_metric_value *value = &report->value[i];
        char *label = label_of(value->task, value->label, value->k);
        printf("%-20s", label);
        for (size_t r = 0; r < report->runs; r++)
            printf("%10.4f", report->run[r].value[i]);
        printf("\n");
        td_free(label);
    }
}

/* Prints the intervals of the values, system by system. */
static void print_intervals(const td_evaluate_report *report)
{
    printf("\n95 %% of 1,000 resamples of the users%s\n",
           report->runs > 1 ? " and of the runs" : "");
    for (size_t i = 0; i < report->count; i++) {
        const td_metric_value *value = &report->value[i];
        char *label = label_of(value->task, value->label, value->k);
        printf("%-20s%-12s%10.4f%10.4f\n", label, value->system, value->low, value->high);
        td_free(label);
    }
}

void print_evaluation(const td_evaluate_options *asked, const td_evaluate_report *report)
{
    const td_metric_value *value = report->value;
    bool ranks = false;
    for (size_t i = 0; i < report->count; i++)
        ranks = ranks || value[i].is_ranked;
    print_heading(asked, report);
    if (ranks)
        print_ranking(report);
    print_predictions(report);
    print_runs(report);
    print_groups(report);
    if (asked->intervals)
        print_intervals(report);
    print_differences(asked, report);
    printf("\n(");
    for (size_t i = 0; i < report->count && value[i].is_of_model; i++)
        if (value[i].is_ranked && (i == 0 || value[i].metric != value[i - 1].metric))
            printf("%s; ", value[i].text);
    printf("%.3f s)\n", report->seconds);
}
