/* Distinct names, numbered as they arrive and then in byte order; 0 for any other. */
#include "data/vocabulary.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static td_str field(const char *text)
{
    return (td_str){text, strlen(text)};
}

static bool is(td_str name, const char *text)
{
    return name.length == strlen(text) && memcmp(name.text, text, name.length) == 0;
}

Test(vocabulary, numbers_names_as_they_arrive_then_in_byte_order)
{
    const char *const names[] = {"b", "a", "\xc3\xa9", "10", "9", "", "B", "aa"};
    td_vocabulary *v = td_vocabulary_create();
    for (int32_t i = 0; i < 8; i++) {
        cr_assert_eq(td_vocabulary_add(v, field(names[i])), i + 1);
        cr_assert_eq(td_vocabulary_add(v, field(names[i])), i + 1, "a known name keeps its number");
    }
    int32_t *number = td_vocabulary_sort(v);
    const char *const in_order[] = {"", "10", "9", "B", "a", "aa", "b", "\xc3\xa9"};
    cr_assert_eq(number[0], 0);
    for (int32_t i = 0; i < 8; i++) {
        cr_assert(is(td_vocabulary_name(v, i + 1), in_order[i]), "place %d", i);
        cr_assert_eq(td_vocabulary_find(v, field(in_order[i])), i + 1);
        cr_assert(is(td_vocabulary_name(v, number[i + 1]), names[i]), "the number of %s", names[i]);
    }
    cr_assert_eq(td_vocabulary_find(v, field("c")), 0);
    cr_assert_eq(td_vocabulary_add(v, field("c")), 9, "a sorted vocabulary takes more");
    cr_assert_eq(td_vocabulary_find(v, field("c")), 9);
    td_free(number);
    td_vocabulary_free(v);
}

Test(vocabulary, holds_many_names)
{
    enum { NAMES = 100000 };
    td_vocabulary *v = td_vocabulary_create();
    char text[16];
    for (int i = 0; i < NAMES; i++) {
        snprintf(text, sizeof text, "%d", i * 7919 % NAMES);
        cr_assert_eq(td_vocabulary_add(v, field(text)), i + 1);
    }
    td_free(td_vocabulary_sort(v));
    cr_assert_eq(td_vocabulary_count(v), NAMES);
    for (int32_t n = 1; n <= NAMES; n++) {
        cr_assert_eq(td_vocabulary_find(v, td_vocabulary_name(v, n)), n);
        if (n == 1)
            continue;
        td_str a = td_vocabulary_name(v, n - 1), b = td_vocabulary_name(v, n);
        int order = memcmp(a.text, b.text, a.length < b.length ? a.length : b.length);
        cr_assert(order < 0 || (order == 0 && a.length < b.length), "names %d and %d", n - 1, n);
    }
    td_vocabulary_free(v);
}

Test(vocabulary, hands_out_names_in_any_order)
{
    td_vocabulary *v = td_vocabulary_create();
    td_vocabulary_add(v, field("one"));
    td_vocabulary_add(v, field("two"));
    td_strings strings = td_vocabulary_strings(v, 3, (const int32_t[]){2, 1, 2});
    const int64_t offsets[] = {0, 3, 6, 9};
    cr_assert_eq(strings.count, 3);
    cr_assert_eq(memcmp(strings.offsets, offsets, sizeof offsets), 0);
    cr_assert_eq(memcmp(strings.bytes, "twoonetwo", 9), 0);
    td_strings_free(&strings);
    td_vocabulary_free(v);
}

Test(vocabulary, may_be_empty)
{
    td_vocabulary *v = td_vocabulary_create();
    cr_assert_eq(td_vocabulary_find(v, field("x")), 0);
    td_free(td_vocabulary_sort(v));
    cr_assert_eq(td_vocabulary_add(v, field("x")), 1);
    td_vocabulary_free(v);
    td_vocabulary_free(NULL);
}

/* Names that are alike as far as a slot goes: 8 bytes and more, and the same with other ends. */
Test(vocabulary, tells_short_names_from_long_ones)
{
    const char *const names[] = {"1234567",   "12345678",         "123456789",       "123456780",
                                 "12345678 ", "1234567890123456", "1234567890123457"};
    enum { NAMES = sizeof names / sizeof *names };
    td_vocabulary *v = td_vocabulary_create();
    for (int round = 0; round < 2; round++)
        for (int32_t i = 0; i < NAMES; i++)
            cr_assert_eq(td_vocabulary_add(v, field(names[i])), i + 1, "%s", names[i]);
    const char *const in_order[] = {"1234567",   "12345678",         "12345678 ",       "123456780",
                                    "123456789", "1234567890123456", "1234567890123457"};
    td_free(td_vocabulary_sort(v));
    td_strings list = td_vocabulary_list(v);
    for (int32_t i = 0; i < NAMES; i++) {
        cr_assert(is(td_string_at(&list, i), in_order[i]), "place %d", i);
        cr_assert_eq(td_vocabulary_find(v, field(in_order[i])), i + 1);
    }
    cr_assert_eq(td_vocabulary_find(v, field("1234567\n")), 0);
    td_strings_free(&list);
    td_vocabulary_free(v);
}

/* Short and long names, of which some come again in the same call, while the table grows. */
Test(vocabulary, adds_names_together_as_one_by_one)
{
    enum { NAMES = 5000 };
    td_vocabulary *together = td_vocabulary_create(), *single = td_vocabulary_create();
    td_strings names = {.offsets = TD_NEW(int64_t, NAMES + 1), .bytes = TD_NEW(char, NAMES * 32)};
    int32_t *numbers = TD_NEW(int32_t, NAMES);
    for (int i = 0; i < NAMES; i++) {
        const int64_t at = names.offsets[i];
        const char *form = i % 3 == 0 ? "" : i % 3 == 1 ? "%d" : "a name longer than %d";
        names.offsets[i + 1] = at + snprintf(names.bytes + at, 32, form, i * 7919 % (NAMES / 2));
    }
    names.count = NAMES;
    td_vocabulary_add_strings(together, &names, numbers);
    for (int i = 0; i < NAMES; i++)
        cr_assert_eq(numbers[i], td_vocabulary_add(single, td_string_at(&names, i)), "name %d", i);
    cr_assert_eq(td_vocabulary_count(together), td_vocabulary_count(single));
    td_strings_free(&names);
    td_free(numbers);
    td_vocabulary_free(together);
    td_vocabulary_free(single);
}
