/* A dataset for each unit that is not the finest. */
#include "run/unit_sets.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define EPOCH "units/epoch_losses"

enum { PATH = 96, UNIT_NUMBERS = sizeof(td_sum_unit) / sizeof(int32_t), EPOCH_COARSEST = 128 };

/* "units/tensors/item_table/weight" */
static void path_of(const td_model *model, size_t term, char path[PATH])
{
    const td_parameters *parameters = &model->parameters;
    if (term < parameters->count)
        snprintf(path, PATH, "units/tensors/%s", parameters->tensor[term].name);
    else if (td_term_is_loss(parameters, term))
        snprintf(path, PATH, "units/losses/%s",
                 model->task[term - td_term_loss(parameters, 0)].is.name);
    else
        snprintf(path, PATH, "units/%s_embeddings",
                 term == td_term_du(parameters) ? "query" : "candidate");
}

/* The numbers that this rank writes, or answers for: rank 0's are all. */
static int64_t mine_of(td_file *file, int64_t numbers)
{
    return td_comm_rank(td_file_comm(file)) == 0 ? numbers : 0;
}

/* By how much the units of the epoch's sums are coarser than the finest. */
static td_status each_loss(td_file *file, const td_model *model, const td_task_loss *losses,
                           td_file_part *act)
{
    const int64_t tasks = (int64_t)model->tasks;
    int32_t most = 0, *coarser = TD_NEW(int32_t, model->tasks);
    for (size_t k = 0; k < model->tasks; k++) {
        coarser[k] = losses[k].coarser;
        most = coarser[k] > most ? coarser[k] : most;
    }
    td_status status = TD_OK;
    if (most > 0)
        status = act(file, EPOCH, (td_shape){TD_INT32, tasks, 0}, 0, mine_of(file, tasks), coarser);
    td_free(coarser);
    return status;
}

td_status td_unit_sets_each(td_file *file, const td_model *model, const td_task_loss *losses,
                            td_file_part *act)
{
    const td_shape shape = {TD_INT32, UNIT_NUMBERS, 0};
    for (size_t k = 0; k < td_model_terms(model); k++) {
        char path[PATH];
        path_of(model, k, path);
        if (model->units[k].coarser > 0)
            TD_TRY(act(file, path, shape, 0, mine_of(file, UNIT_NUMBERS), &model->units[k]));
    }
    return each_loss(file, model, losses, act);
}

/* Sets numbers to a dataset's, if there is one. */
static td_status read_numbers(td_file *file, const char *path, int64_t count, int32_t *numbers)
{
    bool has;
    td_shape shape;
    const td_shape expected = {TD_INT32, count, 0};
    TD_TRY(td_file_has(file, path, &has));
    if (!has)
        return TD_OK;
    TD_TRY(td_file_shape(file, path, &shape));
    if (shape.rows != count || shape.columns != 0)
        return td_fail(TD_ERR_FORMAT, "%s: %s is of another shape than units are",
                       td_file_path(file), path);
    TD_TRY(td_file_read_rows(file, path, TD_INT32, 0, count, numbers));
    return td_file_check_rows(file, path, expected, 0, mine_of(file, count), numbers);
}

static td_status refuse(const td_file *file, const char *path)
{
    return td_fail(TD_ERR_FORMAT, "%s: %s has numbers that no unit of a sum has",
                   td_file_path(file), path);
}

static td_status read_losses(td_file *file, const td_model *model, td_task_loss *losses)
{
    int32_t *coarser = TD_NEW(int32_t, model->tasks);
    td_status status = read_numbers(file, EPOCH, (int64_t)model->tasks, coarser);
    for (size_t k = 0; k < model->tasks && status == TD_OK; k++) {
        losses[k].coarser = coarser[k];
        if (coarser[k] < 0 || coarser[k] > EPOCH_COARSEST)
            status = refuse(file, EPOCH);
    }
    td_free(coarser);
    return status;
}

td_status td_unit_sets_read(td_file *file, td_model *model, td_task_loss *losses)
{
    for (size_t k = 0; k < td_model_terms(model); k++) {
        char path[PATH];
        int32_t numbers[UNIT_NUMBERS] = {0};
        path_of(model, k, path);
        TD_TRY(read_numbers(file, path, UNIT_NUMBERS, numbers));
        memcpy(&model->units[k], numbers, sizeof numbers);
        if (!td_sum_unit_is_sound(&model->units[k]))
            return refuse(file, path);
    }
    return losses ? read_losses(file, model, losses) : TD_OK;
}
