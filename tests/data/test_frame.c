/* What is done to a frame is done to every field, lists and vectors included. */
#include "data/frame.h"
#include "data/schema.h"
#include "data/split.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* Ids 1.., numbers id / 2, vectors (id, -id), lists of id % 3 times id, texts of id letters. */
static td_frame make(int32_t rows)
{
    td_frame frame = {0};
    td_frame_add(&frame, "id", TD_INT32, 1);
    td_frame_add(&frame, "number", TD_FLOAT32, 1);
    td_frame_add(&frame, "vector", TD_FLOAT64, 2);
    td_frame_add_list(&frame, "list", TD_INT32, 1);
    td_frame_add_list(&frame, "text", TD_UINT8, 1);
    for (int32_t id = 1; id <= rows; id++) {
        const int64_t row = frame.count;
        const int32_t ids[] = {id, id, id};
        td_frame_extend(&frame, 1);
        ((int32_t *)frame.field[0].values)[row] = id;
        ((float *)frame.field[1].values)[row] = (float)id / 2;
        ((double *)frame.field[2].values)[2 * row] = id;
        ((double *)frame.field[2].values)[2 * row + 1] = -id;
        td_field_put_list(&frame.field[3], row, id % 3, ids);
        td_field_put_list(&frame.field[4], row, id, "abcdefghijklmnopqrst");
    }
    return frame;
}

/* Whether row has the values of this id. */
static bool is_of(const td_frame *frame, int64_t row, int32_t id)
{
    const double *vector = td_frame_values(frame, "vector");
    const td_field *list = td_frame_find(frame, "list"), *text = td_frame_find(frame, "text");
    const td_strings texts = td_field_strings(text, frame->count);
    const td_str letters = td_string_at(&texts, row);
    bool right = ((int32_t *)td_frame_values(frame, "id"))[row] == id;
    right = right && ((float *)td_frame_values(frame, "number"))[row] == (float)id / 2;
    right = right && vector[2 * row] == id && vector[2 * row + 1] == -id;
    right = right && list->offsets[row + 1] - list->offsets[row] == id % 3;
    for (int64_t i = list->offsets[row]; i < list->offsets[row + 1]; i++)
        right = right && ((int32_t *)list->values)[i] == id;
    return right && letters.length == (size_t)id &&
           memcmp(letters.text, "abcdefghijklmnopqrst", letters.length) == 0;
}

static void expect_ids(const td_frame *frame, int64_t count, const int32_t *ids)
{
    cr_assert_eq(frame->count, count);
    for (int64_t i = 0; i < count; i++)
        cr_assert(is_of(frame, i, ids[i]), "row %d is not of id %d", (int)i, ids[i]);
}

Test(frame, has_missing_values_until_they_are_set)
{
    td_frame frame = {0};
    td_frame_extend(&frame, 2);
    td_frame_add(&frame, "id", TD_INT32, 1);
    td_frame_add(&frame, "time", TD_INT64, 1);
    td_frame_extend(&frame, 3);
    td_frame_add(&frame, "number", TD_FLOAT32, 2);
    td_frame_add(&frame, "real", TD_FLOAT64, 1);
    td_frame_add_list(&frame, "list", TD_INT32, 1);
    for (size_t f = 0; f < frame.fields; f++) {
        const td_field *field = &frame.field[f];
        cr_assert_eq(td_field_elements(field, frame.count), field->offsets ? 0 : 5);
        for (int64_t i = 0; i < td_field_elements(field, frame.count) * field->width; i++)
            cr_assert(td_missing_is(field->type, (const char *)field->values +
                                                     (size_t)i * td_type_size(field->type)));
    }
    const int64_t time = ((int64_t *)td_frame_values(&frame, "time"))[4];
    cr_assert(time == INT64_MIN && isnan(((float *)td_frame_values(&frame, "number"))[9]));
    td_frame_free(&frame);
}

Test(frame, finds_and_removes_fields_by_name)
{
    td_frame frame = make(4);
    cr_assert_eq(td_frame_find(&frame, "vector"), &frame.field[2]);
    cr_assert_null(td_frame_find(&frame, "vectors"));
    cr_assert_null(td_frame_values(&frame, ""));
    td_frame_remove(&frame, "vector");
    td_frame_remove(&frame, "vector");
    cr_assert(frame.fields == 4 && strcmp(frame.field[2].name, "list") == 0);
    td_frame_free(&frame);
}

Test(frame, appends_rows_and_keeps_them_while_it_grows)
{
    td_frame from = make(9), frame = {0};
    td_frame_add_like(&frame, &from);
    for (int i = 0; i < 3; i++)
        td_frame_append(&frame, &from, (td_range){2 * i, 3});
    expect_ids(&frame, 9, (const int32_t[]){1, 2, 3, 3, 4, 5, 5, 6, 7});
    td_frame_append(&from, &from, (td_range){0, 0});
    from.count = 1; /* rows that are kept move to the front */
    td_frame_append(&from, &from, (td_range){4, 2});
    td_frame_append(&from, &from, (td_range){8, 1});
    expect_ids(&from, 4, (const int32_t[]){1, 5, 6, 9});
    td_frame_free(&from);
    td_frame_free(&frame);
}

