/* Means of exact sums. */
#include "run/losses.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double td_losses_mean(const td_losses *losses, size_t k)
{
    const td_task_loss *of = &losses->sums[k];
    if (td_task_of(losses->config, k).weight <= 0)
        return NAN;
    return ldexp((double)of->sum, -TD_EXACT_TOTAL) / (double)of->rows;
}

static double weigh(double sum, double weight, double mean)
{
    return isnan(mean) ? sum : sum + weight * mean;
}

double td_losses_recorded(const td_config *config, const td_metrics *metrics, int64_t step)
{
    double sum = 0;
    bool is_known = false;
    for (size_t k = 0; k < td_task_count(config); k++) {
        const td_task task = td_task_of(config, k);
        const double mean = td_metrics_loss(metrics, step, task.name);
        sum = weigh(sum, task.weight, mean);
        is_known = is_known || !isnan(mean);
    }
    return is_known ? sum : NAN;
}

double td_losses_total(const td_losses *losses)
{
    double sum = 0;
    for (size_t k = 0; k < td_task_count(losses->config); k++)
        sum = weigh(sum, td_task_of(losses->config, k).weight, td_losses_mean(losses, k));
    return sum;
}

char *td_losses_text(const td_losses *losses)
{
    size_t length, shown = 0;
    char *text;
    FILE *to = td_text_writer(&text, &length);
    fprintf(to, "loss %.4f", td_losses_total(losses));
    for (size_t k = 0; k < td_task_count(losses->config); k++)
        shown += td_task_of(losses->config, k).weight > 0;
    const char *before = " (";
    for (size_t k = 0; k < td_task_count(losses->config) && shown > 1; k++) {
        const td_task task = td_task_of(losses->config, k);
        if (task.weight <= 0)
            continue;
        fprintf(to, "%s%s %.4f", before, task.name, td_losses_mean(losses, k));
        before = ", ";
    }
    if (shown > 1)
        fputc(')', to);
    td_text_writer_close(to);
    return text;
}
