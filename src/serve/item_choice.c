#include "serve/item_choice.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "eval/item_counts.h"
#include "serve/known_features.h"
#include "serve/name_file.h"
#include "text/excerpt.h"
#include "text/time_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Names of one sort that are no items: how many, and the first. */
typedef struct {
    int64_t count;
    td_str first;
} lost_names;

/* A file of names while it is read, and what is lost of it. */
typedef struct {
    const char *path;
    const td_known_names *known;
    td_strings lines;
    lost_names unknown, shared; /* not known; the title of several items */
} name_reader;

/* Returns the id of an item, 0 for one that is not known, which is counted. */
static int32_t find_item(name_reader *r, td_str name)
{
    const int32_t id = td_known_names_item_id(r->known, name);
    lost_names *lost = td_known_names_is_shared(r->known, name) ? &r->shared : &r->unknown;
    if (id == 0 && lost->count++ == 0)
        lost->first = name;
    return id;
}

/* Says what is lost; TD_ERR_INPUT where nothing is left. */
static td_status end_reading(name_reader *r)
{
    td_status status = TD_OK;
    const int64_t lines = r->lines.count;
    const td_excerpt unknown = td_excerpt_of_str(r->unknown.first),
                     shared = td_excerpt_of_str(r->shared.first);
    if (lines == 0)
        status = td_fail(TD_ERR_INPUT, "%s: expected an item a line, found nothing", r->path);
    else if (r->unknown.count == lines)
        status = td_fail(TD_ERR_INPUT,
                         "%s: none of its %" PRId64
                         " items is known to the model, such as '%s'; expected a name or title of "
                         "the data a line",
                         r->path, lines, unknown.text);
    else if (r->unknown.count > 0)
        td_log("%s: %" PRId64 " of %" PRId64
               " items are not known to the model and are passed over, such as '%s'",
               r->path, r->unknown.count, lines, unknown.text);
    if (status == TD_OK && r->shared.count > 0)
        status = td_fail(TD_ERR_INPUT,
                         "%s: %" PRId64 " of %" PRId64
                         " lines are titles that several items have, such as '%s'; name these by "
                         "their ids",
                         r->path, r->shared.count, lines, shared.text);
    td_strings_free(&r->lines);
    return status;
}

/* C: what is not in stock is no candidate. */
static td_status read_candidates(td_comm *comm, name_reader *r, int64_t items, int32_t *weight)
{
    TD_TRY(td_name_file_read(comm, r->path, &r->lines));
    bool *is_there = TD_NEW(bool, (size_t)items + 1);
    for (int64_t i = 0; i < r->lines.count; i++)
        is_there[find_item(r, td_string_at(&r->lines, i))] = true;
    for (int64_t i = 0; i <= items; i++)
        if (!is_there[i])
            weight[i] = 0;
    td_free(is_there);
    return end_reading(r);
}

/* A line cut at its tab: the number of its user (0: for everybody) and its item's id. */
typedef struct {
    int32_t user;
    int32_t item;
} pair;

static pair cut_line(name_reader *r, td_exclusions *exclusions, td_str line)
{
    const char *tab = memchr(line.text, '\t', line.length);
    const size_t length = tab ? (size_t)(tab - line.text) : 0;
    const size_t from = tab ? length + 1 : 0;
    const td_str user = {line.text, length};
    const td_str item = {line.text + from, line.length - from};
    return (pair){tab ? td_vocabulary_add(exclusions->users, user) : 0, find_item(r, item)};
}

