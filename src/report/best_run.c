/* Values compare only where metric, task, k, settings of evaluation and data are the same. */
#include "report/best_run.h"

#include "base/memory.h"
#include "tandem/memory.h"

#include <string.h>

static bool has_value(const td_best_so_far *best)
{
    return best->measure.metric && best->best_step >= 0;
}

static bool are_alike(const td_report_run *a, const td_best_so_far *best_of_a,
                      const td_report_run *b, const td_best_so_far *best_of_b)
{
    const td_measure *by = &best_of_a->measure, *other = &best_of_b->measure;
    if (by->metric != other->metric || best_of_a->k != best_of_b->k ||
        strcmp(by->task ? by->task : "", other->task ? other->task : "") != 0 ||
        a->data_checksum != b->data_checksum)
        return false;
    char *settings = td_evaluation_settings(&a->config),
         *others = td_evaluation_settings(&b->config);
    const bool same = strcmp(settings, others) == 0;
    td_free(settings);
    td_free(others);
    return same;
}

/* Whether some run has a value, and all of those are alike. *first is the first of them. */
static bool is_known(const td_report_runs *runs, const td_best_so_far *best, size_t *first)
{
    *first = runs->count;
    for (size_t r = runs->count; r-- > 0;)
        if (has_value(&best[r]))
            *first = r;
    for (size_t r = *first; r < runs->count; r++)
        if (has_value(&best[r]) &&
            !are_alike(&runs->run[*first], &best[*first], &runs->run[r], &best[r]))
            return false;
    return *first < runs->count;
}

/* Whether run a comes before run b, which was given before it. */
static bool is_before(const td_best_so_far *a, const td_best_so_far *b)
{
    if (!has_value(a) || !has_value(b))
        return has_value(a) && !has_value(b);
    return a->measure.metric->is_error ? a->best < b->best : a->best > b->best;
}

/* By insertion, which keeps equal ones as they were given: there are few. */
static void sort(size_t count, td_run_order *order)
{
    for (size_t i = 1; i < count; i++)
        for (size_t at = i;
             at > 0 && is_before(&order->best[order->run[at]], &order->best[order->run[at - 1]]);
             at--) {
            const size_t run = order->run[at];
            order->run[at] = order->run[at - 1];
            order->run[at - 1] = run;
        }
}

void td_run_order_find(const td_report_runs *runs, td_run_order *order)
{
    size_t first;
    *order = (td_run_order){.best = TD_NEW(td_best_so_far, runs->count),
                            .run = TD_NEW(size_t, runs->count)};
    for (size_t r = 0; r < runs->count; r++) {
        order->run[r] = r;
        order->best[r] =
            td_checkpoints_best_so_far(&runs->run[r].config, &runs->run[r].metrics, TD_VALIDATION);
    }
    order->is_known = is_known(runs, order->best, &first);
    if (!order->is_known)
        return;
    const td_best_so_far *best = &order->best[first];
    const char *task = td_measure_named_task(&best->measure);
    char *metric = td_metric_text(best->measure.metric->label, best->k);
    order->metric = td_print_text("validation %s%s%s", task ? task : "", task ? " " : "", metric);
    td_free(metric);
    sort(runs->count, order);
}

void td_run_order_free(td_run_order *order)
{
    td_free(order->metric);
    td_free(order->best);
    td_free(order->run);
    *order = (td_run_order){.metric = NULL};
}
