/* A short list. */
#include "settings.h"

#include "arguments.h"

void settings_add(settings *list, const char *assignment)
{
    if (list->count == SETTINGS_MOST)
        fail_usage("more than %d --set; a configuration file holds any number", SETTINGS_MOST);
    list->assignment[list->count++] = assignment;
}