/* Puts the items of each user side by side. */
static void sort_pairs(td_exclusions *exclusions, int64_t count, const pair *pairs)
{
    const size_t users = (size_t)td_vocabulary_count(exclusions->users) + 1;
    int64_t *offsets = TD_NEW(int64_t, users + 2);
    exclusions->items = TD_NEW(int32_t, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        offsets[pairs[i].user + 2]++;
    for (size_t u = 1; u < users + 2; u++)
        offsets[u] += offsets[u - 1];
    for (int64_t i = 0; i < count; i++)
        exclusions->items[offsets[pairs[i].user + 1]++] = pairs[i].item;
    exclusions->offsets = offsets;
}

/* C */
static td_status read_exclusions(td_comm *comm, name_reader *r, int32_t *weight,
                                 td_exclusions *exclusions)
{
    TD_TRY(td_name_file_read(comm, r->path, &r->lines));
    const int64_t count = r->lines.count;
    pair *pairs = TD_NEW(pair, (size_t)count);
    exclusions->users = td_vocabulary_create();
    for (int64_t i = 0; i < count; i++) {
        pairs[i] = cut_line(r, exclusions, td_string_at(&r->lines, i));
        if (pairs[i].user == 0)
            weight[pairs[i].item] = 0;
    }
    sort_pairs(exclusions, count, pairs);
    td_free(pairs);
    return end_reading(r);
}

td_status td_item_choice_read(td_comm *comm, const td_recommend_options *options,
                              const td_known_names *known, int64_t items, int32_t *weight,
                              td_exclusions *exclusions)
{
    name_reader stock = {.path = options->candidates, .known = known};
    name_reader excluded = {.path = options->exclude, .known = known};
    if (stock.path)
        TD_TRY(read_candidates(comm, &stock, items, weight));
    return excluded.path ? read_exclusions(comm, &excluded, weight, exclusions) : TD_OK;
}

static int compare_times(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

TD_DEFINE_FIRST_FROM(first_time_from, int64_t, int64_t, )

/* Whether an item is alive at any of sorted times: at the first that is not before it. */
static bool is_ever_alive(const td_alive *alive, int32_t item, int64_t count, const int64_t *times)
{
    const int64_t first =
        alive->from ? (int64_t)first_time_from((size_t)count, times, alive->from[item]) : 0;
    return first < count && td_alive_at(alive, item, times[first]);
}

td_status td_item_choice_keep_alive(const td_alive *alive, int64_t count, const int64_t *times,
                                    int64_t items, int32_t *weight)
{
    int64_t *sorted = TD_NEW(int64_t, (size_t)count), gone = 0, left = 0;
    memcpy(sorted, times, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_times);
    for (int32_t i = 1; i <= (int32_t)items; i++) {
        if (weight[i] > 0 && !is_ever_alive(alive, i, count, sorted)) {
            weight[i] = 0;
            gone++;
        }
        left += weight[i] > 0;
    }
    const td_time_name first = td_time_name_of(sorted[0]),
                       last = td_time_name_of(sorted[count - 1]);
    const bool is_one = sorted[0] == sorted[count - 1];
    td_free(sorted);
    if (gone > 0 && left == 0)
        return td_fail(TD_ERR_INPUT, "none of %" PRId64 " items is alive at %s; --at says when",
                       gone, first.text);
    if (gone > 0)
        td_log("%" PRId64 " of %" PRId64
               " items are not alive at %s%s%s and are left out; --at says "
               "when",
               gone, gone + left, first.text, is_one ? "" : " to ", is_one ? "" : last.text);
    return TD_OK;
}

/* C: whether an item may be listed (items + 1, by id): one that has training rows, or, with
 * by_fields, one of which the candidate tower has anything. */
static td_status find_known(const td_trained_model *trained, bool by_fields, bool *is_known)
{
    const int64_t count = td_dataset_info(trained->data)->items + 1;
    const td_frame untold = {.count = 0};
    if (!by_fields) {
        int64_t *rows;
        TD_TRY(td_item_counts_read(trained->data, &trained->info.config, &rows));
        for (int64_t i = 0; i < count; i++)
            is_known[i] = rows[i] > 0;
        td_free(rows);
        return TD_OK;
    }
    int32_t *ids = TD_NEW(int32_t, (size_t)count);
    for (int32_t i = 0; i < (int32_t)count; i++)
        ids[i] = i;
    td_known_features_find(trained, &(td_told){TD_CANDIDATE, count, ids, &untold, NULL, NULL},
                           is_known);
    td_free(ids);
    return TD_OK;
}

/* Leaves out the others, and says so, unless that was told. */
static td_status keep(int64_t items, const bool *is_known, const char *which, bool was_told,
                      int32_t *weight)
{
    int64_t gone = 0, left = 0;
    for (int64_t i = 1; i <= items; i++) {
        gone += weight[i] > 0 && !is_known[i];
        weight[i] = is_known[i] ? weight[i] : 0;
        left += weight[i] > 0;
    }
    if (gone > 0 && left == 0)
        return td_fail(TD_ERR_INPUT, "all %" PRId64 " items have %s: none is left to list", gone,
                       which);
    if (gone > 0 && !was_told)
        td_log("%" PRId64 " of %" PRId64 " items are left out: they have %s", gone, gone + left,
               which);
    return TD_OK;
}

td_status td_item_choice_keep_known(const td_trained_model *trained, td_cold_items cold,
                                    bool was_told, int32_t *weight)
{
    const int64_t items = td_dataset_info(trained->data)->items;
    bool *is_known = TD_NEW(bool, (size_t)items + 1);
    td_status status =
        cold == TD_COLD_ALL ? TD_OK : find_known(trained, cold == TD_COLD_KNOWN, is_known);
    if (status == TD_OK && cold != TD_COLD_ALL)
        status = keep(items, is_known,
                      cold == TD_COLD_NONE ? "no training row"
                                           : "no training row, nor any field that the model reads",
                      was_told, weight);
    td_free(is_known);
    return status;
}

void td_exclusions_free(td_exclusions *exclusions)
{
    td_vocabulary_free(exclusions->users);
    td_free(exclusions->offsets);
    td_free(exclusions->items);
}

td_range td_exclusions_of(const td_exclusions *exclusions, td_str user)
{
    const int32_t number = exclusions->users ? td_vocabulary_find(exclusions->users, user) : 0;
    if (number == 0)
        return (td_range){0, 0};
    return td_range_to(exclusions->offsets[number], exclusions->offsets[number + 1]);
}
