/* Aligned, zeroed memory. */
#include "base/memory.h"

#include "base/log.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *td_allocate(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - TD_CACHE_LINE)
        td_abort("cannot allocate %zu elements of %zu bytes: more than the address space", count,
                 size);
    bytes = (bytes / TD_CACHE_LINE + 1) * TD_CACHE_LINE;
    void *block = aligned_alloc(TD_CACHE_LINE, bytes);
    if (!block)
        td_abort("out of memory: %zu bytes were refused", bytes);
    return memset(block, 0, bytes);
}

void *td_reallocate(void *block, size_t old_count, size_t new_count, size_t size)
{
    void *larger = td_allocate(new_count, size);
    if (old_count > 0)
        memcpy(larger, block, (old_count < new_count ? old_count : new_count) * size);
    td_free(block);
    return larger;
}

void td_free(void *block)
{
    free(block);
}

char *td_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(td_allocate(size, 1), text, size);
}
