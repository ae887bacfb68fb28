/* Guesses by the distinct cells of a column and by its name. */
#include "prepare/profile.h"

#include "base/memory.h"
#include "base/str.h"
#include "prepare/cell.h"
#include "prepare/odd.h"
#include "text/column_words.h"
#include "text/decimal.h"
#include "text/time_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PLAIN_LENGTH = 9, SECONDS_OF_1990 = 631152000 };

static const char *const marks[] = {"NA",  "N/A", "n/a", "null", "NULL", "None", "none",
                                    "nan", "NaN", "\\N", "?",    "-",    NULL};

static td_column_word word_of(const td_column_profile *c)
{
    return td_column_word_of((td_str){c->column, strlen(c->column)});
}

static td_str cell_of(const td_column_profile *c, int32_t number)
{
    return td_vocabulary_name(c->cells, number);
}

static bool is_mark(const td_column_profile *c, int32_t number)
{
    for (size_t m = 0; m < c->marks; m++)
        if (c->mark[m] == number)
            return true;
    return false;
}

static void find_marks(td_column_profile *c)
{
    for (size_t m = 0; marks[m] && c->marks < TD_PROFILE_MARKS; m++) {
        const int32_t found = td_vocabulary_find(c->cells, (td_str){marks[m], strlen(marks[m])});
        if (found > 0)
            c->mark[c->marks++] = found;
    }
}

static bool read_number(const td_column_profile *c, td_str cell, double *value)
{
    float number;
    const td_source_field field = {.has_decimal_comma = c->has_decimal_comma};
    const bool read = td_cell_number(&field, cell, &number);
    *value = (double)number;
    return read;
}

static bool read_time(const td_column_profile *c, td_str cell, double *value)
{
    int64_t seconds;
    const bool read =
        td_time_read_as(&(td_time_form){.format = c->format}, cell.text, cell.length, &seconds);
    *value = (double)seconds;
    return read;
}

/* Whether all cells that stand for something are read; finds the lowest and the highest. */
static bool reads(td_column_profile *c, bool (*read)(const td_column_profile *, td_str, double *))
{
    double low = 0, high = 0, value = 0;
    c->lowest = c->highest = 0;
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells); i++) {
        if (is_mark(c, i))
            continue;
        if (!read(c, cell_of(c, i), &value))
            return false;
        if (c->lowest == 0 || value < low) {
            low = value;
            c->lowest = i;
        }
        if (c->highest == 0 || value > high) {
            high = value;
            c->highest = i;
        }
    }
    return c->lowest > 0;
}

/* Whether what reads as times is meant so: dates have other signs than numbers; numbers have a name
 * that says it, or are as many seconds as since 1990, in a column that has no name. */
static bool look_like_times(const td_column_profile *c, const td_column_word *word)
{
    const td_str low = cell_of(c, c->lowest), high = cell_of(c, c->highest);
    double value;
    if (!read_number(c, low, &value) || !read_number(c, high, &value))
        return true;
    const bool unnamed = isdigit((unsigned char)*word->text) != 0;
    const bool named = td_column_means(word, TD_COLUMN_TIME) || strstr(word->text, "time") ||
                       td_ends_with(word->text, "date");
    return low.length >= PLAIN_LENGTH - 1 && (named || (unnamed && value > SECONDS_OF_1990));
}

/* Whether the cells are dates in one of the usual other forms, and in one alone: 03/04/2026 may be
 * of March or of April. */
static bool find_format(td_column_profile *c)
{
    static const char *const formats[] = {"%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
                                          "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y",
                                          "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y"};
    const double first = -30610224000; /* the year 1000: 26 is no year */
    const char *found = NULL;
    size_t fits = 0;
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        double low;
        c->format = formats[f];
        if (!reads(c, read_time) || !read_time(c, cell_of(c, c->lowest), &low) || low < first)
            continue;
        found = formats[f];
        fits++;
    }
    c->format = fits == 1 ? found : NULL;
    return c->format && reads(c, read_time); /* the lowest and the highest are its own again */
}

/* Whether the cells are numbers with a comma before their decimals; where commas part the columns
 * they part something else in a cell, too. */
static bool find_decimal_comma(const td_profile *p, td_column_profile *c)
{
    const char *separator = p->form.fields.separator;
    c->has_decimal_comma =
        p->form.kind == TD_TABLE_DELIMITED && !(separator && strcmp(separator, ",") == 0);
    c->has_decimal_comma = c->has_decimal_comma && reads(c, read_number);
    return c->has_decimal_comma;
}

static bool are_ids(const td_column_word *word)
{
    return td_column_means(word, TD_COLUMN_USER) || td_column_means(word, TD_COLUMN_ITEM) ||
           td_ends_with(word->text, "id") || td_ends_with(word->text, "zip") ||
           td_ends_with(word->text, "code");
}

