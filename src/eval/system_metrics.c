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
    td_metric_totals_group(&part.totals, measures->groups->count);
    part.auc_of_group = TD_NEW(td_row_auc, measures->groups->count);
    if (part.totals.needs & TD_NEEDS_LISTS)
        part.lists = td_kept_lists_create(&measures->listable, measures->config->eval_ks);
    if (target)
        part.calibration = td_calibration_begin(target);
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
        for (size_t g = 0; g < metrics->measures->groups->count; g++)
            td_row_auc_free(&metrics->part[p].auc_of_group[g]);
        td_free(metrics->part[p].auc_of_group);
        td_kept_lists_free(&metrics->part[p].lists);
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

/* C: a list for each user, of which each rank keeps its share. */
static void keep_lists(const td_fitted *fitted, td_measured *part, const td_asked_block *block)
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
    td_kept_lists_add(&part->lists, (size_t)count, block->of_users.place + first, best);
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
        keep_lists(fitted, part, s->block);
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

/* This rank's share of the users, of places from first_place on. */
static void add_to_auc(td_measured *part, const td_comm *comm, int64_t first_place,
                       const td_metric_rows *rows)
{
    int64_t first, count;
    td_comm_share(comm, (int64_t)rows->users, &first, &count);
    for (int64_t u = first; u < first + count; u++)
        for (int64_t i = rows->row_offsets[u]; i < rows->row_offsets[u + 1]; i++) {
            const float *prediction = rows->prediction + i, *label = rows->label + i;
            td_row_auc_add(&part->auc, first_place + u, 1, prediction, label);
            if (part->totals.groups > 0)
                td_row_auc_add(&part->auc_of_group[rows->group[i]], first_place + u, 1, prediction,
                               label);
        }
}

/* This rank's share of the rows. */
static void calibrate(td_measured *part, const td_comm *comm, const td_metric_rows *rows)
{
    int64_t first, count;
    td_comm_share(comm, (int64_t)rows->users, &first, &count);
    const int64_t row = rows->row_offsets[first], end = rows->row_offsets[first + count];
    td_calibration_add(&part->calibration, (size_t)(end - row), rows->prediction + row,
                       rows->label + row);
}

/* C: what it predicts of a target. */
static td_status add_predictions(const td_fitted *fitted, const td_measures *measures,
                                 td_measured *part, const said *s)
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
            add_to_auc(part, fitted->comm, s->block->users.first, &rows);
        if (measures->calibrates)
            calibrate(part, fitted->comm, &rows);
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
        status = part->target ? add_predictions(fitted, metrics->measures, part, &s)
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

/* Whether a metric is the area over rows, the one that is no mean and not of lists. */
static bool is_area(const td_metric *metric)
{
    return !metric->value && !(metric->needs & TD_NEEDS_LISTS);
}

/* The columns of a part that are of lists, as far as it has any. */
typedef struct {
    size_t count;
    size_t *column;         /* (count): in the part */
    td_list_metric *metric; /* (count) */
} list_columns;

static list_columns find_list_columns(const td_measured *part)
{
    const td_metric_totals *totals = &part->totals;
    list_columns of = {0, TD_NEW(size_t, totals->count), TD_NEW(td_list_metric, totals->count)};
    for (size_t i = 0; i < totals->count; i++)
        if (totals->total[i].metric->needs & TD_NEEDS_LISTS) {
            of.column[of.count] = i;
            of.metric[of.count++] = (td_list_metric){totals->total[i].metric, totals->total[i].k};
        }
    return of;
}

static void list_columns_free(list_columns *of)
{
    td_free(of->column);
    td_free(of->metric);
}

/* C: the part's metrics of lists, of the users of a group, or of all (group_of NULL), into value
 * (totals.count). */
static void find_of_lists(const td_measured *part, td_comm *comm, const int32_t *group_of,
                          size_t group, double *value)
{
    list_columns of = find_list_columns(part);
    double *found = TD_NEW(double, of.count);
    if (of.count > 0)
        td_list_metrics_find(&part->lists, comm, group_of, (int32_t)group, of.count, of.metric,
                             found);
    for (size_t i = 0; i < of.count; i++)
        value[of.column[i]] = found[i];
    td_free(found);
    list_columns_free(&of);
}

/* C: the part's area over rows, of a group or of all, into value (totals.count). */
static void find_area(const td_measured *part, td_comm *comm, td_row_auc *auc, double *value)
{
    for (size_t i = 0; i < part->totals.count; i++)
        if (is_area(part->totals.total[i].metric)) {
            td_row_auc_share(auc, comm);
            value[i] = td_row_auc_find(auc, comm);
        }
}

/* C: of each group what is measured in it: means over its rows, the area over them, and of groups
 * of users means over these and what is of their lists. */
static void finish_groups(const td_measures *measures, td_measured *part, td_comm *comm,
                          size_t column, td_metric_group *group)
{
    const td_metric_totals *totals = &part->totals;
    const bool of_users = measures->groups->of == TD_OF_USER;
    double *number = TD_NEW(double, totals->groups * totals->count);
    td_metric_totals_finish_groups(totals, comm, number);
    for (size_t g = 0; g < totals->groups; g++) {
        double *of_group = number + g * totals->count;
        find_area(part, comm, &part->auc_of_group[g], of_group);
        if (of_users)
            find_of_lists(part, comm, measures->groups->group, g, of_group);
        for (size_t i = 0; i < totals->count; i++)
            group[g].value[column + i] =
                totals->total[i].metric->of_users && !of_users ? NAN : of_group[i];
    }
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
        double *number = TD_NEW(double, part->totals.count);
        td_metric_totals_finish(&part->totals, comm, number);
        find_area(part, comm, &part->auc, number);
        find_of_lists(part, comm, NULL, 0, number);
        finish_groups(metrics->measures, part, comm, column, group);
        for (size_t i = 0; i < part->totals.count; i++) {
            value[column] = value_of(metrics->fitted, by, part, i);
            value[column++].value = number[i];
        }
        td_free(number);
    }
    td_free(settings);
}

/* C: of a part whose first column is `column`. */
static void resample_part(const td_measured *part, td_comm *comm, size_t column, uint64_t seed,
                          td_resamples *resamples)
{
    const size_t count = resamples->count, stride = resamples->columns;
    list_columns of = find_list_columns(part);
    double *found = TD_NEW(double, count *of.count);
    if (of.count > 0)
        td_list_metrics_resample(&part->lists, comm, seed, count, of.count, of.metric, found);
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < of.count; i++)
            resamples->value[r * stride + column + of.column[i]] = found[r * of.count + i];
    for (size_t i = 0; i < part->totals.count; i++)
        if (is_area(part->totals.total[i].metric))
            td_row_auc_resample(&part->auc, comm, seed, count, stride,
                                resamples->value + column + i);
    td_free(found);
    list_columns_free(&of);
}

void td_system_metrics_resample(const td_system_metrics *metrics, size_t column, uint64_t seed,
                                td_resamples *resamples)
{
    for (size_t p = 0; p < metrics->parts; p++) {
        resample_part(&metrics->part[p], metrics->fitted->comm, column, seed, resamples);
        column += metrics->part[p].totals.count;
    }
}
