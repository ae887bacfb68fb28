/* Conditions: what they mean for each kind of field, where texts are wrong, and hostile texts. */
#include "data/condition.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

TestSuite(condition, .timeout = 60);

enum { ROWS = 6, USERS = 2, ITEMS = 3 };

static const char *const events[] = {"", "cart", "purchase", "view", "and", "it's"};
static const char *const genres[] = {"", "Comedy", "Horror", "Sci-Fi"};

/* Finds a name among the examples; '?' is none that can be looked for. */
static td_status find(void *of, const td_schema_field *field, td_str name, int32_t *id)
{
    const bool is_event = strcmp(field->name, "event") == 0;
    const char *const *names = is_event ? events : genres;
    const size_t known = is_event ? sizeof events / sizeof(char *) : sizeof genres / sizeof(char *);
    *id = 0;
    ++*(int *)of;
    if (name.length == 1 && *name.text == '?')
        return td_fail(TD_ERR_INPUT, "'?' is no name");
    for (int32_t i = 1; (size_t)i < known; i++)
        if (strlen(names[i]) == name.length && memcmp(names[i], name.text, name.length) == 0)
            *id = i;
    return TD_OK;
}

/* Three frames, of rows, users and items, with the schema of them all. */
typedef struct {
    td_schema schema;
    td_frame frame[TD_OFS];
    td_condition_rows rows;
    td_condition_names names;
    int found; /* calls of find */
} example;

static void *add(example *e, td_of of, const char *name, td_kind kind, int64_t vocabulary)
{
    td_schema_add(
        &e->schema,
        (td_schema_field){.name = (char *)name, .of = of, .kind = kind, .vocabulary = vocabulary});
    return td_schema_add_to(td_schema_find(&e->schema, name), &e->frame[of])->values;
}

static void start(example *e)
{
    static const int32_t user_of[ROWS] = {0, 0, 0, 1, 1, -1}, item_of[ROWS] = {0, 1, 2, 0, 1, 2};
    const float rating[ROWS] = {5, 4, NAN, 4.1F, 0, -3}, age[USERS] = {25, NAN};
    const int32_t event[ROWS] = {1, 2, 3, 4, 0, 5};
    const int64_t time[ROWS] = {0, 86399, 86400, INT64_MIN, 253402300799, 86400};
    const int32_t lists[2][2] = {{1, 3}, {2, 0}};
    *e = (example){.names = {.find = find}};
    td_frame_extend(&e->frame[TD_OF_ROW], ROWS);
    td_frame_extend(&e->frame[TD_OF_USER], USERS);
    td_frame_extend(&e->frame[TD_OF_ITEM], ITEMS);
    memcpy(add(e, TD_OF_ROW, "rating", TD_KIND_NUMBER, 0), rating, sizeof rating);
    memcpy(add(e, TD_OF_ROW, "event", TD_KIND_CATEGORY, 6), event, sizeof event);
    memcpy(add(e, TD_OF_ROW, "time", TD_KIND_TIME, 0), time, sizeof time);
    memcpy(add(e, TD_OF_USER, "age", TD_KIND_NUMBER, 0), age, sizeof age);
    add(e, TD_OF_ITEM, "genres", TD_KIND_CATEGORIES, 4);
    add(e, TD_OF_ITEM, "title", TD_KIND_TEXT, 9);
    for (td_of o = TD_OF_ROW; o <= TD_OF_ITEM; o++)
        e->rows.frame[o] = &e->frame[o];
    td_field *genre = td_frame_find(&e->frame[TD_OF_ITEM], "genres");
    td_field_put_list(genre, 0, 2, lists[0]); /* Comedy, Sci-Fi; then Horror; then nothing */
    td_field_put_list(genre, 1, 1, lists[1]);
    td_field_put_list(genre, 2, 0, lists);
    e->rows.place[TD_OF_USER] = user_of;
    e->rows.place[TD_OF_ITEM] = item_of;
    e->names.schema = &e->schema;
    e->names.of = &e->found;
}

static void stop(example *e)
{
    for (td_of o = TD_OF_ROW; o <= TD_OF_ITEM; o++)
        td_frame_free(&e->frame[o]);
    td_schema_free(&e->schema);
}

