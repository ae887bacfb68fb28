/* The built-in tasks, of keys of their own, then the declared ones. */
#include "model/task.h"

#include "base/intern.h"
#include "base/log.h"
#include "data/task_fields.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t builtin_tasks(const td_config *config)
{
    return config->rating_enabled ? 2 : 1;
}

size_t td_task_count(const td_config *config)
{
    size_t count = builtin_tasks(config);
    for (size_t i = 0; i < config->tasks.count; i++)
        count += !td_config_has_task(config, td_config_task(config, i)->name);
    return count;
}

static void heed_bias(const char *name, const char *of, td_task *task)
{
    char table[TD_TASK_FIELD_BYTES];
    snprintf(table, sizeof table, "%s_%s_bias", name, of);
    if (strcmp(of, "global") == 0)
        task->starts_at_mean = true;
    else
        task->biases[strcmp(of, "item") == 0] = td_intern_text(table);
}

/* Sets what an entry of the section says of any task. */
static void heed(const td_task_config *entry, td_task *task)
{
    if (!entry)
        return;
    task->trains = td_intern_text(td_task_field_of(entry, TD_TASK_ROWS).name);
    if (*entry->negatives)
        task->negatives = td_intern_text(td_task_field_of(entry, TD_TASK_NEGATIVES).name);
    if (strcmp(entry->weight_field, "none") == 0)
        task->weights = NULL;
    else if (*entry->weight_field)
        task->weights = td_intern_text(td_task_field_of(entry, TD_TASK_WEIGHTS).name);
    const char *of_kind = entry->kind == TD_TASK_CLASSIFICATION ? "bce" : "mse";
    task->loss = task->label ? td_loss_find(*entry->loss ? entry->loss : of_kind) : NULL;
    task->delta = (float)entry->delta;
    task->input = entry->input;
    task->features = entry->features;
    for (size_t i = 0; i < entry->bias.count; i++)
        heed_bias(entry->name, entry->bias.name[i], task);
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
                     .trains = td_intern_text(td_task_field_of(&td_task_rating, TD_TASK_ROWS).name),
                     .weights = "weight",
                     .hidden = &config->rating_hidden,
                     .dropout = config->rating_dropout,
                     .prefix = "head"};
}

static td_task declared(const td_task_config *entry)
{
    char prefix[TD_TASK_FIELD_BYTES];
    snprintf(prefix, sizeof prefix, "%s_head", entry->name);
    return (td_task){.name = entry->name,
                     .weight = entry->weight,
                     .is_mean = true,
                     .label = td_intern_text(td_task_field_of(entry, TD_TASK_LABEL).name),
                     .weights = "weight",
                     .hidden = &entry->hidden,
                     .dropout = entry->dropout,
                     .prefix = td_intern_text(prefix)};
}

/* Entry k of those whose tasks are not built in. */
static const td_task_config *declared_entry(const td_config *config, size_t k)
{
    size_t i = 0;
    for (;; i++)
        if (!td_config_has_task(config, td_config_task(config, i)->name) && k-- == 0)
            return td_config_task(config, i);
}

td_task td_task_of(const td_config *config, size_t k)
{
    td_task task;
    if (k >= builtin_tasks(config)) {
        const td_task_config *entry = declared_entry(config, k - builtin_tasks(config));
        task = declared(entry);
        heed(entry, &task);
        return task;
    }
    task = k == 0 ? retrieval(config) : rating(config);
    heed(td_config_task_named(config, task.name), &task);
    return task;
}

td_status td_tasks_check(const td_config *config)
{
    for (size_t i = 0; i < config->tasks.count; i++) {
        const td_task_config *task = td_config_task(config, i);
        char names[256];
        td_loss_names(sizeof names, names);
        if (*task->loss && !td_loss_find(task->loss))
            return td_fail(TD_ERR_CONFIG,
                           "configuration: tasks.%s.loss: expected one of %s, found %s", task->name,
                           names, task->loss);
    }
    return TD_OK;
}

double td_task_loss_sum(const td_task_loss *loss)
{
    return ldexp((double)loss->sum, loss->coarser - TD_EXACT_TOTAL);
}

static void coarsen(td_task_loss *loss, int coarser)
{
    if (coarser <= loss->coarser)
        return;
    loss->sum = td_exact_coarsen(loss->sum, coarser - loss->coarser);
    loss->coarser = coarser;
}

/* The sum of two such is below 2^63. */
static bool has_room(const td_task_loss *loss)
{
    const td_exact most = (td_exact)1 << 62;
    return loss->sum > -most && loss->sum < most;
}

static void add_loss(td_task_loss *sum, td_task_loss more)
{
    coarsen(sum, more.coarser);
    coarsen(&more, sum->coarser);
    while (!has_room(sum) || !has_room(&more)) {
        coarsen(sum, sum->coarser + 1);
        coarsen(&more, more.coarser + 1);
    }
    sum->sum += more.sum;
    sum->rows += more.rows;
}

void td_task_losses_add(size_t tasks, td_task_loss *sums, const td_task_loss *more)
{
    for (size_t k = 0; k < tasks; k++)
        add_loss(&sums[k], more[k]);
}
