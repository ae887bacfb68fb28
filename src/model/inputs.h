/* What towers and heads read of rows: for each of their features, in its order, a view of a field.
 *
 * A view is an array that has an entry for every row, or one for every user, item or moment and
 * with it which entry each row has. All functions are Local.
 */
#ifndef TD_MODEL_INPUTS_H
#define TD_MODEL_INPUTS_H

#include "data/frame.h"
#include "model/dropout.h"
#include "model/spec.h"

#include <stddef.h>
#include <stdint.h>

/* A field as an encoder reads it. */
typedef struct {
    const int32_t *index;   /* the entry of each row; NULL: row i has entry i; -1: an empty list */
    const int64_t *offsets; /* of lists: entry e is values[offsets[e]] to values[offsets[e + 1]] */
    const void *values;     /* int32 ids, or float32 numbers, as many as the feature is wide */
    const float *weights;   /* of lists: of each value; NULL: 1 */
} td_field_view;

/* Rows of inputs; a part of them has the same views. */
typedef struct {
    size_t first;
    size_t count;
    const td_field_view *of; /* by feature */
    td_draws draws;          /* of the rows, from the first, in a step that trains; else {0} */
} td_inputs;

/* Returns count of the rows from row first on. */
static inline td_inputs td_inputs_part(const td_inputs *inputs, size_t first, size_t count)
{
    return (td_inputs){inputs->first + first, count, inputs->of,
                       td_draws_from(&inputs->draws, first)};
}

/* Returns the entry that a row, counted from the views' start, has in a field; of lists only where
 * it is not -1. */
static inline size_t td_field_view_entry(const td_field_view *input, size_t row)
{
    return input->index ? (size_t)input->index[row] : row;
}

/* Queries, by users, and with what rows of data have besides. */
typedef struct {
    size_t count;
    const int32_t *users;    /* (count): ids */
    const td_frame *context; /* the fields of rows that the query tower reads, derived ones too;
                                NULL for a tower that reads none */
    const int32_t *moments;  /* (count): the entry of the context; NULL: query i has entry i */
    const td_frame *lists;   /* (count rows): the histories that the query tower reads; NULL for a
                                tower that reads none */
    const td_frame *fields;  /* (count rows): fields of users in the place of those by id, derived
                                ones too; NULL: those by id, as also of a field that it lacks */
} td_queries;

/* Return the inputs of queries, also for some of their features, such as a head's, and of count
 * candidates. views (features) are filled, and refer to what the queries do, or to items. */
td_inputs td_inputs_of_features(size_t features, const td_feature *feature,
                                const td_queries *queries, td_field_view *views);
td_inputs td_inputs_of_queries(const td_spec *spec, const td_queries *queries,
                               td_field_view *views);
td_inputs td_inputs_of_items(const td_spec *spec, size_t count, const int32_t *items,
                             td_field_view *views);

/* Puts fields of items, by candidate, in the place of those by id, where features read them;
 * derived ones too. */
void td_inputs_describe_items(const td_spec *spec, const td_frame *fields, td_field_view *views);

/* Tells whether two entries of a context are the same to the query tower and to heads. */
bool td_context_is_same(const td_spec *spec, const td_frame *context, int64_t a, int64_t b);

#endif
