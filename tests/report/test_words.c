/* How a report says settings. */
#include "report/words.h"

#include "tandem/memory.h"

#include <criterion/criterion.h>

TestSuite(words, .timeout = 10);

static void assert_settings(const char *by, const char *expected)
{
    char *words = td_words_settings(by);
    cr_assert_str_eq(words, expected, "%s became %s", by, words);
    td_free(words);
}

Test(words, of_settings_rewrite_numbers_and_nothing_else)
{
    assert_settings("", "");
    assert_settings("days=3e+01", "days=30");
    assert_settings("neighbors=1e+02,shrink=0,normalize=true",
                    "neighbors=100, shrink=0, normalize=true");
    assert_settings("fields=genres,title", "fields=genres,title");
    assert_settings("fields=genres, title,min_rating=4e+00", "fields=genres, title, min_rating=4");
    assert_settings("fields=\"genres,title\",days=5", "fields=\"genres,title\", days=5");
    assert_settings("fields=,days=5", "fields=, days=5");
    assert_settings("fields=a,,b,", "fields=a,,b,");
    assert_settings("none", "none");
    assert_settings("fields=a_long_name,another_long_name,yet_another_long_name,days=5",
                    "fields=a_long_name,another_long_name,yet_another_long_name, days=5");
}
