/* One copy of equal bytes, kept for the life of the process: what makes names, lists of names and
 * sections of a configuration plain data, to be copied and compared by their pointers.
 *
 * All functions are Local, in any thread. Memory grows with what is different, never with calls.
 */
#ifndef TD_BASE_INTERN_H
#define TD_BASE_INTERN_H

#include <stddef.h>

/* Returns the copy of size bytes. Structs among them must have zeros as padding. */
const void *td_intern(const void *bytes, size_t size);

/* Returns the copy of a text. */
const char *td_intern_text(const char *text);

#endif
