/* The rules. Their bounds are wide: what they find is worth a person's look. */
#include "run/warnings.h"

#include "base/memory.h"
#include "eval/popularity_hint.h"
#include "model/task.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A loss that stays within this share of itself is flat; beyond it, it rises or falls. */
static const double flat = 0.002;

/* How far the epoch moved the group of parameters that moved most, in shares of its size, at most:
 * as many steps as the last one. NaN where no norms are known. */
static double most_movement(const td_epoch_facts *facts)
{
    double most = NAN;
    for (size_t g = 0; g < facts->groups; g++) {
        const td_group_norms *group = &facts->group[g];
        if (group->parameters > 0)
            most = fmax(most, group->update / group->parameters * (double)facts->steps);
    }
    return most;
}

/* Where the loss began: at the first step, or in the mean of the first of several epochs. */
static double loss_at_first(const td_epoch_facts *facts)
{
    enum { MANY_STEPS = 10 };
    if (facts->losses >= 2)
        return facts->loss[0];
    return facts->losses == 1 && facts->steps >= MANY_STEPS ? facts->first_loss : NAN;
}

static char *check_flat_loss(const td_epoch_facts *facts)
{
    const double tiny = 0.1, first = loss_at_first(facts), moved = most_movement(facts);
    const td_config *config = facts->config;
    const double last = facts->losses > 0 ? facts->loss[facts->losses - 1] : NAN;
    if (!(fabs(last - first) <= flat * fabs(first)) || !(moved < tiny))
        return NULL;
    const bool heeds_size = config->optimizer_kind != TD_ADAM;
    const bool is_mean =
        config->retrieval_weight > 0 && config->retrieval_reduction == TD_REDUCTION_MEAN;
    return td_print_text(
        "the loss is flat from the start, %.5g and now %.5g, and an epoch moves the parameters by "
        "%.2g %% of their size at most: raise optimizer.learning_rate (%g), by ten%s",
        first, last, 100 * moved, config->optimizer_learning_rate,
        is_mean && heeds_size ? "; with retrieval.reduction: mean it must be higher than with sum"
                              : "");
}

/* Above the first epoch's, or since three epochs above the one before. */
static bool is_rising(const td_epoch_facts *facts)
{
    enum { IN_A_ROW = 3 };
    const size_t n = facts->losses;
    const double *loss = facts->loss;
    if (n < 2)
        return false;
    if (loss[n - 1] > (1 + flat) * loss[0])
        return true;
    if (n <= IN_A_ROW)
        return false;
    for (size_t i = n - IN_A_ROW; i < n; i++)
        if (!(loss[i] > loss[i - 1]))
            return false;
    return loss[n - 1] > (1 + 5 * flat) * loss[n - 1 - IN_A_ROW];
}

static char *check_rising_loss(const td_epoch_facts *facts)
{
    const td_config *config = facts->config;
    if (!is_rising(facts))
        return NULL;
    double least = facts->loss[0];
    for (size_t i = 1; i < facts->losses; i++)
        least = fmin(least, facts->loss[i]);
    const bool is_sum = config->retrieval_weight > 0 && config->optimizer_kind != TD_ADAM &&
                        config->retrieval_reduction == TD_REDUCTION_SUM;
    return td_print_text("the loss rises, to %.5g after %.5g: lower optimizer.learning_rate (%g)%s",
                         facts->loss[facts->losses - 1], least, config->optimizer_learning_rate,
                         is_sum ? ", or train the mean (retrieval.reduction: mean)" : "");
}

/* The chosen metric of the model, or of popularity; NaN where there is none. */
static double value_of(const td_epoch_facts *facts, bool of_model)
{
    const td_best_so_far *by = facts->so_far;
    for (size_t i = 0; i < facts->evaluation->count; i++) {
        const td_metric_value *value = &facts->evaluation->value[i];
        const bool is_its = value->is_of_model == of_model &&
                            (of_model || strcmp(value->system, "popularity") == 0);
        if (is_its && value->k == by->k && strcmp(value->metric, by->measure.metric->name) == 0)
            return value->value;
    }
    return NAN;
}

/* Whether something was evaluated, and the model has had its time: it is over, or half of it and
 * two evaluations were no better. */
static bool had_its_time(const td_epoch_facts *facts)
{
    const td_best_so_far *by = facts->so_far;
    if (!facts->evaluation || !by || !by->measure.metric || facts->evaluation->counts.rows == 0)
        return false;
    const bool is_late = 2 * facts->epoch >= facts->config->train_epochs && by->since_best >= 2;
    return facts->is_over || is_late;
}

/* By more than chance: a mean over n values from 0 to 1 has a standard error of sqrt(p (1 - p) / n)
 * at most. */
