/* The built-in tasks, of keys of their own, then the declared ones. */
#include "model/task.h"

#include "base/intern.h"
#include "base/log.h"
#include "data/task_fields.h"

#include <stdio.h>
#include <string.h>

static size_t builtin_tasks(const td_config *config)
{
    return config->rating_enabled ? 2 : 1;
}

size_t td_task_count(const td_config *config)
{
    return builtin_tasks(config) + config->tasks.count;
}

static td_task retrieval(const td_config *config)
{
    return (td_task){.name = "retrieval",
                     .weight = config->retrieval_weight,
                     .is_mean = config->retrieval_reduction == TD_REDUCTION_MEAN,
                     .weights = "weight"};
}

static td_task rating(const td_config *config)
{
    return (td_task){.name = "rating",
                     .loss = td_loss_find("mse"),
                     .weight = config->rating_weight,
                     .is_mean = true,
                     .label = "rating",
                     .trains = td_intern_text(td_task_rows_field(&td_task_rating).name),
                     .weights = "weight",
                     .hidden = &config->rating_hidden,
                     .prefix = "head"};
}

static td_task declared(const td_task_config *task)
{
    char prefix[TD_TASK_FIELD_BYTES];
    snprintf(prefix, sizeof prefix, "%s_head", task->name);
    return (td_task){.name = task->name,
                     .loss = td_loss_find(task->loss),
                     .weight = task->weight,
                     .is_mean = true,
                     .label = td_intern_text(td_task_label_field(task).name),
                     .trains = td_intern_text(td_task_rows_field(task).name),
                     .weights = "weight",
                     .hidden = &task->hidden,
                     .prefix = td_intern_text(prefix)};
}

td_task td_task_of(const td_config *config, size_t k)
{
    if (k == 0)
        return retrieval(config);
    return k < builtin_tasks(config) ? rating(config)
                                     : declared(td_config_task(config, k - builtin_tasks(config)));
}

td_status td_tasks_check(const td_config *config)
{
    for (size_t i = 0; i < config->tasks.count; i++) {
        const td_task_config *task = td_config_task(config, i);
        char names[256];
        td_loss_names(sizeof names, names);
        if (!td_loss_find(task->loss))
            return td_fail(TD_ERR_CONFIG,
                           "configuration: tasks.%s.loss: expected one of %s, found %s", task->name,
                           names, task->loss);
    }
    return TD_OK;
}

void td_task_losses_add(size_t tasks, td_task_loss *sums, const td_task_loss *more)
{
    for (size_t k = 0; k < tasks; k++) {
        td_exact_merge(1, &more[k].sum, &sums[k].sum);
        sums[k].rows += more[k].rows;
    }
}