Test(frame, appends_what_the_other_lacks_as_missing)
{
    td_frame from = make(3), frame = {0};
    td_frame_add(&frame, "number", TD_FLOAT32, 1);
    td_frame_add(&frame, "weight", TD_FLOAT32, 1);
    td_frame_append(&frame, &from, (td_range){1, 2});
    cr_assert_eq(((float *)frame.field[0].values)[1], 1.5F);
    cr_assert(isnan(((float *)frame.field[1].values)[1]));
    td_frame_free(&from);
    td_frame_free(&frame);
}

Test(frame, reorders_and_gathers_rows)
{
    td_frame frame = make(8);
    const int64_t order[] = {3, 0, 2, 1, 4};
    td_frame_reorder(&frame, (td_range){2, 5}, order);
    expect_ids(&frame, 8, (const int32_t[]){1, 2, 6, 3, 5, 4, 7, 8});
    const int64_t places[] = {7, 0, 0, 4};
    td_frame picked = td_frame_gather(&frame, 4, places);
    expect_ids(&picked, 4, (const int32_t[]){8, 1, 1, 5});
    for (int i = 0; i < 9; i++)
        td_frame_add(&picked, (const char[]){(char)('a' + i), '+', 0}, TD_INT32, 1);
    expect_ids(&picked, 4, (const int32_t[]){8, 1, 1, 5});
    td_frame_free(&frame);
    td_frame_free(&picked);
}

Test(frame, keeps_the_rows_that_are_told)
{
    td_frame frame = make(8);
    const bool keep[] = {false, true, true, false, false, true, false, true};
    const bool none[4] = {false};
    td_frame_keep(&frame, keep);
    expect_ids(&frame, 4, (const int32_t[]){2, 3, 6, 8});
    td_frame_keep(&frame, none);
    cr_assert_eq(frame.count, 0);
    td_frame_free(&frame);
}

Test(frame, equals_what_has_the_same_bytes)
{
    td_frame a = make(6), b = make(6), c = make(7);
    cr_assert(td_frame_equal(&a, &b) && !td_frame_equal(&a, &c));
    ((int32_t *)b.field[3].values)[0]++;
    cr_assert(!td_frame_equal(&a, &b));
    ((int32_t *)b.field[3].values)[0]--;
    b.field[3].offsets[2]--;
    cr_assert(!td_frame_equal(&a, &b));
    td_frame_free(&a);
    td_frame_free(&b);
    td_frame_free(&c);
}

Test(frame, takes_arrays_over)
{
    td_frame frame = {0};
    int64_t *offsets = TD_NEW(int64_t, 3);
    offsets[1] = offsets[2] = 4;
    td_frame_take(&frame, "row", TD_INT64, 1, 2, TD_NEW(int64_t, 2), NULL);
    td_frame_take(&frame, "ids", TD_INT32, 1, 2, TD_NEW(int32_t, 4), offsets);
    td_frame_extend(&frame, 1);
    cr_assert(frame.count == 3 && frame.field[1].offsets[3] == 4);
    td_frame_free(&frame);
}

Test(frame, schema_fields_have_the_type_of_their_kind)
{
    td_schema schema = {0};
    td_schema_field *field = td_schema_add(&schema, (td_schema_field){.name = "genres",
                                                                      .of = TD_OF_ITEM,
                                                                      .kind = TD_KIND_CATEGORIES,
                                                                      .vocabulary = 20});
    td_frame frame = {0};
    cr_assert(td_schema_add_to(field, &frame)->offsets && frame.field[0].type == TD_INT32);
    field = td_schema_add(
        &schema, (td_schema_field){
                     .name = "image", .kind = TD_KIND_VECTOR, .width = 3, .role = TD_ROLE_LABEL});
    cr_assert(td_schema_add_to(field, &frame)->width == 3 && !frame.field[1].offsets);
    cr_assert_eq(td_schema_with_role(&schema, TD_ROLE_LABEL), field);
    cr_assert_eq(td_schema_find(&schema, "genres")->width, 1);
    cr_assert_null(td_schema_with_role(&schema, TD_ROLE_TIME));
    td_frame_free(&frame);
    td_schema_free(&schema);
}

Test(frame, names_of_schemas_and_splits_are_found_again)
{
    for (int i = 0; i < TD_KINDS; i++) {
        td_kind kind;
        cr_assert(td_kind_find(td_kind_name((td_kind)i), &kind) && (int)kind == i);
    }
    for (int i = 0; i < TD_ROLES; i++) {
        td_role role;
        cr_assert(td_role_find(td_role_name((td_role)i), &role) && (int)role == i);
    }
    for (int i = 0; i < TD_OFS; i++) {
        td_of of;
        cr_assert(td_of_find(td_of_name((td_of)i), &of) && (int)of == i);
    }
    for (int i = 0; i < TD_SPLITS; i++) {
        td_split split;
        cr_assert(td_split_find(td_split_name((td_split)i), &split) && (int)split == i);
    }
    td_kind kind;
    cr_assert(!td_kind_find("number ", &kind));
    cr_assert(td_field_name_fits("release-date_2") && !td_field_name_fits("2nd") &&
              !td_field_name_fits("a/b") && !td_field_name_fits(""));
}
