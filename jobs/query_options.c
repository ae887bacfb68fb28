/* Times, numbers and tables. */
#include "query_options.h"

#include "arguments.h"
#include "text/time_text.h"

#include <stdio.h>
#include <string.h>

enum { TITLE_COLUMNS = 44, K_MOST = 1000000 };

int64_t query_time(struct argp_state *state, const char *text)
{
    int64_t seconds = 0;
    if (!td_time_read(text, strlen(text), &seconds))
        argp_error(state, "--at: expected " TD_TIME_EXPECTED " (UTC); found '%s'", text);
    return seconds;
}

td_unknown query_unknown(struct argp_state *state, const char *text)
{
    if (strcmp(text, "row") != 0 && strcmp(text, "fail") != 0)
        argp_error(state, "--unknown: expected row or fail; found '%s'", text);
    return strcmp(text, "fail") == 0 ? TD_UNKNOWN_FAIL : TD_UNKNOWN_ROW;
}

int64_t query_k(struct argp_state *state, const char *text)
{
    return argument_int(state, "-k", text, 1, K_MOST);
}

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
