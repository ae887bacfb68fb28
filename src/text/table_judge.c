/* Whether columns that nobody named may be read as they are. */
#include "base/log.h"
#include "base/memory.h"
#include "text/column_words.h"
#include "text/excerpt.h"
#include "text/table_parts.h"

#include <stdio.h>

/* Whether a column of the first file is read, and how many are. */
static bool is_read(const td_table *table, size_t i)
{
    const td_table_layout *first = &table->layouts[table->first];
    for (size_t c = 0; c < table->form.count; c++)
        if (first->column[c] == i)
            return true;
    return false;
}

static size_t count_read(const td_table *table)
{
    size_t read = 0;
    for (size_t i = 0; i < table->layouts[table->first].width; i++)
        read += is_read(table, i);
    return read;
}

/* Counts the columns that are a guess, and of these what the header calls as users and items often
 * are, as was guessed and the other way round. */
typedef struct {
    int guessed, right, wrong;
} guesses;

static guesses count_guesses(const td_table *table)
{
    static const td_column_meaning means[] = {TD_COLUMN_USER, TD_COLUMN_ITEM};
    const td_table_layout *first = &table->layouts[table->first];
    const td_line line = {.path = table->form.path, .text = first->text, .length = first->length};
    guesses found = {table->form.is_guess[0] + table->form.is_guess[1], 0, 0};
    td_line copy = {.text = NULL};
    td_str *names = NULL;
    size_t count;
    const bool is_named = found.guessed > 0 && first->text &&
                          td_table_cut_header(table, &line, &copy, &names, &count) == TD_OK;
    for (int c = 0; c < 2 && is_named; c++) {
        const td_column_word word = td_column_word_of(names[first->column[c]]);
        const bool right = td_column_fits(&word, means[c]) != TD_FIT_NONE;
        found.right += table->form.is_guess[c] && right;
        found.wrong += table->form.is_guess[c] && !right && td_column_means(&word, means[1 - c]);
    }
    td_free(copy.text);
    td_free(names);
    return found;
}

/* The option that a column with this word is asked for by, NULL if it is called by none of them. */
static const char *option_of(td_str name)
{
    static const struct {
        td_column_meaning meaning;
        const char *option;
    } options[] = {{TD_COLUMN_LABEL, "--rating-column"},
                   {TD_COLUMN_TIME, "--timestamp-column"},
                   {TD_COLUMN_WEIGHT, "--weight-column"}};
    const td_column_word word = td_column_word_of(name);
    for (size_t o = 0; o < sizeof options / sizeof *options; o++)
        if (td_column_means(&word, options[o].meaning))
            return options[o].option;
    return NULL;
}

/* Says which columns nobody asked for though they are called as ratings, times and weights often
 * are, where users and items are read without a word, too. */
static void tell_unread(const td_table *table)
{
    const td_table_layout *first = &table->layouts[table->first];
    const td_line line = {.path = table->form.path, .text = first->text, .length = first->length};
    td_line copy = {.text = NULL};
    td_str *names = NULL;
    size_t count = 0, size, told = 0;
    char *text;
    FILE *to = td_text_writer(&text, &size);
    const bool is_cut = td_table_cut_header(table, &line, &copy, &names, &count) == TD_OK;
    for (size_t i = 0; i < count && is_cut; i++) {
        const char *option = is_read(table, i) ? NULL : option_of(names[i]);
        const td_excerpt name = td_excerpt_of_str(names[i]);
        if (option)
            fprintf(to, "%s'%s' (%s %s reads it)", told++ > 0 ? ", " : "", name.text, option,
                    name.text);
    }
    td_text_writer_close(to);
    if (told > 0)
        td_log("%s: not read: %s", table->form.path, text);
    td_free(text);
    td_free(copy.text);
    td_free(names);
}

td_status td_table_judge_columns(const td_table *table, bool header_asked)
{
    const size_t read = count_read(table), width = table->layouts[table->first].width;
    const bool header = table->form.first_line == TD_FIRST_HEADER;
    const char *lists = "; where a line is a user and a list of items, say --format lists";
    if (table->form.kind != TD_TABLE_DELIMITED)
        return TD_OK;
    const guesses found = count_guesses(table);
    if (found.wrong > 0 || (read < width && found.right < found.guessed))
        return td_fail(TD_ERR_INPUT,
                       "%s: expected to be told which of %zu columns are the user and the item, as "
                       "by --user-column 1 --item-column 2; found no word on it%s; `tandem prepare "
                       "--describe INPUT --write-schema FILE` guesses",
                       table->form.path, width, header ? "" : lists);
    if (read < width && header && found.guessed > 0)
        tell_unread(table);
    if (read < width && !header && !header_asked)
        td_log("%s: %zu of %zu columns are read%s", table->form.path, read, width,
               read == 2 ? lists : "");
    return TD_OK;
}
