/* The items' titles as tokens (text.h). */
#ifndef TD_PREPARE_TITLES_H
#define TD_PREPARE_TITLES_H

#include "base/str.h"
#include "data/vocabulary.h"
#include "prepare/catalog.h"
#include "store/file.h"

#include <stdint.h>

typedef struct {
    td_vocabulary *learned; /* tokens; NULL if the list has no titles */
    int64_t *offsets;       /* (items + 2): item i's tokens are [offsets[i], offsets[i + 1]) */
    int32_t *tokens;        /* their ids; item 0, which is no item, has none */
} td_learned_titles;

/* Local. Learns at most max_tokens - 2 tokens from texts, the title of every row of the list, and
 * cuts each item's title, which is that of its first row: all its rows have the same. The caller
 * frees titles with td_learned_titles_free. */
td_learned_titles td_learned_titles_make(const td_catalog *list, const td_strings *texts,
                                         int32_t max_tokens);
void td_learned_titles_free(td_learned_titles *titles);

#endif
