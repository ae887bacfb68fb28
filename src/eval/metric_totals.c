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
    td_free(totals->of_group);
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

/* Where the values of a unit go. */
typedef struct {
    td_metric_totals *totals;
    size_t group;      /* of totals->of_group */
    td_user_sum *user; /* (metrics): the sums of one user; NULL */
} destination;

static void add_to(td_metric_total *total, float value, float weight)
{
    const td_magnitude sizes[] = {td_exact_add(TD_EXACT_TOTAL, 1, &value, &total->value),
                                  td_exact_add(TD_EXACT_TOTAL, 1, &weight, &total->weight)};
    for (int j = 0; j < 2; j++)
        total->largest = sizes[j] > total->largest ? sizes[j] : total->largest;
    total->units++;
}

/* value += w v, weight += w, exactly, for every metric of rows, or of users. */
static void add_unit(const destination *to, bool of_users, const td_unit *unit)
{
    td_metric_totals *totals = to->totals;
    for (size_t i = 0; i < totals->count; i++) {
        td_metric_total *total = &totals->total[i];
        if (total->metric->of_users != of_users || !total->metric->value)
            continue;
        const td_weighted found = total->metric->value(unit, total->k);
        const float value = found.weight * found.value;
        add_to(total, value, found.weight);
        if (totals->groups > 0)
            add_to(&totals->of_group[to->group * totals->count + i], value, found.weight);
        if (to->user) {
            td_exact_add(TD_EXACT_TOTAL, 1, &value, &to->user[i].value);
            td_exact_add(TD_EXACT_TOTAL, 1, &found.weight, &to->user[i].weight);
        }
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

static void add_row(destination *to, const td_metric_rows *rows, size_t user, int64_t row)
{
    td_unit unit = unit_at(to->totals, rows, user, row, 1);
    td_tie tie;
    unit.tie = &tie;
    if (rows->place) {
        const ranked item = {0, row, rows->place[row]};
        unit.ties = find_ties(to->totals->ties, 1, &item, &tie);
    }
    to->group = rows->group ? (size_t)rows->group[row] : 0;
    add_unit(to, false, &unit);
}

/* Each of a user's rows as a unit, then the user as one, if anything asks for users. */
static void add_user(destination *to, bool has_of_users, const td_metric_rows *rows, size_t user)
{
    const td_range of_user = td_range_to(rows->row_offsets[user], rows->row_offsets[user + 1]);
    for (int64_t row = of_user.first; row < td_range_end(of_user); row++)
        add_row(to, rows, user, row);
    if (!has_of_users || of_user.count == 0)
        return;
    td_unit unit = unit_at(to->totals, rows, user, of_user.first, (size_t)of_user.count);
    ranked *all = TD_NEW(ranked, unit.rows);
    td_tie *tie = TD_NEW(td_tie, unit.rows);
    if (rows->place) {
        unit.items = list_items(rows, of_user, all);
        unit.ties = find_ties(to->totals->ties, unit.items, all, tie);
    }
    unit.tie = tie;
    add_unit(to, true, &unit);
    td_free(all);
    td_free(tie);
}

static void merge_all(size_t count, const td_metric_total *from, td_metric_total *to)
{
    for (size_t i = 0; i < count; i++) {
        td_exact_merge(1, &from[i].value, &to[i].value);
        td_exact_merge(1, &from[i].weight, &to[i].weight);
        to[i].units += from[i].units;
        to[i].largest = from[i].largest > to[i].largest ? from[i].largest : to[i].largest;
    }
}

/* totals += part, which is freed. */
static void merge(td_metric_totals *totals, td_metric_totals *part)
{
    merge_all(totals->count, part->total, totals->total);
    merge_all(totals->groups * totals->count, part->of_group, totals->of_group);
    td_free(part->total);
    td_free(part->of_group);
}

/* Sums of the same metrics, of nothing. */
static td_metric_totals empty_like(const td_metric_totals *totals)
{
    td_metric_totals part = *totals;
    part.total = TD_NEW(td_metric_total, totals->count);
    part.of_group = NULL;
    for (size_t i = 0; i < totals->count; i++)
        part.total[i] =
            (td_metric_total){.metric = totals->total[i].metric, .k = totals->total[i].k};
    td_metric_totals_group(&part, totals->groups);
    return part;
}

void td_metric_totals_group(td_metric_totals *totals, size_t groups)
{
    totals->groups = groups;
    totals->of_group = TD_NEW(td_metric_total, groups * totals->count);
    for (size_t i = 0; i < groups * totals->count; i++) {
        const td_metric_total *like = &totals->total[i % totals->count];
        totals->of_group[i] = (td_metric_total){.metric = like->metric, .k = like->k};
    }
}

/* Each thread sums the users that it takes, then adds its sums. A user's group is that of the
 * user's rows, or there are none of users. */
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
        td_metric_totals part = empty_like(totals);
        destination to = {.totals = &part};
#pragma omp for schedule(dynamic, 16)
        for (int64_t user = first; user < first + count; user++) {
            if (kept.sums)
                to.user = kept.sums->sum +
                          (kept.first + (size_t)(user - first)) * kept.sums->columns + kept.column;
            add_user(&to, has_of_users, rows, (size_t)user);
        }
#pragma omp critical
        merge(totals, &part);
    }
}

/* metric = finish(sum w v / sum w), over all ranks. */
static void finish(td_comm *comm, size_t n, const td_metric_total *of, double *value)
{
    enum { SUMS = 3 };
    int64_t *sums = TD_NEW(int64_t, SUMS * n);
    td_magnitude *largest = TD_NEW(td_magnitude, n);
    for (size_t i = 0; i < n; i++) {
        sums[SUMS * i] = of[i].value;
        sums[SUMS * i + 1] = of[i].weight;
        sums[SUMS * i + 2] = of[i].units;
        largest[i] = of[i].largest;
    }
    td_comm_sum(comm, SUMS * n, sums);
    td_comm_max(comm, n, largest);
    for (size_t i = 0; i < n; i++) {
        const bool sound =
            td_exact_in_range(TD_EXACT_TOTAL, (size_t)sums[SUMS * i + 2], largest[i]);
        value[i] =
            sound ? td_metric_of_sums(of[i].metric, sums[SUMS * i], sums[SUMS * i + 1]) : NAN;
    }
    td_free(sums);
    td_free(largest);
}

void td_metric_totals_finish(const td_metric_totals *totals, td_comm *comm, double *value)
{
    finish(comm, totals->count, totals->total, value);
}

void td_metric_totals_finish_groups(const td_metric_totals *totals, td_comm *comm, double *value)
{
    finish(comm, totals->groups * totals->count, totals->of_group, value);
}
