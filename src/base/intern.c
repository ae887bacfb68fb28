/* Copies in a hash table of lists, by XXH3. */
#include "base/intern.h"

#include "base/memory.h"

#include <string.h>
#include <xxhash.h>

enum { BUCKETS = 4096 };

typedef struct copy {
    struct copy *next;
    size_t size;
    void *bytes;
} copy;

/* Process-wide, as what it holds is. */
static copy *buckets[BUCKETS];

static const void *find_or_add(const void *bytes, size_t size)
{
    copy **bucket = &buckets[XXH3_64bits(bytes, size) % BUCKETS];
    for (copy *c = *bucket; c; c = c->next)
        if (c->size == size && memcmp(c->bytes, bytes, size) == 0)
            return c->bytes;
    copy *added = TD_NEW(copy, 1);
    *added = (copy){.next = *bucket, .size = size, .bytes = td_allocate(size, 1)};
    memcpy(added->bytes, bytes, size);
    *bucket = added;
    return added->bytes;
}

const void *td_intern(const void *bytes, size_t size)
{
    const void *interned;
#pragma omp critical(td_intern)
    interned = find_or_add(bytes, size);
    return interned;
}

const char *td_intern_text(const char *text)
{
    return td_intern(text, strlen(text) + 1);
}
