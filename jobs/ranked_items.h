/* Lists of items as tables. */
#ifndef TANDEM_RANKED_ITEMS_TABLE_H
#define TANDEM_RANKED_ITEMS_TABLE_H

#include "tandem/output.h"
#include "tandem/ranked_items.h"

#include <stdbool.h>

/* Local. Prints a list as a table, with the name of its scores, which is `rows` where they are
 * numbers of training rows. */
void print_ranked_items(const td_ranked_items *list, const char *score);

/* Where a subcommand's results go: what --format and --out say. */
typedef struct {
    int format;
    const char *path;
} output_options;

/* Local. The format of records in a file of this name: that of its end .csv or .jsonl, else, and
 * where it is NULL, TSV. */
td_output_format format_of(const char *path);

/* Local. Tells whether the results are to be records, not a table, and how these are written. */
bool asks_for_records(const output_options *options, td_output *output);

#endif