static td_condition *parse(example *e, const char *text)
{
    td_condition *condition;
    const td_status status =
        td_condition_parse(text, (td_place){"a.yaml", 7, 10}, &e->names, &condition);
    cr_assert_eq(status, TD_OK, "%s", td_message());
    return condition;
}

/* Checks which rows satisfy a condition, written as one character a row. */
static void expect(example *e, const char *text, const char *expected)
{
    td_condition *condition = parse(e, text);
    bool holds[ROWS];
    char found[ROWS + 1] = "";
    td_condition_test(condition, &e->rows, (td_range){0, ROWS}, holds);
    for (int i = 0; i < ROWS; i++)
        found[i] = holds[i] ? '1' : '0';
    cr_expect_str_eq(found, expected, "%s: expected %s, found %s", text, expected, found);
    td_condition_free(condition);
}

Test(condition, compares_numbers_as_the_fields_hold_them)
{
    example e;
    start(&e);
    expect(&e, "rating = 4", "010000");
    expect(&e, "rating = 4.1", "000100");
    expect(&e, "rating != 4", "100111");
    expect(&e, "rating<4", "000011");
    expect(&e, "rating <= 4", "010011");
    expect(&e, "rating>4", "100100");
    expect(&e, "rating >= 4e0", "110100");
    expect(&e, "rating = -0", "000010");
    expect(&e, "rating in [5,-3, 5]", "100001");
    expect(&e, "rating not in [5, -3]", "010110");
    stop(&e);
}

Test(condition, compares_names_and_times)
{
    example e;
    start(&e);
    expect(&e, "event = cart", "100000");
    expect(&e, "event != cart", "011101");
    expect(&e, "event in [cart, purchase, view]", "111000");
    expect(&e, "event not in [cart,purchase]", "001101");
    expect(&e, "event = 'and'", "000100");
    expect(&e, "event = it's", "000001");
    expect(&e, "event in ['it''s', \"view\"]", "001001");
    expect(&e, "'event' = \"cart\"", "100000");
    expect(&e, "event = Cart", "000000");
    expect(&e, "event != Cart", "111101");
    expect(&e, "time < 1970-01-02", "110000");
    expect(&e, "time >= 1970-01-02T00:00:00Z", "001011");
    expect(&e, "time = '1970-01-01 23:59:59'", "010000");
    expect(&e, "time = 86400", "001001");
    stop(&e);
}

Test(condition, knows_fields_of_users_and_items)
{
    example e;
    start(&e);
    expect(&e, "users.age < 30", "111000");
    expect(&e, "age >= 30 or age < 30", "111000");
    expect(&e, "age is missing", "000111");
    expect(&e, "genres = Comedy", "100100");
    expect(&e, "items.genres = Sci-Fi", "100100");
    expect(&e, "genres != Comedy", "010010");
    expect(&e, "items.genres in [Sci-Fi, Horror]", "110110");
    expect(&e, "genres not in [Horror]", "100100");
    expect(&e, "genres is missing", "001001");
    expect(&e, "items.genres is not missing", "110110");
    expect(&e, "title is missing", "111111");
    stop(&e);
}

Test(condition, no_missing_value_satisfies_a_comparison)
{
    example e;
    start(&e);
    expect(&e, "rating is missing", "001000");
    expect(&e, "rating is not missing", "110111");
    expect(&e, "not rating is missing", "110111");
    expect(&e, "rating < 4 or rating >= 4", "110111");
    expect(&e, "not rating < 4", "110100");
    expect(&e, "not (rating < 4 or event = cart)", "010100");
    expect(&e, "not (rating in [5] and event = cart)", "011111");
    expect(&e, "not event in [cart]", "011101");
    expect(&e, "time != 0", "011011");
    stop(&e);
}

Test(condition, joins_and_binds_as_written)
{
    example e;
    start(&e);
    expect(&e, "rating >= 4 and event in [cart, purchase]", "110000");
    expect(&e, "event = cart or event = view and rating > 100", "100000");
    expect(&e, "(event = cart or event = view) and rating > 100", "000000");
    expect(&e, "not event = cart and rating > 4", "000100");
    expect(&e, "not not (not (not event = cart))", "100000");
    expect(&e, "((((rating = 5))))", "100000");
    expect(&e, " rating\n=\t5\r\n", "100000");
    expect(&e, "(rating = 5 or rating = 4) and (event = cart or (time > 0 and age = 25))",
           "110000");
    stop(&e);
}

