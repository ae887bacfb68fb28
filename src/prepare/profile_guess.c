/* Kinds by the distinct cells of a column and by its name, or as options say. */
#include "prepare/profile_parts.h"

#include "base/memory.h"
#include "prepare/cell.h"
#include "prepare/odd.h"
#include "text/decimal.h"
#include "text/none_words.h"
#include "text/time_text.h"

#include <ctype.h>
#include <string.h>

enum { PLAIN_LENGTH = 9, SECONDS_OF_1990 = 631152000 };

td_column_word td_profile_word(const td_column_profile *c)
{
    return td_column_word_of((td_str){c->column, strlen(c->column)});
}

td_str td_profile_cell(const td_column_profile *c, int32_t number)
{
    return td_vocabulary_name(c->cells, number);
}

bool td_profile_is_mark(const td_column_profile *c, int32_t number)
{
    for (size_t m = 0; m < c->marks; m++)
        if (c->mark[m] == number)
            return true;
    return false;
}

static void find_marks(td_column_profile *c, const char *const *texts)
{
    for (; texts && *texts && c->marks < TD_PROFILE_MARKS; texts++) {
        const int32_t found = td_vocabulary_find(c->cells, (td_str){*texts, strlen(*texts)});
        if (found > 0 && !td_profile_is_mark(c, found))
            c->mark[c->marks++] = found;
    }
}

static bool read_number(const td_column_profile *c, td_str cell, double *value)
{
    float number;
    const td_source_field field = {.has_decimal_comma = c->has_decimal_comma,
                                   .thousands = c->thousands};
    const bool read = td_cell_number(&field, cell, &number);
    *value = (double)number;
    return read;
}

bool td_profile_read_time(const td_column_profile *c, td_str cell, double *value)
{
    int64_t seconds;
    const bool read = td_time_read_as(&(td_time_form){.unit = c->unit, .format = c->format},
                                      cell.text, cell.length, &seconds);
    *value = (double)seconds;
    return read;
}

bool td_profile_reads(td_column_profile *c,
                      bool (*read)(const td_column_profile *, td_str, double *))
{
    double low = 0, high = 0, value = 0;
    c->lowest = c->highest = c->unread = 0;
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells); i++) {
        if (td_profile_is_mark(c, i))
            continue;
        if (!read(c, td_profile_cell(c, i), &value)) {
            c->unread = i;
            return false;
        }
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
    const td_str low = td_profile_cell(c, c->lowest), high = td_profile_cell(c, c->highest);
    double value;
    if (!read_number(c, low, &value) || !read_number(c, high, &value))
        return true;
    const bool unnamed = isdigit((unsigned char)*word->text) != 0;
    const bool named = td_column_means(word, TD_COLUMN_TIME) || strstr(word->text, "time") ||
                       td_ends_with(word->text, "date") || td_ends_with(word->text, "datum") ||
                       td_ends_with(word->text, "zeit");
    return low.length >= PLAIN_LENGTH - 1 && (named || (unnamed && value > SECONDS_OF_1990));
}

/* Whether some cell has this sign. */
static bool has_sign(const td_column_profile *c, char sign)
{
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells); i++)
        if (memchr(td_profile_cell(c, i).text, sign, td_profile_cell(c, i).length))
            return true;
    return false;
}

/* Whether all cells that have a sign would be read with it between groups of three digits. */
static bool all_in_groups(const td_column_profile *c, char sign)
{
    const td_source_field field = {.thousands = sign, .has_decimal_comma = sign == '.'};
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells); i++) {
        const td_str cell = td_profile_cell(c, i);
        float number;
        if (!td_profile_is_mark(c, i) && memchr(cell.text, sign, cell.length) &&
            (*cell.text == '0' || !td_cell_number(&field, cell, &number)))
            return false;
    }
    return has_sign(c, sign);
}

/* Whether a sign stands behind one or two digits in some cell, as between names of three digits it
 * does not. */
static bool parts_groups(const td_column_profile *c, char sign)
{
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells); i++) {
        const td_str cell = td_profile_cell(c, i);
        const char *at = memchr(cell.text, sign, cell.length);
        if (at && at - cell.text < 3)
            return true;
    }
    return false;
}

static bool reads_with(td_column_profile *c, bool has_decimal_comma, char thousands)
{
    c->has_decimal_comma = has_decimal_comma;
    c->thousands = thousands;
    if (td_profile_reads(c, read_number))
        return true;
    c->has_decimal_comma = false;
    c->thousands = '\0';
    return false;
}

/* Whether the cells are numbers: plain ones; with a comma before their decimals, where commas do
 * not part the columns; or with a sign between groups of three digits. */
static bool find_number(const td_profile *p, td_column_profile *c)
{
    const char *separator = p->form.fields.separator;
    const bool may_be_comma =
        p->form.kind == TD_TABLE_DELIMITED && !(separator && strcmp(separator, ",") == 0);
    if (reads_with(c, false, '\0')) {
        c->may_be_groups = all_in_groups(c, '.');
        return true;
    }
    if (may_be_comma && reads_with(c, true, '\0')) {
        c->thousands = has_sign(c, '.') ? '.' : '\0';
        c->may_be_groups = !c->thousands && all_in_groups(c, ',');
        return true;
    }
    if ((has_sign(c, '.') || parts_groups(c, ',')) && reads_with(c, false, ',')) {
        c->may_be_groups = !has_sign(c, '.');
        return true;
    }
    if (has_sign(c, '.') && has_sign(c, ',') && reads_with(c, true, '.'))
        return true;
    return (parts_groups(c, ' ') && (reads_with(c, false, ' ') || reads_with(c, true, ' '))) ||
           (parts_groups(c, '\'') && reads_with(c, false, '\''));
}

