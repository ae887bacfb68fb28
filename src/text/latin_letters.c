/* German umlauts become two letters, as Germans write them; other marks are left out. */
#include "text/latin_letters.h"

#include <stddef.h>

enum { FIRST = 0xc0 };

/* From U+00C0 on: Latin-1 has two signs among its letters, Latin Extended-A follows. */
static const char *const letters[] = {
    "A", "A", "A",  "A",  "Ae", "A", "Ae", "C",  "E", "E", "E", "E", "I",  "I", "I",  "I",
    "D", "N", "O",  "O",  "O",  "O", "Oe", NULL, "O", "U", "U", "U", "Ue", "Y", "Th", "ss",
    "a", "a", "a",  "a",  "ae", "a", "ae", "c",  "e", "e", "e", "e", "i",  "i", "i",  "i",
    "d", "n", "o",  "o",  "o",  "o", "oe", NULL, "o", "u", "u", "u", "ue", "y", "th", "y",
    "A", "a", "A",  "a",  "A",  "a", "C",  "c",  "C", "c", "C", "c", "C",  "c", "D",  "d",
    "D", "d", "E",  "e",  "E",  "e", "E",  "e",  "E", "e", "E", "e", "G",  "g", "G",  "g",
    "G", "g", "G",  "g",  "H",  "h", "H",  "h",  "I", "i", "I", "i", "I",  "i", "I",  "i",
    "I", "i", "IJ", "ij", "J",  "j", "K",  "k",  "k", "L", "l", "L", "l",  "L", "l",  "L",
    "l", "L", "l",  "N",  "n",  "N", "n",  "N",  "n", "n", "N", "n", "O",  "o", "O",  "o",
    "O", "o", "Oe", "oe", "R",  "r", "R",  "r",  "R", "r", "S", "s", "S",  "s", "S",  "s",
    "S", "s", "T",  "t",  "T",  "t", "T",  "t",  "U", "u", "U", "u", "U",  "u", "U",  "u",
    "U", "u", "U",  "u",  "W",  "w", "Y",  "y",  "Y", "Z", "z", "Z", "z",  "Z", "z",  "s",
};

const char *td_latin_letter(uint32_t code)
{
    const size_t count = sizeof letters / sizeof *letters;
    return code >= FIRST && code - FIRST < count ? letters[code - FIRST] : NULL;
}
