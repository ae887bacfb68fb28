/* Threads share the users of a rank, ranks those of a block. */
#include "eval/metric_totals.h"

#include "base/memory.h"
#include "base/range.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Users' items that are ranked in different lists may be moved behind all candidates, each by one.
 */
static int64_t places_of(const td_config *config, int64_t candidates)
{
    int64_t places = 1;
    for (size_t i = 0; i < config->eval_ks.count; i++)
        places = td_larger(places, config->eval_ks.value[i]);
    return td_smaller(places, 2 * candidates);
}

/* A total for each metric that can be computed, and for each of its ks. */
void td_metric_totals_create(td_metric_totals *totals, const td_config *config, int needs_met,
                             int64_t candidates)
{
    *totals =
        (td_metric_totals){.ties = config->eval_ties, .places = places_of(config, candidates)};
    totals->gains = td_metric_gains(totals->places);
    totals->total = TD_NEW(td_metric_total, config->eval_metrics.count * config->eval_ks.count);
    for (size_t i = 0; i < config->eval_metrics.count; i++) {
        const td_metric *metric = td_metric_find(config->eval_metrics.name[i]);
        if ((metric->needs & needs_met) != metric->needs)
            continue;
        totals->needs |= metric->needs;
        for (size_t j = 0; j < (metric->has_k ? config->eval_ks.count : 1); j++)
            totals->total[totals->count++] = (td_metric_total){
                .metric = metric, .k = metric->has_k ? config->eval_ks.value[j] : 0};
    }
}

void td_metric_totals_free(td_metric_totals *totals)
{
    td_free(totals->total);
    td_free(totals->gains);
    *totals = (td_metric_totals){0};
}

/* A row's item. */
typedef struct {
    int32_t item;
    int64_t row;
    td_item_place place;
} ranked;

/* By item, then by row. */
static int by_item(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->item != b->item)
        return a->item < b->item ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static int by_place(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    return (a->place.above > b->place.above) - (a->place.above < b->place.above);
}

/* Lists a user's distinct items, the best first, and returns how many there are. An item of several
 * rows counts where its first row has it. */
static size_t list_items(const td_metric_rows *rows, td_range of_user, ranked *all)
{
    size_t n = 0;
    for (int64_t i = 0; i < of_user.count; i++) {
        const int64_t row = of_user.first + i;
        all[i] = (ranked){rows->item[row], row, rows->place[row]};
    }
    qsort(all, (size_t)of_user.count, sizeof *all, by_item);
    for (int64_t i = 0; i < of_user.count; i++)
        if (i == 0 || all[i].item != all[i - 1].item)
            all[n++] = all[i];
    qsort(all, n, sizeof *all, by_place);
    return n;
}

/* What eval.ties takes a tie for: its items in any order, those of the unit first, or last. */
static td_tie settled(int ties, td_tie tie)
{
    tie.count = td_larger(tie.count, tie.items);
    if (ties == TD_TIES_PESSIMISTIC)
        tie.before += tie.count - tie.items;
    if (ties != TD_TIES_EXPECTED)
        tie.count = tie.items;
    return tie;
}

/* Sets tie to those that hold n items, the best first, and returns how many there are. No two items
 * share a place, also where each is ranked in a list of its own. */
static size_t find_ties(int ties, size_t n, const ranked *all, td_tie *tie)
{
    size_t count = 0;
    int64_t taken = 0;
    for (size_t i = 0; i < n && all[i].place.above != TD_NOT_RANKED;) {
        td_tie next = {all[i].place.above, all[i].place.tied + 1, 0};
        for (const int64_t above = next.before; i < n && all[i].place.above == above; i++) {
            next.count = td_smaller(next.count, all[i].place.tied + 1);
            next.items++;
        }
        next = settled(ties, next);
        next.before = td_larger(next.before, taken);
        taken = next.before + next.items;
        tie[count++] = next;
    }
    return count;
}

/* value += w v, weight += w, exactly, for every metric of rows, or of users. */
static void add_unit(td_metric_totals *totals, bool of_users, const td_unit *unit)
{
    for (size_t i = 0; i < totals->count; i++) {
        td_metric_total *total = &totals->total[i];
        if (total->metric->of_users != of_users || !total->metric->value)
            continue;
        const td_weighted found = total->metric->value(unit, total->k);
        const float value = found.weight * found.value;
        const td_magnitude sizes[] = {
            td_exact_add(TD_EXACT_TOTAL, 1, &value, &total->value),
            td_exact_add(TD_EXACT_TOTAL, 1, &found.weight, &total->weight)};
        for (int j = 0; j < 2; j++)
            total->largest = sizes[j] > total->largest ? sizes[j] : total->largest;
        total->units++;
    }
}

/* What a system says of rows from one on, but for the places. */
static td_unit unit_at(const td_metric_totals *totals, const td_metric_rows *rows, size_t user,
                       int64_t row, size_t count)
{
    return (td_unit){.items = count,
                     .candidates = rows->candidates ? rows->candidates[user] : 0,
                     .gains = totals->gains,
                     .places = totals->places,
                     .rows = count,
                     .prediction = rows->prediction ? rows->prediction + row : NULL,
                     .label = rows->label ? rows->label + row : NULL};
}

