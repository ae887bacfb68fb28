/* Rows of ratings: a line is looked at in full before anything of it is kept. */
#include "prepare/ratings.h"

#include "base/memory.h"
#include "prepare/parts.h"
#include "prepare/source.h"
#include "text/decimal.h"
#include "text/excerpt.h"

#include <inttypes.h>

enum { FIRST_LIMIT = 1 << 12 };

/* The table while it is read. */
typedef struct {
    const char *path;
    td_table *table;
    td_part part;
    const td_catalog *list; /* NULL if there is no item list */
    td_ratings *ratings;
    size_t column[TD_ROLES]; /* places of the roles' cells in fields */
    td_str *fields;          /* of a line */
} reading;

typedef struct {
    int32_t item; /* 0 for a new one */
    float rating;
    float weight;
    int64_t time;
} values;

static td_excerpt shown(td_str field)
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

static bool has(const td_source *source, td_role role)
{
    return td_source_with_role(source, role) != NULL;
}

static td_ratings allocate(const td_source *source, bool has_list, int64_t lines)
{
    int64_t limit = lines > 0 ? lines : FIRST_LIMIT;
    size_t n = (size_t)limit;
    return (td_ratings){
        .limit = limit,
        .users = td_vocabulary_create(),
        .items = has_list ? NULL : td_vocabulary_create(),
        .user = TD_NEW(int32_t, n),
        .item = TD_NEW(int32_t, n),
        .rating = has(source, TD_ROLE_LABEL) ? TD_NEW(float, n) : NULL,
        .weight = has(source, TD_ROLE_WEIGHT) ? TD_NEW(float, n) : NULL,
        .time = has(source, TD_ROLE_TIME) ? TD_NEW(int64_t, n) : NULL,
    };
}

static td_str cell(const reading *r, td_role role)
{
    return r->fields[r->column[role]];
}

