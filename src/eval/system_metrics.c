/* Ranks and predictions of a block reach every rank; sums are of this rank's share of the users. */
#include "eval/system_metrics.h"

#include "base/intern.h"
#include "base/memory.h"
#include "eval/evaluation.h"
#include "eval/top_items.h"

#include <math.h>

/* Adds a part of what the needs that are met allow. */
static void add_part(td_system_metrics *metrics, const td_target *target, int needs_met)
{
    const td_measures *measures = metrics->measures;
    td_measured part = {.target = target};
    td_metric_totals_create(&part.totals, measures->config, needs_met, measures->candidates);
    if (part.totals.count == 0) {
        td_metric_totals_free(&part.totals);
        return;
    }
    td_metric_totals_group(&part.totals, measures->groups);
    if (part.totals.needs & TD_NEEDS_LISTS)
        part.lists = td_list_counts_create(&measures->listable, measures->config->eval_ks);
    metrics->columns += part.totals.count;
    metrics->part = td_grow(metrics->part, metrics->parts, sizeof *metrics->part);
    metrics->part[metrics->parts++] = part;
}

td_system_metrics td_system_metrics_create(td_fitted *fitted, const td_measures *measures)
{
    td_system_metrics metrics = {.fitted = fitted, .measures = measures};
    const td_targets *targets = &fitted->targets;
    if (fitted->system->score)
        add_part(&metrics, NULL, TD_NEEDS_ITEM_RANKS | TD_NEEDS_LISTS);
    for (size_t t = 0; t < targets->count; t++)
        add_part(&metrics, &targets->target[t], td_system_predicts(fitted, t));
    return metrics;
}

void td_system_metrics_free(td_system_metrics *metrics)
{
    for (size_t p = 0; p < metrics->parts; p++) {
        td_metric_totals_free(&metrics->part[p].totals);
        td_row_auc_free(&metrics->part[p].auc);
        td_list_counts_free(&metrics->part[p].lists);
    }
    td_free(metrics->part);
    *metrics = (td_system_metrics){.parts = 0};
}

/* What a system says of a block. */
typedef struct {
    const td_asked_block *block;
    td_queries queries;
    td_scorer scorer;
    td_ranking ranking;
    td_metric_rows rows;
    td_kept_users *kept;
    bool clips;
} said;

/* C: a list for each user, of which each rank counts its share. */
static void count_lists(const td_fitted *fitted, td_measured *part, const td_asked_block *block)
{
    TD_ASSERT(fitted->system->score);
    const td_queries queries = td_asked_block_of_users(block);
    const td_top_request request = {.queries = queries.count,
                                    .k = part->lists.longest,
                                    .seen_of_query = block->of_users.seen_of_query,
                                    .seen = block->asked.seen.items,
                                    .alive = block->alive,
                                    .time = block->of_users.time};
    td_scorer scorer = fitted->system->score(fitted, &queries, NULL);
    int64_t first, count;
    td_comm_share(fitted->comm, (int64_t)queries.count, &first, &count);
    td_listed *best = TD_NEW(td_listed, (size_t)count * request.k);
    td_top_items(fitted->comm, &scorer, &request, (size_t)first, (size_t)count, best);
    td_list_counts_add(&part->lists, (size_t)count, best);
    td_free(best);
    td_scorer_free(&scorer);
}

/* C: where the rows' items stand in its lists. */
static td_status add_places(td_fitted *fitted, td_measured *part, const said *s, int64_t more_than,
                            int64_t *tied)
{
    td_metric_rows rows = s->rows;
    td_item_place *place = TD_NEW(td_item_place, s->ranking.rows);
    const td_status status = td_system_item_places(fitted, &s->scorer, &s->ranking, place);
    rows.place = place;
    rows.candidates = s->block->candidates;
    if (status == TD_OK)
        td_metric_totals_add(&part->totals, fitted->comm, &rows, *s->kept);
    for (size_t i = 0; tied && status == TD_OK && i < s->ranking.rows; i++)
        *tied += place[i].tied > more_than;
    td_free(place);
    return status;
}

/* C: what needs places, and what needs the lists themselves. */
static td_status add_lists(td_fitted *fitted, td_measured *part, const said *s, int64_t more_than,
                           int64_t *tied)
{
    if (part->totals.needs & TD_NEEDS_LISTS)
        count_lists(fitted, part, s->block);
    if (part->totals.needs & TD_NEEDS_ITEM_RANKS)
        return add_places(fitted, part, s, more_than, tied);
    return TD_OK;
}

/* Takes predictions of numbers to the range of the labels that statistics are of; NaN stays. */
static void clip(const td_target *target, size_t rows, float *prediction)
{
    const float low = target->low, high = target->high;
    for (size_t i = 0; i < rows && !target->loss->is_of_classes; i++)
        prediction[i] = prediction[i] < low ? low : prediction[i] > high ? high : prediction[i];
}

