/* What clocks and calendars say of a time, and how old items are. */
#include "base/memory.h"
#include "data/summary.h"
#include "data/transform_parts.h"

#include <math.h>

#define MINUTES_OF_DAY 1440.0

enum {
    MINUTE = 60,
    HOUR = 3600,
    DAY = 24 * HOUR,
    DAYS = 7,
    MONDAY = 4 /* the first one of 1970 is January 5 */
};

void td_begin_nothing(const td_schema_field *from, td_derivation *d)
{
    (void)from;
    (void)d;
}

/* Seconds since a moment, modulo a period, of a clock in the derivation's zone. */
static int64_t phase(const td_derivation *d, int64_t time, int64_t since, int64_t period)
{
    const int64_t rest = (time + d->zone - since) % period;
    return rest < 0 ? rest + period : rest;
}

static void apply_phase(const td_derivation *d, const td_frame *frame, int64_t since,
                        int64_t period, int64_t unit, int32_t *ids)
{
    const int64_t *times = td_frame_values(frame, d->from);
#pragma omp parallel for
    for (int64_t i = 0; i < frame->count; i++)
        ids[i] =
            times[i] == INT64_MIN ? 0 : 1 + (int32_t)(phase(d, times[i], since, period) / unit);
}

/* Ids 1 to 24: from midnight, and from 11 in the evening on. */
void td_apply_hour(const td_derivation *d, const td_frame *frame, void *made)
{
    apply_phase(d, frame, 0, DAY, HOUR, made);
}

/* Ids 1 to 7, Monday to Sunday. */
void td_apply_weekday(const td_derivation *d, const td_frame *frame, void *made)
{
    apply_phase(d, frame, MONDAY * DAY, DAYS * DAY, DAY, made);
}

void td_begin_age(const td_schema_field *from, td_derivation *d)
{
    d->scale = td_time_scale_create(0, 0, 0, 0, from->summary.variance);
    d->needs_fit = true;
}

static int64_t all_as_one(const void *context, int64_t i)
{
    (void)context;
    (void)i;
    return 0;
}

/* Collective. oldest[id] becomes 1 + the minutes from an item's first training row to the last row
 * of all; 0 for an item without such a row. */
static void find_ages(const td_training_values *values, const td_derivation *d, size_t items,
                      td_magnitude *oldest)
{
    const td_frame *part = &values->part;
    const int64_t *times = td_frame_values(part, d->from);
    const int32_t *item =
        td_frame_values(part, td_schema_with_role(values->schema, TD_ROLE_ITEM)->name);
    int64_t last = INT64_MIN;
    for (int64_t i = 0; i < part->count; i++)
        last = times[i] > last ? times[i] : last;
    last = td_comm_max_count(values->comm, last);
    for (int64_t i = 0; i < part->count; i++) {
        const td_magnitude age =
            times[i] == INT64_MIN ? 0 : (td_magnitude)((last - times[i]) / MINUTE + 1);
        oldest[item[i]] = age > oldest[item[i]] ? age : oldest[item[i]];
    }
    td_comm_max(values->comm, items, oldest);
}

/* Ages are in days, as floats, and normalized over the items that have one. */
void td_fit_age(const td_training_values *values, td_derivation *d)
{
    const size_t items = (size_t)td_schema_with_role(values->schema, TD_ROLE_ITEM)->vocabulary;
    td_magnitude *oldest = TD_NEW(td_magnitude, items);
    td_summary summary;
    int64_t first, mine;
    find_ages(values, d, items, oldest);
    d->of_items = TD_NEW(float, items);
    for (size_t id = 0; id < items; id++)
        d->of_items[id] =
            oldest[id] == 0 ? NAN : (float)((double)(oldest[id] - 1) / MINUTES_OF_DAY);
    td_comm_share(values->comm, (int64_t)items, &first, &mine);
    td_summarize_groups(values->comm, mine, d->of_items + first, 1, all_as_one, NULL, &summary);
    d->scale = td_time_scale_create(0, 0, 0, summary.mean, summary.variance);
    for (size_t id = 0; id < items; id++)
        d->of_items[id] =
            isnan(d->of_items[id]) ? 0 : td_scale_normalized(&d->scale, (double)d->of_items[id]);
    td_free(oldest);
}

void td_apply_age(const td_derivation *d, const td_frame *frame, void *made)
{
    const int32_t *ids = td_frame_values(frame, TD_FIELD_ID);
    float *numbers = made;
    for (int64_t i = 0; i < frame->count; i++)
        numbers[i] = d->of_items[ids ? ids[i] : i];
}
