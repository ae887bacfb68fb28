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
    return td_task_loss_sum(of) / (double)of->rows;
}

double td_losses_share(const td_losses *losses, size_t k)
{
    double sum = 0;
    for (size_t i = 0; losses->norms && i < td_task_count(losses->config); i++)
        sum += losses->norms[i];
    return sum > 0 ? losses->norms[k] / sum : NAN;
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

/* Writes what several tasks have, in parentheses. */
static void tell_tasks(FILE *to, const td_losses *losses,
                       double (*of)(const td_losses *losses, size_t k), int digits,
                       const char *unit)
{
    const char *before = " (";
    for (size_t k = 0; k < td_task_count(losses->config); k++) {
        const double value = isnan(td_losses_mean(losses, k)) ? NAN : of(losses, k);
        if (isnan(value)) /* not trained, or by no row */
            continue;
        fprintf(to, "%s%s %.*f%s", before, td_task_of(losses->config, k).name, digits, value, unit);
        before = ", ";
    }
    fputc(')', to);
}

static double percent(const td_losses *losses, size_t k)
{
    return 100 * td_losses_share(losses, k);
}

char *td_losses_text(const td_losses *losses)
{
    const size_t tasks = td_task_count(losses->config);
    size_t length, shown = 0;
    char *text;
    FILE *to = td_text_writer(&text, &length);
    fprintf(to, "loss %.4f", td_losses_total(losses));
    for (size_t k = 0; k < tasks; k++)
        shown += isnan(td_losses_mean(losses, k)) ? 0 : 1;
    if (shown > 1)
        tell_tasks(to, losses, td_losses_mean, 4, "");
    if (shown > 1 && losses->norms && losses->norms[tasks] > 0) {
        fprintf(to, "; gradient %.3g", losses->norms[tasks]);
        tell_tasks(to, losses, percent, 0, " %");
    }
    td_text_writer_close(to);
    return text;
}
