/* The units of a step's exact sums: a step whose terms do not fit runs again with coarser ones. */
#include "train/trainer_parts.h"

#include "base/log.h"

#include <string.h>

/* Two are needed at most: dU and dV first, then what is behind them. */
enum { REPEATS = 3 };

/* The terms that a sum of a kind may have. */
static size_t terms_per_sum(const td_trainer *t, size_t term)
{
    return (size_t)t->tiles * (td_term_is_loss(&t->model->parameters, term) ? TD_TILE_ROWS : 1);
}

void td_trainer_start_units(td_trainer *t)
{
    t->repeats = 0;
    for (size_t k = 0; k < td_model_terms(t->model); k++)
        t->coarser[k] = t->model->units[k].coarser;
}

void td_trainer_set_units(td_trainer *t)
{
    const td_parameters *parameters = &t->model->parameters;
    for (int i = 0; i < t->threads; i++)
        td_gradients_set_units(&t->workers[i].gradients, t->coarser);
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->tensor[i].is_table)
            t->tables[i].exponent = td_term_exponent(parameters, i) - t->coarser[i];
}

bool td_trainer_fits(const td_trainer *t, size_t term)
{
    return td_exact_in_range(td_term_exponent(&t->model->parameters, term) - t->coarser[term],
                             terms_per_sum(t, term), t->largest[term]);
}

/* By how much a term's unit must be coarser than the finest; -1: none helps. */
static int needed(const td_trainer *t, size_t term)
{
    return td_exact_coarser(td_term_exponent(&t->model->parameters, term), terms_per_sum(t, term),
                            t->largest[term]);
}

static td_status refuse(const td_trainer *t, int64_t number, size_t term)
{
    char name[128];
    float size;
    memcpy(&size, &t->largest[term], sizeof size);
    td_model_term_name(t->model, term, sizeof name, name);
    return td_fail(TD_ERR_NUMERIC,
                   "step %lld: %s of %s has a term of size %g, which is not finite or too "
                   "large to be summed exactly; the last checkpoint is kept; begin another "
                   "run with a lower optimizer.learning_rate, a higher retrieval.temperature, or "
                   "ratings and weights on a smaller scale",
                   (long long)number,
                   td_term_is_loss(&t->model->parameters, term) ? "the value" : "the gradient",
                   name, (double)size);
}

/* Gives those of the terms [first, end) that do not fit a unit in which they do; true if there are
 * any. */
static td_status coarsen(td_trainer *t, int64_t number, size_t first, size_t end, bool *any)
{
    for (size_t k = first; k < end; k++) {
        if (td_trainer_fits(t, k))
            continue;
        const int coarser = needed(t, k);
        if (coarser < 0 || t->repeats > REPEATS)
            return refuse(t, number, k);
        t->coarser[k] = coarser;
        *any = true;
    }
    return TD_OK;
}

/* C: tensors' gradients come of dU's and dV's sums, and mean nothing where these overflowed: so
 * theirs are looked at when those fit. Nothing comes of the losses' sums. */
td_status td_trainer_coarsen_units(td_trainer *t, int64_t number)
{
    const size_t tensors = t->model->parameters.count;
    bool any = false;
    t->repeats++;
    td_comm_max(t->comm, td_model_terms(t->model), t->largest);
    TD_TRY(coarsen(t, number, tensors, td_model_terms(t->model), &any));
    return any ? TD_OK : coarsen(t, number, 0, tensors, &any);
}

static bool are_finest(const td_trainer *t)
{
    size_t k = 0;
    while (k < td_model_terms(t->model) && t->coarser[k] == 0)
        k++;
    return k == td_model_terms(t->model);
}

/* The finest stay so where all terms fit them: nobody has to be asked how large these are. */
void td_trainer_keep_units(td_trainer *t)
{
    if (are_finest(t))
        return;
    td_comm_max(t->comm, td_model_terms(t->model), t->largest); /* C */
    for (size_t k = 0; k < td_model_terms(t->model); k++)
        td_sum_unit_follow(&t->model->units[k], needed(t, k));
}
