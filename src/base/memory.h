/* Memory that is there, or the job ends: callers never check for NULL.
 *
 * Every block starts on a cache line, so that kernels load whole vectors. All functions are
 * Local; running out of memory is a lost cause (td_abort, naming the size).
 */
#ifndef TD_BASE_MEMORY_H
#define TD_BASE_MEMORY_H

#include "tandem/memory.h" /* td_free */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TD_CACHE_LINE = 64 };

/* Returns count elements of size bytes, all zero. The caller frees with td_free. A count of 0
 * gives a block too. */
void *td_allocate(size_t count, size_t size);

/* The same, but the elements hold anything at all: what is not used of them costs no time. */
void *td_allocate_unset(size_t count, size_t size);

/* Returns a block of new_count elements that begins with the old_count of block, the rest zero;
 * frees block (which may be NULL with old_count 0). */
void *td_reallocate(void *block, size_t old_count, size_t new_count, size_t size);

/* Returns list with room for one element after its count, which are kept; a list that only this has
 * grown (NULL with a count of 0) moves only where its count is a power of 2. */
void *td_grow(void *list, size_t count, size_t size);

/* Memory that is kept from one use to the next, and grows. */
typedef struct {
    void *at;
    size_t bytes;
} td_buffer;

/* Returns room for count elements of size bytes, which holds anything at all: what was in it is
 * lost where it must grow. Free the buffer with td_buffer_free. */
void *td_buffer_fit(td_buffer *buffer, size_t count, size_t size);
void td_buffer_free(td_buffer *buffer);

/* How many blocks this process has taken so far: for tests of what takes none. */
int64_t td_allocations(void);

/* Returns a copy of text, or one printed; the caller frees it with td_free. */
char *td_copy_text(const char *text);
char *td_print_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A stream into a text that grows. Once it is closed, *text is what was written, which the caller
 * frees with td_free. */
FILE *td_text_writer(char **text, size_t *size);
void td_text_writer_close(FILE *stream);

/* count elements of a type, zeroed. */
#define TD_NEW(type, count) ((type *)td_allocate((count), sizeof(type)))

#endif
