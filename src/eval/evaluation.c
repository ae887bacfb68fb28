/* A split, block of users by block of users, through every system and into the metrics' sums. */
#include "eval/evaluation.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "eval/asked_block.h"
#include "eval/item_counts.h"
#include "eval/row_sample.h"
#include "eval/scope.h"
#include "eval/system_metrics.h"
#include "tandem/evaluate.h"

#include <inttypes.h>
#include <string.h>

/* Bound the rows in memory, and those of owned tables that are brought here at a time. */
enum { USERS_AT_ONCE = 1024, SAMPLED_ROWS_AT_ONCE = 1 << 18 };

typedef struct {
    td_comm *comm;
    const td_model *model;
    td_dataset *data;
    const td_config *config;
    td_evaluation *evaluation;
    td_targets targets;
    td_row_sample sample;
    int64_t newest;  /* the time of the newest training row; INT64_MIN without times */
    td_alive times;  /* when items are candidates, */
    td_alive *alive; /* the same; NULL: at all times (eval.candidates) */
    td_systems *systems;
    td_system_metrics metrics[TD_SYSTEMS]; /* of each */
    td_measures measures;
    int64_t *trained;        /* (items + 1): as td_asked_rule has it */
    int64_t *popularity;     /* (items + 1): where lists are asked for */
    const td_groups *groups; /* own, or those of systems */
    td_groups own_groups;
    int64_t *last_user; /* (groups): by place, who has been counted */
    bool measures_auc;
    int more; /* TD_KEEPS_USERS .. */
} evaluator;

/* Makes room for what this rank's share of a block's users add. */
static td_kept_users keep_users(evaluator *e, int64_t first, int64_t users)
{
    td_kept_users kept = {
        .sums = e->more & (TD_KEEPS_USERS | TD_RESAMPLES_USERS) ? &e->evaluation->users : NULL};
    int64_t mine, count;
    td_comm_share(e->comm, users, &mine, &count);
    if (kept.sums)
        kept.first = td_user_sums_add(kept.sums, (size_t)count, first + mine);
    return kept;
}

/* What groups the rows are in, and how many of their users. */
static void count_groups(evaluator *e, const td_asked_block *block)
{
    const int64_t *row_offsets = block->asked.row_offsets;
    for (int64_t u = 0; u < block->users.count && block->group; u++)
        for (int64_t i = row_offsets[u]; i < row_offsets[u + 1]; i++) {
            const int32_t g = block->group[i];
            e->evaluation->group[g].rows++;
            e->evaluation->group[g].users += e->last_user[g] != block->users.first + u;
            e->last_user[g] = block->users.first + u;
        }
}

/* C: what all systems say of the rows of one block of users; ties are counted of the model. */
static td_status evaluate_block(evaluator *e, const td_asked_block *block)
{
    td_evaluation_counts *counts = &e->evaluation->counts;
    td_kept_users kept = keep_users(e, block->users.first, block->users.count);
    count_groups(e, block);
    for (size_t s = 0; s < e->systems->count; s++)
        TD_TRY(td_system_metrics_add(&e->metrics[s], block, &kept, counts->tied_with,
                                     s == 0 ? &counts->tied_rows : NULL));
    if (kept.sums)
        td_user_sums_compact(kept.sums, kept.first);
    return TD_OK;
}

/* C: reads and evaluates the rows of some users. */
static td_status evaluate_users(evaluator *e, int64_t first, int64_t users)
{
    td_asked_block block;
    const td_block_rule rule = {e->comm,
                                e->model,
                                &e->targets,
                                e->groups,
                                {e->data, e->evaluation->split, e->config, &e->sample, e->newest,
                                 e->systems->weight, e->alive, e->trained},
                                e->popularity != NULL,
                                e->measures_auc};
    td_status status =
        td_asked_block_read(&rule, (td_range){first, users}, &e->evaluation->counts, &block);
    if (status == TD_OK)
        status = evaluate_block(e, &block);
    td_asked_block_free(&block);
    return status;
}

/* Of a sample so many users that their blocks have as many rows as without one, as far as what is
 * read for that may be held; joined rows do not count, so that a refitted run's ranks have the
 * users of those of the run that it is compared with. */
static int64_t users_at_once(const evaluator *e)
{
    const td_data_info *info = td_dataset_info(e->data);
    if (e->sample.all)
        return USERS_AT_ONCE;
    const td_split split = e->evaluation->split;
    const int64_t rows = info->rows[split] - (split == TD_TRAIN ? info->joined : 0);
    const int64_t as_many = USERS_AT_ONCE * (rows / e->config->eval_sample);
    const int64_t may_be_held = SAMPLED_ROWS_AT_ONCE / (rows / info->file_users + 1);
    const int64_t users = as_many < may_be_held ? as_many : may_be_held;
    return users > USERS_AT_ONCE ? users : USERS_AT_ONCE;
}

/* The rows of users [first, end), by place in the file, in blocks whose bounds depend on the data
 * and eval.* alone: tiles are cut from each block's start, so that they are the same on every
 * layout. */
