/* Counts of blocks by purpose, and which addresses they stand for. */
#include "base/memory_plan.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* The upper half of addresses is the kernel's. */
static const uintptr_t first_address = (uintptr_t)1 << 63;

typedef struct {
    uintptr_t address;
    size_t bytes;
    size_t need; /* its place among the needs */
} planned_block;

static td_memory_plan *plan; /* that is being made; NULL: none */
static size_t blocks;
static planned_block *block_list; /* (blocks) */
static uintptr_t next_address;

/* Not td_grow: its memory would be counted. */
static void *grow(void *list, size_t count, size_t size)
{
    void *larger = realloc(list, (count + 1) * size); // NOLINT(bugprone-suspicious-realloc-usage)
    if (!larger)
        td_abort("out of memory for a plan of memory");
    return larger;
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The place of a purpose's need. */
static size_t place_of(td_memory_plan *p, td_memory_purpose purpose)
{
    size_t i = 0;
    while (i < p->count && !(is_same(p->need[i].purpose.what, purpose.what) &&
                             is_same(p->need[i].purpose.keys, purpose.keys)))
        i++;
    if (i == p->count) {
        p->need = grow(p->need, p->count, sizeof *p->need);
        p->need[p->count++] = (td_memory_need){.purpose = purpose};
    }
    return i;
}

void td_memory_plan_begin(td_memory_plan *begun)
{
    TD_ASSERT(!plan && sizeof(uintptr_t) == 8);
    plan = begun;
    next_address = first_address;
}

void td_memory_plan_end(void)
{
    plan = NULL;
    free(block_list);
    block_list = NULL;
    blocks = 0;
}

void td_memory_plan_free(td_memory_plan *p)
{
    free(p->need);
    *p = (td_memory_plan){.count = 0};
}

void td_memory_plan_add(td_memory_plan *p, td_memory_purpose purpose, size_t bytes)
{
    const size_t place = place_of(p, purpose);
    p->need[place].bytes += bytes;
}

bool td_memory_is_planned(void)
{
    return plan != NULL;
}

void *td_memory_plan_block(td_memory_purpose purpose, size_t bytes)
{
    const planned_block block = {next_address, bytes, place_of(plan, purpose)};
    block_list = grow(block_list, blocks, sizeof *block_list);
    block_list[blocks++] = block;
    plan->need[block.need].bytes += bytes;
    next_address += (bytes + TD_CACHE_LINE) / TD_CACHE_LINE * TD_CACHE_LINE;
    return (void *)block.address; // NOLINT(performance-no-int-to-ptr)
}

bool td_memory_is_plan_block(const void *block)
{
    return (uintptr_t)block >= first_address;
}

void td_memory_plan_free_block(const void *block)
{
    for (size_t i = 0; i < blocks; i++)
        if (block_list[i].address == (uintptr_t)block) {
            plan->need[block_list[i].need].bytes -= block_list[i].bytes;
            block_list[i] = block_list[--blocks];
            return;
        }
}
