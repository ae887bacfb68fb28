/* Tables of pairs: columns found by name, lines kept as they came, bad ones named. */
#include "serve/pair_table.h"

#include "../data/scratch.h"

TestSuite(pair_table, .timeout = 60);

static td_pair_table *open_table(const scratch *folder, const char *text)
{
    td_pair_table *table;
    const scratch_path path = scratch_text(folder, "pairs", text);
    cr_assert_eq(td_pair_table_open(path.text, 0, NULL, &table), TD_OK, "%s", td_message());
    return table;
}

static void assert_field(td_str field, const char *expected)
{
    cr_assert(field.length == strlen(expected) && memcmp(field.text, expected, field.length) == 0,
              "expected %s, found %.*s", expected, (int)field.length, field.text);
}

static td_asked_pair next(td_pair_table *table)
{
    td_asked_pair pair;
    bool found;
    cr_assert_eq(td_pair_table_next(table, &pair, &found), TD_OK, "%s", td_message());
    cr_assert(found);
    return pair;
}

static void assert_end(td_pair_table *table)
{
    td_asked_pair pair;
    bool found;
    cr_assert_eq(td_pair_table_next(table, &pair, &found), TD_OK, "%s", td_message());
    cr_assert_not(found);
}

Test(pair_table, keeps_lines_of_commas_and_quotes)
{
    const scratch folder = scratch_make();
    td_pair_table *table = open_table(&folder, "\xef\xbb\xbfx,item,user\r\n"
                                               "1,\"Godfather, The \"\"1\"\"\",42\r\n\n,b,c");
    cr_assert_str_eq(td_pair_table_header(table), "x,item,user");
    cr_assert_eq(td_pair_table_separator(table), ',');
    td_asked_pair pair = next(table);
    assert_field(pair.user, "42");
    assert_field(pair.item, "Godfather, The \"1\"");
    assert_field(pair.text, "1,\"Godfather, The \"\"1\"\"\",42");
    cr_assert_not(pair.has_time);
    pair = next(table);
    assert_field(pair.user, "c");
    cr_assert_eq(pair.line, 4);
    assert_end(table);
    td_pair_table_close(table);
    scratch_remove(&folder);
}

Test(pair_table, has_as_many_columns_as_it_has)
{
    enum { OTHERS = 1000 };
    const scratch folder = scratch_make();
    char text[4 * OTHERS + 32] = "", *at = text;
    for (int i = 0; i < OTHERS; i++)
        at = stpcpy(at, "x,");
    at = stpcpy(at, "user,item\n");
    for (int i = 0; i < OTHERS; i++)
        at = stpcpy(at, ",");
    stpcpy(at, "u,i");
    td_pair_table *table = open_table(&folder, text);
    const td_asked_pair pair = next(table);
    assert_field(pair.user, "u");
    assert_field(pair.item, "i");
    assert_end(table);
    td_pair_table_close(table);
    scratch_remove(&folder);
}

Test(pair_table, reads_times_between_tabs)
{
    const scratch folder = scratch_make();
    td_pair_table *table =
        open_table(&folder, "user\titem\ttimestamp\na\t\"b, c\t1970-01-02\na\tb\t\na\tb\t17\n");
    td_asked_pair pair = next(table);
    assert_field(pair.item, "\"b, c");
    cr_assert(pair.has_time && pair.time == 86400);
    cr_assert_not(next(table).has_time);
    cr_assert_eq(next(table).time, 17);
    assert_end(table);
    td_pair_table_close(table);
    scratch_remove(&folder);
}

static void assert_refused(const char *text, const char *part)
{
    const scratch folder = scratch_make();
    const scratch_path path = scratch_text(&folder, "pairs", text);
    td_pair_table *table;
    td_asked_pair pair;
    bool found = true;
    td_status status = td_pair_table_open(path.text, 0, NULL, &table);
    while (status == TD_OK && found)
        status = td_pair_table_next(table, &pair, &found);
    cr_assert_eq(status, TD_ERR_INPUT, "%s", text);
    cr_assert(strstr(td_message(), part), "expected '%s' in '%s'", part, td_message());
    td_pair_table_close(table);
    scratch_remove(&folder);
}

Test(pair_table, names_what_is_wrong)
{
    assert_refused("", "expected a header");
    assert_refused("\n\n", "expected a header");
    assert_refused("42,Star Wars\n", "pairs:1: expected a header with the columns user, item");
    assert_refused("user,title\n", "pairs:1: expected a header");
    assert_refused("user,item\na,b\nc\n", "pairs:3: expected 2 fields as in the header, found 1");
    assert_refused("user,item\na,b,c\n", "pairs:2: expected 2 fields as in the header, found 3");
    assert_refused("user,item\na,\"b\n", "pairs:2: expected a quote");
    assert_refused("user,item\na,\xff\n", "pairs:2: expected UTF-8");
    assert_refused("user,item,timestamp\na,b,soon\n", "pairs:2: timestamp: expected seconds");
}

static void assert_printed(const char *header, const char *text, const char *expected)
{
    const scratch folder = scratch_make();
    td_pair_table *table = open_table(&folder, header);
    char found[64] = "";
    FILE *stream = fmemopen(found, sizeof found, "w");
    td_pair_table_print(table, stream, text);
    fclose(stream);
    cr_assert_str_eq(found, expected);
    td_pair_table_close(table);
    scratch_remove(&folder);
}

Test(pair_table, prints_fields_that_it_could_read)
{
    assert_printed("user,item\n", "plain", "plain");
    assert_printed("user,item\n", "a, \"b\"", "\"a, \"\"b\"\"\"");
    assert_printed("user\titem\n", "a, \"b\"\tc", "a, \"b\" c");
}
