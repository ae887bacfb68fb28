/* How alike items are, by hand; which fields are read; the mean rows of categories. */
#include "eval/item_likeness.h"

#include "base/memory.h"
#include "eval/item_counts.h"
#include "math/elementary.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { ITEMS = 4, ROWS = ITEMS + 1 };

/* Items 1 to 4; row 0 is no item. */
static const int32_t maker[ROWS] = {0, 1, 1, 2, 0};
static const float year[ROWS] = {NAN, 1990, 1994, 2002, NAN};
static const float picture[ROWS][2] = {{NAN, NAN}, {3, 4}, {4, 3}, {-3, -4}, {NAN, NAN}};

static td_schema make_schema(void)
{
    td_schema schema = {0};
    td_schema_add(&schema, (td_schema_field){.name = "item",
                                             .of = TD_OF_ROW,
                                             .kind = TD_KIND_CATEGORY,
                                             .role = TD_ROLE_ITEM,
                                             .vocabulary = ROWS});
    td_schema_add(
        &schema, (td_schema_field){
                     .name = "maker", .of = TD_OF_ITEM, .kind = TD_KIND_CATEGORY, .vocabulary = 3});
    td_schema_add(&schema, (td_schema_field){.name = "sort",
                                             .of = TD_OF_ITEM,
                                             .kind = TD_KIND_CATEGORIES,
                                             .vocabulary = 4});
    td_schema_add(&schema, (td_schema_field){.name = "title",
                                             .of = TD_OF_ITEM,
                                             .kind = TD_KIND_TEXT,
                                             .role = TD_ROLE_TITLE,
                                             .vocabulary = 5});
    td_schema_add(&schema,
                  (td_schema_field){.name = "year", .of = TD_OF_ITEM, .kind = TD_KIND_NUMBER});
    td_schema_add(
        &schema,
        (td_schema_field){.name = "picture", .of = TD_OF_ITEM, .kind = TD_KIND_VECTOR, .width = 2});
    td_schema_add(&schema, (td_schema_field){.name = "gone",
                                             .of = TD_OF_ITEM,
                                             .kind = TD_KIND_TIME,
                                             .role = TD_ROLE_ALIVE_UNTIL});
    td_schema_add(&schema, (td_schema_field){
                               .name = "sort_weights", .of = TD_OF_ITEM, .kind = TD_KIND_NUMBERS});
    return schema;
}

static void put_ids(td_frame *items, const char *name, int64_t item, int64_t n, const int32_t *ids)
{
    td_field_put_list(td_frame_find(items, name), item, n, ids);
}

static td_frame make_items(void)
{
    static const int32_t sort[ROWS][2] = {{0, 0}, {1, 2}, {2, 1}, {1, 3}, {0, 0}};
    static const int32_t title[ROWS][3] = {{0, 0, 0}, {2, 3, 2}, {3, 1, 1}, {4, 1, 1}, {1, 1, 1}};
    td_frame items = {0};
    td_frame_add(&items, "maker", TD_INT32, 1);
    td_frame_add_list(&items, "sort", TD_INT32, 1);
    td_frame_add_list(&items, "title", TD_INT32, 1);
    td_frame_add(&items, "year", TD_FLOAT32, 1);
    td_frame_add(&items, "picture", TD_FLOAT32, 2);
    td_frame_extend(&items, ROWS);
    memcpy(td_frame_values(&items, "maker"), maker, sizeof maker);
    memcpy(td_frame_values(&items, "year"), year, sizeof year);
    memcpy(td_frame_values(&items, "picture"), picture, sizeof picture);
    for (int64_t i = 1; i <= ITEMS; i++) {
        put_ids(&items, "sort", i, i < ITEMS ? 2 : 0, sort[i]);
        put_ids(&items, "title", i, 3, title[i]);
    }
    return items;
}

/* Sets like (ROWS) to that of each item to one, by some fields. */
static void find_like(const char *told, int32_t item, double *like)
{
    td_schema schema = make_schema();
    td_frame items = make_items();
    td_item_fields fields;
    cr_assert_eq(td_item_fields_find(&schema, "content_neighbors", told, false, &fields), TD_OK);
    td_item_likeness *likeness = td_item_likeness_of(&schema, &fields, &items);
    double *scratch = td_item_likeness_scratch(likeness), other[ROWS];
    td_item_likeness_find(likeness, 3, scratch, other); /* it leaves nothing behind */
    td_item_likeness_find(likeness, item, scratch, like);
    td_free(scratch);
    td_item_likeness_free(likeness);
    td_item_fields_free(&fields);
    td_schema_free(&schema);
}

