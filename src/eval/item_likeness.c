/* One item beside all others, field by field. n = items + 1 rows, of which row 0 is no item. */
#include "eval/item_likeness.h"

#include "base/memory.h"
#include "base/range.h"
#include "math/elementary.h"

#include <math.h>
#include <string.h>

typedef struct {
    td_kind kind;
    td_item_ids ids; /* of categories and texts */
    double *weight;  /* (ids): of each id; 1 of a category */
    double *value;   /* (n, width): of numbers, times and vectors; NaN for missing ones */
    int64_t width;
    double *norm; /* (n): of lists and vectors, 0 for missing ones */
    double scale; /* of numbers and times */
} part;

struct td_item_likeness {
    int64_t n;
    int64_t most_ids; /* of any field */
    size_t parts;
    part *part;
};

/* idf_t^2 */
static void weigh_ids(part *p, int64_t n)
{
    int64_t lists = 0;
    int64_t *count = TD_NEW(int64_t, (size_t)p->ids.ids);
    p->weight = TD_NEW(double, (size_t)p->ids.ids);
    for (int64_t i = 0; i < n; i++) {
        lists += p->ids.offsets[i + 1] > p->ids.offsets[i];
        for (int64_t k = p->ids.offsets[i]; k < p->ids.offsets[i + 1]; k++)
            count[p->ids.id[k]]++;
    }
    for (int64_t t = 0; t < p->ids.ids; t++) {
        const double idf =
            count[t] > 0 ? (double)td_ln((float)((double)lists / (double)count[t])) : 0;
        p->weight[t] = p->kind == TD_KIND_CATEGORY ? 1 : idf * idf;
    }
    td_free(count);
}

static void make_ids(part *p, const td_schema_field *about, const td_frame *items)
{
    p->ids = td_item_ids_of(about, items);
    p->norm = TD_NEW(double, (size_t)items->count);
    weigh_ids(p, items->count);
    for (int64_t i = 0; i < items->count; i++) {
        double sum = 0;
        for (int64_t k = p->ids.offsets[i]; k < p->ids.offsets[i + 1]; k++)
            sum += p->weight[p->ids.id[k]];
        p->norm[i] = sqrt(sum);
    }
}

/* The standard deviation of the values that are there. */
static double deviation_of(int64_t n, const double *value)
{
    double sum = 0, squares = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(value[i])) {
            sum += value[i];
            count++;
        }
    for (int64_t i = 0; i < n; i++)
        if (!isnan(value[i]))
            squares += (value[i] - sum / (double)count) * (value[i] - sum / (double)count);
    return count > 0 ? sqrt(squares / (double)count) : 0;
}

static void make_values(part *p, const td_schema_field *about, const td_frame *items)
{
    const td_field *field = td_frame_find(items, about->name);
    const int64_t *times = field->values;
    const float *numbers = field->values;
    p->width = field->width;
    p->value = TD_NEW(double, (size_t)(items->count * p->width));
    for (int64_t i = 0; i < items->count * p->width; i++)
        p->value[i] = p->kind != TD_KIND_TIME ? (double)numbers[i]
                      : times[i] == INT64_MIN ? (double)NAN
                                              : (double)times[i];
    if (p->kind != TD_KIND_VECTOR) {
        p->scale = deviation_of(items->count, p->value);
        return;
    }
    p->norm = TD_NEW(double, (size_t)items->count);
    for (int64_t i = 0; i < items->count; i++) {
        double sum = 0;
        for (int64_t k = 0; k < p->width; k++)
            sum += p->value[i * p->width + k] * p->value[i * p->width + k];
        p->norm[i] = isnan(sum) ? 0 : sqrt(sum);
    }
}