static bool is_below_popularity(const td_epoch_facts *facts)
{
    const td_best_so_far *by = facts->so_far;
    if (!had_its_time(facts) || by->measure.metric->needs != TD_NEEDS_ITEM_RANKS ||
        !(facts->config->retrieval_weight > 0))
        return false;
    const double ours = value_of(facts, true), popular = value_of(facts, false);
    const double units = (double)(by->measure.metric->of_users ? facts->evaluation->counts.users
                                                               : facts->evaluation->counts.rows);
    return ours < popular - sqrt(popular * (1 - popular) / units);
}

static char *check_below_popularity(const td_epoch_facts *facts)
{
    if (!is_below_popularity(facts))
        return NULL;
    const td_best_so_far *by = facts->so_far;
    char *name = td_metric_text(by->measure.metric->label, by->k),
         *cure = td_popularity_cure(facts->config, &facts->evaluation->counts, by->since_best < 2);
    char *text = td_print_text("%s %s is %.4f, below popularity's %.4f; %s",
                               td_split_name(facts->evaluation->split), name, value_of(facts, true),
                               value_of(facts, false), cure);
    td_free(name);
    td_free(cure);
    return text;
}

/* The model's value of the chosen metric, of lists or of a head; NULL where it has none, or where
 * what it is of is not trained. */
static const td_metric_value *chosen_value(const td_epoch_facts *facts)
{
    const td_best_so_far *by = facts->so_far;
    const char *task = td_measure_named_task(&by->measure);
    const td_metric_value chosen = {.metric = by->measure.metric->name, .task = task, .k = by->k};
    if (!by->measure.task && !(facts->config->retrieval_weight > 0))
        return NULL;
    for (size_t i = 0; i < facts->evaluation->count; i++)
        if (facts->evaluation->value[i].is_of_model &&
            td_metric_is_same(&facts->evaluation->value[i], &chosen))
            return &facts->evaluation->value[i];
    return NULL;
}

/* Another system than popularity, which has a rule of its own. */
static char *check_below_baseline(const td_epoch_facts *facts)
{
    if (!had_its_time(facts) || is_below_popularity(facts))
        return NULL;
    const td_evaluation *evaluation = facts->evaluation;
    const td_metric_value *ours = chosen_value(facts);
    const td_metric_value *better =
        td_better_baseline(evaluation->count, evaluation->value, &evaluation->counts, ours);
    if (!better)
        return NULL;
    char *name = td_metric_text(facts->so_far->measure.metric->label, ours->k),
         *cure = td_baseline_cure(facts->config, &evaluation->counts);
    char *text = td_print_text("%s %s is %.4f, worse than the %.4f of the baseline %s; %s",
                               td_split_name(evaluation->split), name, ours->value, better->value,
                               better->system, cure);
    td_free(name);
    td_free(cure);
    return text;
}

/* Lists as long as the candidates are many hold every item: accuracy and recall are then 1, whoever
 * made the lists, and the first evaluation is the best for ever. */
static char *check_whole_lists(const td_epoch_facts *facts)
{
    const td_best_so_far *by = facts->so_far;
    if (!facts->evaluation || !by || !by->measure.metric || !by->measure.metric->has_k ||
        by->k < facts->evaluation->counts.candidates || value_of(facts, true) != 1)
        return NULL;
    char *name = td_metric_text(by->measure.metric->label, by->k);
    char *text = td_print_text("lists of %" PRId64 " hold all %" PRId64
                               " candidates, so that %s, by which the best checkpoint is chosen, "
                               "is 1 of any model: end eval.ks with a smaller k (eval.ks=[1, 5, "
                               "10])",
                               by->k, facts->evaluation->counts.candidates, name);
    td_free(name);
    return text;
}

static char *check_tied_scores(const td_epoch_facts *facts)
{
    const td_evaluation *evaluation = facts->evaluation;
    if (!evaluation || !(facts->config->retrieval_weight > 0) ||
        evaluation->counts.tied_rows * 100 <= evaluation->counts.rows)
        return NULL;
    return td_print_text("%.1f %% of the %s rows tie with more than %" PRId64
                         " other candidates: the model does not tell their items apart; lower "
                         "optimizer.learning_rate, or give the candidate tower features that do "
                         "(eval.ties says what ties are taken for)",
                         100 * (double)evaluation->counts.tied_rows /
                             (double)evaluation->counts.rows,
                         td_split_name(evaluation->split), evaluation->counts.tied_with);
}

static char *check_collapsed_items(const td_epoch_facts *facts)
{
    const double least = 1e-3;
    if (!(facts->spread < least))
        return NULL;
    return td_print_text("the embeddings of the items have collapsed to one point (%.2g of their "
                         "size is what differs), so that all items score alike: lower "
                         "optimizer.learning_rate (%g), or a higher retrieval.temperature",
                         facts->spread, facts->config->optimizer_learning_rate);
}

/* The table of which the largest share was never trained, if that is most of it, and many: a table
 * of hours has some that never come. Where training has moved no row of any, other rules know why.
 */
