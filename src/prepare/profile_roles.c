/* Roles: those that options say, then those that columns are called by, then keys that none is. */
#include "base/log.h"
#include "base/memory.h"
#include "base/place.h"
#include "prepare/profile_parts.h"
#include "text/decimal.h"
#include "text/excerpt.h"
#include "text/guess.h"

#include <string.h>

/* Finds a column by its name, or by its number where it is not of JSON. */
static td_status find_column(const td_profile *p, const char *option, const char *name, size_t *c)
{
    for (*c = 0; *c < p->form.count; ++*c)
        if (strcmp(p->columns[*c].column, name) == 0)
            return TD_OK;
    if (p->form.kind != TD_TABLE_JSONL && td_column_number(name, c) && *c < p->form.count)
        return TD_OK;
    return td_fail(TD_ERR_INPUT, "%s: expected a column for %s, found '%s'; the nearest is '%s'",
                   p->form.path, option, td_excerpt_of(name, strlen(name)).text,
                   p->columns[td_nearest(name, p->form.count, p->form.columns)].column);
}

static td_status give_told(td_profile *p, td_role role, const char *option, const char *name)
{
    size_t c;
    if (!name)
        return TD_OK;
    TD_TRY(find_column(p, option, name, &c));
    if (p->columns[c].role != TD_ROLE_NONE)
        return td_fail(TD_ERR_USAGE, "%s: expected another column than that of the %s, found '%s'",
                       option, td_role_name(p->columns[c].role),
                       td_excerpt_of(name, strlen(name)).text);
    p->columns[c].role = role;
    p->columns[c].role_by = TD_ROLE_BY_OPTION;
    return TD_OK;
}

td_status td_profile_give_told(const td_prepare_options *o, td_profile *p)
{
    if (p->of == TD_OF_ITEM && o->items_id_column)
        TD_TRY(find_column(p, "--items-id-column", o->items_id_column, &p->key));
    if (p->of == TD_OF_ITEM)
        return give_told(p, TD_ROLE_TITLE, "--items-title-column", o->items_title_column);
    if (p->of != TD_OF_ROW)
        return TD_OK;
    TD_TRY(give_told(p, TD_ROLE_USER, "--user-column", o->user_column));
    TD_TRY(give_told(p, TD_ROLE_ITEM, "--item-column", o->item_column));
    TD_TRY(give_told(p, TD_ROLE_LABEL, "--rating-column", o->rating_column));
    TD_TRY(give_told(p, TD_ROLE_WEIGHT, "--weight-column", o->weight_column));
    TD_TRY(give_told(p, TD_ROLE_TIME, "--timestamp-column", o->timestamp_column));
    for (size_t c = 0; c < p->form.count; c++)
        if (p->columns[c].role == TD_ROLE_TIME) {
            p->columns[c].format = o->timestamp_format;
            if (o->timestamp_unit)
                td_source_time_unit(o->timestamp_unit, &p->columns[c].unit);
        }
    return TD_OK;
}

int32_t td_profile_values(const td_column_profile *c)
{
    return td_vocabulary_count(c->cells) - (int32_t)c->marks;
}

/* Rows from which on it is judged what is likely of a key. */
enum { ENOUGH_ROWS = 100 };

bool td_profile_has_few(const td_profile *p, const td_column_profile *c)
{
    const int64_t values = td_profile_values(c);
    return p->rows >= ENOUGH_ROWS && (values < 2 || (values < 50 && 100 * values < p->rows));
}

bool td_profile_is_unique(const td_profile *p, const td_column_profile *c)
{
    return p->rows >= ENOUGH_ROWS &&
           10 * (int64_t)td_profile_values(c) > 9 * (p->rows - c->missing);
}

/* Whether a column that nothing calls a key has few values; with a word more are asked to be few.
 */
static bool is_small(const td_profile *p, const td_column_profile *c)
{
    const int64_t values = td_profile_values(c);
    return td_profile_has_few(p, c) ||
           (p->rows >= ENOUGH_ROWS && values < 50 && 30 * values < p->rows);
}

