/* Latin letters with marks, written with those of ASCII. Local. */
#ifndef TD_TEXT_LATIN_LETTERS_H
#define TD_TEXT_LATIN_LETTERS_H

#include <stdint.h>

/* Returns what a letter of Latin-1 or Latin Extended-A is written as where there is ASCII alone (ü
 * is ue, é is e, ñ is n), NULL for every other character. */
const char *td_latin_letter(uint32_t code);

#endif
