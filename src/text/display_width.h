/* How wide a text is on a terminal. Local. */
#ifndef TD_TEXT_DISPLAY_WIDTH_H
#define TD_TEXT_DISPLAY_WIDTH_H

/* Returns the cells that a text of UTF-8 takes: two of a wide character of East Asia and of a
 * pictogram, none of a mark that goes onto another character, one of others. */
int td_display_width(const char *text);

#endif
