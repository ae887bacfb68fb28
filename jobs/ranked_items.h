/* Lists of items as tables. */
#ifndef TANDEM_RANKED_ITEMS_TABLE_H
#define TANDEM_RANKED_ITEMS_TABLE_H

#include "tandem/ranked_items.h"

/* Local. Prints a list as a table, with the name of its scores. */
void print_ranked_items(const td_ranked_items *list, const char *score);

#endif
