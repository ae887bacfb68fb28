/* Aligned, zeroed memory. Large blocks are asked for in huge pages: far fewer of them to be made
 * by the kernel, and found by a core that walks or hops through the block. */
#include "base/memory.h"

#include "base/log.h"
#include "base/memory_plan.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

static atomic_int_fast64_t allocations;
static td_memory_purpose purpose_now;

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

td_memory_purpose td_memory_turn_to(td_memory_purpose purpose)
{
    const td_memory_purpose before = purpose_now;
    purpose_now = purpose;
    return before;
}

void td_memory_return(const td_memory_purpose *purpose)
{
    purpose_now = *purpose;
}

/* "training rows (--data)" */
static void describe_purpose(size_t size, char *text)
{
    const td_memory_purpose p = purpose_now;
    snprintf(text, size, "%s%s%s%s", p.what ? p.what : "the program's own lists",
             p.keys ? " (" : "", p.keys ? p.keys : "", p.keys ? ")" : "");
}

/* A limit of this process alone is no lack of the machine's. */
static void describe_limit(size_t size, char *text)
{
    struct rlimit space;
    *text = '\0';
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
        snprintf(text, size, "; this process may have %.1f MB (ulimit -v)",
                 (double)space.rlim_cur * 1e-6);
}

static _Noreturn void refuse(size_t bytes)
{
    char purpose[256], limit[96];
    describe_purpose(sizeof purpose, purpose);
    describe_limit(sizeof limit, limit);
    td_abort("out of memory for %s: %.1f MB were refused%s", purpose, (double)bytes * 1e-6, limit);
}

/* count elements of size bytes; more than the address space is a lost cause, too. */
static size_t bytes_of(size_t count, size_t size)
{
    size_t bytes;
    char purpose[256];
    if (!__builtin_mul_overflow(count, size, &bytes) && bytes <= PTRDIFF_MAX - HUGE_PAGE)
        return bytes;
    describe_purpose(sizeof purpose, purpose);
    td_abort("out of memory for %s: %zu elements of %zu bytes are more than the address space",
             purpose, count, size);
}

void *td_allocate_unset(size_t count, size_t size)
{
    size_t bytes = bytes_of(count, size);
    if (td_memory_is_planned() && bytes >= TD_PLANNED_BLOCK)
        return td_memory_plan_block(purpose_now, bytes);
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    bytes += bytes == 0; /* a block that can be freed and told from others */
    void *block = bytes < LARGE ? aligned_block(TD_CACHE_LINE, bytes) : large_block(bytes);
    if (!block)
        refuse(bytes);
    return block;
}

void *td_allocate(size_t count, size_t size)
{
    void *block = td_allocate_unset(count, size);
    return td_memory_is_plan_block(block) ? block : memset(block, 0, count * size);
}

void *td_allocate_filled(size_t count, size_t size, const void *element)
{
    char *block = td_allocate_unset(count, size);
    for (size_t i = 0; i < count && !td_memory_is_plan_block(block); i++)
        memcpy(block + i * size, element, size);
    return block;
}

void *td_reallocate(void *block, size_t old_count, size_t new_count, size_t size)
{
    char *larger = td_allocate_unset(new_count, size);
    const size_t kept = (old_count < new_count ? old_count : new_count) * size;
    if (kept > 0 && !td_memory_is_plan_block(larger))
        memcpy(larger, block, kept);
    if (!td_memory_is_plan_block(larger))
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
    if (td_memory_is_plan_block(block))
        td_memory_plan_free_block(block);
    else
        free(block);
}

void *td_buffer_fit(td_buffer *buffer, size_t count, size_t size)
{
    const size_t bytes = bytes_of(count, size);
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

void *td_made(void *made, const char *what)
{
    if (!made)
        td_abort("out of memory for %s", what);
    return made;
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
        refuse(strlen(format));
    va_end(arguments);
    return text;
}

FILE *td_text_writer(char **text, size_t *size)
{
    FILE *stream = open_memstream(text, size);
    if (!stream)
        refuse(BUFSIZ);
    return stream;
}

void td_text_writer_close(FILE *stream)
{
    if (fclose(stream) != 0)
        refuse(BUFSIZ);
}
