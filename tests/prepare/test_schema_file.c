/* Schemas: what they say of tables and fields, where they are wrong, and hostile ones. */
#include "prepare/schema_file.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(schema_file, .timeout = 60);

static td_status parse(const char *text, td_source *source)
{
    *source = (td_source){.schema = NULL};
    return td_schema_file_parse(text, strlen(text), "s.yaml", source);
}

static td_source read_schema(const char *text)
{
    td_source source;
    cr_assert_eq(parse(text, &source), TD_OK, "%s", td_message());
    return source;
}

#define ROWS                                                                                       \
    "interactions:\n"                                                                              \
    "  fields:\n"                                                                                  \
    "    user: {kind: category, role: user}\n"                                                     \
    "    item: {kind: category, role: item}\n"

static const char everything[] =
    "# what a shop has\n"
    "interactions:\n"
    "  separator: tab\n"
    "  encoding: latin1\n"
    "  header: no\n"
    "  width: any\n"
    "  split: {rule: time, seed: 7, test_from: 1998-04-23, test_where: stars > 3}\n"
    "  fields:\n"
    "    who: {column: 3, kind: category, role: user}\n"
    "    what: {column: 1, kind: category, role: item}\n"
    "    stars: {column: 4, kind: number, role: label}\n"
    "    trust: {column: 4, kind: number, role: weight}\n"
    "    when: {column: 2, kind: time, role: time}\n"
    "    mood: {column: 2, kind: category, missing: [NA, '-1', ''], min_count: 5}\n"
    "    seen: {column: 2, kind: time, missing: never}\n"
    "items:\n"
    "  key: sku\n"
    "  file: items.csv\n"
    "  named_by: title\n"
    "  fields:\n"
    "    title: {kind: text, role: title}\n"
    "    tags: {column: keywords, kind: categories, separator: ' / '}\n"
    "    genres: {kind: categories, flags: [Action, Horror]}\n"
    "users:\n"
    "  file: [users, more]\n"
    "  separator: '|'\n"
    "  quote: \"'\"\n"
    "  trim: no\n"
    "  lines_in_quotes: true\n"
    "  header: no\n"
    "  comment: '#'\n"
    "  key: 1\n"
    "  width: 5\n"
    "  fields:\n"
    "    clubs:\n"
    "      kind: categories\n"
    "      flags: {chess: 2, go: 4}\n";

Test(schema_file, says_how_tables_are_read)
{
    td_source s = read_schema(everything);
    const td_table_form *rows = &s.table[TD_OF_ROW].form, *users = &s.table[TD_OF_USER].form;
    const td_table_form *items = &s.table[TD_OF_ITEM].form;
    cr_assert_null(rows->path);
    cr_assert(rows->kind == TD_TABLE_DELIMITED && rows->first_line == TD_FIRST_ROW);
    cr_assert_str_eq(rows->fields.separator, "\t");
    cr_assert_str_eq(rows->encoding, "latin1");
    cr_assert(rows->fields.quote == '\0' && rows->fields.trim);
    cr_assert(rows->ragged && rows->width == 0);
    cr_assert_eq(rows->count, 7);
    cr_assert_str_eq(rows->columns[0], "3");
    cr_assert_str_eq(items->path, "items.csv");
    cr_assert(items->kind == TD_TABLE_AUTO && !items->encoding);
    cr_assert(!items->ragged && items->width == 0);
    cr_assert_eq(items->count, 5);
    cr_assert_str_eq(items->columns[s.table[TD_OF_ITEM].key], "sku");
    cr_assert(users->fields.quote == '\'' && !users->fields.trim && users->width == 5);
    cr_assert(users->lines_in_quotes && users->first_line == TD_FIRST_ROW);
    cr_assert_str_eq(users->comment, "#");
    cr_assert(users->files == 2 && strcmp(users->file[1], "more") == 0);
    cr_assert_str_eq(users->columns[s.table[TD_OF_USER].key], "1");
    cr_assert_eq(s.item_key, TD_KEY_TITLE);
    td_source_free(&s);
}