/* Returns what stands between the names in most cells, NULL if they are names themselves. */
static const char *find_separator(const td_column_profile *c)
{
    static const char *const tried[] = {"|", ";", ", ", ",", NULL};
    const int32_t cells = td_vocabulary_count(c->cells);
    for (size_t s = 0; tried[s]; s++) {
        td_vocabulary *parts = td_vocabulary_create();
        int64_t with = 0;
        for (int32_t i = 1; i <= cells; i++) {
            td_str rest = cell_of(c, i);
            const size_t gap = strlen(tried[s]);
            const char *at = memmem(rest.text, rest.length, tried[s], gap);
            with += at != NULL;
            for (; at; at = memmem(rest.text, rest.length, tried[s], gap)) {
                td_vocabulary_add(parts, (td_str){rest.text, (size_t)(at - rest.text)});
                rest.length -= (size_t)(at - rest.text) + gap;
                rest.text = at + gap;
            }
            td_vocabulary_add(parts, rest);
        }
        const bool fits = 2 * with >= cells && with > 1 && td_vocabulary_count(parts) < cells;
        td_vocabulary_free(parts);
        if (fits)
            return tried[s];
    }
    return NULL;
}

static bool has_lists(const td_column_profile *c)
{
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells); i++)
        if (memchr(cell_of(c, i).text, TD_CELL_LIST, cell_of(c, i).length))
            return true;
    return false;
}

/* Finds a value that many rows have and that is far from all others. */
static void find_odd(const td_profile *p, td_column_profile *c)
{
    td_ends ends = td_ends_begin();
    double value;
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells); i++)
        if (!is_mark(c, i) && read_number(c, cell_of(c, i), &value))
            td_ends_add(&ends, value, c->count[i]);
    const td_odd odd = td_ends_odd(&ends, p->rows);
    c->odd = odd == TD_ODD_LOW ? c->lowest : odd == TD_ODD_HIGH ? c->highest : 0;
    c->odd_rows = odd == TD_ODD_LOW ? ends.lows : ends.highs;
}

static void guess_kind(const td_profile *p, td_column_profile *c)
{
    const td_column_word word = word_of(c);
    find_marks(c);
    const bool measures = !are_ids(&word);
    const bool is_time = measures && reads(c, read_time) && look_like_times(c, &word);
    c->kind = TD_KIND_CATEGORY;
    if (measures && !is_time && (reads(c, read_number) || find_decimal_comma(p, c))) {
        c->kind = TD_KIND_NUMBER;
        find_odd(p, c);
    } else if (is_time || (measures && find_format(c))) {
        c->kind = TD_KIND_TIME;
    } else {
        c->lowest = c->highest = 0;
        c->marks = 0; /* names may be anything */
        c->separator = find_separator(c);
        if (c->separator || has_lists(c))
            c->kind = TD_KIND_CATEGORIES;
    }
    c->missing = c->count[0];
    for (size_t m = 0; m < c->marks; m++)
        c->missing += c->count[c->mark[m]];
}

/* Gives the first column without a role of this kind that is called so the role. */
static bool give_named(td_profile *p, td_role role, td_kind kind, td_column_meaning meaning)
{
    const td_of of = role == TD_ROLE_TITLE ? TD_OF_ITEM : TD_OF_ROW;
    for (size_t c = 0; c < p->form.count; c++) {
        td_column_profile *column = &p->columns[c];
        const td_column_word word = word_of(column);
        if (column->role != TD_ROLE_NONE || column->kind != kind || column->of != of ||
            !td_column_means(&word, meaning))
            continue;
        column->role = role;
        return true;
    }
    return false;
}

static void give_key(td_column_profile *c, td_role role)
{
    c->role = role;
    c->kind = TD_KIND_CATEGORY;
    c->separator = c->format = NULL;
    c->has_decimal_comma = false;
    c->lowest = c->highest = c->odd = 0;
}

/* What columns may be keys that are called by nothing: names; numbers, too, unless they are called
 * by something else; all. */
typedef enum { NAMES, NUMBERS, ANY, WAYS } key_way;

static bool may_be_key(const td_column_profile *c, key_way way)
{
    const td_column_word word = word_of(c);
    const bool is_value = td_column_means(&word, TD_COLUMN_LABEL) ||
                          td_column_means(&word, TD_COLUMN_WEIGHT) ||
                          td_column_means(&word, TD_COLUMN_TIME);
    return c->role == TD_ROLE_NONE && (way == ANY || c->kind == TD_KIND_CATEGORY ||
                                       (way == NUMBERS && c->kind == TD_KIND_NUMBER && !is_value));
}

/* Gives the keys that no column is called by to the first columns that may be such, the user's
 * before the item's, as where nothing is said of columns. */