static td_status evaluate_blocks(evaluator *e, int64_t first, int64_t end)
{
    const int64_t at_once = users_at_once(e);
    for (; first < end; first += at_once) {
        int64_t left = end - first;
        TD_TRY(evaluate_users(e, first, left < at_once ? left : at_once));
    }
    return TD_OK;
}

/* What the counts begin with: the candidates, and the least k that ties may exceed. */
static void start_counts(evaluator *e)
{
    td_evaluation_counts *counts = &e->evaluation->counts;
    for (int64_t i = 0; i <= td_dataset_info(e->data)->items; i++)
        counts->candidates += td_larger(e->systems->weight[i], 0);
    counts->tied_with = INT64_MAX;
    for (size_t i = 0; i < e->config->eval_ks.count; i++)
        counts->tied_with = td_smaller(counts->tied_with, e->config->eval_ks.value[i]);
}

/* C: what lists may have, where a metric asks for lists, and whether one asks how many candidates
 * a user has. */
static td_status find_listable(evaluator *e)
{
    const td_name_list *metrics = &e->config->eval_metrics;
    bool asks = false;
    for (size_t i = 0; i < metrics->count; i++) {
        asks = asks || (td_metric_find(metrics->name[i])->needs & TD_NEEDS_LISTS);
        e->measures_auc = e->measures_auc || strcmp(metrics->name[i], TD_METRIC_AUC) == 0;
    }
    if (asks)
        TD_TRY(td_item_counts_read(e->data, e->config, &e->popularity));
    e->measures.listable =
        (td_listable){td_dataset_info(e->data)->items, e->systems->weight, e->popularity};
    return TD_OK;
}

/* C: the groups of eval.by, none of which has rows yet. */
static td_status find_groups(evaluator *e)
{
    td_evaluation *evaluation = e->evaluation;
    const char *by = e->more & TD_MEASURES_GROUPS ? e->config->eval_by : "none";
    if (e->more & TD_MEASURES_GROUPS)
        e->groups = e->systems->groups;
    if (!e->groups) {
        TD_TRY(td_groups_find(e->comm, e->data, by, &e->own_groups));
        e->groups = &e->own_groups;
    }
    evaluation->groups = e->groups->count;
    evaluation->group = TD_NEW(td_metric_group, e->groups->count);
    e->last_user = TD_NEW(int64_t, e->groups->count);
    for (size_t g = 0; g < e->groups->count; g++) {
        evaluation->group[g].name = td_copy_text(e->groups->name[g]);
        e->last_user[g] = -1;
    }
    return TD_OK;
}

/* C: the candidates, the systems that rank them, and the sums of what is asked of each. */
static td_status fit_systems(evaluator *e)
{
    td_evaluation *evaluation = e->evaluation;
    e->targets = td_targets_find(&e->model->config, e->model, e->data);
    TD_TRY(td_systems_fit(e->comm, e->model, e->data, e->config, e->systems));
    TD_TRY(find_listable(e));
    TD_TRY(find_groups(e));
    if (e->config->eval_candidates == TD_CANDIDATES_ALIVE) {
        TD_TRY(td_alive_read(e->data, &e->times));
        e->alive = &e->times;
    }
    if (e->config->eval_rows != TD_EVAL_ROWS_ALL)
        TD_TRY(td_dataset_read_item_counts(e->data, &e->trained));
    start_counts(e);
    e->measures.config = e->config;
    e->measures.candidates = evaluation->counts.candidates;
    e->measures.groups = e->groups;
    e->measures.calibrates = e->more & TD_CALIBRATES;
    for (size_t s = 0; s < e->systems->count; s++) {
        e->metrics[s] = td_system_metrics_create(&e->systems->fitted[s], &e->measures);
        evaluation->count += e->metrics[s].columns;
    }
    evaluation->users.columns = evaluation->count;
    if (evaluation->count == 0)
        return td_fail_unmeasured();
    return TD_OK;
}

/* Groups without rows are left out. */
static void drop_empty_groups(td_evaluation *evaluation)
{
    size_t kept = 0;
    for (size_t g = 0; g < evaluation->groups; g++) {
        if (evaluation->group[g].rows > 0) {
            evaluation->group[kept++] = evaluation->group[g];
            continue;
        }
        td_free(evaluation->group[g].name);
        td_free(evaluation->group[g].value);
    }
    evaluation->groups = kept;
}

/* C: resamples of all columns, and the intervals that they give. */
static void resample(evaluator *e)
{
    const uint64_t seed = 0;
    td_evaluation *evaluation = e->evaluation;
    size_t column = 0;
    evaluation->resamples =
        td_resample(e->comm, &evaluation->users, evaluation->value, seed, TD_RESAMPLES);
    for (size_t s = 0; s < e->systems->count; s++) {
        td_system_metrics_resample(&e->metrics[s], column, seed, &evaluation->resamples);
        column += e->metrics[s].columns;
    }
    td_intervals_find(&evaluation->resamples, evaluation->value);
}