/* More rows than a block, a range within them. */
Test(condition, tests_any_range_of_rows)
{
    enum { MANY = 3000, FIRST = 700, COUNT = 1900 };
    td_schema schema = {0};
    td_frame frame = {0};
    td_frame_extend(&frame, MANY);
    td_schema_add(&schema, (td_schema_field){.name = (char *)"x", .kind = TD_KIND_NUMBER});
    float *x = td_schema_add_to(schema.fields, &frame)->values;
    for (int i = 0; i < MANY; i++)
        x[i] = (float)(i % 7);
    td_condition *condition;
    const td_condition_names names = {.schema = &schema};
    cr_assert_eq(
        td_condition_parse("x = 3 or x in [1, 0]", (td_place){"x", 0, 0}, &names, &condition),
        TD_OK);
    bool *holds = TD_NEW(bool, COUNT + 1);
    const td_condition_rows rows = {.frame = {&frame}};
    td_condition_test(condition, &rows, (td_range){FIRST, COUNT}, holds);
    for (int i = 0; i < COUNT; i++) {
        const int value = (FIRST + i) % 7;
        cr_assert_eq(holds[i], value == 3 || value < 2, "row %d", FIRST + i);
    }
    cr_assert_not(holds[COUNT], "nothing is written after the range");
    const char **fields = td_condition_fields(condition, TD_OF_ROW);
    cr_assert_str_eq(fields[0], "x");
    cr_assert_null(fields[1], "named twice, listed once");
    td_free(fields);
    fields = td_condition_fields(condition, TD_OF_ITEM);
    cr_assert_null(fields[0]);
    td_free(fields);
    td_condition_free(condition);
    td_frame_free(&frame);
    td_schema_free(&schema);
    td_free(holds);
}

static void expect_message(example *e, const char *text, const char *wanted)
{
    td_condition *condition = (td_condition *)e;
    const td_status status =
        td_condition_parse(text, (td_place){"a.yaml", 7, 10}, &e->names, &condition);
    cr_assert_neq(status, TD_OK, "%s", text);
    cr_assert_null(condition);
    cr_expect(strncmp(td_message(), "a.yaml:7:10: column ", 20) == 0, "%s", td_message());
    cr_expect(strstr(td_message(), wanted), "%s: expected %s, found %s", text, wanted,
              td_message());
}

Test(condition, says_where_a_text_is_wrong)
{
    static const char *const wrong[][2] = {
        {"", "column 1 of the condition '': expected a field, found the end"},
        {"ratign = 4", "column 1 of the condition 'ratign = 4': expected a field (the nearest is "
                       "'rating'), found 'ratign'"},
        {"rating = 4 and evnt = x", "column 16 of"},
        {"items.genre = x", "the nearest is 'genres'"},
        {"users.genres = x", "expected 'genres', which is a field of items, found 'users.genres'"},
        {"users.rating = 4", "which is a field of rows"},
        {"rating", "expected '=', '!=', '<', '<=', '>', '>=', 'in', 'not in' or 'is', found the "
                   "end"},
        {"rating ! 4", "found '!'"},
        {"rating == 4", "column 9 of the condition 'rating == 4': expected a value, found '='"},
        {"rating = four", "column 10 of the condition 'rating = four': expected a finite number, "
                          "found 'four'"},
        {"rating = 1e99", "expected a finite number, found '1e99'"},
        {"rating = nan", "expected a finite number, found 'nan'"},
        {"time < 1998-02-30", "expected seconds (or ms, us, ns) since 1970"},
        {"event < cart", "expected '=', '!=', 'in' or 'not in', as names have no order, found '<'"},
        {"title = 'Alien'", "expected 'is missing' or 'is not missing'"},
        {"event = and", "expected a value, found 'and'"},
        {"event in cart", "expected '[', found 'cart'"},
        {"event in []", "expected a value, found ']'"},
        {"event in [cart", "expected ',' or ']', found the end"},
        {"event in [cart,]", "expected a value, found ']'"},
        {"event not [cart]", "expected 'in', found '['"},
        {"event is cart", "expected 'missing' or 'not missing', found 'cart'"},
        {"event is not cart", "expected 'missing', found 'cart'"},
        {"event = cart rating = 4", "column 14 of the condition 'event = cart rating = 4': "
                                    "expected 'and', 'or' or the end, found 'rating'"},
        {"event = cart &&", "found '&&'"},
        {"(event = cart", "expected 'and', 'or' or ')', found the end"},
        {"event = cart)", "expected 'and', 'or' or the end, found ')'"},
        {"event = 'cart", "column 9 of the condition 'event = 'cart': expected a quote that ends "
                          "the name, found none"},
        {"event = 'ä' or 4 = 4", "column 16 of"},
        {"event = ?", "column 9 of the condition 'event = ?': '?' is no name"},
        {"and", "expected a field, found 'and'"},
        {"not", "expected a field, found the end"},
        {"= 4", "expected a field, found '='"},
        {"rating = 4 or", "expected a field, found the end"},
        {"\x01\x02 = 4", "found '\?\?'"},
    };
    example e;
    start(&e);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_message(&e, wrong[i][0], wrong[i][1]);
    stop(&e);
}