Test(schema_file, says_what_fields_are)
{
    td_source s = read_schema(everything);
    const td_source_field *who = td_source_with_role(&s, TD_ROLE_USER);
    const td_source_field *stars = td_source_find(&s, "stars"), *mood = td_source_find(&s, "mood");
    const td_source_field *seen = td_source_find(&s, "seen");
    const td_source_field *tags = td_source_find(&s, "tags"),
                          *genres = td_source_find(&s, "genres");
    const td_source_field *clubs = td_source_find(&s, "clubs"),
                          *title = td_source_find(&s, "title");
    cr_assert_str_eq(who->name, "who");
    cr_assert(who->kind == TD_KIND_CATEGORY && who->min_count == 0 && who->missing == 0);
    cr_assert(who->place.line == 9 && who->place.column == 5);
    cr_assert(stars->kind == TD_KIND_NUMBER && stars->role == TD_ROLE_LABEL);
    cr_assert(mood->missing == 3 && strcmp(mood->missing_texts[1], "-1") == 0);
    cr_assert_eq(mood->min_count, 5);
    cr_assert(seen->missing == 1 && strcmp(seen->missing_texts[0], "never") == 0);
    cr_assert_str_eq(tags->separator, " / ");
    const char *const *columns = s.table[TD_OF_ITEM].form.columns;
    cr_assert_str_eq(columns[tags->column], "keywords");
    cr_assert_str_eq(columns[title->column], "title");
    cr_assert(genres->columns == 2 && strcmp(genres->flags[1], "Horror") == 0);
    cr_assert_str_eq(columns[genres->column + 1], "Horror");
    cr_assert(clubs->columns == 2 && strcmp(clubs->flags[0], "chess") == 0);
    cr_assert_str_eq(s.table[TD_OF_USER].form.columns[clubs->column + 1], "4");
    cr_assert_null(td_source_find(&s, "sku"));
    td_source_free(&s);
    s = read_schema(ROWS);
    cr_assert_eq(s.item_key, TD_KEY_ID);
    cr_assert_null(td_source_with_role(&s, TD_ROLE_LABEL));
    cr_assert_eq(s.table[TD_OF_ROW].form.kind, TD_TABLE_AUTO);
    td_source_free(&s);
}

Test(schema_file, formats_are_schemas)
{
    static const char *const formats[] = {"movielens-100k", "movielens-1m", "movielens-csv"};
    for (size_t f = 0; f < 3; f++) {
        td_source s = read_schema(td_schema_built_in(formats[f]));
        for (td_role role = TD_ROLE_USER; role <= TD_ROLE_TIME; role++)
            cr_assert_eq(td_source_with_role(&s, role) != NULL, role != TD_ROLE_WEIGHT);
        cr_assert_eq(s.item_key, TD_KEY_TITLE);
        td_source_free(&s);
    }
    cr_assert_null(td_schema_built_in("delimited"));
}

