/* The --set options of a command line, in their order. */
#ifndef TANDEM_SETTINGS_H
#define TANDEM_SETTINGS_H

#include <stddef.h>

enum { SETTINGS_MOST = 64 };

typedef struct {
    size_t count;
    const char *assignment[SETTINGS_MOST + 1]; /* ends with NULL */
} settings;

/* Local. Adds "key=value", or ends the program as wrong usage if there are too many. */
void settings_add(settings *list, const char *assignment);

#endif
