/* Rows of ratings: a line is looked at in full before anything of it is kept. */
#include "data/ratings.h"

#include "base/memory.h"
#include "data/decimal.h"
#include "data/excerpt.h"
#include "data/source.h"

#include <inttypes.h>

enum { FIRST_LIMIT = 1 << 12 };

/* The table while it is read. */
typedef struct {
    const td_table_form *form;
    const td_catalogue *list; /* NULL if there is no item list */
    td_vocabulary *items;     /* then: the ids in the order of arrival */
    td_ratings *ratings;
} reading;

typedef struct {
    int32_t item; /* 0 for a new one */
    float rating;
    float weight;
    int64_t time;
} values;

static td_excerpt shown(td_field field)
{
    return td_excerpt_of(field.text, field.length);
}

/* A block of limit elements of size bytes in place of one of old_limit; NULL stays. */
static void *resize(void *block, int64_t old_limit, int64_t limit, size_t size)
{
    return block ? td_reallocate(block, (size_t)old_limit, (size_t)limit, size) : NULL;
}

/* One column after the other, so that at most one of them is there twice. */
static void grow(td_ratings *r)
{
    int64_t limit = r->limit + r->limit / 2;
    r->user = resize(r->user, r->limit, limit, sizeof *r->user);
    r->item = resize(r->item, r->limit, limit, sizeof *r->item);
    r->rating = resize(r->rating, r->limit, limit, sizeof *r->rating);
    r->weight = resize(r->weight, r->limit, limit, sizeof *r->weight);
    r->time = resize(r->time, r->limit, limit, sizeof *r->time);
    r->limit = limit;
}

static td_ratings allocate(const td_table_form *form)
{
    size_t n = FIRST_LIMIT;
    return (td_ratings){
        .limit = FIRST_LIMIT,
        .users = td_vocabulary_create(),
        .user = TD_NEW(int32_t, n),
        .item = TD_NEW(int32_t, n),
        .rating = form->columns[TD_RATINGS_RATING] ? TD_NEW(float, n) : NULL,
        .weight = form->columns[TD_RATINGS_WEIGHT] ? TD_NEW(float, n) : NULL,
        .time = form->columns[TD_RATINGS_TIME] ? TD_NEW(int64_t, n) : NULL,
    };
}

static td_status parse_numbers(const reading *r, const td_line *line, const td_field *fields,
                               values *row)
{
    td_field rating = fields[TD_RATINGS_RATING], weight = fields[TD_RATINGS_WEIGHT];
    td_field time = fields[TD_RATINGS_TIME];
    if (r->ratings->rating && !td_decimal_float(rating.text, rating.length, &row->rating))
        return TD_LINE_FAIL(line, "expected a finite number as rating, found '%s'",
                            shown(rating).text);
    if (r->ratings->time && !td_decimal_whole(time.text, time.length, TD_TIME_MAX, &row->time))
        return TD_LINE_FAIL(
            line, "expected a timestamp in whole seconds from 0 to %" PRId64 ", found '%s'",
            TD_TIME_MAX, shown(time).text);
    if (!r->ratings->weight)
        return TD_OK;
    if (!td_decimal_float(weight.text, weight.length, &row->weight) || !(row->weight > 0))
        return TD_LINE_FAIL(line, "expected a finite number above 0 as weight, found '%s'",
                            shown(weight).text);
    return TD_OK;
}

static td_status parse_names(const reading *r, const td_line *line, const td_field *fields,
                             values *row)
{
    td_field user = fields[TD_RATINGS_USER], item = fields[TD_RATINGS_ITEM];
    if (user.length == 0 || item.length == 0)
        return TD_LINE_FAIL(line, "expected %s, found an empty field",
                            user.length == 0 ? "a user" : "an item");
    if (!r->list)
        return TD_OK;
    int32_t number = td_vocabulary_find(r->list->ids, item);
    if (number == 0)
        return TD_LINE_FAIL(line, "expected an item of the item list, found '%s'",
                            shown(item).text);
    row->item = r->list->item[number - 1];
    return TD_OK;
}

static void keep(reading *r, td_field user, td_field item, values row)
{
    td_ratings *ratings = r->ratings;
    if (ratings->count == ratings->limit)
        grow(ratings);
    int64_t i = ratings->count++;
    ratings->user[i] = td_vocabulary_add(ratings->users, user);
    ratings->item[i] = r->list ? row.item : td_vocabulary_add(r->items, item);
    if (ratings->rating)
        ratings->rating[i] = row.rating;
    if (ratings->weight)
        ratings->weight[i] = row.weight;
    if (ratings->time)
        ratings->time[i] = row.time;
}

/* A full vocabulary has no number for a new name. */
static bool is_full(const td_vocabulary *vocabulary)
{
    return vocabulary && td_vocabulary_count(vocabulary) == TD_VOCABULARY_MAX;
}

static td_status take_row(reading *r, td_table *table, const td_line *line)
{
    td_field fields[TD_TABLE_COLUMNS] = {{NULL, 0}};
    values row = {0, 0, 1, 0};
    TD_TRY(td_table_cut(table, line, fields));
    TD_TRY(parse_names(r, line, fields, &row));
    TD_TRY(parse_numbers(r, line, fields, &row));
    if (is_full(r->ratings->users) || is_full(r->items))
        return TD_LINE_FAIL(line, "expected fewer than %d users and items", TD_VOCABULARY_MAX);
    keep(r, fields[TD_RATINGS_USER], fields[TD_RATINGS_ITEM], row);
    return TD_OK;
}

static td_status read_rows(reading *r, td_table *table, td_bad_lines *bad)
{
    td_line line;
    bool found;
    for (;;) {
        TD_TRY(td_table_next(table, &line, &found));
        if (!found)
            break;
        td_status status = take_row(r, table, &line);
        if (status != TD_OK)
            TD_TRY(td_bad_lines_skip(bad, &line));
    }
    if (r->ratings->count == 0)
        return td_fail(TD_ERR_INPUT, "%s: expected rows of ratings, found none", r->form->path);
    return TD_OK;
}

static void renumber(int64_t count, int32_t *numbers, int32_t *number_of)
{
    for (int64_t i = 0; i < count; i++)
        numbers[i] = number_of[numbers[i]];
    td_free(number_of);
}

td_status td_ratings_read(const td_table_form *form, bool has_list, td_bad_lines *bad,
                          td_catalogue *catalogue, td_ratings *ratings)
{
    *ratings = allocate(form);
    reading r = {.form = form, .list = has_list ? catalogue : NULL, .ratings = ratings};
    td_table *table;
    TD_TRY(td_table_open(form, &table));
    r.items = has_list ? NULL : td_vocabulary_create();
    td_status status = read_rows(&r, table, bad);
    td_table_close(table);
    renumber(ratings->count, ratings->user, td_vocabulary_sort(ratings->users));
    if (!has_list)
        renumber(ratings->count, ratings->item, td_catalogue_of_ids(r.items, catalogue));
    return status;
}

void td_ratings_free(td_ratings *ratings)
{
    td_vocabulary_free(ratings->users);
    td_free(ratings->user);
    td_free(ratings->item);
    td_free(ratings->rating);
    td_free(ratings->weight);
    td_free(ratings->time);
    *ratings = (td_ratings){.count = 0};
}
