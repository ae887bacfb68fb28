/* Runs conditions over blocks of rows. Values become doubles, which hold every id, time and 32-bit
 * number exactly, and missing ones NaN, which equals nothing and is above and below nothing. */
#include "data/condition.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/condition_parts.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 512 }; /* rows, whose values stay in the nearest cache */

/* A test with the memory that it reads. */
typedef struct {
    const td_condition_step *step;
    const td_field *field;
    const int32_t *place; /* NULL: row r is in place r */
} bound_test;

static bound_test bind(const td_condition_step *step, const td_condition_rows *rows)
{
    if (!step->field)
        return (bound_test){.step = step};
    const td_frame *frame = rows->frame[step->of];
    TD_ASSERT(frame);
    const td_field *field = td_frame_find(frame, step->field);
    TD_ASSERT(field && field->type == td_kind_type(step->kind) &&
              !field->offsets == !td_kind_is_list(step->kind));
    return (bound_test){step, field, rows->place[step->of]};
}

static int64_t place_of(const bound_test *test, int64_t row)
{
    return test->place ? test->place[row] : row;
}

/* Returns the first value of an element, NaN if it is missing. */
static double value_at(const td_field *field, int64_t place)
{
    const size_t i = (size_t)(place * field->width);
    if (td_missing_is(field->type, (const char *)field->values + i * td_type_size(field->type)))
        return NAN;
    switch (field->type) {
    case TD_UINT8:
        return ((const uint8_t *)field->values)[i];
    case TD_INT32:
        return ((const int32_t *)field->values)[i];
    case TD_INT64:
        return (double)((const int64_t *)field->values)[i];
    case TD_FLOAT32:
        return (double)((const float *)field->values)[i];
    case TD_FLOAT64:
        break;
    }
    return ((const double *)field->values)[i];
}

TD_DEFINE_FIRST_FROM(first_value_from, double, double, )

/* Tells whether one of the values, which rise, is x: none is NaN. */
static bool has_value(const td_condition_step *step, double x)
{
    const size_t at = first_value_from(step->count, step->values, x);
    return at < step->count && step->values[at] == x;
}

static bool test_value(const td_condition_step *step, double x)
{
    switch (step->op) {
    case TD_STEP_LESS:
        return x < *step->values;
    case TD_STEP_LESS_EQUAL:
        return x <= *step->values;
    case TD_STEP_GREATER:
        return x > *step->values;
    case TD_STEP_GREATER_EQUAL:
        return x >= *step->values;
    case TD_STEP_IN:
        return has_value(step, x);
    case TD_STEP_NOT_IN:
        return !isnan(x) && !has_value(step, x);
    case TD_STEP_MISSING:
        return isnan(x);
    default:
        return !isnan(x);
    }
}

static bool test_list(const td_condition_step *step, td_range ids, const int32_t *values)
{
    bool found = false;
    if (step->op == TD_STEP_MISSING)
        return ids.count == 0;
    for (int64_t i = ids.first; step->count > 0 && !found && i < td_range_end(ids); i++)
        found = has_value(step, (double)values[i]);
    return step->op == TD_STEP_IN ? found : ids.count > 0 && !found;
}

static bool test_row(const bound_test *test, int64_t row)
{
    const td_field *field = test->field;
    const int64_t place = place_of(test, row);
    if (!field->offsets)
        return test_value(test->step, place < 0 ? NAN : value_at(field, place));
    const td_range ids = place < 0 ? (td_range){0, 0}
                                   : td_range_to(field->offsets[place], field->offsets[place + 1]);
    return test_list(test->step, ids, field->values);
}

/* Runs the steps for the rows of a block. stack: (depth, BLOCK); the first is the result. */
static void run(size_t count, const bound_test *tests, td_range rows, bool (*stack)[BLOCK])
{
    size_t height = 0;
    for (size_t s = 0; s < count; s++) {
        const td_step_op op = tests[s].step->op;
        if (tests[s].field) {
            for (int64_t i = 0; i < rows.count; i++)
                stack[height][i] = test_row(&tests[s], rows.first + i);
            height++;
            continue;
        }
        const bool *right = stack[height - 1];
        bool *left = stack[height - 2];
        for (int64_t i = 0; i < rows.count; i++)
            left[i] = op == TD_STEP_AND ? left[i] && right[i] : left[i] || right[i];
        height--;
    }
}

void td_condition_test(const td_condition *condition, const td_condition_rows *rows, td_range range,
                       bool *holds)
{
    bound_test *tests = TD_NEW(bound_test, condition->count);
    bool(*stack)[BLOCK] = td_allocate(condition->depth, sizeof *stack);
    for (size_t s = 0; s < condition->count; s++)
        tests[s] = bind(&condition->steps[s], rows);
    for (int64_t done = 0; done < range.count; done += BLOCK) {
        const td_range block = {range.first + done, td_smaller(BLOCK, range.count - done)};
        run(condition->count, tests, block, stack);
        memcpy(holds + done, stack[0], (size_t)block.count * sizeof **stack);
    }
    td_free(stack);
    td_free(tests);
}

bool td_condition_names_any(const td_condition *condition, td_of of)
{
    for (size_t s = 0; s < condition->count; s++)
        if (condition->steps[s].field && condition->steps[s].of == of)
            return true;
    return false;
}

const char **td_condition_fields(const td_condition *condition, td_of of)
{
    const char **names = TD_NEW(const char *, condition->count + 1);
    size_t count = 0;
    for (size_t s = 0; s < condition->count; s++) {
        const td_condition_step *step = &condition->steps[s];
        size_t i = 0;
        if (!step->field || step->of != of)
            continue;
        while (i < count && strcmp(names[i], step->field) != 0)
            i++;
        names[i] = step->field;
        count += i == count;
    }
    return names;
}

void td_condition_free(td_condition *condition)
{
    if (!condition)
        return;
    for (size_t s = 0; s < condition->count; s++) {
        td_free(condition->steps[s].field);
        td_free(condition->steps[s].values);
    }
    td_free(condition->steps);
    td_free(condition);
}
