#include "data/split.h"

#include <string.h>

static const char *const names[TD_SPLITS] = {"train", "validation", "test", "given"};

const char *td_split_name(td_split split)
{
    return names[split];
}

bool td_split_find(const char *name, td_split *split)
{
    for (int s = 0; s < TD_SPLITS; s++) {
        if (strcmp(name, names[s]) == 0) {
            *split = (td_split)s;
            return true;
        }
    }
    return false;
}
