/* A line an item. */
#include "ranked_items.h"

#include <stdio.h>

enum { TITLE_COLUMNS = 44 };

/* The columns that a title takes, if every character takes one. */
static int width_of(const char *title)
{
    int width = 0;
    for (const char *c = title; *c; c++)
        width += ((unsigned char)*c & 0xc0) != 0x80; /* not within a character of UTF-8 */
    return width;
}

void print_ranked_items(const td_ranked_items *list, const char *score)
{
    if (list->note)
        printf("note: %s\n\n", list->note);
    printf("%5s  %-*s%10s%s\n", "place", TITLE_COLUMNS, "title", score,
           list->rated ? "    rating" : "");
    for (size_t i = 0; i < list->count; i++) {
        const td_ranked_item *item = &list->items[i];
        const int padding = TITLE_COLUMNS - width_of(item->title);
        printf("%5zu  %s%*s%10.4f", i + 1, item->title, padding > 0 ? padding : 0, "",
               (double)item->score);
        if (list->rated)
            printf("%10.4f", (double)item->rating);
        putchar('\n');
    }
}

bool asks_for_records(const output_options *options, td_output *output)
{
    enum { TABLE }; /* the first choice of FORMAT_OPTION; the others are a td_output_format's */
    *output = (td_output){options->path, options->format == TABLE
                                             ? TD_OUTPUT_TSV
                                             : (td_output_format)(options->format - 1)};
    return options->path || options->format != TABLE;
}
