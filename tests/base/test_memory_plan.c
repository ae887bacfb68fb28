/* What is planned is counted by its purposes, is no memory, and can be freed. */
#include "base/memory_plan.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

TestSuite(memory_plan, .timeout = 30);

static const size_t tera = (size_t)1 << 40;

static size_t bytes_of(const td_memory_plan *plan, const char *what)
{
    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->need[i].purpose.what, what) == 0)
            return plan->need[i].bytes;
    return 0;
}

static void *take(const char *what, size_t bytes)
{
    TD_MEMORY_FOR(what, "a.key");
    return td_allocate(bytes, 1);
}

Test(memory_plan, counts_by_purpose_what_no_machine_has)
{
    td_memory_plan plan = {.count = 0};
    const int32_t none = -1;
    td_memory_plan_begin(&plan);
    void *a = take("rows", 100 * tera), *b = take("tables", tera), *c = take("rows", 2 * tera);
    td_free(b);
    c = td_reallocate(c, 2 * tera, 3 * tera, 1);
    void *d = td_allocate_filled(tera, sizeof none, &none);
    char *small = td_copy_text("as ever");
    td_memory_plan_end();
    cr_assert_eq(bytes_of(&plan, "rows"), 100 * tera);
    cr_assert_eq(bytes_of(&plan, "tables"), 0);
    cr_assert_str_eq(plan.need[0].purpose.keys, "a.key");
    cr_assert_str_eq(small, "as ever");
    td_free(a);
    td_free(c);
    td_free(d);
    td_free(small);
    cr_assert_eq(bytes_of(&plan, "rows"), 100 * tera, "what is freed after a plan stays in it");
    td_memory_plan_free(&plan);
}

Test(memory_plan, takes_real_memory_again_after_its_end)
{
    td_memory_plan plan = {.count = 0};
    td_memory_plan_begin(&plan);
    td_memory_plan_end();
    unsigned char *block = take("rows", TD_PLANNED_BLOCK);
    block[TD_PLANNED_BLOCK - 1] = 1;
    td_free(block);
    cr_assert_eq(plan.count, 0);
}

Test(memory_plan, grows_by_hand)
{
    td_memory_plan plan = {.count = 0};
    for (int i = 0; i < 3; i++)
        td_memory_plan_add(&plan, (td_memory_purpose){"matrix", NULL}, 5);
    td_memory_plan_add(&plan, (td_memory_purpose){"matrix", "key"}, 7);
    cr_assert_eq(plan.count, 2);
    cr_assert(plan.need[0].bytes == 15 && plan.need[1].bytes == 7);
    td_memory_plan_free(&plan);
}

/* Whoever reads or writes a planned block has a mistake. */
Test(memory_plan, of_a_block_nothing_can_be_touched, .signal = 11)
{
    td_memory_plan plan = {.count = 0};
    td_memory_plan_begin(&plan);
    volatile char *block = take("rows", tera);
    signal(SIGSEGV, SIG_DFL); /* a sanitizer's */
    block[0] = 1;
}