td_item_likeness *td_item_likeness_of(const td_schema *schema, const td_item_fields *fields,
                                      td_frame *items)
{
    td_item_likeness *likeness = TD_NEW(td_item_likeness, 1);
    *likeness = (td_item_likeness){.n = items->count,
                                   .most_ids = 1,
                                   .parts = fields->count,
                                   .part = TD_NEW(part, fields->count)};
    for (size_t f = 0; f < fields->count; f++) {
        const td_schema_field *about = td_schema_find(schema, fields->name[f]);
        part *p = &likeness->part[f];
        p->kind = about->kind;
        if (td_kind_has_vocabulary(about->kind))
            make_ids(p, about, items);
        else
            make_values(p, about, items);
        likeness->most_ids = td_larger(likeness->most_ids, p->ids.ids);
    }
    td_frame_free(items);
    return likeness;
}

td_status td_item_likeness_create(td_dataset *data, const td_item_fields *fields,
                                  td_item_likeness **out)
{
    td_frame items;
    TD_TRY(td_dataset_read_item_fields(data, fields->name, &items));
    *out = td_item_likeness_of(&td_dataset_info(data)->schema, fields, &items);
    return TD_OK;
}

void td_item_likeness_free(td_item_likeness *likeness)
{
    if (!likeness)
        return;
    for (size_t f = 0; f < likeness->parts; f++) {
        td_item_ids_free(&likeness->part[f].ids);
        td_free(likeness->part[f].weight);
        td_free(likeness->part[f].value);
        td_free(likeness->part[f].norm);
    }
    td_free(likeness->part);
    td_free(likeness);
}

double *td_item_likeness_scratch(const td_item_likeness *likeness)
{
    return TD_NEW(double, (size_t)likeness->most_ids);
}

/* like_j += sum of the weights of the ids of both, over both norms; of (ids) holds the weights of
 * the item's ids and zeros, before and after. */
static void add_ids(const part *p, int64_t n, int32_t item, double *of, double *like)
{
    const int64_t begin = p->ids.offsets[item], end = p->ids.offsets[item + 1];
    for (int64_t k = begin; k < end; k++)
        of[p->ids.id[k]] = p->weight[p->ids.id[k]];
    for (int64_t j = 1; j < n; j++) {
        double sum = 0;
        for (int64_t k = p->ids.offsets[j]; k < p->ids.offsets[j + 1]; k++)
            sum += of[p->ids.id[k]];
        if (sum > 0)
            like[j] += sum / (p->norm[item] * p->norm[j]);
    }
    for (int64_t k = begin; k < end; k++)
        of[p->ids.id[k]] = 0;
}

static void add_vectors(const part *p, int64_t n, int32_t item, double *like)
{
    const double *a = p->value + (size_t)(item * p->width);
    for (int64_t j = 1; j < n && p->norm[item] > 0; j++) {
        const double *b = p->value + (size_t)(j * p->width);
        double sum = 0;
        for (int64_t k = 0; p->norm[j] > 0 && k < p->width; k++)
            sum += a[k] * b[k];
        if (sum > 0)
            like[j] += sum / (p->norm[item] * p->norm[j]);
    }
}

/* Where all values are the same, the scale is 0, and equal ones are alike. */
static void add_values(const part *p, int64_t n, int32_t item, double *like)
{
    for (int64_t j = 1; j < n; j++) {
        const double distance = fabs(p->value[item] - p->value[j]); /* NaN: no value */
        if (distance == 0)
            like[j] += 1;
        else if (distance < p->scale)
            like[j] += 1 - distance / p->scale;
    }
}

void td_item_likeness_find(const td_item_likeness *likeness, int32_t item, double *scratch,
                           double *like)
{
    memset(like, 0, (size_t)likeness->n * sizeof *like);
    for (size_t f = 0; f < likeness->parts; f++) {
        const part *p = &likeness->part[f];
        if (td_kind_has_vocabulary(p->kind))
            add_ids(p, likeness->n, item, scratch, like);
        else if (p->kind == TD_KIND_VECTOR)
            add_vectors(p, likeness->n, item, like);
        else
            add_values(p, likeness->n, item, like);
    }
    for (int64_t j = 0; j < likeness->n; j++)
        like[j] /= (double)likeness->parts;
}
