/* Every status has words, and a message belongs to its thread and survives any length. */
#include "tandem/status.h"

#include <criterion/criterion.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

Test(status, has_a_text_of_its_own)
{
    for (int a = 0; a < TD_ERR_COUNT; a++) {
        cr_assert(*td_status_text((td_status)a), "status %d", a);
        for (int b = 0; b < a; b++)
            cr_assert_str_neq(td_status_text((td_status)a), td_status_text((td_status)b));
    }
    cr_assert_str_eq(td_status_text(TD_ERR_COUNT), "unknown status");
    cr_assert_str_eq(td_status_text((td_status)-1), "unknown status");
}

static td_status fail_if(int line)
{
    return line > 0 ? td_fail(TD_ERR_INPUT, "line %d", line) : TD_OK;
}

static td_status try_two(int first, int second)
{
    TD_TRY(fail_if(first));
    TD_TRY(fail_if(second));
    return TD_OK;
}

Test(status, travels_up_with_its_message)
{
    cr_assert_str_eq(td_message(), "");
    cr_assert_eq(try_two(0, 0), TD_OK);
    cr_assert_eq(try_two(3, 4), TD_ERR_INPUT);
    cr_assert_str_eq(td_message(), "line 3");
    cr_assert_eq(try_two(0, 4), TD_ERR_INPUT);
    cr_assert_str_eq(td_message(), "line 4");
}

Test(status, cuts_a_message_that_is_too_long)
{
    static char text[10000];
    memset(text, 'x', sizeof text - 1);
    cr_assert_eq(td_fail(TD_ERR_FILE, "%s", text), TD_ERR_FILE);
    cr_assert(strlen(td_message()) < sizeof text && strlen(td_message()) > 1000);
}

Test(status, keeps_the_messages_of_threads_apart)
{
    bool right[2] = {false, false};
#pragma omp parallel num_threads(2)
    {
        int thread = omp_get_thread_num();
        char expected[32];
        snprintf(expected, sizeof expected, "line %d", thread + 1);
        fail_if(thread + 1);
#pragma omp barrier
        right[thread] = strcmp(td_message(), expected) == 0;
    }
    cr_assert(right[0] && right[1]);
}
