/* The built-in tasks, of keys of their own. */
#include "model/task.h"

size_t td_task_count(const td_config *config)
{
    return config->rating_enabled ? 2 : 1;
}

td_task td_task_of(const td_config *config, size_t k)
{
    if (k == 0)
        return (td_task){.name = "retrieval",
                         .weight = config->retrieval_weight,
                         .is_mean = config->retrieval_reduction == TD_REDUCTION_MEAN,
                         .weights = "weight"};
    return (td_task){.name = "rating",
                     .loss = td_loss_find("mse"),
                     .weight = config->rating_weight,
                     .is_mean = true,
                     .label = "rating",
                     .weights = "weight",
                     .hidden = &config->rating_hidden,
                     .prefix = "head"};
}

void td_task_losses_add(size_t tasks, td_task_loss *sums, const td_task_loss *more)
{
    for (size_t k = 0; k < tasks; k++) {
        td_exact_merge(1, &more[k].sum, &sums[k].sum);
        sums[k].rows += more[k].rows;
    }
}
