/* Strangers' text (names, titles, paths) in what a command prints for people. */
#ifndef TANDEM_SHOWN_H
#define TANDEM_SHOWN_H

/* Returns text as td_visible has it, on one line; it lasts until the eighth call from here. */
const char *shown(const char *text);

#endif
