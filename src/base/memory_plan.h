/* How much memory something takes, found by what makes it: while a plan is made, large blocks are
 * counted by their purposes (base/memory.h), and are no memory. So what a plan says cannot differ
 * from what is taken later, and costs nothing.
 *
 * A block of a plan has an address that no process has: whoever reads or writes there ends with
 * SIGSEGV. What makes something must not touch its large blocks, but for td_allocate, its kin, and
 * td_free, which know them. All functions are Local; one plan at a time, by the thread that started
 * the process.
 */
#ifndef TD_BASE_MEMORY_PLAN_H
#define TD_BASE_MEMORY_PLAN_H

#include "base/memory.h"

#include <stdbool.h>

/* Smaller blocks are taken as ever, and not counted: lists of names, offsets by rank. */
enum { TD_PLANNED_BLOCK = 1 << 16 };

typedef struct {
    td_memory_purpose purpose;
    size_t bytes;
} td_memory_need;

/* Begins as {0}; td_memory_plan_free frees what it holds. */
typedef struct {
    size_t count;
    td_memory_need *need; /* (count): by purpose, in the order in which they came */
} td_memory_plan;

/* Begins to count into plan, and ends that. What was made meanwhile can be freed after, too. */
void td_memory_plan_begin(td_memory_plan *plan);
void td_memory_plan_end(void);
void td_memory_plan_free(td_memory_plan *plan);

/* Adds bytes of a purpose, by hand. */
void td_memory_plan_add(td_memory_plan *plan, td_memory_purpose purpose, size_t bytes);

/* For base/memory.c: whether a plan is being made; a planned block; whether a block is one; frees
 * it, if its plan is still being made. */
bool td_memory_is_planned(void);
void *td_memory_plan_block(td_memory_purpose purpose, size_t bytes);
bool td_memory_is_plan_block(const void *block);
void td_memory_plan_free_block(const void *block);

#endif
