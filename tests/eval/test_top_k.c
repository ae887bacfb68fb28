/* The k best: their order, ties, numbers that are none, and that parts may be merged. */
#include "eval/top_k.h"

#include <criterion/criterion.h>
#include <math.h>

enum { MOST = 64 };

TestSuite(top_k, .timeout = 60);

static void list(size_t k, size_t n, const td_listed *offered, td_listed *best)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        td_top_k_offer(k, best, &count, offered[i]);
    td_top_k_finish(k, best, count);
}

static void assert_items(size_t k, const td_listed *best, const int32_t *expected)
{
    for (size_t i = 0; i < k; i++)
        cr_assert_eq(best[i].item, expected[i], "place %zu: item %d, expected %d", i, best[i].item,
                     expected[i]);
}

/* Of equal scores, by the hashes of items (the upper bits are 0x0b.. for 4, 0x44.. for 5, 0x68..
 * for 7, 0x6d.. for 1, 0x7f.. for 9, 0x87.. for 3, 0xb2.. for 8, 0xb5.. for 2, by another Philox).
 */
Test(top_k, sorts_by_falling_score_and_hash_of_the_item)
{
    const td_listed offered[] = {{1, 9}, {2, 7}, {1, 3}, {-INFINITY, 1}, {2, 5}, {INFINITY, 8}};
    td_listed best[MOST];
    list(4, 6, offered, best);
    assert_items(4, best, (int32_t[]){8, 5, 7, 9});
    list(6, 6, offered, best);
    assert_items(6, best, (int32_t[]){8, 5, 7, 9, 3, 1});
    list(1, 6, offered, best);
    assert_items(1, best, (int32_t[]){8});
}

Test(top_k, puts_what_is_no_number_last)
{
    const td_listed offered[] = {{NAN, 2}, {-INFINITY, 4}, {-NAN, 1}, {0, 5}, {-0.0F, 3}};
    td_listed best[MOST];
    for (size_t k = 1; k <= 5; k++) {
        list(k, 5, offered, best);
        assert_items(k, best, (int32_t[]){5, 3, 4, 1, 2});
    }
}

Test(top_k, fills_up_a_list_that_is_too_long)
{
    const td_listed offered[] = {{NAN, 2}, {3, 4}};
    td_listed best[MOST];
    list(4, 2, offered, best);
    assert_items(4, best, (int32_t[]){4, 2, 0, 0});
    cr_assert(isnan(best[3].score));
    list(3, 0, offered, best);
    assert_items(3, best, (int32_t[]){0, 0, 0});
    list(0, 2, offered, best);
}

/* Scores with many ties, in an order that is neither rising nor falling. */
static td_listed nth(size_t i)
{
    return (td_listed){(float)(i * 37 % 11), (int32_t)(i * 29 % MOST) + 1};
}

Test(top_k, is_the_same_of_any_parts_in_any_order)
{
    td_listed all[MOST], expected[MOST], parts[MOST], best[MOST];
    for (size_t i = 0; i < MOST; i++)
        all[i] = nth(i);
    for (size_t k = 1; k <= 20; k++) {
        list(k, MOST, all, expected);
        for (size_t i = 0; i + 1 < k; i++)
            cr_assert(td_listed_before(expected[i], expected[i + 1]), "k %zu, place %zu", k, i);
        for (size_t cut = 0; cut <= MOST; cut += 16) {
            list(k, MOST - cut, all + cut, parts); /* the later part first */
            list(k, cut, all, parts + k);
            list(k, 2 * k, parts, best);
            for (size_t i = 0; i < k; i++)
                cr_assert_eq(best[i].item, expected[i].item, "k %zu, cut %zu, place %zu", k, cut,
                             i);
        }
    }
}