static bool is_likely_key(const td_profile *p, const td_column_profile *c)
{
    return 2 * c->missing <= p->rows && !is_small(p, c) && !td_profile_is_unique(p, c);
}

static bool is_free(const td_column_profile *c, td_of of)
{
    return c->role == TD_ROLE_NONE && c->of == of;
}

static void give_key(td_column_profile *c, td_role role)
{
    c->role = role;
    c->kind = TD_KIND_CATEGORY;
    c->separator = c->format = NULL;
    c->has_decimal_comma = c->may_be_groups = c->is_like_times = false;
    c->thousands = '\0';
    c->lowest = c->highest = c->odd = 0;
    c->marks = 0; /* names may be anything */
    c->missing = c->count[0];
}

/* How well a column's name is that of a key: surer words before others, and of these columns that
 * are likely; a session is a user where nothing else is. */
static int rank_of(const td_profile *p, const td_column_profile *c, td_column_meaning meaning)
{
    const td_column_word word = td_profile_word(c);
    const td_column_fit fit = td_column_fits(&word, meaning);
    const bool likely = is_likely_key(p, c);
    if (!is_free(c, TD_OF_ROW) || fit == TD_FIT_NONE || td_profile_values(c) == 0 ||
        (c->kind != TD_KIND_CATEGORY && c->kind != TD_KIND_NUMBER))
        return 0;
    if (td_column_means(&word, TD_COLUMN_GROUP))
        return 1;
    if (fit == TD_FIT_SURE)
        return likely ? 4 : 3;
    return likely ? 2 : 0;
}

/* Gives a key's role to the column that is called so best, of several the first. */
static bool give_named_key(td_profile *p, td_role role, td_column_meaning meaning)
{
    td_column_profile *best = NULL;
    int rank = 0;
    for (size_t c = 0; c < p->form.count; c++) {
        const int mine = rank_of(p, &p->columns[c], meaning);
        if (mine > rank) {
            rank = mine;
            best = &p->columns[c];
        }
    }
    if (!best)
        return false;
    give_key(best, role);
    best->role_by = rank == 3 || rank == 4 ? TD_ROLE_BY_WORD : TD_ROLE_BY_WEAK_WORD;
    return true;
}

/* Whether a title may be the item's: not that of another object of JSON than its id. */
static bool is_of_item(const td_profile *p, const td_column_profile *c)
{
    const td_column_profile *item = td_profile_with_role(p, TD_ROLE_ITEM);
    const char *dot = strrchr(c->column, '.');
    const char *own = item ? strrchr(item->column, '.') : NULL;
    return !dot || !own || p->form.kind != TD_TABLE_JSONL ||
           (dot - c->column == own - item->column &&
            strncmp(c->column, item->column, (size_t)(dot - c->column)) == 0);
}

/* Gives the first free column of this kind that is called so the role, surer words first. */
static bool give_named(td_profile *p, td_role role, td_kind kind, td_column_meaning meaning)
{
    const td_of of = role == TD_ROLE_TITLE ? TD_OF_ITEM : TD_OF_ROW;
    for (td_column_fit fit = TD_FIT_SURE; fit > TD_FIT_NONE; fit--)
        for (size_t c = 0; c < p->form.count; c++) {
            td_column_profile *column = &p->columns[c];
            const td_column_word word = td_profile_word(column);
            if (!is_free(column, of) || column->kind != kind ||
                (role == TD_ROLE_TITLE && !is_of_item(p, column)) ||
                td_column_fits(&word, meaning) != fit)
                continue;
            column->role = role;
            column->role_by = fit == TD_FIT_SURE ? TD_ROLE_BY_WORD : TD_ROLE_BY_WEAK_WORD;
            return true;
        }
    return false;
}

/* What columns may be keys that are called by nothing: names; whole numbers, too, unless they are
 * called by something else. */
typedef enum { NAMES, NUMBERS, WAYS } key_way;

