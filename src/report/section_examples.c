/* Ten users and ten items, by titles. */
#include "report/sections.h"

#include "base/memory.h"
#include "report/escape.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { DIGITS = 4 };

static bool has_title(const td_example_items *items, const char *title)
{
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(items->title[i], title) == 0)
            return true;
    return false;
}

static const char *title_at(const td_example_items *items, size_t i)
{
    return i < items->count ? items->title[i] : "";
}

/* Three lists side by side: what the user had, is recommended, and took. */
static void add_user(const td_example_user *user, const td_ranked_items *list, size_t number,
                     td_page_section *section)
{
    static const char *const columns[] = {"place", "had, newest first", "is recommended",
                                          "score", "took it",           "took next"};
    char *name = td_print_text("%zu", number), *shown = td_isolated(user->name);
    char *caption =
        td_print_text("User %s, %" PRId64 " training rows%s%s", shown, user->training_rows,
                      list && list->note ? ": " : "", list && list->note ? list->note : "");
    td_page_table *table = td_section_table(section, name, caption);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        td_table_column(table, columns[c], false);
    const size_t listed = list ? list->count : 0;
    for (size_t i = 0;
         i < TD_EXAMPLES && (i < user->had.count || i < user->took.count || i < listed); i++) {
        const td_ranked_item *item = i < listed ? &list->items[i] : NULL;
        td_table_number(table, (double)i + 1, 0);
        td_table_text(table, title_at(&user->had, i));
        td_table_text(table, item ? item->title : "");
        td_table_number(table, item ? (double)item->score : NAN, DIGITS);
        td_table_text(table, item && has_title(&user->took, item->title) ? "yes" : "");
        td_table_text(table, title_at(&user->took, i));
    }
    td_free(name);
    td_free(shown);
    td_free(caption);
}

/* A model without a trained retrieval recommends nothing; says so of what it cannot be asked. */
static bool add_untrained(const td_report_run *run, const char *what, td_page_section *section)
{
    if (!run->has_retrieval)
        td_section_text(section, TD_PART_MISSING,
                        "The retrieval was not trained (retrieval.weight 0), so the model has no "
                        "%s.",
                        what);
    return !run->has_retrieval;
}

static void add_problem(const td_examples *examples, td_page_section *section)
{
    if (!examples->problem)
        return;
    char *problem = td_isolated(examples->problem);
    td_section_text(section, TD_PART_MISSING, "The model gave none: %s.", problem);
    td_free(problem);
}

void td_section_users(const td_report_runs *runs, td_page_section *section)
{
    const td_measured_run *measured = &runs->run[0].measured;
    const td_examples *examples = &measured->examples;
    if (add_untrained(&runs->run[0], "lists for users", section))
        return;
    td_section_text(section, TD_PART_TEXT,
                    "The first users in the data's random order who have %s rows: what they had "
                    "last, what the model recommends without it, and the %s rows.",
                    td_split_name(measured->split), td_split_name(measured->split));
    add_problem(examples, section);
    for (size_t u = 0; u < examples->users; u++)
        add_user(&examples->user[u],
                 u < examples->recommended.count ? &examples->recommended.lists[u] : NULL, u + 1,
                 section);
    if (examples->users == 0)
        td_section_text(section, TD_PART_MISSING, "No user with an id has such rows.");
}

void td_section_items(const td_report_runs *runs, td_page_section *section)
{
    const td_examples *examples = &runs->run[0].measured.examples;
    if (add_untrained(&runs->run[0], "neighbors of items", section))
        return;
    td_section_text(section, TD_PART_TEXT,
                    "Items from the most popular to the least, and the nearest ones by the cosine "
                    "of their embeddings.");
    add_problem(examples, section);
    if (examples->near.count == 0)
        return;
    td_page_table *table = td_section_table(section, "near", "Nearest neighbors");
    td_table_column(table, "item", false);
    td_table_column(table, "training rows", false);
    td_table_column(table, "place", false);
    td_table_column(table, "near to it", false);
    td_table_column(table, "cosine", false);
    for (size_t i = 0; i < examples->near.count; i++) {
        const td_ranked_items *list = &examples->near.lists[i];
        for (size_t n = 0; n < list->count; n++) {
            td_table_text(table, examples->title[i]);
            td_table_number(table, (double)examples->rows[i], 0);
            td_table_number(table, (double)n + 1, 0);
            td_table_text(table, list->items[n].title);
            td_table_number(table, (double)list->items[n].score, DIGITS);
        }
    }
}