static void expect_like(const char *told, int32_t item, const double *expected)
{
    double like[ROWS];
    find_like(told, item, like);
    for (int i = 1; i <= ITEMS; i++)
        cr_assert_float_eq(like[i], expected[i], 1e-6, "%s: item %d to %d: %.9f, expected %.9f",
                           told, i, (int)item, like[i], expected[i]);
}

static double squared_idf(double of, double with)
{
    const double idf = (double)td_ln((float)(of / with));
    return idf * idf;
}

Test(item_likeness, is_by_the_kind_of_a_field)
{
    expect_like("maker", 1, (double[ROWS]){0, 1, 1, 0, 0});
    /* Sort 1 is of all three that have sorts, so counts for nothing. */
    expect_like("sort", 1, (double[ROWS]){0, 1, 1, 0, 0});
    /* Words are 2, 3 and 4, of items 1, 1 and 2, 3; item 4 has unknown ones alone. */
    const double word2 = squared_idf(3, 1), word3 = squared_idf(3, 2);
    expect_like("title", 1,
                (double[ROWS]){0, 1, word3 / (sqrt(word2 + word3) * sqrt(word3)), 0, 0});
    /* The years' mean is 5986 / 3, their variance 224 / 9. */
    const double s = sqrt(224.0) / 3;
    expect_like("year", 1, (double[ROWS]){0, 1, 1 - 4 / s, 0, 0});
    expect_like("picture", 1, (double[ROWS]){0, 1, 24.0 / 25, 0, 0});
    expect_like("picture", 4, (double[ROWS]){0});
}

/* No field, or value, is left out of what the sum is divided by. */
Test(item_likeness, is_the_mean_over_the_fields)
{
    const double s = sqrt(224.0) / 3;
    expect_like("maker, year picture,maker", 2,
                (double[ROWS]){0, (1 + (1 - 4 / s) + 24.0 / 25) / 3, 1, 0, 0});
}

static void expect_fields(const char *told, bool categories_only, const char *expected)
{
    td_schema schema = make_schema();
    td_item_fields fields;
    char names[128] = "";
    const td_status status =
        td_item_fields_find(&schema, "a_system", told, categories_only, &fields);
    if (status == TD_OK) {
        for (size_t i = 0; i < fields.count; i++)
            strcat(strcat(names, i > 0 ? " " : ""), fields.name[i]);
        cr_assert_null(fields.name[fields.count]);
        cr_assert_str_eq(names, expected);
    } else {
        cr_assert_eq(status, TD_ERR_CONFIG);
        cr_assert(strstr(td_message(), expected), "%s", td_message());
    }
    td_item_fields_free(&fields);
    td_schema_free(&schema);
}

Test(item_likeness, reads_the_fields_that_are_told)
{
    expect_fields("all", false, "maker sort title year picture");
    expect_fields("all", true, "maker sort");
    expect_fields(" gone,year ,, title", false, "gone year title");
    expect_fields("sort, year", true, "sort");
    expect_fields("sort, years", false, "expected fields of items for a_system, found 'years'");
    expect_fields("item", false, "found 'item'");
    expect_fields("sort_weights", false, "found 'sort_weights'");
    expect_fields("year", true, "a_system needs a category of items, which baseline.fields lacks");
    expect_fields("", false, "a_system needs a field of items, which baseline.fields lacks");
}

/* Of sort 1 items 1 and 3 have rows, 6 and 0: the mean is over those that have some. */
Test(item_likeness, counts_the_rows_of_categories)
{
    const int64_t counts[ROWS] = {0, 6, 2, 0, 9};
    int64_t categories[ROWS] = {0};
    double score[ROWS] = {0};
    td_schema schema = make_schema();
    td_frame items = make_items();
    td_item_ids sorts = td_item_ids_of(td_schema_find(&schema, "sort"), &items),
                makers = td_item_ids_of(td_schema_find(&schema, "maker"), &items);
    td_category_counts_add(&sorts, ITEMS, counts, score, categories);
    td_category_counts_add(&makers, ITEMS, counts, score, categories);
    /* Sorts: 1 has (6 + 2) / 2, 2 the same, 3 nothing; makers: 1 has (6 + 2) / 2, 2 nothing. */
    const double expected[ROWS] = {0, 4 + 4 + 4, 4 + 4 + 4, 4, 0};
    const int64_t number[ROWS] = {0, 3, 3, 3, 0};
    for (int i = 0; i < ROWS; i++)
        cr_assert(score[i] == expected[i] && categories[i] == number[i], "item %d: %g over %d", i,
                  score[i], (int)categories[i]);
    td_item_ids_free(&sorts);
    td_item_ids_free(&makers);
    td_frame_free(&items);
    td_schema_free(&schema);
}
