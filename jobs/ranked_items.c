/* A line an item. */
#include "ranked_items.h"

#include "base/log.h"
#include "base/str.h"
#include "shown.h"

#include <stdio.h>
#include <string.h>

enum { TITLE_COLUMNS = 44 };

/* The columns that a title takes, if every character takes one. */
static int width_of(const char *title)
{
    int width = 0;
    for (const char *c = title; *c; c++)
        width += ((unsigned char)*c & 0xc0) != 0x80; /* not within a character of UTF-8 */
    return width;
}

/* The columns of the items' names, where any has another title; else 0. */
static int width_of_names(const td_ranked_items *list)
{
    int width = 0;
    bool differ = false;
    for (size_t i = 0; i < list->count; i++) {
        const int one = width_of(shown(list->items[i].name));
        width = one > width ? one : width;
        differ = differ || strcmp(list->items[i].name, list->items[i].title) != 0;
    }
    const int least = width_of("item");
    return !differ ? 0 : width < least ? least : width;
}

/* Prints a text in columns that are at least so many. */
static void print_text(int width, const char *stranger)
{
    const char *text = shown(stranger);
    const int padding = width - width_of(text);
    printf("%s%*s", text, padding > 0 ? padding : 0, "");
}

void print_ranked_items(const td_ranked_items *list, const char *score)
{
    const int names = width_of_names(list);
    const bool are_rows = list->system && strstr(list->system, "popularity") != NULL;
    if (list->note)
        printf("note: %s\n\n", shown(list->note));
    printf("place  ");
    if (names > 0)
        print_text(names + 2, "item");
    print_text(TITLE_COLUMNS, "title");
    printf("%10s%s\n", are_rows ? "rows" : score, list->rated ? "    rating" : "");
    for (size_t i = 0; i < list->count; i++) {
        const td_ranked_item *item = &list->items[i];
        printf("%5zu  ", i + 1);
        if (names > 0)
            print_text(names + 2, item->name);
        print_text(TITLE_COLUMNS, item->title);
        printf("%10.*f", are_rows ? 0 : 4, (double)item->score);
        if (list->rated)
            printf("%10.4f", (double)item->rating);
        putchar('\n');
    }
}

td_output_format format_of(const char *path)
{
    if (path && td_ends_with(path, ".csv"))
        return TD_OUTPUT_CSV;
    return path && td_ends_with(path, ".jsonl") ? TD_OUTPUT_JSONL : TD_OUTPUT_TSV;
}

/* Whether a file's name ends as another form's would. */
static bool has_other_end(const char *path)
{
    static const char *const forms[] = {".json",    ".xlsx", ".xls", ".ods",
                                        ".parquet", ".npy",  ".html"};
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++)
        if (td_ends_with(path, forms[f]))
            return true;
    return false;
}

bool asks_for_records(const output_options *options, td_output *output)
{
    enum { TABLE }; /* the first choice of FORMAT_OPTION; the others are a td_output_format's */
    *output = (td_output){options->path, options->format == TABLE
                                             ? format_of(options->path)
                                             : (td_output_format)(options->format - 1)};
    if (output->path && options->format == TABLE && has_other_end(output->path))
        td_warn("%s will have fields with tabs between (tsv): --format says another form, or the "
                "end of its name: .tsv, .csv, .jsonl, and .h5 of recommend",
                output->path);
    return options->path || options->format != TABLE;
}
