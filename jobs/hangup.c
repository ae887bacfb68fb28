/* Looks before any library's constructor: UCX, with which some MPIs are linked, takes SIGHUP for
 * its debugger as it is loaded. */
#include "hangup.h"

#include <signal.h>
#include <stddef.h>

static struct sigaction at_first;

static void look(void)
{
    sigaction(SIGHUP, NULL, &at_first);
}

__attribute__((section(".preinit_array"), used)) static void (*const look_first)(void) = look;

void hangup_start(void)
{
    sigaction(SIGHUP, &at_first, NULL);
}
