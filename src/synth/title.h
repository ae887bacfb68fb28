/* Titles and genres of generated items: words of which some go with the item's taste. */
#ifndef TD_SYNTH_TITLE_H
#define TD_SYNTH_TITLE_H

#include "synth/items.h"

#include <stddef.h>

enum { TD_SYNTH_TITLE_BYTES = 128, TD_SYNTH_GENRES_BYTES = 64 };

/* Local. Writes a number, not negative, in digits; returns their end. printf would take most of the
 * time. */
char *td_synth_append_number(char *to, int64_t number);

/* Local. Writes the title of the item at place, like "Silent Harbor, The (1994)", in UTF-8. About
 * one item in 96 has the title of another one of its taste; else no two items share one. Returns
 * its end. */
char *td_synth_title(const td_synth_items *items, int64_t place, char title[TD_SYNTH_TITLE_BYTES]);

/* Local. Writes the genres of the item at place, like "Drama|War"; returns their end. */
char *td_synth_genres(const td_synth_items *items, int64_t place,
                      char genres[TD_SYNTH_GENRES_BYTES]);

#endif