/* This rank's share of the rows. */
static void add_to_auc(td_measured *part, const td_comm *comm, const td_metric_rows *rows)
{
    int64_t first, count;
    td_comm_share(comm, (int64_t)rows->users, &first, &count);
    const int64_t row = rows->row_offsets[first], end = rows->row_offsets[first + count];
    td_row_auc_add(&part->auc, (size_t)(end - row), rows->prediction + row, rows->label + row);
}

/* C: what it predicts of a target. */
static td_status add_predictions(const td_fitted *fitted, td_measured *part, const said *s)
{
    td_metric_rows rows = s->rows;
    const size_t target = (size_t)(part->target - fitted->targets.target);
    float *prediction = TD_NEW(float, s->ranking.rows);
    const td_status status =
        fitted->system->predict(fitted, target, &s->queries, &s->scorer, &s->ranking, prediction);
    if (s->clips && status == TD_OK)
        clip(part->target, s->ranking.rows, prediction);
    rows.prediction = prediction;
    rows.label = s->block->label[target];
    if (status == TD_OK) {
        td_metric_totals_add(&part->totals, fitted->comm, &rows, *s->kept);
        if (part->totals.needs & TD_NEEDS_PROBABILITIES)
            add_to_auc(part, fitted->comm, &rows);
    }
    td_free(prediction);
    return status;
}

td_status td_system_metrics_add(td_system_metrics *metrics, const td_asked_block *block,
                                td_kept_users *kept, int64_t more_than, int64_t *tied)
{
    td_fitted *fitted = metrics->fitted;
    td_status status = TD_OK;
    said s = {.block = block,
              .queries = td_asked_block_queries(block),
              .ranking = td_asked_block_ranking(block),
              .rows = {.users = (size_t)block->users.count,
                       .row_offsets = block->asked.row_offsets,
                       .item = block->asked.rows.item,
                       .group = block->group},
              .kept = kept,
              .clips = metrics->measures->config->eval_clip};
    if (metrics->parts > 0 && fitted->system->score)
        s.scorer = fitted->system->score(fitted, &s.queries, NULL);
    for (size_t p = 0; p < metrics->parts && status == TD_OK; p++) {
        td_measured *part = &metrics->part[p];
        status = part->target ? add_predictions(fitted, part, &s)
                              : add_lists(fitted, part, &s, more_than, tied);
        kept->column += part->totals.count;
    }
    td_scorer_free(&s.scorer);
    return status;
}

/* The words for column i of a part. */
static td_metric_value value_of(const td_fitted *fitted, const char *by, const td_measured *part,
                                size_t i)
{
    const td_metric *metric = part->totals.total[i].metric;
    const bool bears_task = part->target && !td_target_is_rating(part->target);
    return (td_metric_value){.system = fitted->system->name,
                             .is_of_model = fitted->system == &td_all_systems[0],
                             .by = by,
                             .metric = metric->name,
                             .task = bears_task ? part->target->task : NULL,
                             .label = metric->label,
                             .text = metric->text,
                             .k = part->totals.total[i].k,
                             .is_ranked = !part->target,
                             .is_mean = metric->value != NULL,
                             .low = NAN,
                             .high = NAN};
}

/* C: column i of a part, which is no mean. */
static double find_whole(td_measured *part, td_comm *comm, size_t i)
{
    const td_metric_total *total = &part->totals.total[i];
    if (total->metric->needs & TD_NEEDS_LISTS)
        return td_list_counts_metric(&part->lists, total->metric, total->k);
    return td_row_auc_find(comm, &part->auc);
}

/* C: of each group what is measured in it: means over its rows, or users. */
static void finish_groups(const td_measures *measures, const td_metric_totals *totals,
                          td_comm *comm, size_t column, td_metric_group *group)
{
    double *number = TD_NEW(double, totals->groups * totals->count);
    td_metric_totals_finish_groups(totals, comm, number);
    for (size_t g = 0; g < totals->groups; g++)
        for (size_t i = 0; i < totals->count; i++)
            group[g].value[column + i] =
                totals->total[i].metric->of_users && !measures->groups_users
                    ? NAN
                    : number[g * totals->count + i];
    td_free(number);
}

void td_system_metrics_finish(td_system_metrics *metrics, size_t column, td_metric_value *value,
                              td_metric_group *group)
{
    td_comm *comm = metrics->fitted->comm;
    char *settings = td_settings_of(metrics->fitted->config, metrics->fitted->system->keys);
    const char *by = *settings ? td_intern_text(settings) : NULL;
    for (size_t p = 0; p < metrics->parts; p++) {
        td_measured *part = &metrics->part[p];
        const td_metric_totals *totals = &part->totals;
        double *number = TD_NEW(double, totals->count);
        td_metric_totals_finish(totals, comm, number);
        finish_groups(metrics->measures, totals, comm, column, group);
        if (totals->needs & TD_NEEDS_LISTS)
            td_list_counts_join(&part->lists, comm);
        for (size_t i = 0; i < totals->count; i++) {
            td_metric_value *to = &value[column++];
            *to = value_of(metrics->fitted, by, part, i);
            to->value = to->is_mean ? number[i] : find_whole(part, comm, i);
        }
        td_free(number);
    }
    td_free(settings);
}
