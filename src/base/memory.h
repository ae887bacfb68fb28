/* Memory that is there, or the job ends: callers never check for NULL.
 *
 * Every block starts on a cache line, so that kernels load whole vectors. All functions are
 * Local; running out of memory is a lost cause (td_abort, naming the size and what it is for).
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

/* The same, but each element is a copy of one. */
void *td_allocate_filled(size_t count, size_t size, const void *element);

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

/* What memory is for, in words that a message can go on with ("training rows"), and the keys or
 * options that make it so much; NULL: none that a user could change. Text is kept by reference. */
typedef struct {
    const char *what;
    const char *keys;
} td_memory_purpose;

/* Says what the calling thread's and its team's memory is for until the block of code ends, where
 * what it was for before holds again. For the thread that started the process. */
#define TD_MEMORY_FOR(what, keys)                                                                  \
    __attribute__((cleanup(td_memory_return), unused)) const td_memory_purpose td_memory_before =  \
        td_memory_turn_to((td_memory_purpose){(what), (keys)})

/* What it calls: sets a purpose and returns the one before; sets that. */
td_memory_purpose td_memory_turn_to(td_memory_purpose purpose);
void td_memory_return(const td_memory_purpose *purpose);

/* Returns what another library has made: NULL is out of memory, for what this says. */
void *td_made(void *made, const char *what);

/* How many blocks this process has taken so far: for tests of what takes none. */
int64_t td_allocations(void);

/* Returns a copy of text, or one printed; the caller frees it with td_free. */
char *td_copy_text(const char *text);
char *td_print_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A stream into a text that grows. Once it is closed, *text is what was written, which the caller
 * frees with td_free. */
FILE *td_text_writer(char **text, size_t *size);
void td_text_writer_close(FILE *stream);

/* Bytes of count elements of a size in whole cache lines: their room, where others follow them in
 * one block. */
static inline size_t td_cache_lines(size_t count, size_t size)
{
    return (count * size + TD_CACHE_LINE - 1) / TD_CACHE_LINE * TD_CACHE_LINE;
}

/* count elements of a type, zeroed. */
#define TD_NEW(type, count) ((type *)td_allocate((count), sizeof(type)))

#endif
