/* Aligned, zeroed memory. Large blocks are asked for in huge pages: far fewer of them to be made
 * by the kernel, and found by a core that walks or hops through the block. */
#include "base/memory.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_int_fast64_t allocations;

enum { HUGE_PAGE = 1 << 21, LARGE = 2 * HUGE_PAGE };

/* Returns bytes in whole units of alignment, a power of two; NULL if there is no room. */
static void *aligned_block(size_t alignment, size_t bytes)
{
    return aligned_alloc(alignment, (bytes + alignment - 1) & ~(alignment - 1));
}

/* A kernel without huge pages, or with none free, gives common ones. */
static void *large_block(size_t bytes)
{
    void *block = aligned_block(HUGE_PAGE, bytes);
    if (block)
        madvise(block, bytes, MADV_HUGEPAGE);
    return block;
}

void *td_allocate_unset(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - HUGE_PAGE)
        td_abort("cannot allocate %zu elements of %zu bytes: more than the address space", count,
                 size);
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    bytes += bytes == 0; /* a block that can be freed and told from others */
    void *block = bytes < LARGE ? aligned_block(TD_CACHE_LINE, bytes) : large_block(bytes);
    if (!block)
        td_abort("out of memory: %zu bytes were refused", bytes);
    return block;
}

void *td_allocate(size_t count, size_t size)
{
    return memset(td_allocate_unset(count, size), 0, count * size);
}

void *td_reallocate(void *block, size_t old_count, size_t new_count, size_t size)
{
    char *larger = td_allocate_unset(new_count, size);
    const size_t kept = (old_count < new_count ? old_count : new_count) * size;
    if (kept > 0)
        memcpy(larger, block, kept);
    memset(larger + kept, 0, new_count * size - kept);
    td_free(block);
    return larger;
}

void *td_grow(void *list, size_t count, size_t size)
{
    if (count & (count - 1))
        return list;
    return td_reallocate(list, count, count > 0 ? 2 * count : 1, size);
}

void td_free(void *block)
{
    free(block);
}

void *td_buffer_fit(td_buffer *buffer, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        td_abort("cannot allocate %zu elements of %zu bytes: more than the address space", count,
                 size);
    if (bytes > buffer->bytes || !buffer->at) {
        td_free(buffer->at);
        buffer->bytes = bytes + bytes / 8; /* so that a little more does not grow it again */
        buffer->at = td_allocate_unset(buffer->bytes, 1);
    }
    return buffer->at;
}

void td_buffer_free(td_buffer *buffer)
{
    td_free(buffer->at);
    *buffer = (td_buffer){NULL, 0};
}

int64_t td_allocations(void)
{
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}

char *td_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(td_allocate(size, 1), text, size);
}

char *td_print_text(const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        td_abort("out of memory for a text");
    va_end(arguments);
    return text;
}

FILE *td_text_writer(char **text, size_t *size)
{
    FILE *stream = open_memstream(text, size);
    if (!stream)
        td_abort("out of memory for a text");
    return stream;
}

void td_text_writer_close(FILE *stream)
{
    if (fclose(stream) != 0)
        td_abort("out of memory for a text");
}