static bool has_fractions(const td_column_profile *c)
{
    int64_t whole;
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells); i++) {
        const td_str cell = td_profile_cell(c, i);
        if (!td_profile_is_mark(c, i) &&
            !td_decimal_whole(cell.text, cell.length, INT64_MAX, &whole))
            return true;
    }
    return false;
}

static bool may_be_key(const td_column_profile *c, key_way way)
{
    const td_column_word word = td_profile_word(c);
    const bool is_value = td_column_means(&word, TD_COLUMN_LABEL) ||
                          td_column_means(&word, TD_COLUMN_WEIGHT) ||
                          td_column_means(&word, TD_COLUMN_TIME);
    return c->role == TD_ROLE_NONE &&
           (c->kind == TD_KIND_CATEGORY ||
            (way == NUMBERS && c->kind == TD_KIND_NUMBER && !is_value && !has_fractions(c)));
}

/* Whether a column is likely to be a key though nothing calls it so: no titles, times or orders. */
static bool is_plain(const td_profile *p, const td_column_profile *c)
{
    const td_column_word word = td_profile_word(c);
    return is_likely_key(p, c) && !c->is_like_times && !td_column_means(&word, TD_COLUMN_TITLE) &&
           !td_column_means(&word, TD_COLUMN_GROUP) && !td_column_means(&word, TD_COLUMN_USER) &&
           !td_column_means(&word, TD_COLUMN_ITEM);
}

/* Whether it may be one where no other is; an order is no item, and what never recurs no key. */
static bool is_possible(const td_profile *p, const td_column_profile *c, td_role role)
{
    const td_column_word word = td_profile_word(c);
    const bool recurs = td_profile_values(c) < p->rows - c->missing;
    if (p->rows >= ENOUGH_ROWS && p->is_whole && !recurs)
        return false;
    return 2 * c->missing <= p->rows && !is_small(p, c) && !c->is_like_times &&
           (role == TD_ROLE_USER || !td_column_means(&word, TD_COLUMN_GROUP));
}

static bool give_unnamed(td_profile *p, td_role role, key_way from, bool plain)
{
    for (key_way way = from; way < WAYS; way++)
        for (size_t c = 0; c < p->form.count; c++) {
            td_column_profile *column = &p->columns[c];
            if (!may_be_key(column, way) ||
                !(plain ? is_plain(p, column) : is_possible(p, column, role)))
                continue;
            give_key(column, role);
            column->role_by = p->form.kind == TD_TABLE_LISTS ? TD_ROLE_BY_WORD : TD_ROLE_BY_GUESS;
            return true;
        }
    return false;
}

/* Gives the keys that no column is called by to the first columns that may be such, the user's
 * before the item's, as where nothing is said of columns; to none where none is likely. */
static void give_keys(td_profile *p)
{
    static const td_role keys[] = {TD_ROLE_USER, TD_ROLE_ITEM};
    static const td_column_meaning meanings[] = {TD_COLUMN_USER, TD_COLUMN_ITEM};
    bool found[2];
    int wanted = 0;
    for (int k = 0; k < 2; k++) {
        found[k] = td_profile_with_role(p, keys[k]) || give_named_key(p, keys[k], meanings[k]);
        wanted += !found[k];
    }
    for (size_t c = 0; c < p->form.count; c++)
        wanted -= may_be_key(&p->columns[c], NAMES) && is_plain(p, &p->columns[c]);
    const key_way from = wanted > 0 ? NUMBERS : NAMES;
    for (int k = 0; k < 2; k++)
        if (!found[k])
            found[k] = give_unnamed(p, keys[k], from, true);
    for (int k = 0; k < 2; k++)
        if (!found[k])
            give_unnamed(p, keys[k], from, false);
}

