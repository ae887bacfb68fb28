/* Buckets and normalized times: by their definition, and against what Keras's layers gave for
 * MovieLens 100K (tests/reference). */
#include "data/dataset.h"
#include "data/time_scale.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static int64_t whole(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static json_t *load_movielens(void)
{
    json_error_t error;
    json_t *all = json_load_file(TESTS_REFERENCE "/preprocessing.json", 0, &error);
    cr_assert_not_null(all, "%s", error.text);
    json_t *part = json_incref(json_object_get(all, "ml-100k"));
    json_decref(all);
    cr_assert_not_null(part);
    return part;
}

static td_time_scale scale_of(const json_t *expected)
{
    return td_time_scale_create(1000, (double)whole(expected, "timestamp_min"),
                                (double)whole(expected, "timestamp_max"),
                                json_real_value(json_object_get(expected, "exact_mean")),
                                json_real_value(json_object_get(expected, "exact_variance")));
}

Test(time_scale, gives_the_buckets_of_the_reference)
{
    json_t *expected = load_movielens(), *bucket;
    td_time_scale scale = scale_of(expected);
    const char *time;
    json_object_foreach(json_object_get(expected, "bucket_of_timestamp"), time, bucket)
        cr_assert_eq(td_time_bucket(&scale, atoll(time)), json_integer_value(bucket), "%s", time);
    cr_assert_eq(json_object_size(json_object_get(expected, "bucket_of_timestamp")), 20);
    cr_assert_eq(td_time_bucket(&scale, whole(expected, "timestamp_min")),
                 whole(expected, "bucket_of_min"));
    cr_assert_eq(td_time_bucket(&scale, whole(expected, "timestamp_max")),
                 whole(expected, "bucket_of_max"));
    cr_assert_eq(td_time_bucket(&scale, 0), whole(expected, "bucket_of_zero"));
    td_time_scale_free(&scale);
    json_decref(expected);
}

/* The reference computes in float: its times are off by up to 32 s and its mean by 45 s, of a
 * deviation of 5,343,829 s. */
Test(time_scale, gives_the_numbers_of_the_reference)
{
    json_t *expected = load_movielens(), *number;
    td_time_scale scale = scale_of(expected);
    const char *time;
    json_object_foreach(json_object_get(expected, "normalized_timestamp"), time, number)
        cr_assert_float_eq((double)td_time_normalized(&scale, atoll(time)), json_real_value(number),
                           96 / 5343829.0, "%s", time);
    cr_assert_eq(json_object_size(json_object_get(expected, "normalized_timestamp")), 5);
    td_time_scale_free(&scale);
    json_decref(expected);
}

Test(time_scale, spaces_its_edges_evenly)
{
    const float expected[] = {10, 12.5F, 15, 17.5F, 20};
    td_time_scale scale = td_time_scale_create(5, 10, 20, 0, 1);
    cr_assert_eq(scale.count, 5);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(scale.edges[i], expected[i], "edge %d is %a", i, (double)scale.edges[i]);
    td_time_scale_free(&scale);
}

Test(time_scale, puts_a_time_on_an_edge_above_it)
{
    const int64_t times[] = {0, 9, 10, 12, 13, 15, 17, 18, 19, 20, 21, INT64_MAX};
    const int32_t buckets[] = {0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 5};
    td_time_scale scale = td_time_scale_create(5, 10, 20, 0, 1);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        cr_assert_eq(td_time_bucket(&scale, times[i]), buckets[i], "time %lld",
                     (long long)times[i]);
    td_time_scale_free(&scale);
}

/* Floats near 9e8 are 64 apart: 900000033 is the float 900000064, and so is this edge. */
Test(time_scale, compares_times_as_floats)
{
    td_time_scale scale = td_time_scale_create(2, 0, 900000064, 0, 1);
    cr_assert_eq(td_time_bucket(&scale, 900000033), 2, "rounds up to the edge");
    cr_assert_eq(td_time_bucket(&scale, 900000031), 1, "rounds down, below the edge");
    td_time_scale_free(&scale);
}

Test(time_scale, has_all_edges_at_an_only_time)
{
    td_time_scale scale = td_time_scale_create(7, 881250949, 881250949, 881250949, 0);
    cr_assert_eq(td_time_bucket(&scale, 881250949), 7);
    cr_assert_eq(td_time_bucket(&scale, 881250000), 0);
    cr_assert_eq(td_time_bucket(&scale, 881260000), 7);
    cr_assert_eq(td_time_normalized(&scale, 881250949), 0);
    cr_assert_eq(td_time_normalized(&scale, 881250950), 1e7F, "deviation is at least 1e-7");
    td_time_scale_free(&scale);
}

Test(time_scale, normalizes_in_double)
{
    td_time_scale scale = td_time_scale_create(2, 0, 1, 900000001.5, 4);
    cr_assert_eq(td_time_normalized(&scale, 900000002), 0.25F);
    cr_assert_eq(td_time_normalized(&scale, 900000000), -0.75F);
    td_time_scale_free(&scale);
}

/* What is derived from a field of times, of which one is missing. */
Test(time_scale, derives_fields_of_rows)
{
    const td_schema_field field = {.name = "at",
                                   .kind = TD_KIND_TIME,
                                   .summary = {.low = 10, .high = 20, .mean = 15, .variance = 4}};
    const int64_t at[] = {11, 15, 19, INT64_MIN};
    const int32_t buckets[] = {1, 3, 4, 0};
    const float times[] = {-2, 0, 2, 0};
    td_derivations derivations = {0};
    td_frame frame = {.count = 4};
    td_derivations_add(&derivations, "bucket", &field, &(td_feature_config){.buckets = 6});
    td_derivations_add(&derivations, "number", &field, &(td_feature_config){0});
    memcpy(td_frame_add(&frame, "at", TD_INT64, 1)->values, at, sizeof at);
    td_derive(&derivations, TD_OF_USER, &frame);
    cr_assert_eq(frame.fields, 1, "of rows, not of users");
    td_derive(&derivations, TD_OF_ROW, &frame);
    cr_assert_arr_eq(td_frame_values(&frame, "bucket"), buckets, sizeof buckets);
    cr_assert_arr_eq(td_frame_values(&frame, "number"), times, sizeof times);
    td_frame_free(&frame);
    td_derivations_free(&derivations);
}