Test(schema_file, says_where_a_schema_is_wrong)
{
    static const char *const wrong[][2] = {
        {"", "s.yaml:1:1: schema: expected interactions"},
        {"[a]", "schema: expected interactions"},
        {"a: [", "s.yaml:2:1: expected YAML"},
        {"interaction:\n  fields: {}\n",
         "s.yaml:1:1: schema: there is no key 'interaction' here; the nearest is 'interactions'"},
        {"interactions: 3\n", "s.yaml:1:1: interactions: expected keys"},
        {"interactions:\n  fields: {}\n",
         "s.yaml:1:1: schema: expected a field of interactions with "
         "the role 'user', such as `user: {kind: category, role: "
         "user}`; found none"},
        {"interactions:\n  fields:\n    u: {kind: category, role: user}\n", "with the role 'item'"},
        {ROWS "    user: {kind: number}\n", "s.yaml:5:5: interactions: expected each name once; "
                                            "found a second 'user', after line 3's"},
        {ROWS "  fields: {}\n", "s.yaml:5:3: interactions: expected each name once; found a second "
                                "'fields', after line 2's"},
        {ROWS "    n: {kind: nmber}\n",
         "s.yaml:5:15: interactions.fields.n.kind: expected category, categories, number, time, "
         "text or vector (the nearest is 'number'); found 'nmber'"},
        {ROWS "    n: {kind: vector}\n",
         "s.yaml:5:5: interactions.fields.n: expected a width, or a file, with the kind vector"},
        {ROWS "    n: {kind: numbers}\n", "s.yaml:5:15: interactions.fields.n.kind: expected "},
        {ROWS "    n: {kind: number, path: /}\n",
         "s.yaml:5:5: interactions.fields.n: expected the kind categories, without flags, with a "
         "path; found number"},
        {ROWS "    n: {kind: text, prefix: 1}\n",
         "s.yaml:5:5: interactions.fields.n: expected prefix of categories without a role"},
        {ROWS "    n: {kind: category, hash_buckets: 9, min_count: 2}\n",
         "s.yaml:5:5: interactions.fields.n: expected min_count or hash_buckets, found both"},
        {ROWS "    n: {knd: number}\n", "s.yaml:5:9: interactions.fields.n: there is no key 'knd' "
                                        "here; the nearest is 'kind'"},
        {ROWS "    n: {column: 4}\n", "s.yaml:5:5: interactions.fields.n: expected a kind"},
        {ROWS "    n: number\n", "s.yaml:5:5: interactions.fields.n: expected its keys"},
        {ROWS "    n: {kind: number, role: labl}\n",
         "expected user, item, title, label, weight, time, "
         "alive_from or alive_until (the nearest is 'label'); found 'labl'"},
        {ROWS "    n: {kind: category, role: user}\n",
         "s.yaml:5:5: interactions.fields.n: expected one field with the role 'user'; 'user' has "
         "it too, line 3"},
        {ROWS "    n: {kind: text, role: title}\n",
         "expected the role 'title' of a field of items (without a file, they are "
         "columns of interactions); found it of interactions"},
        {ROWS "    n: {kind: time, role: alive_from}\n",
         "expected the role 'alive_from' of a field of items (without a file, they are "
         "columns of interactions); found it of interactions"},
        {ROWS "items:\n  key: 1\n  fields:\n    n: {kind: number, role: alive_until}\n",
         "items.fields.n: expected the kind time with the role 'alive_until'; found number"},
        {ROWS "    n: {kind: category, role: label}\n",
         "interactions.fields.n: expected the kind number with the role 'label'; found category"},
        {ROWS "    n: {kind: number, min_count: 2}\n", "expected min_count with categories"},
        {ROWS "    n: {kind: category, min_count: 0}\n",
         "interactions.fields.n.min_count: expected a number of rows, from 1; found '0'"},
        {ROWS "    n: {kind: category, min_count: '2'}\n", "found the quoted text '2'"},
        {ROWS "    n: {kind: number, role: weight, missing: 0}\n",
         "interactions.fields.n: expected missing of labels, times and fields without a role; "
         "found "
         "the role 'weight'"},
        {ROWS "    n: {kind: number, unit: ms}\n", "expected the kind time with a unit or format"},
        {ROWS "    n: {kind: time, unit: m}\n", "expected auto, s, ms, us or ns; found 'm'"},
        {ROWS "    n: {kind: time, unit: ms, format: '%Y'}\n", "a unit or a format, found both"},
        {ROWS "    n: {kind: categories}\n  form: csv\n",
         "s.yaml:5:5: interactions.fields.n: expected a separator between the names in a cell"},
        {ROWS "    n: {kind: categories}\n  separator: tab\n", "expected a separator between"},
        {ROWS "    n: {kind: category, separator: x}\n",
         "expected the kind categories with a separator; found category"},
        {ROWS "    n: {kind: number, flags: [a]}\n",
         "expected the kind categories with flags; found number"},
        {ROWS "    n: {kind: categories, flags: []}\n", "expected columns, or names with their "
                                                        "columns; found a list"},
        {ROWS "    n: {kind: categories, flags: [a, [b]]}\n", "found a list"},
        {ROWS "    n: {kind: categories, flags: {a: }}\n", "found nothing"},
        {ROWS "    n: {kind: categories, flags: [a, b, a]}\n",
         "s.yaml:5:41: interactions.fields.n.flags: expected each name once; found 'a'"},
        {ROWS "    n: {kind: categories, flags: [a], column: b}\n",
         "expected column or flags, found both"},
        {ROWS "    n: {kind: categories, column: b, flags: [a]}\n",
         "expected column or flags, found both"},
        {ROWS "    n: {kind: number, column: [1]}\n",
         "expected a column, its name in the header or its number; found a list"},
        {ROWS "    n: {kind: number, missing: {a: 1}}\n", "expected a text, or a list of texts"},
        {ROWS "    2n: {kind: number}\n",
         "s.yaml:5:5: interactions.fields: expected a field's name"},
        {ROWS "    users.n: {kind: number}\n", "found 'users.n'"},
        {ROWS "  fields: 3\n", "s.yaml:5:3: interactions: expected each name once"},
        {"interactions:\n  fields: 3\n", "s.yaml:2:11: interactions.fields: expected fields"},
        {ROWS "  header: maybe\n", "s.yaml:5:11: interactions.header: expected yes or no; found "
                                   "'maybe'"},
        {ROWS "  header: no\n", "s.yaml:1:1: interactions: expected columns by number where there "
                                "is no header; found 'user'"},
        {ROWS "  separator: ''\n", "s.yaml:5:14: interactions.separator: expected tab, or one "
                                   "character or more without quotes and line ends"},
        {ROWS "  separator: \"a\\nb\"\n", "interactions.separator"},
        {ROWS "  encoding: latin99\n",
         "s.yaml:5:13: interactions.encoding: expected utf-8, latin1"},
        {ROWS "  encoding: utf-16\n", "digits are those of ASCII; found 'utf-16'"},
        {ROWS "  form: jsnl\n", "interactions.form: expected auto, csv, tsv, delimited, jsonl or "
                                "lists (the nearest is 'jsonl'); found 'jsnl'"},
        {ROWS "  quote: ab\n", "interactions.quote: expected a character, such as '\"', or none"},
        {ROWS "  blanks: yes\n  separator: ','\n", "expected blanks or a separator, found both"},
        {ROWS "  form: jsonl\n  trim: no\n", "expected no word on separators"},
        {ROWS "  file: []\n", "interactions.file: expected a file's name, or a list of names"},
        {ROWS "  comment: ''\n", "expected the characters that comments begin with"},
        {ROWS "  width: -1\n", "expected how many fields a line has, or any; found '-1'"},
        {ROWS "  key: user\n", "s.yaml:1:1: interactions: expected a key of users and items only"},
        {ROWS "  named_by: key\n", "expected named_by of items only"},
        {ROWS "users:\n  key: id\n  encoding: latin1\n",
         "s.yaml:5:1: users: expected a file, such as `file: users.csv`, or no word on how its "
         "lines are read"},
        {ROWS "users:\n  fields:\n    age: {kind: number}\n", "s.yaml:5:1: users: expected a key"},
        {ROWS "users:\n  file: u\n", "s.yaml:5:1: users: expected a key, the column that names the "
                                     "user; found none"},
        {ROWS "items:\n  file: i\n  key: id\n  named_by: title\n",
         "expected a field of items with the role 'title'"},
        {ROWS "items:\n  file: i\n  key: id\n  named_by: titel\n", "the nearest is 'title'"},
        {ROWS "items:\n  file: i\n  key: id\n  fields:\n    user: {kind: number}\n",
         "s.yaml:9:5: items: expected each name once; found a second 'user', after line 3's"},
        {ROWS "  repeats: sometimes\n", "s.yaml:5:12: interactions.repeats: expected keep, first, "
                                        "last, sum or max (the nearest is 'keep')"},
        {ROWS "  repeats_by: item\n", "interactions.repeats_by: expected a list of fields"},
        {ROWS "  repeats_by: [itm]\n",
         "s.yaml:5:15: expected fields of interactions; found 'itm', the nearest is 'item'"},
        {ROWS "  where: [a]\n", "interactions.where: expected a condition"},
        {ROWS "  max_user_rows: 0\n", "expected a whole number from 1; found '0'"},
        {ROWS "users:\n  min_user_items: 2\n", "users: expected min_user_items of interactions"},
        {ROWS "    w: {kind: number, half_life: 1d}\n", "half_life with the role weight only"},
        {ROWS "    w: {role: weight, from: item, values: {a: 1}}\n",
         "s.yaml:5:29: expected a category of interactions without a role; found 'item'"},
        {ROWS "    w: {role: weight, from: item}\n", "expected values, such as"},
        {ROWS "    w: {role: weight, from: item, column: 2, others: 1}\n",
         "expected a column, or from and others; found both"},
        {ROWS "    w: {role: weight, values: {a: 1}, others: 2}\n", "expected from, the category"},
        {ROWS "    w: {role: weight, from: item, values: {a: 0}}\n",
         "interactions.fields.w.values: expected a weight, a finite number above 0; found '0'"},
        {ROWS "    w: {role: weight, from: item, values: {a: 1, a: 2}}\n", "each name once"},
        {ROWS "    w: {role: weight, others: 1, half_life: 3 days}\n",
         "expected a duration like 30min (s, min, h, d or w); found '3 days'"},
        {ROWS "    w: {role: weight, others: 1, half_life: 3d}\n", "expected a field with the role "
                                                                   "time"},
        {ROWS "  session: {by: user}\n",
         "s.yaml:5:12: interactions.session: expected a gap, such as 30min or {by: user, gap: "
         "30min}; found a section"},
        {ROWS "  session: 30\n", "interactions.session: expected a duration like 30min"},
        {ROWS "  session: 30min\n", "s.yaml:5:12: expected a field with the role time"},
        {ROWS "  session: {by: user, gap: 1}\n", "expected a duration like 30min"},
        {ROWS "  session: {by: user, gap: 1h}\n", "expected a field with the role time"},
        {ROWS "  without_user: keep\n", "expected bad, drop or alone (the nearest is"},
        {ROWS "  split: {rule: leave_lst}\n", "s.yaml:5:17: interactions.rule: expected rows, "},
        {ROWS "  split: leave_last\n", "interactions.split: expected {rule: leave_one_out}, or"},
        {ROWS "  split: {test_fraction: 1}\n", "test_fraction: expected a share of the rows, from"},
        {ROWS "  split: {test_last: 0}\n", "test_last: expected a whole number from 1; found '0'"},
        {ROWS "  split: {test_from: monday}\n", "test_from: expected seconds (or ms, us, ns)"},
        {ROWS "  split: {seed: -1}\n", "seed: expected a whole number from 0; found '-1'"},
        {ROWS "  split: {test_fraction: 0.6, validation_fraction: 0.4}\n",
         "s.yaml:5:10: interactions.split: expected fractions that are less than 1 together"},
        {ROWS "  split: {test_from: 20, validation_from: 30}\n",
         "interactions.split: expected validation_from before test_from; found a section"},
        {ROWS "  split: {n: 1}\n", "interactions: there is no key 'n' here"},
        {ROWS "users:\n  split: {seed: 1}\n", "users: expected split of interactions only"},
        {"a: &x b\n", "anchor"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        td_source s;
        cr_expect_eq(parse(wrong[i][0], &s), TD_ERR_CONFIG, "%s", wrong[i][0]);
        cr_expect(strstr(td_message(), wrong[i][1]), "%s\nexpected %s\nfound %s", wrong[i][0],
                  wrong[i][1], td_message());
        cr_expect(strncmp(td_message(), "s.yaml:", 7) == 0, "%s", td_message());
        td_source_free(&s);
    }
}

/* Thousands of fields and flags, names that are too long, a text that is too long. */
Test(schema_file, bounds_what_hostile_schemas_take)
{
    enum { SIZE = TD_SCHEMA_LARGEST + 64 };
    char *text = TD_NEW(char, SIZE);
    size_t used = (size_t)snprintf(text, SIZE, "%s", ROWS);
    for (int i = 0; used + 32 < TD_SCHEMA_LARGEST; i++)
        used += (size_t)snprintf(text + used, SIZE - used, "    f%d: {kind: time}\n", i);
    td_source s = read_schema(text);
    cr_expect(s.table[TD_OF_ROW].count > 9000);
    td_source_free(&s);
    used = (size_t)snprintf(text, SIZE, "%s    f: {kind: categories, flags: [a", ROWS);
    for (int i = 0; used + 32 < 1 << 16; i++)
        used += (size_t)snprintf(text + used, SIZE - used, ", %d", i);
    snprintf(text + used, SIZE - used, "]}\n");
    s = read_schema(text);
    td_source_free(&s);
    memset(text, 'x', SIZE - 1);
    cr_expect_eq(parse(text, &s), TD_ERR_CONFIG);
    cr_expect(strstr(td_message(), "at most 262144 bytes"), "%s", td_message());
    td_source_free(&s);
    text[1 << 16] = '\0';
    text[(1 << 16) - 1] = ':';
    cr_expect_eq(parse(text, &s), TD_ERR_CONFIG);
    td_source_free(&s);
    td_free(text);
}

/* Every schema with one byte changed is read or refused, and nothing is left behind. */
Test(schema_file, takes_or_refuses_what_is_mutated)
{
    static const char bytes[] = ":,[]{}'\"\n \t#-&*!|>0ax\x80";
    char changed[sizeof everything];
    for (size_t at = 0; at + 1 < sizeof everything; at++)
        for (size_t b = 0; b < sizeof bytes; b++) { /* the last one cuts the text */
            td_source s;
            memcpy(changed, everything, sizeof everything);
            changed[at] = bytes[b];
            const td_status status = parse(changed, &s);
            cr_assert(status == TD_OK || status == TD_ERR_CONFIG);
            td_source_free(&s);
        }
}