static void guess_title(td_profile *p)
{
    const bool found = td_profile_with_role(p, TD_ROLE_TITLE) ||
                       give_named(p, TD_ROLE_TITLE, TD_KIND_CATEGORY, TD_COLUMN_TITLE) ||
                       give_named(p, TD_ROLE_TITLE, TD_KIND_CATEGORIES, TD_COLUMN_TITLE);
    for (size_t c = 0; found && c < p->form.count; c++)
        if (p->columns[c].role == TD_ROLE_TITLE) {
            p->columns[c].kind = TD_KIND_TEXT;
            p->columns[c].separator = NULL;
        }
}

/* The chance that two rows have the same cell. */
static double chance_of_same(const td_profile *p, const td_column_profile *c)
{
    double chance = 0;
    for (int32_t i = 0; i <= td_vocabulary_count(c->cells); i++) {
        const double share = (double)c->count[i] / (double)p->rows;
        chance += share * share;
    }
    return chance;
}

/* Whether all rows of a key, a user or an item, have the same cell of a column, and some ten or
 * more would not if the column told of rows. */
static bool is_told_by(const td_profile *p, const td_column_profile *key,
                       const td_column_profile *c)
{
    enum { ENOUGH = 10 };
    int32_t *first = TD_NEW(int32_t, (size_t)td_vocabulary_count(key->cells) + 1); /* 0: none */
    int64_t repeats = 0;
    bool is_same = true;
    for (int64_t i = 0; i < p->rows && is_same; i++) {
        int32_t *seen = &first[key->cell[i]];
        if (key->cell[i] == 0)
            continue;
        repeats += *seen > 0;
        is_same = *seen == 0 || *seen == c->cell[i] + 1;
        *seen = c->cell[i] + 1;
    }
    td_free(first);
    return is_same && (double)repeats * (1 - chance_of_same(p, c)) >= ENOUGH;
}

/* Finds the columns of interactions that tell of users, or of items, without a table of their own.
 */
static void find_side(const td_source *source, td_of of, td_profile *p)
{
    const td_role role = of == TD_OF_ITEM ? TD_ROLE_ITEM : TD_ROLE_USER;
    const td_column_profile *key = td_profile_with_role(p, role);
    const td_source_table *own = &source->table[of];
    for (size_t c = 0; key && (!own->form.path || own->is_of_rows) && c < p->form.count; c++)
        if (is_free(&p->columns[c], TD_OF_ROW) && is_told_by(p, key, &p->columns[c]))
            p->columns[c].of = of;
}

bool td_profile_tells(const td_profile *profile, td_of of)
{
    for (size_t c = 0; c < profile->form.count; c++)
        if (profile->columns[c].of == of)
            return true;
    return false;
}

static void guess_time(td_profile *p)
{
    if (td_profile_with_role(p, TD_ROLE_TIME) ||
        give_named(p, TD_ROLE_TIME, TD_KIND_TIME, TD_COLUMN_TIME))
        return;
    for (size_t c = 0; c < p->form.count; c++)
        if (p->columns[c].kind == TD_KIND_TIME && is_free(&p->columns[c], TD_OF_ROW) &&
            !td_profile_with_role(p, TD_ROLE_TIME)) {
            p->columns[c].role = TD_ROLE_TIME;
            p->columns[c].role_by = TD_ROLE_BY_GUESS;
        }
}

void td_profile_guess_roles(const td_source *source, td_profile *p)
{
    if (p->of == TD_OF_ITEM)
        guess_title(p);
    if (p->of != TD_OF_ROW)
        return;
    give_keys(p);
    /* First, as an item's release date is no time of rows, nor its mean rating theirs. */
    find_side(source, TD_OF_ITEM, p);
    if (!td_profile_with_role(p, TD_ROLE_WEIGHT))
        give_named(p, TD_ROLE_WEIGHT, TD_KIND_NUMBER, TD_COLUMN_WEIGHT);
    if (!td_profile_with_role(p, TD_ROLE_LABEL))
        give_named(p, TD_ROLE_LABEL, TD_KIND_NUMBER, TD_COLUMN_LABEL);
    guess_time(p);
    find_side(source, TD_OF_USER, p);
    guess_title(p);
}
