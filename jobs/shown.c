#include "shown.h"

#include "base/memory.h"
#include "base/visible.h"

#include <string.h>

enum { KEPT = 8 };

const char *shown(const char *text)
{
    static char *kept[KEPT];
    static unsigned next;
    char **place = &kept[next++ % KEPT];
    td_free(*place);
    *place = td_visible((td_str){text, strlen(text)}, "");
    return *place;
}
