/* Whether columns that nobody named may be read as they are. */
#include "base/log.h"
#include "base/memory.h"
#include "text/column_words.h"
#include "text/table_parts.h"

/* How many columns of the first file are read. */
static size_t count_read(const td_table *table)
{
    const td_table_layout *first = &table->layouts[table->first];
    size_t read = 0;
    for (size_t i = 0; i < first->width; i++)
        for (size_t c = 0; c < table->form.count; c++)
            if (first->column[c] == i) {
                read++;
                break;
            }
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
        found.right += table->form.is_guess[c] && td_column_means(&word, means[c]);
        found.wrong += table->form.is_guess[c] && td_column_means(&word, means[1 - c]);
    }
    td_free(copy.text);
    td_free(names);
    return found;
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
                       "by --user-column 1 --item-column 2; found no word on it%s",
                       table->form.path, width, header ? "" : lists);
    if (read < width && !header && !header_asked)
        td_log("%s: %zu of %zu columns are read%s", table->form.path, read, width,
               read == 2 ? lists : "");
    return TD_OK;
}