static td_status parse_numbers(const reading *r, const td_line *line, values *row)
{
    td_str rating = cell(r, TD_ROLE_LABEL), weight = cell(r, TD_ROLE_WEIGHT);
    td_str time = cell(r, TD_ROLE_TIME);
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

static td_status parse_names(const reading *r, const td_line *line, values *row)
{
    td_str user = cell(r, TD_ROLE_USER), item = cell(r, TD_ROLE_ITEM);
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

static void keep(reading *r, td_str user, td_str item, values row)
{
    td_ratings *ratings = r->ratings;
    if (ratings->count == ratings->limit)
        grow(ratings);
    int64_t i = ratings->count++;
    ratings->user[i] = td_vocabulary_add(ratings->users, user);
    ratings->item[i] = r->list ? row.item : td_vocabulary_add(ratings->items, item);
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

static td_status take_row(reading *r, const td_line *line)
{
    values row = {0, 0, 1, 0};
    TD_TRY(td_table_cut(r->table, line, r->fields));
    td_vocabulary_expect(r->list ? r->list->ids : r->ratings->items, cell(r, TD_ROLE_ITEM));
    td_status numbers = parse_numbers(r, line, &row);
    TD_TRY(parse_names(r, line, &row)); /* which are judged first */
    TD_TRY(numbers);
    if (is_full(r->ratings->users) || is_full(r->ratings->items))
        return TD_LINE_FAIL(line, "expected fewer than %d users and items", TD_VOCABULARY_MAX);
    keep(r, cell(r, TD_ROLE_USER), cell(r, TD_ROLE_ITEM), row);
    return TD_OK;
}

/* Local. Reads this rank's part. */
static td_status read_part(reading *r, td_bad_lines *bad)
{
    td_line line;
    bool found;
    r->ratings->count = 0;
    if (r->part.begin == r->part.end)
        return TD_OK;
    TD_TRY(td_part_begin(r->table, &r->part));
    for (;;) {
        TD_TRY(td_table_next(r->table, &line, &found));
        if (!found)
            return TD_OK;
        td_status status = take_row(r, &line);
        if (status != TD_OK)
            TD_TRY(td_bad_lines_skip(bad, &line));
    }
}

/* How a rank's part went. */
typedef struct {
    int64_t skipped;
    int64_t failed;
} outcome;

/* Returns the rank whose part has the line that would have ended the reading of all parts one after
 * the other, size if none; *before is how many bad lines would have been left out before its part.
 */
static int find_end(int size, const outcome *of, int64_t limit, int64_t *before)
{
    for (int rank = 0; rank < size; rank++) {
        if (of[rank].failed || of[rank].skipped > limit - *before)
            return rank;
        *before += of[rank].skipped;
    }
    return size;
}

/* Local. Reads a part again that may leave out fewer bad lines than it did. */
static td_status read_again(reading *r, int64_t before, td_bad_lines *bad)
{
    *bad = (td_bad_lines){.limit = bad->limit, .skipped = before};
    TD_TRY(read_part(r, bad));
    return td_fail(TD_ERR_INPUT, "%s: the file changed while it was read", r->path);
}

/* Collective. Gathers the messages of lines that were left out, in the order of the parts. */
static void show_all(td_comm *comm, int64_t count, char (*message)[TD_BAD_LINE_BYTES],
                     td_bad_lines *bad)
{
    size_t total;
    char(*all)[TD_BAD_LINE_BYTES] =
        td_comm_allgatherv(comm, message, (size_t)count, sizeof *message, &total);
    td_bad_lines_show(bad, total, all);
    td_free(all);
}

/* Collective. Reads all parts; bad becomes what it would be had they been read in one go. */
static td_status read_parts(td_comm *comm, reading *r, td_bad_lines *bad)
{
    size_t size;
    int rank = td_comm_rank(comm);
    int64_t before = bad->skipped;
    td_bad_lines own = {.limit = bad->limit, .skipped = before};
    td_status status = read_part(r, &own);
    outcome mine = {own.skipped - before, status != TD_OK};
    outcome *of = td_comm_allgatherv(comm, &mine, 1, sizeof mine, &size);
    int end = find_end((int)size, of, bad->limit, &before);
    if (rank == end && before > bad->skipped)
        status = read_again(r, before, &own);
    bad->skipped = before;
    show_all(comm, rank <= end ? own.shown : 0, own.message, bad);
    td_free(of);
    return td_comm_agree(comm, rank == end ? status : TD_OK);
}

td_status td_ratings_read(td_comm *comm, const td_source *source, const td_catalog *list,
                          td_bad_lines *bad, td_ratings *ratings)
{
    const td_table_form *form = &source->table[TD_OF_ROW].form;
    reading r = {.path = form->path, .list = list, .ratings = ratings};
    TD_TRY(td_part_open(comm, form, bad->limit - bad->skipped, &r.table, &r.part));
    r.fields = TD_NEW(td_str, form->count);
    for (td_role role = TD_ROLE_USER; role <= TD_ROLE_TIME; role++)
        r.column[role] = has(source, role) ? td_source_with_role(source, role)->column : 0;
    *ratings = allocate(source, list != NULL, r.part.lines);
    td_status status = read_parts(comm, &r, bad);
    td_free(r.fields);
    td_table_close(r.table);
    ratings->total = ratings->count;
    td_comm_sum(comm, 1, &ratings->total);
    td_comm_exscan(comm, 1, &ratings->count, &ratings->first);
    if (status == TD_OK && ratings->total == 0)
        return td_fail(TD_ERR_INPUT, "%s: expected rows of ratings, found none", form->path);
    return status;
}

void td_ratings_free(td_ratings *ratings)
{
    td_vocabulary_free(ratings->users);
    td_vocabulary_free(ratings->items);
    td_free(ratings->user);
    td_free(ratings->item);
    td_free(ratings->rating);
    td_free(ratings->weight);
    td_free(ratings->time);
    td_free(ratings->row);
    td_free(ratings->is_test);
    *ratings = (td_ratings){.count = 0};
}
