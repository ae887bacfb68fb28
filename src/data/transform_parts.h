/* The functions of the rows of the table in transform.c, and what scales are fitted to: what knows
 * ranks, which models do not see. */
#ifndef TD_DATA_TRANSFORM_PARTS_H
#define TD_DATA_TRANSFORM_PARTS_H

#include "comm/comm.h"
#include "data/transform.h"

/* The training values that a transform is fitted to, of which every rank has a part. */
struct td_training_values {
    td_comm *comm;
    const td_schema *schema;
    td_frame part; /* of this rank, with the fields that are read, missing values included */
};

/* The value in place i of numbers or times; NaN for one that is missing. */
double td_value_at(const td_field *field, int64_t i);

/* Numbers (transform_numbers.c). */
float td_signed_log(float number); /* ln(1 + x), and -ln(1 - x) below 0 */
void td_begin_numbers(const td_schema_field *from, td_derivation *d);
void td_begin_raw(const td_schema_field *from, td_derivation *d);
void td_fit_numbers(const td_training_values *values, td_derivation *d);
void td_apply_numbers(const td_derivation *d, const td_frame *frame, void *made);

/* Buckets (transform_buckets.c). */
void td_begin_even(const td_schema_field *from, td_derivation *d);
void td_begin_quantile(const td_schema_field *from, td_derivation *d);
void td_fit_quantile(const td_training_values *values, td_derivation *d);
void td_apply_buckets(const td_derivation *d, const td_frame *frame, void *made);

/* Times of day and of the week, and ages of items (transform_times.c). */
void td_begin_nothing(const td_schema_field *from, td_derivation *d);
void td_apply_hour(const td_derivation *d, const td_frame *frame, void *made);
void td_apply_weekday(const td_derivation *d, const td_frame *frame, void *made);
void td_begin_age(const td_schema_field *from, td_derivation *d);
void td_fit_age(const td_training_values *values, td_derivation *d);
void td_apply_age(const td_derivation *d, const td_frame *frame, void *made);

#endif