/* C: those of the model. */
static void keep_calibrations(evaluator *e)
{
    td_evaluation *evaluation = e->evaluation;
    evaluation->calibration = TD_NEW(td_calibration, e->metrics[0].parts);
    for (size_t p = 0; p < e->metrics[0].parts; p++) {
        td_calibration *kept = &evaluation->calibration[evaluation->calibrations];
        if (!e->metrics[0].part[p].target)
            continue;
        *kept = e->metrics[0].part[p].calibration;
        td_calibration_join(kept, e->comm);
        evaluation->calibrations++;
    }
}

/* C: what was measured, system by system. */
static void finish(evaluator *e)
{
    td_evaluation *evaluation = e->evaluation;
    size_t column = 0;
    evaluation->value = TD_NEW(td_metric_value, evaluation->count);
    for (size_t g = 0; g < evaluation->groups; g++)
        evaluation->group[g].value = TD_NEW(double, evaluation->count);
    for (size_t s = 0; s < e->systems->count; s++) {
        td_system_metrics_finish(&e->metrics[s], column, evaluation->value, evaluation->group);
        column += e->metrics[s].columns;
    }
    drop_empty_groups(evaluation);
    if (e->more & TD_RESAMPLES_USERS)
        resample(e);
    if (e->measures.calibrates)
        keep_calibrations(e);
}

/* Numbers of nothing, and numbers that ties make, are said to be so, whatever eval.ties takes them
 * for. */
static void warn(const td_evaluation *evaluation, const td_config *config, int more)
{
    const td_evaluation_counts *counts = &evaluation->counts;
    static const char *const taken[] = {"means over all orders of them", "hits", "misses"};
    if (counts->rows == 0 && counts->repeats == 0)
        td_warn("no %s row is left to ask: none is of an item that has %s training row (eval.rows)",
                td_split_name(evaluation->split),
                config->eval_rows == TD_EVAL_ROWS_COLD ? "no" : "a");
    else if (counts->rows == 0)
        td_warn("no %s row is left to ask: the users have all %" PRId64
                " items in training rows, too; eval.repeats=keep asks for them",
                td_split_name(evaluation->split), counts->repeats);
    if (counts->tied_rows * 100 > counts->rows && !(more & TD_LEAVES_TIES))
        td_warn("%.1f %% of the %s rows tie with more than %" PRId64
                " other candidates: the model does not tell their items apart; ties are %s "
                "(eval.ties)",
                100 * (double)counts->tied_rows / (double)counts->rows,
                td_split_name(evaluation->split), counts->tied_with, taken[config->eval_ties]);
}

td_status td_evaluate_split(td_comm *comm, const td_model *model, td_dataset *data, td_split split,
                            const td_config *config, int more, td_systems *systems,
                            td_evaluation *evaluation)
{
    TD_MEMORY_FOR("an evaluation", "eval.systems, eval.metrics");
    td_systems own = {.count = 0};
    evaluator e = {.comm = comm,
                   .model = model,
                   .data = data,
                   .config = config,
                   .systems = systems ? systems : &own,
                   .evaluation = evaluation,
                   .more = more};
    *evaluation = (td_evaluation){.split = split, .settings = td_evaluation_settings(config)};
    td_status status = td_row_sample_choose(comm, data, split, (uint64_t)config->train_seed,
                                            config->eval_sample, &e.sample);
    if (status == TD_OK)
        status = td_scope_find(comm, data, &evaluation->scope, &e.newest);
    if (status == TD_OK)
        status = fit_systems(&e);
    /* Users without an id come last, in blocks of their own: their row 0 is far from the others'.
     */
    if (status == TD_OK)
        status = evaluate_blocks(&e, 0, td_dataset_info(data)->users);
    if (status == TD_OK)
        status =
            evaluate_blocks(&e, td_dataset_info(data)->users, td_dataset_info(data)->file_users);
    if (status == TD_OK) {
        finish(&e);
        warn(evaluation, config, more);
    }
    for (size_t s = 0; s < TD_SYSTEMS; s++)
        td_system_metrics_free(&e.metrics[s]);
    td_targets_free(&e.targets);
    td_free(e.trained);
    td_free(e.popularity);
    td_groups_free(&e.own_groups);
    td_free(e.last_user);
    td_alive_free(&e.times);
    td_systems_free(&own);
    if (status != TD_OK)
        td_evaluation_free(evaluation);
    return status;
}

void td_metric_groups_free(size_t count, td_metric_group *group)
{
    for (size_t g = 0; g < count; g++) {
        td_free(group[g].name);
        td_free(group[g].value);
    }
    td_free(group);
}

void td_evaluation_free(td_evaluation *evaluation)
{
    td_free(evaluation->settings);
    td_free(evaluation->scope);
    td_free(evaluation->value);
    td_metric_groups_free(evaluation->groups, evaluation->group);
    td_user_sums_free(&evaluation->users);
    td_resamples_free(&evaluation->resamples);
    td_free(evaluation->calibration);
    *evaluation = (td_evaluation){0};
}