/* Whether a cell is of digits of which the first is a zero that a number would not have. */
static bool have_leading_zeros(const td_column_profile *c)
{
    int64_t number;
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells); i++) {
        const td_str cell = td_profile_cell(c, i);
        if (cell.length > 1 && *cell.text == '0' &&
            td_decimal_whole(cell.text, cell.length, INT64_MAX, &number))
            return true;
    }
    return false;
}

static bool are_ids(const td_column_word *word)
{
    return td_column_means(word, TD_COLUMN_USER) || td_column_means(word, TD_COLUMN_ITEM) ||
           td_column_means(word, TD_COLUMN_GROUP) || td_ends_with(word->text, "id") ||
           td_ends_with(word->text, "zip") || td_ends_with(word->text, "code") ||
           td_ends_with(word->text, "nummer") || td_ends_with(word->text, "nr") ||
           td_ends_with(word->text, "barcode");
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
            td_str rest = td_profile_cell(c, i);
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
        if (memchr(td_profile_cell(c, i).text, TD_CELL_LIST, td_profile_cell(c, i).length))
            return true;
    return false;
}

/* Finds a value that many rows have and that is far from all others. */
static void find_odd(const td_profile *p, td_column_profile *c)
{
    td_ends ends = td_ends_begin();
    double value;
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells); i++)
        if (!td_profile_is_mark(c, i) && read_number(c, td_profile_cell(c, i), &value))
            td_ends_add(&ends, value, c->count[i]);
    const td_odd odd = td_ends_odd(&ends, p->rows);
    c->odd = odd == TD_ODD_LOW ? c->lowest : odd == TD_ODD_HIGH ? c->highest : 0;
    c->odd_rows = odd == TD_ODD_LOW ? ends.lows : ends.highs;
}

/* Returns a cell that is no number where nine of ten are; 0 where fewer are. */
static int32_t find_no_number(const td_column_profile *c)
{
    enum { LOOKED_AT = 1000 };
    int32_t looked = 0, others = 0, first = 0;
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells) && looked < LOOKED_AT; i++) {
        double value;
        if (td_profile_is_mark(c, i))
            continue;
        looked++;
        if (!read_number(c, td_profile_cell(c, i), &value) && others++ == 0)
            first = i;
    }
    return 10 * others <= looked ? first : 0;
}

/* Makes a column one of names. */
static void be_names(td_column_profile *c)
{
    c->lowest = c->highest = c->unread = 0;
    c->marks = 0; /* names may be anything */
    c->separator = find_separator(c);
    c->kind = c->separator || has_lists(c) ? TD_KIND_CATEGORIES : TD_KIND_CATEGORY;
    c->is_like_times = td_profile_looks_like_times(c);
}

static void guess_kind(const td_profile *p, td_column_profile *c)
{
    const td_column_word word = td_profile_word(c);
    find_marks(c, td_none_words);
    const bool measures = !are_ids(&word) && !have_leading_zeros(c);
    const bool is_time =
        measures && td_profile_reads(c, td_profile_read_time) && look_like_times(c, &word);
    if (!is_time && measures && find_number(p, c)) {
        c->kind = TD_KIND_NUMBER;
        find_odd(p, c);
    } else if (is_time || (measures && td_profile_find_format(c))) {
        c->kind = TD_KIND_TIME;
    } else {
        const int32_t unread = measures ? find_no_number(c) : 0;
        be_names(c);
        c->unread = unread;
    }
}

/* Finds how cells are read whose kind an option says; one that is not remains in unread. */
static void find_told(const td_profile *p, td_column_profile *c, const td_prepare_options *options)
{
    c->told_missing = options->missing;
    find_marks(c, options->missing);
    find_marks(c, td_none_words);
    if (c->role == TD_ROLE_TIME) {
        c->kind = TD_KIND_TIME;
        if (td_profile_reads(c, td_profile_read_time) || c->format || c->unit)
            return;
        const int32_t unread = c->unread;
        c->unread = td_profile_find_format(c) ? 0 : unread;
        return;
    }
    c->kind = TD_KIND_NUMBER;
    td_profile_reads(c, read_number);
    const int32_t unread = c->unread;
    if (find_number(p, c))
        find_odd(p, c);
    else
        c->unread = unread;
}

static void find_kind(const td_profile *p, td_column_profile *c, const td_prepare_options *options)
{
    if (c->role == TD_ROLE_USER || c->role == TD_ROLE_ITEM)
        c->kind = TD_KIND_CATEGORY;
    else if (c->role == TD_ROLE_TITLE)
        c->kind = TD_KIND_TEXT;
    else if (c->role != TD_ROLE_NONE)
        find_told(p, c, options);
    else
        guess_kind(p, c);
    if (c->unread > 0)
        c->lowest = c->highest = 0; /* of those before */
    c->missing = c->count[0];
    for (size_t m = 0; m < c->marks; m++)
        c->missing += c->count[c->mark[m]];
}

td_status td_profile_guess(const td_source *source, const td_prepare_options *options,
                           const td_profile *others, td_profile *p)
{
    TD_TRY(td_profile_give_told(options, p));
    for (size_t c = 0; c < p->form.count; c++)
        find_kind(p, &p->columns[c], options);
    for (size_t c = 0; p->of != TD_OF_ROW && !options->items_id_column && c < p->form.count; c++)
        if (strcmp(p->columns[c].column,
                   source->table[p->of].form.columns[source->table[p->of].key]) == 0)
            p->key = c;
    td_profile_guess_roles(source, p);
    td_profile_name_fields(others, p);
    return TD_OK;
}