static void add_row(td_metric_totals *totals, const td_metric_rows *rows, size_t user, int64_t row)
{
    td_unit unit = unit_at(totals, rows, user, row, 1);
    td_tie tie;
    unit.tie = &tie;
    if (rows->place) {
        const ranked item = {0, row, rows->place[row]};
        unit.ties = find_ties(totals->ties, 1, &item, &tie);
    }
    add_unit(totals, false, &unit);
}

/* Each of a user's rows as a unit, then the user as one, if anything asks for users. */
static void add_user(td_metric_totals *totals, bool has_of_users, const td_metric_rows *rows,
                     size_t user)
{
    const td_range of_user = td_range_to(rows->row_offsets[user], rows->row_offsets[user + 1]);
    for (int64_t row = of_user.first; row < td_range_end(of_user); row++)
        add_row(totals, rows, user, row);
    if (!has_of_users || of_user.count == 0)
        return;
    td_unit unit = unit_at(totals, rows, user, of_user.first, (size_t)of_user.count);
    ranked *all = TD_NEW(ranked, unit.rows);
    td_tie *tie = TD_NEW(td_tie, unit.rows);
    if (rows->place) {
        unit.items = list_items(rows, of_user, all);
        unit.ties = find_ties(totals->ties, unit.items, all, tie);
    }
    unit.tie = tie;
    add_unit(totals, true, &unit);
    td_free(all);
    td_free(tie);
}

/* totals += part */
static void merge(td_metric_totals *totals, const td_metric_totals *part)
{
    for (size_t i = 0; i < totals->count; i++) {
        td_metric_total *to = &totals->total[i], *from = &part->total[i];
        td_exact_merge(1, &from->value, &to->value);
        td_exact_merge(1, &from->weight, &to->weight);
        to->units += from->units;
        to->largest = from->largest > to->largest ? from->largest : to->largest;
    }
}

/* Sums of the same metrics, of nothing. */
static td_metric_totals empty_like(const td_metric_totals *totals)
{
    td_metric_totals part = *totals;
    part.total = TD_NEW(td_metric_total, totals->count);
    for (size_t i = 0; i < totals->count; i++)
        part.total[i] =
            (td_metric_total){.metric = totals->total[i].metric, .k = totals->total[i].k};
    return part;
}

/* Moves the sums of one user to where they are kept, and to part. */
static void keep_user(td_kept_users kept, size_t user, td_metric_totals *one,
                      td_metric_totals *part)
{
    td_user_sum *sum = kept.sums->sum + (kept.first + user) * kept.sums->columns + kept.column;
    merge(part, one);
    for (size_t i = 0; i < one->count; i++) {
        td_metric_total *total = &one->total[i];
        sum[i] = (td_user_sum){total->value, total->weight};
        *total = (td_metric_total){.metric = total->metric, .k = total->k};
    }
}

/* Each thread sums the users that it takes, then adds its sums. */
void td_metric_totals_add(td_metric_totals *totals, const td_comm *comm, const td_metric_rows *rows,
                          td_kept_users kept)
{
    int64_t first, count;
    bool has_of_users = false;
    td_comm_share(comm, (int64_t)rows->users, &first, &count);
    for (size_t i = 0; i < totals->count; i++)
        has_of_users = has_of_users || totals->total[i].metric->of_users;
#pragma omp parallel
    {
        td_metric_totals part = empty_like(totals), one = empty_like(totals);
#pragma omp for schedule(dynamic, 16)
        for (int64_t user = first; user < first + count; user++) {
            add_user(kept.sums ? &one : &part, has_of_users, rows, (size_t)user);
            if (kept.sums)
                keep_user(kept, (size_t)(user - first), &one, &part);
        }
#pragma omp critical
        merge(totals, &part);
        td_free(part.total);
        td_free(one.total);
    }
}

/* metric = finish(sum w v / sum w), over all ranks. */
void td_metric_totals_finish(const td_metric_totals *totals, td_comm *comm, double *value)
{
    enum { SUMS = 3 };
    const size_t n = totals->count;
    int64_t *sums = TD_NEW(int64_t, SUMS * n);
    td_magnitude *largest = TD_NEW(td_magnitude, n);
    for (size_t i = 0; i < n; i++) {
        const td_metric_total *total = &totals->total[i];
        sums[SUMS * i] = total->value;
        sums[SUMS * i + 1] = total->weight;
        sums[SUMS * i + 2] = total->units;
        largest[i] = total->largest;
    }
    td_comm_sum(comm, SUMS * n, sums);
    td_comm_max(comm, n, largest);
    for (size_t i = 0; i < n; i++) {
        const bool sound =
            td_exact_in_range(TD_EXACT_TOTAL, (size_t)sums[SUMS * i + 2], largest[i]);
        value[i] =
            sound ? td_metric_of_sums(totals->total[i].metric, sums[SUMS * i], sums[SUMS * i + 1])
                  : NAN;
    }
    td_free(sums);
    td_free(largest);
}