Test(condition, asks_for_names_once_and_in_order)
{
    example e;
    start(&e);
    td_condition_free(parse(&e, "event in [cart, cart] and not genres = Horror and rating = 1"));
    cr_assert_eq(e.found, 3);
    stop(&e);
}

/* A text of copies of a piece between a beginning and an end; the caller frees it. */
static char *repeat(const char *begin, int copies, const char *piece, const char *end)
{
    const size_t size = strlen(piece);
    char *text = TD_NEW(char, strlen(begin) + (size_t)copies * size + strlen(end) + 1);
    char *to = stpcpy(text, begin);
    for (int i = 0; i < copies; i++)
        to = stpcpy(to, piece);
    strcpy(to, end);
    return text;
}

static void expect_long(example *e, const char *begin, int copies, const char *piece,
                        const char *end, const char *rows)
{
    char *text = repeat(begin, copies, piece, end);
    if (rows[0] == '0' || rows[0] == '1')
        expect(e, text, rows);
    else {
        td_condition *condition;
        cr_assert_eq(td_condition_parse(text, (td_place){"a", 0, 0}, &e->names, &condition),
                     TD_ERR_CONFIG);
        cr_expect(strstr(td_message(), rows), "%s", td_message());
    }
    td_free(text);
}

Test(condition, bounds_what_hostile_texts_take)
{
    example e;
    start(&e);
    expect_long(&e, "", 32, "(", "rating = 5))))))))))))))))))))))))))))))))", "100000");
    expect_long(&e, "", 33, "(", "rating = 5)))))))))))))))))))))))))))))))))", "column 33 of");
    expect_long(&e, "", 60000, "(", "", "parentheses");
    expect_long(&e, "", 10001, "not ", "rating = 5", "010111");
    expect_long(&e, "rating = 5", 4000, " or age = 25", "", "111000");
    expect_long(&e, "rating = 5", 4000, " and age=25", "", "100000");
    expect_long(&e, "rating in [0", 10000, ",5", "]", "100010");
    expect_long(&e, "", 70000, " ", "rating = 5", "at most 65536 bytes");
    expect_long(&e, "", 60000, "x", " = 5", "the nearest is");
    expect_long(&e, "event = '", 60000, "''", "'", "at most 65536 bytes");
    expect_long(&e, "event = '", 30000, "''", "'", "000000");
    stop(&e);
}

/* Every text with one byte changed or left out is read or refused. */
Test(condition, takes_or_refuses_what_is_mutated)
{
    static const char text[] = "(rating >= 4 and not event in ['cart', view]) or age is missing";
    static const char bytes[] = "()[],=!<>'\" \n\x80xnot9.-";
    example e;
    char changed[sizeof text];
    start(&e);
    for (size_t at = 0; at + 1 < sizeof text; at++)
        for (size_t b = 0; b < sizeof bytes; b++) { /* the last one cuts the text */
            td_condition *condition;
            memcpy(changed, text, sizeof text);
            changed[at] = bytes[b];
            const td_status status =
                td_condition_parse(changed, (td_place){"a", 0, 0}, &e.names, &condition);
            cr_assert_eq(status == TD_OK, condition != NULL);
            bool holds[ROWS];
            if (condition)
                td_condition_test(condition, &e.rows, (td_range){0, ROWS}, holds);
            td_condition_free(condition);
        }
    stop(&e);
}