static void give_keys(td_profile *p, const bool *named)
{
    static const td_role keys[] = {TD_ROLE_USER, TD_ROLE_ITEM};
    int wanted = !named[0] + !named[1];
    for (size_t c = 0; c < p->form.count; c++)
        wanted -= may_be_key(&p->columns[c], NAMES);
    for (int k = 0; k < 2; k++)
        for (key_way way = wanted > 0 ? NUMBERS : NAMES; way < WAYS; way++)
            for (size_t c = 0; c < p->form.count && !named[k] && !td_profile_with_role(p, keys[k]);
                 c++)
                if (may_be_key(&p->columns[c], way))
                    give_key(&p->columns[c], keys[k]);
}

static void guess_title(td_profile *p)
{
    const bool found = give_named(p, TD_ROLE_TITLE, TD_KIND_CATEGORY, TD_COLUMN_TITLE) ||
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

/* Finds the columns of interactions that tell of users or items without a table of their own. */
static void find_sides(const td_source *source, td_profile *p)
{
    static const td_of sides[] = {TD_OF_ITEM, TD_OF_USER};
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++) {
        const td_role role = sides[s] == TD_OF_ITEM ? TD_ROLE_ITEM : TD_ROLE_USER;
        const td_column_profile *key = td_profile_with_role(p, role);
        const td_source_table *own = &source->table[sides[s]];
        for (size_t c = 0; key && (!own->form.path || own->is_of_rows) && c < p->form.count; c++)
            if (p->columns[c].role == TD_ROLE_NONE && p->columns[c].of == TD_OF_ROW &&
                is_told_by(p, key, &p->columns[c]))
                p->columns[c].of = sides[s];
    }
}

bool td_profile_tells(const td_profile *profile, td_of of)
{
    for (size_t c = 0; c < profile->form.count; c++)
        if (profile->columns[c].of == of)
            return true;
    return false;
}

static void guess_roles(const td_source *source, td_profile *p)
{
    bool named[2];
    if (p->of == TD_OF_ITEM)
        guess_title(p);
    if (p->of != TD_OF_ROW)
        return;
    named[0] = give_named(p, TD_ROLE_USER, TD_KIND_CATEGORY, TD_COLUMN_USER);
    named[1] = give_named(p, TD_ROLE_ITEM, TD_KIND_CATEGORY, TD_COLUMN_ITEM);
    give_keys(p, named);
    give_named(p, TD_ROLE_WEIGHT, TD_KIND_NUMBER, TD_COLUMN_WEIGHT);
    give_named(p, TD_ROLE_LABEL, TD_KIND_NUMBER, TD_COLUMN_LABEL);
    if (!give_named(p, TD_ROLE_TIME, TD_KIND_TIME, TD_COLUMN_TIME))
        for (size_t c = 0; c < p->form.count; c++)
            if (p->columns[c].kind == TD_KIND_TIME && !td_profile_with_role(p, TD_ROLE_TIME))
                p->columns[c].role = TD_ROLE_TIME;
    find_sides(source, p);
    guess_title(p);
}

static bool is_taken(const td_profile *p, size_t columns, const char *field)
{
    for (size_t c = 0; c < columns; c++)
        if (strcmp(p->columns[c].field, field) == 0)
            return true;
    return false;
}

/* Makes a field's name of a column's: of one that is a number, of its role or table. */
static void name_field(const td_profile *others, td_profile *p, size_t c)
{
    td_column_profile *column = &p->columns[c];
    char base[TD_FIELD_NAME_MAX - 8] = "";
    size_t length = 0, number;
    for (const char *at = column->column; *at && length + 1 < sizeof base; at++) {
        const bool fits = isalnum((unsigned char)*at) || *at == '_' || *at == '-';
        if (length > 0 || isalpha((unsigned char)*at))
            base[length++] = fits ? *at : '_';
    }
    if (td_decimal_whole(column->column, strlen(column->column), INT32_MAX, &(int64_t){0}) ||
        length == 0)
        snprintf(base, sizeof base, "%s",
                 column->role != TD_ROLE_NONE ? td_role_name(column->role) : "column");
    snprintf(column->field, sizeof column->field, "%s", base);
    for (number = 2; is_taken(p, c, column->field) ||
                     (others && is_taken(others, others->form.count, column->field));
         number++)
        snprintf(column->field, sizeof column->field, "%s%zu", base, number);
}

void td_profile_guess(const td_source *source, const td_profile *others, td_profile *p)
{
    const td_source_table *table = &source->table[p->of];
    for (size_t c = 0; c < p->form.count; c++)
        guess_kind(p, &p->columns[c]);
    for (size_t c = 0; p->of != TD_OF_ROW && c < p->form.count; c++)
        if (strcmp(p->columns[c].column, table->form.columns[table->key]) == 0)
            p->key = c;
    guess_roles(source, p);
    for (size_t c = 0; c < p->form.count; c++)
        name_field(others, p, c);
}
