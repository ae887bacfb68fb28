/* Names are found exactly, and misspelt ones have the neighbors that one would name. */
#include "data/names.h"

#include "base/memory.h"
#include "data/vocabulary.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static td_str field(const char *text)
{
    return (td_str){text, strlen(text)};
}

/* Makes names of a list that ends with NULL, without keeping the list. */
static td_names *names_of(const char *const list[])
{
    td_vocabulary *v = td_vocabulary_create();
    int32_t numbers[64];
    int64_t count = 0;
    for (; list[count]; count++)
        numbers[count] = td_vocabulary_add(v, field(list[count]));
    td_strings strings = td_vocabulary_strings(v, count, numbers);
    td_names *names = td_names_create(&strings);
    td_strings_free(&strings);
    td_vocabulary_free(v);
    return names;
}

static const char *const films[] = {"Dances with Wolves (1990)",
                                    "Dance with Me (1998)",
                                    "Godfather, The (1972)",
                                    "Godfather: Part II, The (1974)",
                                    "Star Trek: First Contact (1996)",
                                    "Star Wars (1977)",
                                    "Starship Troopers (1997)",
                                    "A Star Is Born (1954)",
                                    "Titanic (1997)",
                                    "Am\xc3\xa9lie (2001)",
                                    "Alien (1979)",
                                    "Aliens (1986)",
                                    NULL};

Test(names, finds_each_by_its_number)
{
    td_names *names = names_of(films);
    for (int32_t i = 0; films[i]; i++)
        cr_assert_eq(td_names_find(names, field(films[i])), i + 1, "%s", films[i]);
    const char *const others[] = {"", "titanic (1997)", "Titanic", "Titanic (1997) "};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_eq(td_names_find(names, field(others[i])), 0, "'%s'", others[i]);
    td_names_free(names);
    td_names_free(NULL);
}

Test(names, finds_the_first_of_equal_ones)
{
    const char *const list[] = {"b", "a", "b", "", "a", "c", NULL};
    td_names *names = names_of(list);
    cr_assert_eq(td_names_find(names, field("a")), 2);
    cr_assert_eq(td_names_find(names, field("b")), 1);
    cr_assert_eq(td_names_find(names, field("")), 4);
    cr_assert_eq(td_names_find(names, field("c")), 6);
    td_str nearest[TD_NAMES_NEAREST];
    cr_assert_eq(td_names_nearest(names, field("B"), nearest), 1, "an equal name is said once");
    td_names_free(names);
}

/* Asserts the nearest names, joined by " | ". */
static void assert_nearest(const td_names *names, const char *name, const char *expected)
{
    td_str nearest[TD_NAMES_NEAREST];
    char found[1024] = "";
    size_t count = td_names_nearest(names, field(name), nearest), used = 0;
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(found + used, sizeof found - used, "%s%.*s", i > 0 ? " | " : "",
                                 (int)nearest[i].length, nearest[i].text);
    cr_assert(strcmp(found, expected) == 0, "'%s': %s", name, found);
}

Test(names, names_what_was_meant)
{
    td_names *names = names_of(films);
    assert_nearest(names, "Dances with Wolfs (1990)",
                   "Dances with Wolves (1990) | Dance with Me (1998)");
    assert_nearest(names, "Dances with Wolfs", "Dances with Wolves (1990) | Dance with Me (1998)");
    assert_nearest(names, "TITANIC", "Titanic (1997)");
    assert_nearest(names, "Titanik (1997)", "Titanic (1997)");
    assert_nearest(names, "The Godfather",
                   "Godfather, The (1972) | Godfather: Part II, The (1974)");
    assert_nearest(names, "amelie", "Am\xc3\xa9lie (2001) | Alien (1979) | Aliens (1986)");
    assert_nearest(names, "wars", "Star Wars (1977) | Starship Troopers (1997)");
    assert_nearest(names, "alien", "Alien (1979) | Aliens (1986)");
    assert_nearest(names, "aliens (1986)", "Aliens (1986) | Alien (1979)");
    td_names_free(names);
}

Test(names, puts_shorter_ones_and_beginnings_first)
{
    td_names *names = names_of(films);
    assert_nearest(names, "star",
                   "Star Wars (1977) | Starship Troopers (1997) | A Star Is Born (1954)");
    assert_nearest(names, "Star Wrs",
                   "Star Wars (1977) | A Star Is Born (1954) | Star Trek: First Contact (1996)");
    const char *const list[] = {"xabc", "abcx", "abc?", "zabc", NULL};
    td_names *few = names_of(list);
    assert_nearest(few, "abc", "abcx | abc? | xabc");
    td_names_free(few);
    td_names_free(names);
}

Test(names, has_nothing_near_to_something_else)
{
    td_names *names = names_of(films);
    assert_nearest(names, "", "");
    assert_nearest(names, "q", "");
    assert_nearest(names, "xyzzy plugh", "");
    assert_nearest(names, "Casablanca (1942)", "");
    td_names_free(names);
}

Test(names, takes_names_of_any_length)
{
    char longest[TD_NAMES_LONGEST + 2];
    memset(longest, 'x', sizeof longest);
    longest[TD_NAMES_LONGEST + 1] = '\0';
    const char *const list[] = {"x", longest, "", NULL};
    td_names *names = names_of(list);
    td_str nearest[TD_NAMES_NEAREST];
    cr_assert_eq(td_names_nearest(names, (td_str){longest, TD_NAMES_LONGEST}, nearest), 1);
    cr_assert_eq(nearest[0].length, TD_NAMES_LONGEST + 1);
    cr_assert_eq(td_names_nearest(names, (td_str){longest, TD_NAMES_LONGEST + 1}, nearest), 0);
    td_names_free(names);
    td_strings none = {.count = 0, .offsets = (int64_t[]){0}, .bytes = (char[]){0}};
    names = td_names_create(&none);
    cr_assert_eq(td_names_find(names, field("x")), 0);
    cr_assert_eq(td_names_nearest(names, field("x"), nearest), 0);
    td_names_free(names);
}
