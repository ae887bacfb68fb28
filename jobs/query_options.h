/* Options of the subcommands that ask a trained model. */
#ifndef TANDEM_QUERY_OPTIONS_H
#define TANDEM_QUERY_OPTIONS_H

#include "tandem/ranked_items.h"
#include "tandem/trained_model.h"

#include <argp.h>
#include <stdint.h>

/* Local. Each returns what an option's text says, or ends the parse as wrong usage: --at, a time;
 * --unknown, row or fail; -k, the length of a list. */
int64_t query_time(struct argp_state *state, const char *text);
td_unknown query_unknown(struct argp_state *state, const char *text);
int64_t query_k(struct argp_state *state, const char *text);

/* Local. Prints a list as a table, with the name of its scores. */
void print_ranked_items(const td_ranked_items *list, const char *score);

#endif