static char *check_untrained_rows(const td_epoch_facts *facts)
{
    enum { MANY = 100 };
    const td_table_facts *most = NULL;
    bool is_any_trained = false;
    for (size_t t = 0; t < facts->tables; t++) {
        const td_table_facts *table = &facts->table[t];
        is_any_trained = is_any_trained || table->untrained < table->rows;
        if (table->untrained >= MANY && 2 * table->untrained > table->rows &&
            (!most || (double)table->untrained / (double)table->rows >
                          (double)most->untrained / (double)most->rows))
            most = table;
    }
    if (!most || !is_any_trained)
        return NULL;
    return td_print_text(
        "%" PRId64 " of the %" PRId64
        " rows of %s were never trained: no training row names them. They take memory, and answer "
        "as model.untrained_rows says; a cut that leaves less out (prepare), fewer buckets or "
        "min_count of a field in the schema give each row something to learn from",
        most->untrained, most->rows, most->name);
}

/* The key of a task's weight. */
static char *weight_of(const td_task *task)
{
    const bool is_built_in = !task->loss || strcmp(task->name, TD_TASK_RATING) == 0;
    return td_print_text("%s%s.weight (%g)", is_built_in ? "" : "tasks.", task->name, task->weight);
}

/* From the second epoch on: the first steps are about where losses begin. */
static char *check_drowned_task(const td_epoch_facts *facts)
{
    const double least = 0.01;
    size_t small = 0, large = 0, trained = 0;
    for (size_t k = 0; k < facts->tasks; k++) {
        if (isnan(facts->share[k]) || !(td_task_of(facts->config, k).weight > 0))
            continue; /* a task that is not trained is not drowned */
        if (trained++ == 0)
            small = large = k;
        small = facts->share[k] < facts->share[small] ? k : small;
        large = facts->share[k] > facts->share[large] ? k : large;
    }
    if (trained < 2 || !(facts->share[small] < least) || (facts->epoch < 2 && !facts->is_over))
        return NULL;
    const td_task drowned = td_task_of(facts->config, small),
                  other = td_task_of(facts->config, large);
    char *raise = weight_of(&drowned), *lower = weight_of(&other);
    char *text = td_print_text(
        "the gradient of the task %s is %.2g %% of all tasks' at the query tower's output: the "
        "towers learn from %s alone; raise %s or lower %s%s",
        drowned.name, 100 * facts->share[small], other.name, raise, lower,
        !other.loss && !other.is_mean ? ", or set retrieval.reduction: mean" : "");
    td_free(raise);
    td_free(lower);
    return text;
}

static bool has_slow_rank(const td_epoch_facts *facts)
{
    const double seconds = 2, factor = 1.5, share = 0.2; /* at least */
    const td_epoch_times *times = facts->times;
    return times && times->usual_work > 0 && times->seconds >= seconds &&
           times->work > factor * times->usual_work &&
           times->work - times->usual_work > share * times->seconds;
}

/* Ranks that want for cores are slow at everything. */
static const double shared = 0.1;

static char *check_slow_rank(const td_epoch_facts *facts)
{
    const td_epoch_times *times = facts->times;
    if (!has_slow_rank(facts))
        return NULL;
    return td_print_text(
        "rank %d on %s worked %.1f s of this epoch where the others worked %.1f s, "
        "and they wait for it: %s",
        times->slowest, times->host, times->work, times->usual_work,
        times->slowest_waiting > shared
            ? "others want its cores, so look for another job on that node"
            : "look at that node: a slower CPU, fewer cores, or other memory");
}

/* Waiting for a slow rank, or for one that has no core, is not what it costs to exchange. */
static char *check_exchange(const td_epoch_facts *facts)
{
    const double seconds = 10, most = 1.0 / 3;
    const td_epoch_times *times = facts->times;
    if (!times || facts->ranks < 2 || facts->seconds < seconds || has_slow_rank(facts) ||
        times->kept_waiting > shared)
        return NULL;
    const double share = times->phase[TD_PHASE_EXCHANGE] / times->seconds;
    if (!(share > most))
        return NULL;
    return td_print_text(
        "%.0f %% of the time of the steps goes into exchange between the %d ranks: "
        "fewer ranks with more --threads each, a larger train.batch_size, or a "
        "faster network (docs/scaling.md)",
        100 * share, facts->ranks);
}

const td_warning_rule td_warning_rules[] = {
    {"flat_loss", check_flat_loss},
    {"rising_loss", check_rising_loss},
    {"whole_lists", check_whole_lists},
    {"tied_scores", check_tied_scores},
    {"collapsed_items", check_collapsed_items},
    {"below_popularity", check_below_popularity},
    {"below_baseline", check_below_baseline},
    {"drowned_task", check_drowned_task},
    {"untrained_rows", check_untrained_rows},
    {"slow_rank", check_slow_rank},
    {"exchange", check_exchange},
};

const size_t td_warning_rules_count = sizeof td_warning_rules / sizeof *td_warning_rules;
